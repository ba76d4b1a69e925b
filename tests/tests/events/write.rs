// Events as they are stored, and what is refused.

use audit_diesel::prelude::*;
use audit_diesel::{EventError, MaskRef, Outcome, mask, outcome};
use audit_tests::clock::Clock;
use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::backend::entities::*;
use super::backend::look::{self, Row};
use super::backend::{Conn, Database, NAME};

fn open() -> (Database, Conn, Clock) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn, Clock::new())
}

fn only(conn: &mut Conn) -> Row {
    let mut log = look::log(conn);
    assert_eq!(log.len(), 1);
    log.remove(0)
}

#[test]
fn everything_that_is_given_is_stored() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let operation = Uuid::now_v7();
    let ctx = clock
        .ctx(42)
        .on_behalf_of(Actor::user("customer"))
        .request_id("req-7")
        .reason("the context's")
        .operation(operation)
        .extra(json!({ "ip": "10.0.0.1" }));
    let event = AuditLog::event("inventory.stock.adjust")
        .target("inventory.unit", "abc")
        .before(json!({ "quantity": 5 }))
        .after(json!({ "quantity": 4 }));
    let id = event.id();
    assert_eq!(id.get_version_num(), 7);
    assert_eq!(event.write(conn, &ctx).unwrap(), id);

    let row = only(conn);
    assert_eq!(
        (row.id, row.change_id, row.operation_id),
        (id, id, operation)
    );
    assert_eq!(row.action, "inventory.stock.adjust");
    assert_eq!(row.table_name.as_deref(), Some("inventory.unit"));
    assert_eq!(row.record_id.as_deref(), Some("abc"));
    assert_eq!(row.field_name, None);
    assert_eq!(row.before(), Some(json!({ "quantity": 5 })));
    assert_eq!(row.after(), Some(json!({ "quantity": 4 })));
    assert_eq!(
        (row.actor_kind.as_str(), row.actor_id.as_deref()),
        ("user", Some("42"))
    );
    assert_eq!(row.on_behalf_of.as_deref(), Some("user:customer"));
    assert_eq!(row.tenant_id.as_deref(), Some("acme"));
    assert_eq!(row.request_id.as_deref(), Some("req-7"));
    assert_eq!(row.reason.as_deref(), Some("the context's"));
    assert_eq!(row.changed_at, clock.now());
    let extra: serde_json::Value = serde_json::from_str(&row.context.unwrap().0).unwrap();
    assert_eq!(extra, json!({ "ip": "10.0.0.1" }));
}

#[test]
fn almost_nothing_need_be_given() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let all = clock.config().context(Actor::system()).all_tenants();
    let id = AuditLog::event("app.start").write(conn, &all).unwrap();
    let row = only(conn);
    assert_eq!(
        (row.id, row.operation_id),
        (id, id),
        "an operation of its own"
    );
    assert_eq!(outcome(conn, id).unwrap(), Outcome::Committed);
    assert_eq!(
        (row.tenant_id, row.table_name, row.record_id),
        (None, None, None)
    );
    assert_eq!(
        (row.old_value, row.new_value, row.reason),
        (None, None, None)
    );
    assert_eq!((row.actor_kind.as_str(), row.actor_id), ("system", None));

    // A kind alone; a reason of its own, with a NUL.
    let event = AuditLog::event("accounts.exported")
        .target_kind("accounts")
        .reason("a\0b");
    event
        .write(conn, &clock.ctx(1).reason("the context's"))
        .unwrap();
    let row = look::log(conn).pop().unwrap();
    assert_eq!(
        (row.table_name.as_deref(), row.record_id),
        (Some("accounts"), None)
    );
    assert_eq!(row.reason.as_deref(), Some(r"a\0b"));
}

#[test]
fn no_value_is_lost() {
    use audit_diesel::AuditConfig;
    let (_database, mut conn, _) = open();
    let conn = &mut conn;
    let ctx = AuditContext::new(Actor::system());
    let stored = |conn: &mut Conn, before: &dyn Fn() -> EventPair| {
        let (event, expected) = before();
        event.write(conn, &ctx).unwrap();
        let row = look::log(conn).pop().unwrap();
        assert_eq!(row.before(), Some(expected), "{NAME}");
    };
    type EventPair = (audit_diesel::EventBuilder<'static>, serde_json::Value);
    let event = || AuditLog::event("a.b");
    stored(conn, &|| {
        (
            event().before(json!({ "$b": "AA==" })),
            json!({ "$j": { "$b": "AA==" } }),
        )
    });
    stored(conn, &|| (event().before("a\0b"), json!({ "$s": "a\\0b" })));
    stored(conn, &|| {
        (
            event().before(u128::MAX),
            json!({ "$i": u128::MAX.to_string() }),
        )
    });
    stored(conn, &|| (event().before(f64::NAN), json!({ "$f": "NaN" })));
    stored(conn, &|| {
        (event().before([vec![1_u8, 255]]), json!([{ "$b": "Af8=" }]))
    });
    stored(conn, &|| (event().before(u64::MAX), json!(u64::MAX)));
    stored(conn, &|| (event().before(None::<i32>), json!(null)));
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    stored(conn, &|| (event().before(&deep), deep.clone()));

    // Too long a value.
    let ctx = AuditConfig::builder()
        .max_value_bytes(100)
        .build()
        .context(Actor::system());
    AuditLog::event("a.b")
        .before("x".repeat(98))
        .after("x".repeat(99))
        .write(conn, &ctx)
        .unwrap();
    let row = look::log(conn).pop().unwrap();
    assert_eq!(row.before(), Some(json!("x".repeat(98))));
    assert_eq!(row.after().unwrap()["$truncated"]["bytes"], json!(101));
}

#[test]
fn what_cannot_be_stored_is_refused_before_any_sql() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let sent = look::watch(conn);
    let ctx = clock.ctx(1);
    let event = || AuditLog::event("a.b");
    let long = |n: usize| "ü".repeat(n);
    for (event, expected) in [
        (AuditLog::event("adjust"), EventError::Name),
        (AuditLog::event("audit.purge"), EventError::NameReserved),
        (
            AuditLog::event(format!("a.{}", "b".repeat(254))),
            EventError::NameTooLong,
        ),
        (event().target("", "1"), EventError::TargetKindEmpty),
        (
            event().target(long(101), "1"),
            EventError::TargetKindTooLong,
        ),
        (event().target("a\nb", "1"), EventError::TargetKindControl),
        (event().target("unit", ""), EventError::TargetIdEmpty),
        (
            event().target("unit", long(256)),
            EventError::TargetIdTooLong,
        ),
    ] {
        let operation = Uuid::now_v7();
        let mut event = Some(event);
        let ended =
            audit_diesel::transaction(conn, &ctx.clone().operation(operation), |conn, ctx| {
                sent.take();
                match event.take().unwrap().write(conn, ctx) {
                    Err(AuditError::Event { source, .. }) => assert_eq!(source, expected, "{NAME}"),
                    other => panic!("{other:?}"),
                }
                assert_eq!(sent.take(), [""; 0], "{NAME}");
                Ok::<_, AuditError>(())
            });
        assert!(
            matches!(ended, Err(AuditError::Poisoned { operation: of }) if of == operation),
            "{NAME}: {expected:?} was swallowed"
        );
    }
    for ctx in [
        ctx.clone().tenant("a\0b"),
        AuditContext::new(Actor::user("x".repeat(300))),
    ] {
        sent.take();
        let refused = AuditLog::event("a.b").write(conn, &ctx);
        assert!(
            matches!(refused, Err(AuditError::Context { .. })),
            "{NAME}: {refused:?}"
        );
        assert_eq!(sent.take(), [""; 0]);
    }
    assert_eq!(look::log_len(conn), 0);

    // As long as it may be.
    let name = format!("a.{}", "b".repeat(253));
    let widest = AuditLog::event(name.clone()).target(long(100), long(255));
    widest.write(conn, &ctx).unwrap();
    let row = only(conn);
    assert_eq!((row.action, row.record_id), (name, Some(long(255))));
    assert_eq!(row.table_name, Some(long(100)));
}

#[test]
fn a_tenant_too_long_for_the_column() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let sent = look::watch(conn);
    let tenant = "t".repeat(192);
    let ctx = clock.ctx(1).tenant(tenant.clone());
    // One that fails before it, and would be committed if its error were swallowed.
    for case in ["event", "entity", "many"] {
        let ended = audit_diesel::transaction(conn, &ctx.clone().tenant("acme"), |conn, inner| {
            AuditLog::event("a.first").write(conn, inner)?;
            let ctx = inner.clone().tenant(tenant.clone());
            sent.take();
            let written = match case {
                "event" => AuditLog::event("a.b").write(conn, &ctx).map(|_| ()),
                "entity" => Account::audited_insert(conn, &ctx, new_account("Ada")).map(|_| ()),
                _ => Account::audited_insert_many(conn, &ctx, [new_account("Ada")]).map(|_| ()),
            };
            if NAME == "mysql" {
                assert!(
                    matches!(written, Err(AuditError::Context { .. })),
                    "{written:?}"
                );
                assert_eq!(sent.take(), [""; 0], "{case}");
            } else {
                written.unwrap();
            }
            Ok::<_, AuditError>(())
        });
        if NAME == "mysql" {
            assert!(
                matches!(ended, Err(AuditError::Poisoned { .. })),
                "{case}: {ended:?}"
            );
            assert_eq!(look::log_len(conn), 0, "{case}");
        } else {
            ended.unwrap();
        }
    }
}

#[test]
fn an_event_goes_with_its_transaction() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let ended: Result<(), AuditError> = conn.transaction(|conn| {
        AuditLog::event("a.lost").write(conn, &ctx)?;
        assert_eq!(look::log_len(conn), 1);
        Err(AuditError::Refused("the app's own".into()))
    });
    assert!(ended.is_err());
    assert_eq!(look::log_len(conn), 0);

    let mut operation = None;
    let at = clock.now();
    audit_diesel::transaction(conn, &ctx, |conn, ctx| {
        operation = ctx.operation_ref();
        let account = Account::audited_insert(conn, ctx, new_account("Ada"))?;
        clock.tick();
        AuditLog::event("account.welcomed")
            .target_of::<Account>(account.id)
            .write(conn, ctx)?;
        Ok::<_, AuditError>(())
    })
    .unwrap();
    let log = look::log(conn);
    assert_eq!(
        log.iter()
            .map(|row| row.action.as_str())
            .collect::<Vec<_>>(),
        ["insert", "account.welcomed"]
    );
    for row in &log {
        assert_eq!((Some(row.operation_id), row.changed_at), (operation, at));
        assert_eq!(row.table_name.as_deref(), Some("accounts"));
        assert_eq!(row.record_id, log[0].record_id);
    }
    let history = Account::history(
        conn,
        &ctx,
        log[0].record_id.as_deref().unwrap().parse::<i64>().unwrap(),
    )
    .unwrap();
    assert_eq!(
        history.len(),
        2,
        "the event is a part of the record's history"
    );
    assert!(history[1].to_string().contains("account.welcomed"));
}

#[test]
fn a_refused_event_ends_its_operation() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    look::run(conn, crate::refuse_some(NAME));
    let ctx = clock.ctx(1);
    let ended = audit_diesel::transaction(conn, &ctx, |conn, ctx| {
        Account::audited_insert(conn, ctx, new_account("Ada"))?;
        let refused = AuditLog::event("a.b").reason("refused").write(conn, ctx);
        assert!(
            matches!(refused, Err(AuditError::Database(_))),
            "{NAME}: {refused:?}"
        );
        // Swallowed.
        Ok::<_, AuditError>(())
    });
    assert!(
        matches!(ended, Err(AuditError::Poisoned { .. })),
        "{NAME}: {ended:?}"
    );
    assert_eq!(look::log_len(conn), 0);
    AuditLog::event("a.b").write(conn, &ctx).unwrap();
    assert_eq!(look::log_len(conn), 1);
}

#[test]
fn secrets_are_masked_where_it_is_asked_for() {
    let (_database, mut conn, clock) = open();
    let conn = &mut conn;
    let ctx = clock.ctx(1);
    let account = Account::audited_insert(conn, &ctx, new_account("Ada")).unwrap();
    let event = AuditLog::event("account.reviewed")
        .target_of::<Account>(account.key())
        .before_entity(&account)
        .after_entity(&account);
    event.write(conn, &ctx).unwrap();
    let log = look::log(conn);
    assert_eq!(log[1].before(), log[0].after(), "as its insert recorded it");
    assert_eq!(log[1].after(), log[0].after());
    assert!(log[0].after().is_some());

    let card = json!({ "card": { "number": "4111 1111 1111 1111" }, "people": [{ "pin": 17 }, { "pin": null }] });
    let event = AuditLog::event("shop.payment.refused")
        .before(&card)
        .after(&card)
        .mask_at("/card/number", MaskRef::of::<mask::Pan>("pan"))
        .mask_at("/people/*/pin", MaskRef::of::<mask::Redact>("redact"))
        .mask_at("/absent", MaskRef::of::<mask::Redact>("redact"));
    event.write(conn, &ctx).unwrap();
    let row = look::log(conn).pop().unwrap();
    let masked = json!({ "card": { "number": "411111******1111" }, "people": [{ "pin": "***" }, { "pin": null }] });
    assert_eq!(
        (row.before(), row.after()),
        (Some(masked.clone()), Some(masked))
    );

    // `token` fails closed without a key.
    let sent = look::watch(conn);
    let keyless = AuditContext::new(Actor::system());
    let event = AuditLog::event("a.b").after(json!({ "mail": "ada@example.com" }));
    let refused = event
        .mask_at("/mail", MaskRef::of::<mask::Token>("token"))
        .write(conn, &keyless);
    let Err(
        error @ AuditError::Event {
            source: EventError::Mask(_),
            ..
        },
    ) = refused
    else {
        panic!("{refused:?}");
    };
    assert!(!format!("{error} {error:?}").contains("ada@"), "{error:?}");
    assert_eq!(sent.take(), [""; 0]);
}

#[test]
fn nothing_of_a_value_shows_in_debug() {
    let event = AuditLog::event("a.b")
        .before("s3cret")
        .after("s3cret")
        .reason("s3cret");
    assert!(!format!("{event:?}").contains("s3cret"));
}
