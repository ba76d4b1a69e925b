// The `_many` and `_where` forms.

use audit_diesel::prelude::*;
use audit_tests::clock::Clock;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::{accounts, countries, members, notes, samples, tickets};
use super::backend::{Conn, Database, NAME};

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

fn name(name: &str) -> AccountChanges {
    AccountChanges {
        name: Some(name.into()),
        ..Default::default()
    }
}

fn stored(conn: &mut Conn) -> Vec<Account> {
    accounts::table
        .order(accounts::id)
        .select(Account::as_select())
        .load(conn)
        .unwrap()
}

fn some(conn: &mut Conn, ctx: &AuditContext, count: usize) -> Vec<i64> {
    let forms = (0..count).map(|n| new_account(&format!("a{n}")));
    Account::audited_insert_many(conn, ctx, forms)
        .unwrap()
        .iter()
        .map(|a| a.id)
        .collect()
}

#[test]
fn by_keys_in_their_order() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let ids = some(conn, &ctx, 12);
    let order = [ids[7], ids[0], ids[11], ids[3]];
    let seen = look::log_len(conn);
    let at = clock.tick();
    let sent = look::watch(conn);
    let made = Account::audited_update_many(conn, &clock.ctx(2), order, name("same")).unwrap();
    let lock = sent
        .take()
        .into_iter()
        .find(|s| s.contains("SELECT") && s.contains("IN ("))
        .unwrap();
    assert!(
        lock.contains("ORDER BY"),
        "rows are locked in key order: {lock}"
    );
    assert_eq!(lock.contains("FOR UPDATE"), NAME != "sqlite");
    assert_eq!(made.iter().map(|a| a.id).collect::<Vec<_>>(), order);
    for account in &made {
        assert_eq!((account.name.as_str(), account.updated_at), ("same", at));
        assert_eq!(
            (&account.created_by, &account.updated_by),
            (&Actor::user(1), &Actor::user(2))
        );
    }
    let rows = look::log(conn).split_off(seen as usize);
    assert_eq!(rows.len(), 4);
    assert!(
        rows.iter()
            .all(|row| row.operation_id == rows[0].operation_id && row.changed_at == at)
    );
    let changes: std::collections::HashSet<_> = rows.iter().map(|row| row.change_id).collect();
    assert_eq!(changes.len(), 4, "a change set for each record");
    let olds: Vec<_> = rows
        .iter()
        .map(|r| (r.record_id.clone().unwrap(), r.before().unwrap()))
        .collect();
    let mut expected = vec![
        (ids[0], "a0"),
        (ids[3], "a3"),
        (ids[7], "a7"),
        (ids[11], "a11"),
    ];
    expected.sort();
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(id, n)| (id.to_string(), n.into()))
        .collect();
    assert_eq!(olds, expected);

    // Those that are so already are returned too, untouched; a key that comes twice counts once.
    let seen = look::log_len(conn);
    clock.tick();
    let mixed =
        Account::audited_update_many(conn, &ctx, [ids[1], ids[0], ids[1]], name("same")).unwrap();
    assert_eq!(
        mixed.iter().map(|a| a.id).collect::<Vec<_>>(),
        [ids[1], ids[0]]
    );
    assert_eq!(
        (mixed[0].updated_at, mixed[1].updated_at),
        (clock.now(), at)
    );
    assert_eq!(
        look::lines_after(conn, seen),
        [r#"update name "a1" -> "same""#]
    );

    let mut calls = Vec::new();
    let edited = Account::audited_edit_many(conn, &ctx, [ids[5], ids[4], ids[2]], |a| {
        calls.push(a.id);
        a.email = (a.id != ids[4]).then(|| format!("{}@b.c", a.id));
    });
    let edited = edited.unwrap();
    assert_eq!(
        edited.iter().map(|a| a.id).collect::<Vec<_>>(),
        [ids[5], ids[4], ids[2]]
    );
    assert_eq!(edited[0].email, Some(format!("{}@b.c", ids[5])));
    assert_eq!(
        (
            edited[1].email.as_deref(),
            edited[1].updated_by == Actor::user(1)
        ),
        (None, true)
    );
    assert_eq!(calls.len(), 3);
    let none: [i64; 0] = [];
    let sent = look::watch(conn);
    assert_eq!(
        Account::audited_update_many(conn, &ctx, none, name("x"))
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        Account::audited_delete_many(conn, &ctx, none)
            .unwrap()
            .len(),
        0
    );
    assert_eq!(sent.take(), [""; 0]);

    let gone = Account::audited_soft_delete_many(conn, &ctx, [ids[9], ids[8]]).unwrap();
    assert!(
        gone.iter()
            .all(|a| a.is_deleted && a.deleted_at == Some(clock.now()))
    );
    assert_eq!(
        gone.iter().map(|a| a.id).collect::<Vec<_>>(),
        [ids[9], ids[8]]
    );
    let back = Account::audited_restore_many(conn, &ctx, [ids[8], ids[7]]).unwrap();
    assert!(back.iter().all(|a| !a.is_deleted));
    let seen = look::log_len(conn);
    let last = Account::audited_delete_many(conn, &ctx, [ids[9], ids[0], ids[8]]).unwrap();
    assert_eq!(
        last.iter()
            .map(|a| (a.id, a.is_deleted))
            .collect::<Vec<_>>(),
        [(ids[9], true), (ids[0], false), (ids[8], false)]
    );
    assert_eq!(look::lines_after(conn, seen), ["delete *"; 3]);
    assert_eq!(stored(conn).len(), 9);
}

#[test]
fn one_that_is_refused_refuses_all() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let ids = some(conn, &ctx, 4);
    Account::audited_soft_delete(conn, &ctx, ids[3]).unwrap();
    let before = stored(conn);
    let rows = look::log_len(conn);
    let missing = |result: Result<Vec<Account>, AuditError>| match result {
        Err(AuditError::NotFound { record, .. }) => assert_eq!(record, "424242"),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("taken"),
    };
    let with = [ids[0], 424_242, ids[1]];
    missing(Account::audited_update_many(conn, &ctx, with, name("x")));
    missing(Account::audited_edit_many(conn, &ctx, with, |a| {
        a.name.push('x')
    }));
    missing(Account::audited_soft_delete_many(conn, &ctx, with));
    missing(Account::audited_restore_many(conn, &ctx, with));
    missing(Account::audited_delete_many(conn, &ctx, with));
    let error = Account::audited_update_many(conn, &ctx, [ids[0], ids[3]], name("x")).unwrap_err();
    assert!(
        matches!(&error, AuditError::Deleted { record, .. } if *record == ids[3].to_string()),
        "{error}"
    );
    let error = Account::audited_edit_many(conn, &ctx, [ids[0], ids[3]], |_| {}).unwrap_err();
    assert!(matches!(error, AuditError::Deleted { .. }), "{error}");
    assert!(stored(conn) == before);
    assert_eq!(look::log_len(conn), rows);

    let note = |n: i32| NewNote {
        title: format!("n{n}"),
        weight: 0.0,
        views: n,
    };
    let made = Note::audited_insert_many(conn, &ctx, (0..3).map(note)).unwrap();
    let fresh = Note::audited_edit(conn, &ctx, made[1].key(), |n| n.title = "new".into()).unwrap();
    let rows = look::log_len(conn);
    let keys = || made.iter().map(AuditedKey::key);
    let title = || NoteChanges {
        title: Some("x".into()),
        ..Default::default()
    };
    let stale = |error: AuditError| match &error {
        AuditError::Conflict { record, .. } => assert_eq!(*record, fresh.id.to_string()),
        _ => panic!("{error}"),
    };
    stale(Note::audited_update_many(conn, &ctx, keys(), title()).unwrap_err());
    stale(Note::audited_edit_many(conn, &ctx, keys(), |n| n.title.clear()).unwrap_err());
    stale(Note::audited_delete_many(conn, &ctx, keys()).unwrap_err());
    let two_versions = [fresh.key(), made[1].key()];
    stale(Note::audited_update_many(conn, &ctx, two_versions, title()).unwrap_err());
    assert_eq!(look::log_len(conn), rows);
    let keys = [
        made[2].key(),
        fresh.key(),
        Note::key_any_version(made[0].id),
    ];
    let now = Note::audited_update_many(conn, &ctx, keys, title()).unwrap();
    assert_eq!(
        now.iter().map(|n| (n.views, n.version)).collect::<Vec<_>>(),
        [(2, 2), (1, 3), (0, 2)]
    );
    let now = Note::audited_edit_where(conn, &ctx, notes::views.ge(1), |n| n.views += 10).unwrap();
    assert_eq!(now.len(), 2);
    let versions: Vec<i32> = notes::table
        .order(notes::views)
        .select(notes::version)
        .load(conn)
        .unwrap();
    assert_eq!(versions, [2, 4, 3]);
}

/// What the filter finds is fixed when the rows are locked: the write does not ask again.
#[test]
fn by_a_filter() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let ids = some(conn, &ctx, 6);
    Account::audited_insert(conn, &ctx.clone().tenant("other"), new_account("a1")).unwrap();
    Account::audited_soft_delete(conn, &ctx, ids[5]).unwrap();
    let seen = look::log_len(conn);
    let filter = || accounts::name.like("a%").and(accounts::id.ne(ids[0]));
    let made = Account::audited_update_where(conn, &ctx, filter(), name("b")).unwrap();
    assert_eq!(
        made.iter().map(|a| a.id).collect::<Vec<_>>(),
        ids[1..5],
        "live ones, by primary key"
    );
    assert_eq!(look::lines_after(conn, seen).len(), 4);
    assert_eq!(
        Account::audited_update_where(conn, &ctx, filter(), name("c"))
            .unwrap()
            .len(),
        0
    );
    // A nullable condition, a subquery, an OR, a raw one: each stays inside the tenant.
    let has_mail = accounts::email.is_null().or(accounts::email.eq("x"));
    assert_eq!(
        Account::audited_edit_where(conn, &ctx, has_mail, |a| a.name.push('!'))
            .unwrap()
            .len(),
        5
    );
    let nullable = accounts::email.eq("nobody");
    assert_eq!(
        Account::audited_delete_where(conn, &ctx, nullable)
            .unwrap()
            .len(),
        0
    );
    let raw = diesel::dsl::sql::<diesel::sql_types::Bool>("1 = 1 OR 1 = 1");
    let gone = Account::audited_soft_delete_where(conn, &ctx, raw).unwrap();
    assert_eq!(gone.iter().map(|a| a.id).collect::<Vec<_>>(), ids[..5]);
    let seen = look::log_len(conn);
    let back = Account::audited_restore_where(conn, &ctx, accounts::id.le(ids[2])).unwrap();
    assert_eq!(back.iter().map(|a| a.id).collect::<Vec<_>>(), ids[..3]);
    assert_eq!(
        look::lines_after(conn, seen),
        ["restore is_deleted true -> false"; 3]
    );
    let last = Account::audited_delete_where(conn, &ctx, accounts::id.gt(0)).unwrap();
    assert_eq!(last.len(), 6, "deleted ones too");
    let rest = stored(conn);
    assert_eq!(
        (
            rest.len(),
            rest[0].company_id.as_str(),
            rest[0].name.as_str()
        ),
        (1, "other", "a1")
    );

    let tenants = ctx.clone().tenant("7");
    for n in 0..3 {
        let form = NewTicket {
            r#type: "bug".into(),
            priority: Some(n),
            access_token: Default::default(),
        };
        Ticket::audited_insert(conn, &tenants, form).unwrap();
    }
    let done = Ticket::audited_update_where(
        conn,
        &tenants,
        tickets::priority.gt(0),
        TicketChanges {
            priority: Some(None),
            ..Default::default()
        },
    );
    assert_eq!(
        done.unwrap()
            .iter()
            .map(|t| t.lock_version)
            .collect::<Vec<_>>(),
        [2, 2]
    );
}

#[test]
fn composite_and_text_keys() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let keys: Vec<(i32, String)> = (0..300).map(|n| (n % 7 - 3, format!("p{n}"))).collect();
    let forms = keys.iter().map(|(team, person)| NewMember {
        team: *team,
        person: person.clone(),
        role: format!("r{person}"),
    });
    Member::audited_insert_many(conn, &ctx, forms).unwrap();
    let back: Vec<_> = keys.iter().rev().cloned().collect();
    let role = |role: &str| MemberChanges {
        role: Some(role.into()),
    };
    let now = Member::audited_update_many(conn, &ctx, back.iter(), role("x")).unwrap();
    assert_eq!(
        now.iter()
            .map(|m| (m.team, m.person.clone()))
            .collect::<Vec<_>>(),
        back
    );
    let now =
        Member::audited_edit_many(conn, &ctx, back.iter(), |m| m.role = m.person.clone()).unwrap();
    assert!(now.iter().all(|m| m.role == m.person));
    Member::audited_soft_delete_where(conn, &ctx, members::team.eq(-3)).unwrap();
    let gone = Member::audited_delete_many(conn, &ctx, back.iter()).unwrap();
    assert_eq!(
        gone.iter()
            .map(|m| (m.team, m.person.clone()))
            .collect::<Vec<_>>(),
        back
    );
    assert_eq!(members::table.count().get_result::<i64>(conn).unwrap(), 0);

    let codes = ["z", "ö", "a", "B", "10", "9"].map(str::to_owned);
    let forms = codes.iter().map(|c| NewCountry {
        code: c.clone(),
        name: "Land".into(),
    });
    Country::audited_insert_many(conn, &ctx, forms).unwrap();
    let now =
        Country::audited_edit_many(conn, &ctx, codes.iter(), |c| c.name = c.code.clone()).unwrap();
    assert_eq!(
        now.iter().map(|c| c.name.clone()).collect::<Vec<_>>(),
        codes
    );
    let gone = Country::audited_delete_many(conn, &ctx, codes.iter().rev()).unwrap();
    assert_eq!(gone.len(), 6);
    assert_eq!(countries::table.count().get_result::<i64>(conn).unwrap(), 0);
}

/// Over one statement's chunk, and over one text's padding.
#[test]
fn many_at_once() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let note = |n: i32| NewNote {
        title: format!("n{n}"),
        weight: 0.0,
        views: n,
    };
    let made = Note::audited_insert_many(conn, &ctx, (0..1500).map(note)).unwrap();
    for count in [1, 8, 9, 64, 65, 256, 257] {
        let keys = made.iter().take(count).map(|n| Note::key_any_version(n.id));
        let title = NoteChanges {
            title: Some(format!("t{count}")),
            ..Default::default()
        };
        let seen = look::log_len(conn);
        let now = Note::audited_update_many(conn, &ctx, keys, title).unwrap();
        assert_eq!(
            (now.len(), look::log_len(conn) - seen),
            (count, count as i64)
        );
    }
    let seen = look::log_len(conn);
    let keys = || made.iter().rev().map(|n| Note::key_any_version(n.id));
    let now =
        Note::audited_edit_many(conn, &ctx, keys(), |n| n.title = format!("e{}", n.views)).unwrap();
    let views: Vec<i32> = now.iter().map(|n| n.views).collect();
    assert_eq!(views, (0..1500).rev().collect::<Vec<_>>());
    assert_eq!(look::log_len(conn) - seen, 1500);
    let wrong: i64 = notes::table
        .filter(notes::title.like("t%"))
        .count()
        .get_result(conn)
        .unwrap();
    assert_eq!(wrong, 0);
    let gone = Note::audited_delete_many(conn, &ctx, keys()).unwrap();
    assert_eq!((gone.len(), gone[0].views), (1500, 1499));
    assert_eq!(notes::table.count().get_result::<i64>(conn).unwrap(), 0);
}

/// Values that are written and turn out the same leave no stamp, beside others that do change.
#[test]
fn some_that_change_nothing_after_all() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    if NAME == "sqlite" {
        return; // It keeps what it is given.
    }
    let sql = if NAME == "mysql" {
        "MODIFY title char(12) NOT NULL"
    } else {
        "ALTER title TYPE char(12)"
    };
    look::run(conn, &format!("ALTER TABLE countries {sql}"));
    let codes = ["a", "b", "c"].map(str::to_owned);
    let forms = codes.iter().map(|c| NewCountry {
        code: c.clone(),
        name: "Land".into(),
    });
    Country::audited_insert_many(conn, &ctx, forms).unwrap();
    Country::audited_edit(conn, &ctx, "b".to_owned(), |c| c.name = "Other".into()).unwrap();
    let seen = look::log_len(conn);
    let at = clock.tick();
    let form = CountryChanges {
        name: Some("Land      ".into()),
    };
    let now = Country::audited_update_many(conn, &ctx, codes.iter(), form).unwrap();
    let changed: Vec<bool> = now.iter().map(|c| c.updated_at == at).collect();
    assert_eq!(changed, [false, true, false]);
    let stored: Vec<Country> = countries::table
        .order(countries::code)
        .select(Country::as_select())
        .load(conn)
        .unwrap();
    assert!(stored == now);
    assert_eq!(look::log_len(conn), seen + 1);
    assert_eq!(samples::table.count().get_result::<i64>(conn).unwrap(), 0);
}
