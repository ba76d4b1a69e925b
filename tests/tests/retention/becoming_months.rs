// From a plain log to one of months.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use audit_diesel::{MIGRATION_BY_MONTH, check, migrate, migrate_by_month, migrations};
use chrono::{TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::backend::look::{log, number, run};
use super::backend::{Conn, Database};
use super::log::*;

/// A plain log with `rows` rows, whatever the tests are run on.
fn plain(rows: i64) -> (Database, Conn) {
    let database = Database::bare();
    let mut conn = database.connect();
    migrate(&mut conn).unwrap();
    let rows: Vec<Draft> = (0..rows)
        .map(|n| Draft::new("a", "t", &n.to_string(), Utc::now() - TimeDelta::hours(rows - n)))
        .collect();
    write(&mut conn, &rows);
    (database, conn)
}

fn is_partitioned(conn: &mut Conn) -> bool {
    let sql = "SELECT count(*) AS n FROM pg_class WHERE oid = 'audit_log'::regclass AND relkind = 'p'";
    number(conn, sql) == 1
}

fn rows(conn: &mut Conn) -> Vec<(i64, uuid::Uuid, Option<String>)> {
    log(conn).into_iter().map(|row| (row.seq, row.id, row.record_id)).collect()
}

#[test]
fn every_row_is_there_and_numbers_go_on() {
    let (_database, mut conn) = plain(500);
    let before = rows(&mut conn);
    migrate_by_month(&mut conn).unwrap();
    assert!(is_partitioned(&mut conn));
    assert_eq!(rows(&mut conn), before);
    write(&mut conn, &[Draft::new("a", "t", "new", Utc::now())]);
    assert_eq!(rows(&mut conn).last().unwrap().0, 501);
    // Again, and by the plain migration too, changes nothing.
    let months = "SELECT count(*) AS n FROM audit_log_months()";
    let many = number(&mut conn, months);
    migrate_by_month(&mut conn).unwrap();
    migrate(&mut conn).unwrap();
    assert_eq!(number(&mut conn, months), many);
    // This month and three to come, less what the first has, and the spare one.
    assert!((4..=6).contains(&many), "{many}");
    assert_eq!(rows(&mut conn).len(), 501);
    let left = "SELECT count(*) AS n FROM pg_constraint WHERE contype = 'c' AND conname LIKE 'audit_log%'";
    assert_eq!(number(&mut conn, left), 0, "no promise is left");
}

#[test]
fn it_works_inside_a_transaction_and_as_plain_sql() {
    let (_database, mut conn) = plain(50);
    conn.transaction(migrate_by_month).unwrap();
    assert!(is_partitioned(&mut conn));
    assert_eq!(log(&mut conn).len(), 50);

    let database = Database::bare();
    let mut conn = database.connect();
    run(&mut conn, "CREATE SCHEMA elsewhere; SET search_path = elsewhere");
    for sql in migrations(audit_diesel::Dialect::Postgres).iter().chain([&MIGRATION_BY_MONTH]) {
        run(&mut conn, sql);
    }
    write(&mut conn, &[Draft::new("a", "t", "1", Utc::now())]);
    check(&mut conn).unwrap();
    run(&mut conn, "SET search_path = public");
    assert_eq!(number(&mut conn, "SELECT count(*) AS n FROM elsewhere.audit_log"), 1);
    assert_eq!(number(&mut conn, "SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'public'"), 0);
    run(&mut conn, "SELECT elsewhere.audit_log_add_months(6)");
    assert_eq!(number(&mut conn, "SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'public'"), 0);
}

#[test]
fn rows_of_a_clock_far_ahead_are_kept_apart() {
    let (_database, mut conn) = plain(20);
    write(&mut conn, &[Draft::new("a", "t", "ahead", Utc::now() + TimeDelta::days(4000))]);
    let before = rows(&mut conn);
    migrate_by_month(&mut conn).unwrap();
    assert_eq!(rows(&mut conn), before);
    assert_eq!(number(&mut conn, "SELECT count(*) AS n FROM audit_log_default"), 1);
    let error = conn.batch_execute("DELETE FROM audit_log_default").unwrap_err().to_string();
    assert!(error.contains("append-only"), "{error}");
}

#[test]
fn grants_are_kept() {
    let (_database, mut conn) = plain(1);
    let role = format!("audit_test_app_{}", std::process::id());
    run(&mut conn, &format!(
        "CREATE ROLE {role}; GRANT SELECT, INSERT ON audit_log TO {role}; GRANT SELECT ON audit_log TO PUBLIC"
    ));
    let made = migrate_by_month(&mut conn);
    let may = |conn: &mut Conn, what: &str| {
        number(conn, &format!("SELECT has_table_privilege('{role}', 'audit_log', '{what}')::int::bigint AS n"))
    };
    let found = ["SELECT", "INSERT", "DELETE", "UPDATE"].map(|what| may(&mut conn, what));
    run(&mut conn, &format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    made.unwrap();
    assert_eq!(found, [1, 1, 0, 0]);
}

#[test]
fn what_hangs_on_the_table_is_named_and_nothing_is_changed() {
    for (hangs, named) in [
        ("CREATE VIEW seen AS SELECT id FROM audit_log", "the view seen"),
        ("CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM audit_log", "the view sums"),
        ("CREATE TABLE notes (id uuid REFERENCES audit_log (id))", "the foreign key notes_id_fkey"),
        ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
          CREATE TRIGGER mine AFTER INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION f()", "the trigger mine"),
        ("CREATE POLICY own ON audit_log USING (true)", "the policy own"),
        ("CREATE PUBLICATION feed FOR TABLE audit_log", "the publication feed"),
        ("GRANT SELECT (id) ON audit_log TO PUBLIC", "grants on the column id"),
        ("CREATE TABLE heir () INHERITS (audit_log)", "the inheritance of heir"),
        ("CREATE FUNCTION newest() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT max(seq) FROM audit_log; END",
         "the function newest()"),
    ] {
        let (_database, mut conn) = plain(5);
        run(&mut conn, hangs);
        let error = migrate_by_month(&mut conn).unwrap_err().to_string();
        assert!(error.contains(named), "{hangs}: {error}");
        assert!(!is_partitioned(&mut conn));
        let error = conn.batch_execute("SELECT audit_log_by_month()").unwrap_err().to_string();
        assert!(error.contains(named), "{hangs}: {error}");
        let left = "SELECT count(*) AS n FROM pg_constraint WHERE contype = 'c' AND conname LIKE 'audit_log%'";
        assert_eq!(number(&mut conn, left), 0, "{hangs}");
    }
}

#[test]
fn a_change_that_was_broken_off_is_found_and_finished() {
    let (_database, mut conn) = plain(0);
    run(&mut conn,
        "DO $$ BEGIN EXECUTE format('ALTER TABLE audit_log ADD CONSTRAINT audit_log_before_%s CHECK (changed_at < %L)',
            to_char(now(), 'YYYY_MM'), date_trunc('month', now())); END $$");
    let error = check(&mut conn).unwrap_err().to_string();
    assert!(error.contains("refuses rows from that month on"), "{error}");
    assert_eq!(error.lines().count(), 2, "{error}");
    migrate_by_month(&mut conn).unwrap();
    write(&mut conn, &[Draft::new("a", "t", "1", Utc::now())]);
    check(&mut conn).unwrap();
}

#[test]
fn guards_of_a_month_are_missed_and_put_back() {
    let (_database, mut conn) = plain(5);
    migrate_by_month(&mut conn).unwrap();
    run(&mut conn,
        "DROP TRIGGER audit_log_no_change ON audit_log_default;
         ALTER TABLE audit_log_default DROP CONSTRAINT audit_log_default_pkey;
         ALTER TABLE audit_log_default DROP CONSTRAINT audit_log_default_id_key;
         ALTER TABLE audit_log_default DISABLE TRIGGER audit_log_no_truncate");
    let error = check(&mut conn).unwrap_err().to_string();
    for what in ["UPDATE of `audit_log_default`", "no unique index of `id`", "begins with `seq`", "ENABLE ALWAYS"] {
        assert!(error.contains(what), "{what}: {error}");
    }
    migrate(&mut conn).unwrap();
    run(&mut conn, "DROP TABLE audit_log_default");
    let error = check(&mut conn).unwrap_err().to_string();
    assert!(error.contains("may fail for want of one"), "{error}");
}

/// No write fails and none is lost while the table under it becomes another.
#[test]
fn writers_go_on_while_it_is_made() {
    let (database, mut conn) = plain(30_000);
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..3)
        .map(|writer| {
            let (stop, mut conn) = (stop.clone(), database.connect());
            std::thread::spawn(move || {
                let mut written = 0;
                while !stop.load(Ordering::Relaxed) {
                    write(&mut conn, &[Draft::new("w", &writer.to_string(), &written.to_string(), Utc::now())]);
                    written += 1;
                }
                written
            })
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_millis(200));
    migrate_by_month(&mut conn).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    stop.store(true, Ordering::Relaxed);
    let written: i64 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    assert!(written > 10, "{written}");
    assert_eq!(number(&mut conn, "SELECT count(*) AS n FROM audit_log WHERE tenant_id = 'w'"), written);
    assert_eq!(number(&mut conn, "SELECT count(DISTINCT seq) AS n FROM audit_log"), 30_000 + written);
}
