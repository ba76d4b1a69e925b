// What a context carries into the trail, and what it may not.

use audit_diesel::ContextError;
use audit_diesel::prelude::*;
use audit_diesel::sql_types::Id;
use audit_tests::clock::Clock;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::devices;
use super::backend::{Conn, Database};

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

#[test]
fn all_of_it_on_every_row() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let operation = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
    let ctx = clock
        .config()
        .context(Actor::service("billing"))
        .tenant("Åcme 日本")
        .request_id("req-\u{1f980}")
        .reason("line one\nline 'two' \\ \"three\"")
        .on_behalf_of(Actor::user("u:7:x"))
        .extra(serde_json::json!({"ip": "::1", "agent": "a\u{0}b", "n": [1, null]}))
        .operation(operation);
    let made = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let form = AccountChanges {
        name: Some("x".into()),
        email: Some(Some("y".into())),
        ..Default::default()
    };
    Account::audited_update(conn, &ctx, made.id, form).unwrap();
    let rows = look::log(conn);
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert_eq!(row.operation_id, operation);
        assert_eq!(row.tenant_id.as_deref(), Some("Åcme 日本"));
        assert_eq!(
            (row.actor_kind.as_str(), row.actor_id.as_deref()),
            ("service", Some("billing"))
        );
        assert_eq!(row.on_behalf_of.as_deref(), Some("user:u:7:x"));
        assert_eq!(row.request_id.as_deref(), Some("req-\u{1f980}"));
        assert_eq!(
            row.reason.as_deref(),
            Some("line one\nline 'two' \\ \"three\"")
        );
        let extra: serde_json::Value =
            serde_json::from_str(&row.context.as_ref().unwrap().0).unwrap();
        assert_eq!(
            (&extra["ip"], &extra["n"]),
            (&"::1".into(), &serde_json::json!([1, null]))
        );
        assert_eq!(row.changed_at, clock.now());
        let lag = chrono::Utc::now() - row.recorded_at;
        assert!(
            lag.num_seconds().abs() < 600,
            "the database's clock, in UTC: {lag}"
        );
    }
    assert_eq!(
        rows[1].change_id, rows[1].id,
        "a change set is named by its first row"
    );
    assert_eq!(rows[2].change_id, rows[1].id);
    assert_ne!(rows[0].change_id, rows[1].id);
    let history = Account::history(conn, &ctx, made.id).unwrap();
    assert_eq!((history.len(), history[1].entries().len()), (2, 2));
    assert_eq!(
        history[1].first().unwrap().on_behalf_of,
        Some(Actor::user("u:7:x"))
    );

    // Nothing of it is required but the actor.
    let bare = AuditContext::new(Actor::system());
    let form = NewCountry {
        code: "DE".into(),
        name: "Land".into(),
    };
    Country::audited_insert(conn, &bare, form).unwrap();
    let row = look::log(conn).pop().unwrap();
    assert_eq!((row.actor_kind.as_str(), row.actor_id), ("system", None));
    assert_eq!(
        (row.tenant_id, row.on_behalf_of, row.request_id, row.reason),
        (None, None, None, None)
    );
    assert!(row.context.is_none());
}

#[test]
fn strings_never_break_a_write() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let insert = |conn: &mut Conn, ctx: &AuditContext| {
        let account = Account::audited_insert(conn, ctx, new_account("Ada")).unwrap();
        let row = look::log(conn).pop().unwrap();
        assert_eq!(row.record_id, Some(account.id.to_string()));
        row
    };
    let long = "ä".repeat(100);
    assert_eq!(
        insert(conn, &clock.ctx(1).request_id(&long)).request_id,
        Some(long.clone())
    );
    for hostile in [
        format!("{long}x"),
        "a\nb".into(),
        "\0".into(),
        "a\u{85}".into(),
        "x".repeat(1 << 20),
    ] {
        let id = insert(conn, &clock.ctx(1).request_id(&hostile))
            .request_id
            .unwrap();
        assert!(id.starts_with("h:") && id.len() == 66, "{id}");
    }
    for reason in [
        "",
        "a\0b",
        "\\0",
        "\u{1}\u{7f}",
        "\u{fffe}\u{10ffff}",
        &"r".repeat(60_000),
    ] {
        let stored = insert(conn, &clock.ctx(1).reason(reason)).reason.unwrap();
        if !reason.contains('\0') && !reason.contains("\\0") {
            assert_eq!(stored, reason);
        } else {
            assert!(!stored.contains('\0'));
        }
    }
    let tenant = "t".repeat(191);
    assert_eq!(
        insert(conn, &clock.ctx(1).tenant("t".repeat(64)))
            .tenant_id
            .unwrap()
            .len(),
        64
    );
    // A tenant that the column of the entity takes, the trail takes too.
    if super::backend::NAME != "mysql" {
        assert_eq!(
            insert(conn, &clock.ctx(1).tenant(&tenant)).tenant_id,
            Some(tenant)
        );
        let longest = "t".repeat(255);
        assert_eq!(
            insert(conn, &clock.ctx(1).tenant(&longest)).tenant_id,
            Some(longest)
        );
    }
    let actor = Actor::new("user", Some(&"ü".repeat(125))).unwrap();
    let row = insert(conn, &clock.config().context(actor).tenant("acme"));
    assert_eq!(row.actor_id, Some("ü".repeat(125)));
}

#[test]
fn what_does_not_fit_is_refused_before_any_sql() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let sent = look::watch(conn);
    let config = clock.config();
    let ctx = |actor: Actor| config.context(actor).tenant("acme");
    let long = "x".repeat(256);
    let bad = [
        ctx(Actor::user("")),
        ctx(Actor::user(&long)),
        ctx(Actor::user("a\0")),
        ctx(Actor::user("a\n")),
        ctx(Actor::Unknown(String::new())),
        ctx(Actor::Unknown("user:forged".into())),
        ctx(Actor::user(1)).on_behalf_of(Actor::user("")),
        ctx(Actor::user(1)).tenant(""),
        ctx(Actor::user(1)).tenant(&long),
        ctx(Actor::user(1)).tenant("a\tb"),
    ];
    for ctx in bad {
        let form = AccountChanges {
            name: Some("x".into()),
            ..Default::default()
        };
        let errors = [
            Account::audited_insert(conn, &ctx, new_account("x")).unwrap_err(),
            Account::audited_update(conn, &ctx, 1, form.clone()).unwrap_err(),
            Account::audited_edit(conn, &ctx, 1, |_| {}).unwrap_err(),
            Account::audited_delete(conn, &ctx, 1).unwrap_err(),
            Account::audited_soft_delete_many(conn, &ctx, [1]).unwrap_err(),
            Account::audited_update_many(conn, &ctx, [1], form).unwrap_err(),
        ];
        for error in errors {
            assert!(
                matches!(
                    error,
                    AuditError::Context {
                        entity: "accounts",
                        ..
                    }
                ),
                "{error} {ctx:?}"
            );
        }
    }
    assert_eq!(sent.take(), [""; 0]);

    // An entity that asks for a reason.
    let owner = uuid::Uuid::from_u128(7).to_string();
    let without = clock.ctx(1).tenant(owner);
    let form = || NewDevice {
        id: Id(uuid::Uuid::from_u128(1)),
        label: "Pump".into(),
        place: Place {
            street: "Kai 1".into(),
            city: None,
        },
    };
    let refused = |error: AuditError| {
        let named = matches!(
            error,
            AuditError::Context {
                source: ContextError::ReasonMissing,
                ..
            }
        );
        assert!(named, "{error}");
    };
    let id = form().id;
    refused(Device::audited_insert(conn, &without, form()).unwrap_err());
    refused(Device::audited_edit(conn, &without, id, |_| {}).unwrap_err());
    refused(Device::audited_delete(conn, &without, id).unwrap_err());
    refused(
        Device::audited_soft_delete_where(conn, &without, devices::removed.eq(false)).unwrap_err(),
    );
    assert_eq!(sent.take(), [""; 0]);
    Device::audited_insert(conn, &without.reason("stocktaking"), form()).unwrap();
}

/// An entity that has no row in the trail, and a trail that is not there: nothing is written.
#[test]
fn no_trail_no_change() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let made = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    look::run(conn, "ALTER TABLE audit_log RENAME TO elsewhere");
    let form = AccountChanges {
        name: Some("x".into()),
        ..Default::default()
    };
    let errors = [
        Account::audited_insert(conn, &ctx, new_account("Eve")).unwrap_err(),
        Account::audited_update(conn, &ctx, made.id, form).unwrap_err(),
        Account::audited_soft_delete(conn, &ctx, made.id).unwrap_err(),
        Account::audited_delete(conn, &ctx, made.id).unwrap_err(),
        Account::history(conn, &ctx, made.id).unwrap_err(),
    ];
    for error in errors {
        assert!(
            matches!(&error, AuditError::AuditTable { what } if what.contains("migrate")),
            "{error}"
        );
    }
    let stored: Vec<Account> = super::backend::schema::accounts::table
        .select(Account::as_select())
        .load(conn)
        .unwrap();
    assert!(stored == [made]);
}
