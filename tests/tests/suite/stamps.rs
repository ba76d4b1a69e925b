// Who and when, on insert, update, soft delete and restore; and that stamp and trail agree.

use audit_diesel::AuditedScope;
use audit_diesel::prelude::*;
use audit_diesel::sql_types::Id;
use audit_tests::clock::Clock;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::{accounts, countries, devices, members};
use super::backend::{Conn, Database};

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

fn stored(conn: &mut Conn, id: i64) -> Account {
    accounts::table
        .find(id)
        .select(Account::as_select())
        .first(conn)
        .unwrap()
}

/// The last row of the trail carries the instant and the actor of the write.
fn agrees(conn: &mut Conn, clock: &Clock, actor: &Actor) {
    let row = look::log(conn).pop().unwrap();
    assert_eq!(row.changed_at, clock.now());
    assert_eq!(
        (row.actor_kind.as_str(), row.actor_id.as_deref()),
        (actor.kind(), actor.id())
    );
}

#[test]
fn all_of_them_through_a_life() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let who = [
        Actor::user("ada"),
        Actor::api_key("key_1:a"),
        Actor::new("web_hook", Some("Ünïcode 日本")).unwrap(),
        Actor::system(),
        Actor::anonymous(),
        Actor::Unknown("Jane Doe".into()),
    ];
    let ctx = |n: usize| clock.config().context(who[n].clone()).tenant("acme");

    let t0 = clock.now();
    let made = Account::audited_insert(conn, &ctx(0), new_account("Ada")).unwrap();
    assert!(stored(conn, made.id) == made);
    assert_eq!(
        (made.created_at, made.updated_at),
        (t0, t0),
        "to the microsecond"
    );
    assert_eq!((&made.created_by, &made.updated_by), (&who[0], &who[0]));
    assert_eq!(
        (made.is_deleted, made.deleted_at, &made.deleted_by),
        (false, None, &None)
    );
    agrees(conn, &clock, &who[0]);

    let t1 = clock.tick();
    let form = AccountChanges {
        name: Some("Ada L.".into()),
        ..Default::default()
    };
    let now = Account::audited_update(conn, &ctx(1), made.id, form).unwrap();
    assert!(stored(conn, made.id) == now);
    assert_eq!((now.created_at, &now.created_by), (t0, &who[0]));
    assert_eq!((now.updated_at, &now.updated_by), (t1, &who[1]));
    assert_eq!(
        (now.is_deleted, now.deleted_at, &now.deleted_by),
        (false, None, &None)
    );
    agrees(conn, &clock, &who[1]);

    let t2 = clock.tick();
    let now = Account::audited_edit(conn, &ctx(2), made.id, |a| a.name.push('!')).unwrap();
    assert_eq!((now.created_at, &now.created_by), (t0, &who[0]));
    assert_eq!((now.updated_at, &now.updated_by), (t2, &who[2]));
    agrees(conn, &clock, &who[2]);

    let t3 = clock.tick();
    let now = Account::audited_soft_delete(conn, &ctx(3), made.id).unwrap();
    assert!(stored(conn, made.id) == now);
    assert_eq!((now.created_at, &now.created_by), (t0, &who[0]));
    assert_eq!((now.updated_at, &now.updated_by), (t3, &who[3]));
    assert_eq!(
        (now.is_deleted, now.deleted_at, now.deleted_by.as_ref()),
        (true, Some(t3), Some(&who[3]))
    );
    assert_eq!(now.company_id, "acme");
    agrees(conn, &clock, &who[3]);

    // The first deleter stays, and so does everything else.
    let rows = look::log_len(conn);
    clock.tick();
    let again = Account::audited_soft_delete(conn, &ctx(4), made.id).unwrap();
    let many = Account::audited_soft_delete_many(conn, &ctx(4), [made.id]).unwrap();
    assert!(again == now && many == [now.clone()] && stored(conn, made.id) == now);
    let deleted = |result: Result<Account, AuditError>| match result {
        Err(AuditError::Deleted {
            entity: "accounts",
            record,
        }) => assert_eq!(record, made.id.to_string()),
        other => panic!("{other:?}"),
    };
    let form = || AccountChanges {
        name: Some("x".into()),
        ..Default::default()
    };
    deleted(Account::audited_update(conn, &ctx(4), made.id, form()));
    deleted(Account::audited_update(
        conn,
        &ctx(4),
        made.id,
        AccountChanges::default(),
    ));
    let same = AccountChanges {
        name: Some(now.name.clone()),
        ..Default::default()
    };
    deleted(Account::audited_update(conn, &ctx(4), made.id, same));
    deleted(Account::audited_edit(conn, &ctx(4), made.id, |_| {
        panic!("called")
    }));
    deleted(
        Account::audited_update_many(conn, &ctx(4), [made.id], form()).map(|mut v| v.remove(0)),
    );
    let found =
        Account::audited_update_where(conn, &ctx(4), accounts::id.eq(made.id), form()).unwrap();
    assert_eq!(found.len(), 0, "a filter sees live records only");
    assert!(stored(conn, made.id) == now);
    assert_eq!(look::log_len(conn), rows);

    let t5 = clock.tick();
    let now = Account::audited_restore(conn, &ctx(5), made.id).unwrap();
    assert!(stored(conn, made.id) == now);
    assert_eq!((now.created_at, &now.created_by), (t0, &who[0]));
    assert_eq!((now.updated_at, &now.updated_by), (t5, &who[5]));
    assert_eq!(
        (now.is_deleted, now.deleted_at, &now.deleted_by),
        (false, None, &None)
    );
    agrees(conn, &clock, &who[5]);
    let rows = look::log_len(conn);
    clock.tick();
    let again = Account::audited_restore(conn, &ctx(0), made.id).unwrap();
    let many = Account::audited_restore_many(conn, &ctx(0), [made.id]).unwrap();
    assert!(again == now && many == [now.clone()] && stored(conn, made.id) == now);
    assert_eq!(look::log_len(conn), rows);

    clock.tick();
    let last = Account::audited_delete(conn, &ctx(1), made.id).unwrap();
    assert!(
        last == now,
        "a hard delete returns the record as it last was"
    );
    agrees(conn, &clock, &who[1]);
    let old = look::log(conn).pop().unwrap().before().unwrap();
    assert_eq!(old["name"], "Ada L.!");
    assert_eq!(old["tax_number"], "****9012");
    assert_eq!(old["password_hash"], "***");
    assert_eq!(old["created_by"], "user:ada");

    let trail = Account::history(conn, &ctx(0), made.id).unwrap();
    let actors: Vec<_> = trail
        .iter()
        .map(|set| set.first().unwrap().actor.clone())
        .collect();
    assert_eq!(actors[..3], who[..3]);
    assert_eq!(
        (&actors[3], &actors[4], &actors[5]),
        (&who[3], &who[5], &who[1])
    );
    let ids: std::collections::HashSet<_> = look::log(conn).iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), look::log(conn).len());
}

#[test]
fn entities_with_fewer_parts_of_a_soft_delete() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);

    let de = || "DE".to_owned();
    Country::audited_insert(
        conn,
        &ctx,
        NewCountry {
            code: de(),
            name: "Land".into(),
        },
    )
    .unwrap();
    let seen = look::log_len(conn);
    let t1 = clock.tick();
    let now = Country::audited_soft_delete(conn, &clock.ctx(2), de()).unwrap();
    assert_eq!(
        (now.active, now.updated_at, now.updated_by),
        (false, t1, Actor::user(2))
    );
    assert_eq!(
        Country::live(&ctx)
            .unwrap()
            .load::<Country>(conn)
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        Country::only_deleted(&ctx)
            .unwrap()
            .load::<Country>(conn)
            .unwrap()
            .len(),
        1
    );
    clock.tick();
    assert_eq!(
        Country::audited_soft_delete(conn, &ctx, de())
            .unwrap()
            .updated_at,
        t1
    );
    let error = Country::audited_edit(conn, &ctx, de(), |c| c.name.clear()).unwrap_err();
    assert!(matches!(error, AuditError::Deleted { .. }), "{error}");
    let t2 = clock.tick();
    let now = Country::audited_restore(conn, &ctx, de()).unwrap();
    assert_eq!((now.active, now.updated_at), (true, t2));
    assert_eq!(
        countries::table
            .filter(countries::active)
            .count()
            .get_result::<i64>(conn)
            .unwrap(),
        1
    );
    assert_eq!(
        look::lines_after(conn, seen),
        [
            "delete active true -> false",
            "restore active false -> true"
        ]
    );

    let key = (3, "ada".to_owned());
    let form = NewMember {
        team: 3,
        person: "ada".into(),
        role: "guest".into(),
    };
    let made = Member::audited_insert(conn, &ctx, form).unwrap();
    assert_eq!(
        (made.created_by_id, made.updated_by_id, made.deleted_at),
        (1, Some(1), None)
    );
    let seen = look::log_len(conn);
    let t3 = clock.tick();
    let now = Member::audited_soft_delete(conn, &clock.ctx(2), &key).unwrap();
    assert_eq!(
        (now.deleted_at, now.updated_by_id, now.created_by_id),
        (Some(t3), Some(2), 1)
    );
    assert_eq!(
        Member::live(&ctx)
            .unwrap()
            .load::<Member>(conn)
            .unwrap()
            .len(),
        0
    );
    clock.tick();
    assert_eq!(
        Member::audited_soft_delete(conn, &ctx, &key)
            .unwrap()
            .deleted_at,
        Some(t3)
    );
    let error = Member::audited_update(
        conn,
        &ctx,
        &key,
        MemberChanges {
            role: Some("x".into()),
        },
    )
    .unwrap_err();
    assert!(matches!(error, AuditError::Deleted { .. }), "{error}");
    Member::audited_restore(conn, &ctx, &key).unwrap();
    let found: Vec<Member> = members::table
        .select(Member::as_select())
        .load(conn)
        .unwrap();
    assert_eq!(
        (found[0].deleted_at, found[0].updated_by_id),
        (None, Some(1))
    );
    let time = t3.format("%Y-%m-%dT%H:%M:%S%.6fZ");
    assert_eq!(
        look::lines_after(conn, seen),
        [
            format!(r#"delete deleted_at null -> "{time}""#),
            format!(r#"restore deleted_at "{time}" -> null"#)
        ]
    );

    // Times without a zone, and a flag of another name.
    let owner = uuid::Uuid::from_u128(7);
    let ctx = |user| clock.ctx(user).tenant(owner.to_string()).reason("test");
    let form = NewDevice {
        id: Id(uuid::Uuid::from_u128(1)),
        label: "Pump".into(),
        place: Place {
            street: "Kai 1".into(),
            city: Some("Ulm".into()),
        },
    };
    let made = Device::audited_insert(conn, &ctx(5), form).unwrap();
    assert_eq!(
        (made.created_at, made.created_by_id),
        (clock.now().naive_utc(), 5)
    );
    let seen = look::log_len(conn);
    let t4 = clock.tick();
    let now = Device::audited_soft_delete(conn, &ctx(6), made.id).unwrap();
    let at = t4.naive_utc();
    assert_eq!(
        (now.removed, now.deleted_at, now.deleted_by_id),
        (true, Some(at), Some(6))
    );
    assert_eq!(
        (now.updated_at, now.updated_by_id, now.created_by_id),
        (at, Some(6), 5)
    );
    let same: Device = devices::table
        .select(Device::as_select())
        .first(conn)
        .unwrap();
    assert!(same == now);
    Device::audited_restore(conn, &ctx(7), made.id).unwrap();
    assert_eq!(
        look::lines_after(conn, seen),
        [
            "delete removed false -> true",
            "restore removed true -> false"
        ]
    );
}

/// The actor of an id-only column has to fit it, before any SQL.
#[test]
fn an_actor_that_does_not_fit() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let key = (1, "p".to_owned());
    let member = || NewMember {
        team: 1,
        person: "p".into(),
        role: "guest".into(),
    };
    let note = || NewNote {
        title: "n".into(),
        weight: 0.0,
        views: 0,
    };
    Member::audited_insert(conn, &clock.ctx(1), member()).unwrap();
    let sent = look::watch(conn);
    let misfits = [
        Actor::user("ada"),
        Actor::user("007"),
        Actor::user("+7"),
        Actor::user("2147483648"),
        Actor::job("7"),
        Actor::system(),
        Actor::anonymous(),
        Actor::Unknown("7".into()),
    ];
    for actor in misfits {
        let ctx = clock.config().context(actor.clone());
        let refused = |error: AuditError, expected: &str| match &error {
            AuditError::Misfit {
                entity: "members",
                column,
                ..
            } => assert_eq!(*column, expected),
            _ => panic!("{actor:?}: {error}"),
        };
        refused(
            Member::audited_insert(conn, &ctx, member()).unwrap_err(),
            "created_by_id",
        );
        refused(
            Member::audited_insert_many(conn, &ctx, [member()]).unwrap_err(),
            "created_by_id",
        );
        let form = || MemberChanges {
            role: Some("x".into()),
        };
        refused(
            Member::audited_update(conn, &ctx, &key, form()).unwrap_err(),
            "updated_by_id",
        );
        refused(
            Member::audited_edit(conn, &ctx, &key, |_| {}).unwrap_err(),
            "updated_by_id",
        );
        refused(
            Member::audited_soft_delete(conn, &ctx, &key).unwrap_err(),
            "updated_by_id",
        );
        refused(
            Member::audited_restore(conn, &ctx, &key).unwrap_err(),
            "updated_by_id",
        );
        refused(
            Member::audited_update_many(conn, &ctx, [&key], form()).unwrap_err(),
            "updated_by_id",
        );
    }
    for actor in [Actor::system(), Actor::api_key("k"), Actor::job("")] {
        let error = Note::audited_insert(conn, &clock.config().context(actor), note()).unwrap_err();
        let fits = matches!(
            error,
            AuditError::Misfit { .. } | AuditError::Context { .. }
        );
        assert!(fits, "{error}");
    }
    assert_eq!(sent.take(), [""; 0], "refused before any SQL");
    let made =
        Note::audited_insert(conn, &clock.config().context(Actor::job("nightly")), note()).unwrap();
    assert_eq!(
        made.created_by, "nightly",
        "the id alone, of a kind that is listed"
    );
}
