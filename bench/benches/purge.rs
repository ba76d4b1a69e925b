//! The purge against one plain DELETE of the same rows, in one run, on every database that is
//! switched on.
//!
//! On PostgreSQL also a log by month, of which the first half is a month of its own, against the same
//! DELETE on a plain log; against that DELETE and the VACUUM which gives its space back, as the drop
//! of a month does by itself; and beside the bare DROP TABLE of that month, which counts nothing and
//! tells nobody, and under which no purge can come.
//!
//! It fails where a purge takes more than twice the DELETE, or one of its transactions on PostgreSQL
//! more than 50 ms.
//!
//! Ids follow the order of time, as those that the crate makes do. `AUDIT_BENCH_ROWS` is how
//! many rows the log has (default 100,000); half of them are too old.
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use audit_diesel::prelude::*;
use audit_diesel::retention::{Purge, PurgeReport, Retention};
#[cfg(feature = "sqlite")]
use diesel::Connection as _;
use diesel::connection::SimpleConnection;

fn rows() -> i64 {
    std::env::var("AUDIT_BENCH_ROWS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(100_000)
}

/// The two are run in turns, each on a log made anew.
fn rounds() -> usize {
    std::env::var("AUDIT_BENCH_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Makes the log, times the plain DELETE; makes it again, times the purge.
/// True if the purge kept within its time.
fn compare<C: AuditConnectionOf>(name: &str, conn: &mut C) -> bool {
    let (mut plain, mut purged, mut longest, mut batches) = (vec![], vec![], vec![], 0);
    let (mut dropped, mut drops, mut bare, mut vacuumed) = (vec![], vec![], vec![], vec![]);
    for _ in 0..rounds() {
        C::fill(conn, rows());
        let begun = Instant::now();
        C::plain_delete(conn);
        plain.push(begun.elapsed());
        if C::vacuum(conn) {
            vacuumed.push(begun.elapsed());
        }
        C::fill(conn, rows());
        let report = purge(conn);
        assert_eq!(report.deleted() as i64, rows() / 2);
        purged.push(report.took);
        longest.push(report.longest);
        batches = report.batches;
        C::fill(conn, rows());
        if C::by_month(conn) {
            let report = purge(conn);
            assert_eq!(report.deleted() as i64, rows() / 2);
            assert_eq!(report.partitions_dropped.len(), 1);
            dropped.push(report.took);
            drops.push(report.longest);
            C::fill(conn, rows());
            C::by_month(conn);
            let begun = Instant::now();
            C::bare_drop(conn);
            bare.push(begun.elapsed());
        }
    }
    let worst = longest.iter().max().copied().unwrap_or_default();
    let (plain, purged) = (median(&mut plain), median(&mut purged));
    println!(
        "{name}: {} of {} rows: one plain DELETE {plain:.1?}; purge {purged:.1?}, {:.2} x, {batches} batches, \
         longest transaction {worst:.1?}",
        rows() / 2,
        rows(),
        purged.as_secs_f64() / plain.as_secs_f64(),
    );
    let good = purged <= 2 * plain && C::LONGEST.is_none_or(|most| worst <= most);
    if !good {
        println!(
            "  FAILED: it may take twice the DELETE, a transaction {:?}",
            C::LONGEST
        );
    }
    if !dropped.is_empty() {
        let dropped = median(&mut dropped);
        let ratio = |to: Duration| dropped.as_secs_f64() / to.as_secs_f64();
        let (bare, vacuumed) = (median(&mut bare), median(&mut vacuumed));
        println!(
            "{name}, by month: purge {dropped:.1?}, {:.2} x that DELETE, {:.2} x DELETE and VACUUM \
             ({vacuumed:.1?}), longest transaction {:.1?}; a bare DROP TABLE {bare:.1?}, {:.2} x that \
             DELETE",
            ratio(plain),
            ratio(vacuumed),
            drops.iter().max().copied().unwrap_or_default(),
            bare.as_secs_f64() / plain.as_secs_f64(),
        );
    }
    good
}

fn purge<C: AuditConnectionOf>(conn: &mut C) -> PurgeReport {
    let ctx = AuditContext::new(Actor::job("bench")).all_tenants();
    Purge::new(Retention::default()).run(conn, &ctx).unwrap()
}

trait AuditConnectionOf: audit_diesel::AuditConnection {
    /// The longest that a transaction may take.
    const LONGEST: Option<Duration> = None;
    /// A fresh log: rows of updates of ten tenants and five tables, in the order of time, the first
    /// half 60 to 31 days old, the second younger.
    fn fill(conn: &mut Self, rows: i64);
    /// In one transaction, past the guards as the purge passes them.
    fn plain_delete(conn: &mut Self);
    /// Makes the log one of months, of which the first ends where what is too old does; false where
    /// there is no such thing.
    fn by_month(_conn: &mut Self) -> bool {
        false
    }
    /// Gives back the space of what was deleted; false where that is not asked.
    fn vacuum(_conn: &mut Self) -> bool {
        false
    }
    /// Drops the month that is too old by hand.
    fn bare_drop(_conn: &mut Self) {}
}

fn run(conn: &mut impl SimpleConnection, sql: &str) {
    conn.batch_execute(sql).expect(sql);
}

#[cfg(feature = "sqlite")]
impl AuditConnectionOf for diesel::SqliteConnection {
    fn fill(conn: &mut Self, rows: i64) {
        run(
            conn,
            "DROP TABLE IF EXISTS audit_log; DROP TABLE IF EXISTS audit_log_gate;",
        );
        audit_diesel::migrate(conn).unwrap();
        run(
            conn,
            &format!(
                "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < {rows})
                 INSERT INTO audit_log (id, change_id, operation_id, changed_at, tenant_id, table_name,
                    record_id, action, field_name, old_value, new_value, actor_kind, actor_id)
                 SELECT CAST(printf('%016d', n) AS BLOB), CAST(printf('%016d', n) AS BLOB), CAST(printf('%016d', n) AS BLOB),
                    (unixepoch() - CASE WHEN n < {rows} / 2 THEN 60 * 86400 - n * 28 * 86400 / ({rows} / 2)
                        ELSE 29 * 86400 - (n - {rows} / 2) * 28 * 86400 / ({rows} / 2) END) * 1000000,
                    'tenant-' || (n % 10), 'table_' || (n % 5), abs(random()) % 100000, 'update', 'name',
                    '\"before it\"', '\"after it\"', 'user', n % 100
                 FROM n"
            ),
        );
        run(conn, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    fn plain_delete(conn: &mut Self) {
        let cutoff = "(unixepoch() - 30 * 86400) * 1000000";
        run(
            conn,
            &format!(
                "BEGIN IMMEDIATE; INSERT INTO audit_log_gate VALUES (1, {cutoff});
                 DELETE FROM audit_log WHERE changed_at < {cutoff};
                 DELETE FROM audit_log_gate; COMMIT"
            ),
        );
    }
}

#[cfg(feature = "postgres")]
impl AuditConnectionOf for diesel::PgConnection {
    const LONGEST: Option<Duration> = Some(Duration::from_millis(50));

    fn fill(conn: &mut Self, rows: i64) {
        run(
            conn,
            "SET client_min_messages = warning; DROP TABLE IF EXISTS audit_log",
        );
        audit_diesel::migrate(conn).unwrap();
        run(
            conn,
            &format!(
                "INSERT INTO audit_log (id, change_id, operation_id, changed_at, tenant_id, table_name,
                    record_id, action, field_name, old_value, new_value, actor_kind, actor_id)
                 SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid,
                    now() - CASE WHEN n < {rows} / 2 THEN interval '60 days' - interval '28 days' * n / ({rows} / 2)
                        ELSE interval '29 days' - interval '28 days' * (n - {rows} / 2) / ({rows} / 2) END,
                    'tenant-' || (n % 10), 'table_' || (n % 5), (random() * 100000)::int, 'update', 'name',
                    '\"before it\"', '\"after it\"', 'user', n % 100
                 FROM generate_series(0, {rows} - 1) n"
            ),
        );
        // As autovacuum does it, long before a row is too old.
        run(conn, "VACUUM ANALYZE audit_log");
        run(conn, "CHECKPOINT");
    }

    fn vacuum(conn: &mut Self) -> bool {
        run(conn, "VACUUM audit_log");
        true
    }

    fn bare_drop(conn: &mut Self) {
        run(conn, "DROP TABLE old");
    }

    fn plain_delete(conn: &mut Self) {
        run(conn, "BEGIN");
        run(
            conn,
            "SELECT set_config('audit_log.purge', pg_current_xact_id()::text, true)",
        );
        run(
            conn,
            "DELETE FROM audit_log WHERE changed_at < now() - interval '30 days'",
        );
        run(conn, "COMMIT");
    }

    /// The end of a month is where the test wants it, so that it does not depend on the day.
    fn by_month(conn: &mut Self) -> bool {
        audit_diesel::migrate_by_month(conn).unwrap();
        run(
            conn,
            "SET client_min_messages = warning;
             DO $$ DECLARE
                whole text := (SELECT part FROM audit_log_months() WHERE from_time IS NULL AND NOT is_default);
                ends timestamptz := (SELECT to_time FROM audit_log_months() WHERE from_time IS NULL AND NOT is_default);
                cut timestamptz := now() - interval '30 days 1 hour';
             BEGIN
                EXECUTE format('ALTER TABLE audit_log DETACH PARTITION %s', whole);
                EXECUTE format('CREATE TABLE old PARTITION OF audit_log FOR VALUES FROM (MINVALUE) TO (%L)', cut);
                EXECUTE format('CREATE TABLE young PARTITION OF audit_log FOR VALUES FROM (%L) TO (%L)', cut, ends);
                EXECUTE format('INSERT INTO audit_log OVERRIDING SYSTEM VALUE SELECT * FROM %s', whole);
                EXECUTE format('DROP TABLE %s', whole);
                PERFORM audit_log_guard('old'), audit_log_guard('young');
             END $$",
        );
        run(conn, "VACUUM ANALYZE audit_log");
        run(conn, "CHECKPOINT");
        true
    }
}

#[cfg(feature = "mysql")]
impl AuditConnectionOf for diesel::MysqlConnection {
    fn fill(conn: &mut Self, rows: i64) {
        run(conn, "DROP TABLE IF EXISTS audit_log");
        audit_diesel::migrate(conn).unwrap();
        run(
            conn,
            &format!(
                "INSERT INTO audit_log (id, change_id, operation_id, changed_at, tenant_id, table_name,
                    record_id, action, field_name, old_value, new_value, actor_kind, actor_id)
                 SELECT lpad(seq, 16, '0'), lpad(seq, 16, '0'), lpad(seq, 16, '0'),
                    utc_timestamp(6) - INTERVAL (CASE WHEN seq < {rows} DIV 2
                        THEN 60 * 86400 - seq * 28 * 86400 DIV ({rows} DIV 2)
                        ELSE 29 * 86400 - (seq - {rows} DIV 2) * 28 * 86400 DIV ({rows} DIV 2) END) SECOND,
                    concat('tenant-', seq % 10), concat('table_', seq % 5), floor(rand() * 100000), 'update',
                    'name', '\"before it\"', '\"after it\"', 'user', seq % 100
                 FROM seq_0_to_{last}",
                last = rows - 1
            ),
        );
        run(conn, "ANALYZE TABLE audit_log");
    }

    fn plain_delete(conn: &mut Self) {
        run(conn, "BEGIN");
        run(
            conn,
            "INSERT INTO audit_log_gate VALUES (connection_id(), utc_timestamp(6) - INTERVAL 30 DAY)",
        );
        run(
            conn,
            "DELETE FROM audit_log WHERE changed_at < utc_timestamp(6) - INTERVAL 30 DAY",
        );
        run(conn, "DELETE FROM audit_log_gate");
        run(conn, "COMMIT");
    }
}

fn main() {
    let mut good = true;
    #[cfg(feature = "sqlite")]
    {
        let path =
            std::env::temp_dir().join(format!("audit_bench_purge_{}.sqlite", std::process::id()));
        let mut conn = diesel::SqliteConnection::establish(&path.display().to_string()).unwrap();
        run(&mut conn, "PRAGMA journal_mode = WAL");
        good &= compare("SQLite", &mut conn);
        drop(conn);
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", path.display()));
        }
    }
    #[cfg(feature = "postgres")]
    {
        good &= on_server::<diesel::PgConnection>(
            "PostgreSQL",
            "AUDIT_TEST_POSTGRES_URL",
            "postgres://postgres@127.0.0.1/postgres",
        );
    }
    #[cfg(feature = "mysql")]
    {
        good &= on_server::<diesel::MysqlConnection>(
            "MySQL/MariaDB",
            "AUDIT_TEST_MYSQL_URL",
            "mysql://root@127.0.0.1/mysql",
        );
    }
    if !good {
        std::process::exit(1);
    }
}

/// In a database of its own.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn on_server<C: AuditConnectionOf>(title: &str, variable: &str, default: &str) -> bool {
    let url = std::env::var(variable).unwrap_or_else(|_| default.to_owned());
    let name = format!("audit_bench_purge_{}", std::process::id());
    let mut server = C::establish(&url).unwrap();
    run(&mut server, &format!("CREATE DATABASE {name}"));
    let (base, _) = url.rsplit_once('/').unwrap();
    let mut conn = C::establish(&format!("{base}/{name}")).unwrap();
    let good = compare(title, &mut conn);
    drop(conn);
    run(&mut server, &format!("DROP DATABASE {name}"));
    good
}
