// What is refused, with words that help; nothing of it reaches the database.

use audit_diesel::prelude::*;
use audit_diesel::{AuditLog, Cursor, LogQuery, QueryError};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::backend::entities::*;
use super::backend::look::watch;
use super::backend::{Conn, Database};

/// The error of every way to read, which is one and the same; no statement was sent.
fn refused(conn: &mut Conn, query: &LogQuery) -> (QueryError, String) {
    let sent = watch(conn);
    let mut errors = vec![
        query.load(conn).unwrap_err(),
        query.page(conn).unwrap_err(),
        query.change_sets(conn).unwrap_err(),
        query.stream(conn).map(|_| ()).unwrap_err(),
    ];
    assert!(sent.take().is_empty(), "{query:?}");
    let first = errors.remove(0);
    for error in errors {
        assert_eq!(error.to_string(), first.to_string());
    }
    match first {
        AuditError::Query(problem) => (problem, first.to_string()),
        other => panic!("{other:?}"),
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn mistakes_in_filters_are_named() {
    let database = Database::new();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::user(1)).tenant("acme");
    let query = || AuditLog::query(&ctx);
    let nul = "a\0b";
    let (day, now) = (NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(), at("2026-03-01T00:00:00Z"));
    for (query, words) in [
        (query().limit(0), "`limit` takes 1 to 10000"),
        (query().limit(1 << 31), "`limit` takes 1 to 10000"),
        (query().limit(10_001), "`limit` takes 1 to 10000"),
        (query().limit(u64::MAX), "`limit` takes 1 to 10000"),
        (query().table(nul), "`table` holds a NUL"),
        (query().table("a").record(nul), "`record` holds a NUL"),
        (query().field(nul), "`field` holds a NUL"),
        (query().action(nul), "`action` holds a NUL"),
        (query().request(nul), "`request` holds a NUL"),
        (query().changed_by(Actor::parse("user:\0")), "`changed_by` holds a NUL"),
        (query().table("a".repeat(101)), "`table` is longer than 100"),
        (query().table("a").record("a".repeat(256)), "`record` is longer than 255"),
        (query().field("a".repeat(256)), "`field` is longer than 255"),
        (query().action("a".repeat(256)), "`action` is longer than 255"),
        (query().changed_by(Actor::user("a".repeat(256))), "`changed_by` is longer than 255"),
        (query().table(""), "`table` is empty"),
        (query().action(""), "`action` is empty"),
        (query().field(""), "`field` is empty"),
        (query().record("1"), "name it with `table`"),
        (query().between(now, now), "the time range is empty"),
        (query().between(now + TimeDelta::seconds(1), now), "the time range is empty"),
        (query().between(now, now + TimeDelta::nanoseconds(999)).until(now), "the time range is empty"),
        (query().between_days(day, day.pred_opt().unwrap(), Utc), "the time range is empty"),
        (query().between_days(day, NaiveDate::MAX, Utc), "outside of the years"),
        (query().since(DateTime::<Utc>::MIN_UTC), "outside of the years 1000 to 9999"),
        (query().until(DateTime::<Utc>::MAX_UTC), "outside of the years 1000 to 9999"),
        (query().since(at("0999-12-31T23:59:59Z")), "outside of the years"),
        (query().until(at("+10000-01-01T00:00:00Z")), "outside of the years"),
    ] {
        let (_, message) = refused(conn, &query);
        assert!(message.contains(words), "{message}\n{query:?}");
        let error = query.count(conn).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    // The longest that is stored, and the ends of time, are no mistake.
    for query in [
        query().table("\u{e9}".repeat(100)).record("\u{1f600}".repeat(255)),
        query().since(at("1000-01-01T00:00:00Z")).until(at("9999-12-31T23:59:59.999999Z")),
        query().limit(1),
        query().limit(10_000),
    ] {
        query.load(conn).unwrap();
        query.count(conn).unwrap();
    }
}

#[test]
fn a_tenant_that_does_not_fit_is_refused() {
    let database = Database::new();
    let conn = &mut database.connect();
    for tenant in ["", "a\0b", "a\nb", &"a".repeat(256)] {
        let ctx = AuditContext::new(Actor::user(1)).tenant(tenant);
        let sent = watch(conn);
        let error = AuditLog::query(&ctx).load(conn).unwrap_err();
        assert!(matches!(error, AuditError::Context { .. }), "{error}");
        assert!(sent.take().is_empty());
    }
    // Typed on an entity, the tenant must be there, and be of the column's type.
    let none = AuditContext::new(Actor::user(1));
    let error = AuditLog::query(&none).record_of::<Account>(1_i64).load(conn).unwrap_err();
    assert!(matches!(error, AuditError::Context { entity: "accounts", .. }), "{error}");
    let ctx = none.tenant("acme");
    let key = Ticket::key_any_version(1);
    let error = AuditLog::query(&ctx).record_of::<Ticket>(key).load(conn).unwrap_err();
    assert!(matches!(error, AuditError::Misfit { entity: "tickets", .. }), "{error}");
}

#[test]
fn a_cursor_serves_its_own_query_alone() {
    let database = Database::new();
    let conn = &mut database.connect();
    for name in ["a", "b", "c"] {
        Account::audited_insert(conn, &ctx(), new_account(name)).unwrap();
    }
    let query = || AuditLog::query(&ctx()).limit(1);
    let cursor = query().page(conn).unwrap().next.unwrap();
    assert_eq!(query().after(cursor.clone()).load(conn).unwrap().len(), 1);
    assert_eq!(query().limit(9).after(cursor.clone()).load(conn).unwrap().len(), 2);

    let text = cursor.as_str();
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    let other = |tenant| AuditLog::query(&ctx().tenant(tenant)).limit(1);
    let since = at("2020-01-01T00:00:00Z");
    let mut flipped = text.to_owned();
    flipped.replace_range(12..13, if &text[12..13] == "A" { "B" } else { "A" });
    let keyed = AuditConfig::builder().cursor_key([1; 32]).build();
    for (query, what) in [
        (query().after(""), "empty"),
        (query().after("x"), "junk"),
        (query().after("\0"), "NUL"),
        (query().after("a".repeat(1_000_000)), "long"),
        (query().after(&text[..text.len() - 1]), "cut"),
        (query().after(format!("{text}A")), "longer"),
        (query().after(flipped.as_str()), "altered"),
        (query().oldest_first().after(text), "the other order"),
        (query().changed_by(Actor::user(42)).after(text), "another filter"),
        (query().since(since).after(text), "another range"),
        (query().operation(Uuid::nil()).after(text), "another operation"),
        (query().record_of::<Account>(1_i64).after(text), "a record"),
        (other("ACME").after(text), "another tenant"),
        (other("acme ").after(text), "another tenant"),
        (AuditLog::query(&ctx().all_tenants()).after(text), "all tenants"),
        (AuditLog::query(&AuditContext::new(Actor::user(42))).after(text), "no tenant"),
        (AuditLog::query(&ctx().config(keyed)).after(text), "another key"),
    ] {
        let sent = watch(conn);
        let error = query.page(conn).unwrap_err();
        assert!(matches!(error, AuditError::Query(QueryError::Cursor)), "{what}: {error}");
        // It says nothing of why.
        assert_eq!(error.to_string(), AuditError::from(QueryError::Cursor).to_string(), "{what}");
        assert!(sent.take().is_empty(), "{what}");
    }
    let sets = query().change_sets(conn).unwrap().next.unwrap();
    assert!(query().after(sets.clone()).change_sets(conn).is_ok());
    assert!(query().after(sets).load(conn).is_err());
    assert!(query().after(Cursor::from(text)).change_sets(conn).is_err());

    let short = AuditConfig::builder().cursor_key([1; 15]).build();
    let error = AuditLog::query(&ctx().config(short)).limit(1).page(conn).unwrap_err();
    assert!(error.to_string().contains("shorter than 16 bytes"), "{error}");
}

#[test]
fn a_missing_table_is_the_audit_tables() {
    let database = Database::bare();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::user(1)).tenant("acme");
    for error in [
        AuditLog::query(&ctx).load(conn).unwrap_err(),
        AuditLog::query(&ctx).count(conn).unwrap_err(),
        AuditLog::query(&ctx).stream(conn).unwrap().next().unwrap().unwrap_err(),
    ] {
        assert!(matches!(error, AuditError::AuditTable { .. }), "{error}");
    }
}
