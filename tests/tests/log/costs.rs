// What each documented shape of a query reads: at most ten rows per row returned, counted by the
// database itself (PostgreSQL's and MySQL's counters), or by its plan (SQLite, whose searches of an
// index that gives the order read what they return).

use audit_diesel::prelude::*;
use audit_diesel::{AuditLog, LogQuery};
use audit_tests::filled;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::backend::look::{number, run, watch};
use super::backend::{Conn, Database, NAME};

const PAGE: u64 = 50;

/// `AUDIT_TEST_ROWS` changes the number.
fn rows() -> u64 {
    std::env::var("AUDIT_TEST_ROWS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(20_000)
}

fn ctx(tenant: &str) -> AuditContext {
    AuditContext::new(Actor::system()).tenant(tenant)
}

/// Rows of `audit_log` that the connection has read so far.
fn read_so_far(conn: &mut Conn) -> i64 {
    match NAME {
        "postgres" => number(
            conn,
            // Of each partition, where the log has some.
            "SELECT CAST(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) AS bigint) AS n
             FROM pg_stat_xact_user_tables WHERE relname LIKE 'audit\\_log%'",
        ),
        "mysql" => number(
            conn,
            "SELECT CAST(SUM(variable_value) AS SIGNED) AS n FROM information_schema.session_status
             WHERE variable_name LIKE 'HANDLER_READ%'",
        ),
        _ => 0,
    }
}

#[derive(QueryableByName)]
struct Detail {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// Asserts that SQLite searches, in the order that is asked for.
fn check_plan(conn: &mut Conn, what: &str, statement: &str) {
    let statement = statement.split(" -- binds").next().unwrap();
    let plan: Vec<Detail> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
        .load(conn)
        .unwrap();
    for Detail { detail } in plan {
        let searches = detail.starts_with("SEARCH audit_log USING INDEX")
            || detail.starts_with("SEARCH audit_log USING INTEGER PRIMARY KEY")
            // The start of the whole log has nothing to search for.
            || (what.starts_with("everything") && detail == "SCAN audit_log")
            // Both ends of a record's rows.
            || (statement.contains("UNION ALL")
                && ["COMPOUND", "LEFT", "UNION", "CO-ROUTINE", "SCAN a", "SCAN b", "SEARCH audit_log USING COVERING INDEX audit_log_record_idx"]
                    .iter().any(|step| detail.starts_with(step)));
        assert!(searches, "{what}: {detail}\n{statement}");
    }
}

#[test]
fn the_documented_shapes_read_ten_rows_per_row_at_most() {
    let rows = rows();
    let database = Database::new();
    let conn = &mut database.connect();
    run(conn, &filled::sql(NAME, rows));
    run(conn, filled::analyze(NAME));
    let start: DateTime<Utc> = "2025-01-01T00:00:00Z".parse().unwrap();
    let after = |part: f64| start + TimeDelta::milliseconds((rows as f64 / 3.0 * 1300.0 * part) as i64);
    let none = AuditContext::new(Actor::system());
    let operator = none.clone().all_tenants();
    let log = AuditLog::query;
    let user = |n: u32| Actor::user(n);
    let shapes: Vec<(&str, LogQuery)> = vec![
        ("a tenant", log(&ctx("acme"))),
        ("a small tenant", log(&ctx("t7"))),
        ("no tenant", log(&none)),
        ("a tenant, a range", log(&ctx("acme")).between(after(0.2), after(0.4))),
        ("a tenant until a bulk operation", log(&ctx("acme")).until(after(0.451))),
        ("a tenant from a bulk operation", log(&ctx("acme")).since(after(0.449))),
        ("no tenant, a range", log(&none).between(after(0.2), after(0.4))),
        ("an actor", log(&ctx("acme")).changed_by(user(4))),
        ("an actor of a bulk operation", log(&ctx("acme")).changed_by(user(1)).since(after(0.449))),
        ("an actor without id", log(&ctx("acme")).changed_by(Actor::system())),
        ("an actor, no tenant", log(&none).changed_by(user(9))),
        ("an actor, a range", log(&ctx("acme")).changed_by(user(4)).between(after(0.2), after(0.9))),
        ("a record", log(&ctx("acme")).table("accounts").record("probe")),
        ("a record of all tenants", log(&operator).table("accounts").record("probe")),
        ("a hot record of all tenants", log(&operator).table("accounts").record("hot")),
        ("a record without a tenant, of all tenants", log(&operator).table("accounts").record("9")),
        ("a record of no tenant", log(&none).table("accounts").record("9")),
        ("a record with a hundredth of all rows", log(&ctx("acme")).table("accounts").record("hot")),
        ("an operation", log(&ctx("acme")).operation(uuid::Uuid::from_u128(2_000_000_001))),
        ("an operation with a tenth of all rows", log(&ctx("acme")).operation(uuid::Uuid::from_u128(filled::bulk(rows)))),
        ("everything", log(&operator)),
    ];
    let mut worst = Vec::new();
    for (what, query) in shapes {
        for query in [query.clone(), query.clone().oldest_first()] {
            let mut next = query.clone().limit(PAGE);
            // The first pages, behind a cursor too.
            for page in 0..4 {
                let sent = (NAME == "sqlite").then(|| watch(conn));
                let (read, found) = measure(conn, &next);
                let per_row = read as f64 / found.entries.len().max(1) as f64;
                worst.push((per_row, what, page, found.entries.len()));
                let sent = sent.map(|sent| sent.take()).unwrap_or_default();
                for statement in sent.iter().filter(|sent| sent.starts_with("SELECT")) {
                    check_plan(conn, what, statement);
                }
                let Some(cursor) = found.next else { break };
                next = query.clone().limit(PAGE).after(cursor);
            }
        }
    }
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (per_row, what, page, found) in worst.iter().take(8) {
        println!("{NAME}, {rows} rows: {what}, page {page} of {found}: {per_row:.2} read per row");
    }
    // A short last page has read the ends of two ranges.
    let (per_row, what, page, found) = worst[0];
    assert!(per_row <= 10.0, "{what}, page {page}: {per_row:.1} read for each of {found}");
    if NAME != "sqlite" {
        assert!(per_row >= 1.0, "nothing was counted");
    }
}

fn measure(conn: &mut Conn, query: &LogQuery) -> (i64, audit_diesel::Page) {
    conn.transaction::<_, AuditError, _>(|conn| {
        let before = read_so_far(conn);
        // What the counting itself counts.
        let own = read_so_far(conn) - before;
        let before = read_so_far(conn);
        let page = query.page(conn)?;
        Ok((read_so_far(conn) - before - own, page))
    })
    .unwrap()
}

/// One look for the record's tenant goes before a page of the record's index; before one that reads
/// another index it would be for nothing.
#[test]
fn a_page_asks_for_a_records_tenant_where_it_helps_alone() {
    let database = Database::new();
    let conn = &mut database.connect();
    let query = || AuditLog::query(&ctx("acme").all_tenants()).table("accounts");
    let operation = uuid::Uuid::from_u128(1);
    for (query, statements) in [
        (query().record("1"), 2),
        (query().record("1").operation(operation), 1),
        (query().operation(operation), 1),
        (AuditLog::query(&ctx("acme")).table("accounts").record("1"), 1),
    ] {
        let sent = watch(conn);
        query.page(conn).unwrap();
        let sent = sent.take();
        assert_eq!(sent.len(), statements, "{query:?}: {sent:#?}");
    }
}
