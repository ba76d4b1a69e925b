// A log by month: what of it is dropped, what is deleted, and that nothing is lost in between.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use audit_diesel::retention::{AuditHold, Keep, NewHold, Purge, PurgeReport, Retention};
use chrono::{TimeDelta, Utc};
use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;

use super::backend::look::{number, run};
use super::backend::{Conn, Database, add_month, by_month};
use super::log::*;

/// A log whose months are June 2023 to March 2024, and its first connection.
fn open() -> (Database, Conn) {
    let database = Database::new();
    let mut conn = database.connect();
    if std::env::var_os("AUDIT_TEST_BY_MONTH").is_none() {
        by_month(&mut conn);
    }
    audit_diesel::check(&mut conn).unwrap();
    (database, conn)
}

fn purge(conn: &mut Conn) -> PurgeReport {
    purger(Retention::default()).run(conn, &ctx()).unwrap()
}

fn months(conn: &mut Conn) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Month {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let months = diesel::sql_query("SELECT part::text AS name FROM audit_log_months()");
    let months: Vec<Month> = months.load(conn).unwrap();
    months.into_iter().map(|month| month.name).collect()
}

/// The tests' clock shows the last of February 2024: rows of January and before are in months that
/// are over for 28 days, those of December for 59.
fn three_months(conn: &mut Conn) {
    let row = |tenant: &str, record: &str, days| Draft::new(tenant, "t", record, ago(days));
    write(
        conn,
        &[
            row("a", "1", 400),
            row("a", "2", 100),
            row("b", "3", 75),
            row("a", "4", 65),
            row("a", "5", 45),
            row("a", "6", 10),
        ],
    );
}

#[test]
fn a_month_of_which_nothing_stays_is_dropped_and_its_rows_are_told() {
    let (_database, mut conn) = open();
    three_months(&mut conn);
    let report = purge(&mut conn);
    assert_eq!(left(&mut conn), ["a/t/6/10"]);
    assert_eq!(counts(&report), ["a/t 4 0", "b/t 1 0"]);
    assert_eq!(report.partitions_dropped.first().unwrap(), "audit_log_before_2023_06");
    assert_eq!(report.partitions_dropped.last().unwrap(), "audit_log_p2023_12");
    assert_eq!(report.partitions_dropped.len(), 8);
    assert_eq!(report.oldest, Some(ago(10)));
    let told = events(&mut conn, "audit.purge");
    let after: Vec<_> = told.iter().map(|row| (row.tenant_id.clone(), row.after().unwrap())).collect();
    assert_eq!(after[0].1["partitions"].as_array().unwrap().len(), 8);
    assert_eq!(after[1].0.as_deref(), Some("a"));
    assert_eq!(after[1].1["tables"][0]["deleted"], 4);
    assert!(after[1].1.get("partitions").is_none(), "no tenant reads of the whole log");
    assert_eq!(events(&mut conn, "audit.purge.start").len(), 1);
    assert_eq!(months(&mut conn)[0], "audit_log_p2024_01");
    audit_diesel::check(&mut conn).unwrap();
    // What comes late has a place, and goes with the next purge.
    three_months(&mut conn);
    assert_eq!(purge(&mut conn).deleted(), 5);
    assert_eq!(left(&mut conn), ["a/t/6/10", "a/t/6/10"]);
}

/// The limit of 30 days lies in January, of which rows stay until it is over by it.
#[test]
fn a_row_goes_with_its_month_unless_it_is_asked_for() {
    let (_database, mut conn) = open();
    let mut rows = vec![Draft::new("a", "t", "late", ago(-400)), Draft::new("a", "t", "early", ago(140))];
    rows.extend([65, 59, 58, 45, 31, 30, 29].map(|days| Draft::new("a", "t", "1", ago(days))));
    run(&mut conn, "DROP TABLE audit_log_p2023_10");
    write(&mut conn, &rows);
    let plain = || Purge::new(Retention::default());
    let dry = plain().dry_run().run(&mut conn, &ctx()).unwrap();
    let report = plain().run(&mut conn, &ctx()).unwrap();
    assert_eq!(counts(&report), ["a/t 2 0"], "those of December and of no month");
    assert_eq!(report.counts, dry.counts);
    assert_eq!(report.partitions_waiting, ["audit_log_p2024_01"]);
    assert_eq!((report.oldest, dry.oldest), (Some(ago(59)), Some(ago(59))));
    let rest = ["a/t/late/-400", "a/t/1/59", "a/t/1/58", "a/t/1/45", "a/t/1/31", "a/t/1/30", "a/t/1/29"];
    assert_eq!(left(&mut conn), rest);
    // A shorter limit of one tenant is what a month has to be over by.
    let retention = || Retention::default().tenant("b", days(1));
    let report = Purge::new(retention()).run(&mut conn, &ctx()).unwrap();
    assert_eq!(counts(&report), ["a/t 4 0"]);
    assert!(!report.partitions_dropped.contains(&"audit_log_p2024_01".to_owned()));
    assert_eq!(left(&mut conn), ["a/t/late/-400", "a/t/1/30", "a/t/1/29"]);
    let report = plain().within_months().run(&mut conn, &at(now() + TimeDelta::days(1)).all_tenants()).unwrap();
    assert_eq!(counts(&report), ["a/t 1 0"]);
}

/// A log that was made one of months yesterday has all its rows in the first.
#[test]
fn rows_that_wait_for_the_first_partition_are_told() {
    let database = Database::bare();
    let mut conn = database.connect();
    audit_diesel::migrate(&mut conn).unwrap();
    write(&mut conn, &[29, 31, 400].map(|days| Draft::new("a", "t", "1", ago(days))));
    audit_diesel::migrate_by_month(&mut conn).unwrap();
    let report = Purge::new(Retention::default()).run(&mut conn, &ctx()).unwrap();
    assert_eq!(report.deleted(), 0);
    assert_eq!(report.partitions_waiting.len(), 1, "{report:?}");
    assert_eq!(report.oldest, Some(ago(400)));
    let report = purge(&mut conn);
    assert_eq!((report.deleted(), report.partitions_waiting.len()), (2, 0));
}

#[test]
fn what_a_hold_or_a_longer_limit_keeps_keeps_its_month() {
    let (_database, mut conn) = open();
    three_months(&mut conn);
    let hold = NewHold::new("case").table("t").record("3");
    let hold = AuditHold::add(&mut conn, &ctx(), hold).unwrap();
    let retention = Retention::default().tenant("a", days(80));
    let report = purger(retention).run(&mut conn, &ctx()).unwrap();
    assert_eq!(left(&mut conn), ["b/t/3/75", "a/t/4/65", "a/t/5/45", "a/t/6/10"]);
    assert_eq!(report.held(), 1);
    assert_eq!(report.partitions_dropped.last().unwrap(), "audit_log_p2023_11");
    AuditHold::release(&mut conn, &ctx(), hold.id).unwrap();
    let report = purger(Retention::new(Keep::FOREVER).tenant("b", days(30)))
        .run(&mut conn, &ctx())
        .unwrap();
    assert_eq!(left(&mut conn), ["a/t/4/65", "a/t/5/45", "a/t/6/10"]);
    assert!(report.partitions_dropped.is_empty(), "{report:?}");
}

#[test]
fn a_tenants_own_purge_and_a_dry_run_drop_nothing() {
    let (_database, mut conn) = open();
    three_months(&mut conn);
    let before = months(&mut conn);
    let dry = purger(Retention::default()).dry_run().run(&mut conn, &ctx()).unwrap();
    assert_eq!(counts(&dry), ["a/t 4 0", "b/t 1 0"]);
    assert_eq!(dry.oldest, Some(ago(10)));
    let report = purger(Retention::default()).run(&mut conn, &at(now()).tenant("b")).unwrap();
    assert_eq!(counts(&report), ["b/t 1 0"]);
    assert!(report.partitions_dropped.is_empty());
    assert_eq!(months(&mut conn), before);
    assert_eq!(left(&mut conn).len(), 5);
}

/// Runs `meanwhile` once, on a connection of its own, when the first month has been counted and is
/// about to be dropped.
fn purge_with(database: &Database, meanwhile: impl FnOnce(&mut Conn) + Send + 'static) -> PurgeReport {
    let mut conn = database.connect();
    let mut other = database.connect();
    let mut meanwhile = Some(meanwhile);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event
            && query.to_string().contains("pg_advisory_xact_lock_shared")
            && let Some(meanwhile) = meanwhile.take()
        {
            meanwhile(&mut other);
        }
    });
    purge(&mut conn)
}

#[test]
fn a_row_that_comes_after_the_count_is_counted_too() {
    let (database, mut conn) = open();
    write(&mut conn, &[Draft::new("a", "t", "1", ago(400))]);
    let report = purge_with(&database, |conn| write(conn, &[Draft::new("a", "late", "1", ago(400))]));
    assert_eq!(counts(&report), ["a/late 1 0", "a/t 1 0"]);
    assert!(left(&mut conn).is_empty());
    assert!(report.partitions_dropped.contains(&"audit_log_before_2023_06".to_owned()), "{report:?}");
}

#[test]
fn a_hold_that_comes_after_the_count_is_heeded() {
    let (database, mut conn) = open();
    write(&mut conn, &[Draft::new("a", "t", "1", ago(400)), Draft::new("a", "t", "2", ago(400))]);
    let report = purge_with(&database, |conn| {
        AuditHold::add(conn, &ctx(), NewHold::new("case").table("t").record("2")).unwrap();
    });
    assert_eq!(counts(&report), ["a/t 1 1"]);
    assert_eq!(left(&mut conn), ["a/t/2/400"]);
}

/// A number that was drawn before others and is committed after them.
#[test]
fn a_writer_that_is_still_at_work_loses_nothing() {
    let (database, mut conn) = open();
    let mut writer = database.connect();
    writer.batch_execute("BEGIN").unwrap();
    write(&mut writer, &[Draft::new("a", "slow", "1", ago(65))]);
    write(&mut conn, &[Draft::new("a", "t", "1", ago(65))]);
    // Its transaction lasts longer than a purge waits: no month is dropped, rows are deleted.
    let report = purge(&mut conn);
    assert_eq!(counts(&report), ["a/t 1 0"]);
    assert!(report.partitions_dropped.is_empty(), "{report:?}");
    // One that ends meanwhile is waited for.
    let ended = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        writer.batch_execute("COMMIT").unwrap();
    });
    let report = purge(&mut conn);
    ended.join().unwrap();
    assert_eq!(counts(&report), ["a/slow 1 0"]);
    assert!(!report.partitions_dropped.is_empty(), "{report:?}");
    assert!(left(&mut conn).is_empty());
}

/// The same, but it ends at the worst time: between the count and the drop.
#[test]
fn a_writer_that_ends_after_the_count_loses_nothing() {
    let (database, mut conn) = open();
    let mut writer = database.connect();
    writer.batch_execute("BEGIN").unwrap();
    write(&mut writer, &[Draft::new("a", "slow", "1", ago(400))]);
    write(&mut conn, &[Draft::new("a", "t", "1", ago(400))]);
    let report = purge_with(&database, move |_| writer.batch_execute("COMMIT").unwrap());
    let told: u64 = report.counts.iter().map(|count| count.deleted).sum();
    assert_eq!(told as usize + left(&mut conn).len(), 2, "{report:?}");
    assert_eq!(told + purge(&mut conn).deleted(), 2);
}

/// The way on which a slip of the finger would lose most at once.
#[test]
fn no_month_is_dropped_under_a_rule_for_a_table_that_nobody_knows() {
    let (_database, mut conn) = open();
    write(&mut conn, &[Draft::new("a", "invoices", "1", ago(400))]);
    let before = months(&mut conn);
    let retention = |name: &str| Retention::default().table(name, Keep::FOREVER);
    let error = purger(retention("invoces")).run(&mut conn, &ctx()).unwrap_err();
    assert!(error.to_string().contains("`invoces`"), "{error}");
    assert_eq!((months(&mut conn), left(&mut conn).len()), (before, 1));
    // What the rule keeps stays, though the month is over.
    assert_eq!(purger(retention("invoices")).run(&mut conn, &ctx()).unwrap().deleted(), 0);
    let allowed = purger(retention("invoces").allow_unknown_tables()).run(&mut conn, &ctx()).unwrap();
    assert_eq!(allowed.deleted(), 1);
    assert!(!allowed.partitions_dropped.is_empty(), "{allowed:?}");
}

/// Dropping a month takes a lock that keeps everybody out; waiting for it would, too.
#[test]
fn a_reader_that_goes_on_for_long_keeps_no_writer_waiting() {
    let (database, mut conn) = open();
    three_months(&mut conn);
    let mut reader = database.connect();
    reader.batch_execute("BEGIN; SELECT count(*) FROM audit_log").unwrap();
    let (stop, stopped) = mpsc::channel::<()>();
    let mut writer = database.connect();
    let writes = std::thread::spawn(move || {
        let mut longest = Duration::ZERO;
        while stopped.try_recv().is_err() {
            let begun = Instant::now();
            write(&mut writer, &[Draft::new("a", "new", "1", now())]);
            longest = longest.max(begun.elapsed());
            std::thread::sleep(Duration::from_millis(5));
        }
        longest
    });
    let report = purge(&mut conn);
    stop.send(()).unwrap();
    let longest = writes.join().unwrap();
    assert!(longest < Duration::from_secs(20), "{longest:?}");
    assert!(report.partitions_dropped.is_empty() && report.finished, "{report:?}");
    assert_eq!(report.deleted(), 5);
    // The months that were emptied go when they can.
    reader.batch_execute("COMMIT").unwrap();
    let report = purge(&mut conn);
    assert_eq!((report.partitions_dropped.len(), report.deleted(), report.batches), (8, 0, 0));
}

#[test]
fn the_months_to_come_are_made_and_take_their_rows_from_the_spare_one() {
    let (_database, mut conn) = open();
    let next = "to_char(now() AT TIME ZONE 'UTC' + interval '1 month', 'YYYY_MM')";
    run(&mut conn, &format!("DO $$ BEGIN EXECUTE format('DROP TABLE audit_log_p%s', {next}); END $$"));
    let time = Utc::now() + TimeDelta::days(31);
    write(&mut conn, &[Draft::new("a", "t", "1", time)]);
    let spare = "SELECT count(*) AS n FROM audit_log_default";
    assert_eq!(number(&mut conn, spare), 1);
    let before = months(&mut conn);
    let report = purge(&mut conn);
    assert_eq!(report.partitions_created.len(), 1, "{report:?}");
    let made = &report.partitions_created[0];
    assert!(!before.iter().any(|month| made.ends_with(month.as_str())), "{made}");
    // The purge's own event, of a clock that has no month, lies there now.
    assert_eq!(number(&mut conn, &format!("{spare} WHERE table_name = 't'")), 0);
    assert_eq!(number(&mut conn, &format!("SELECT count(*) AS n FROM {made} WHERE table_name = 't'")), 1);
    audit_diesel::check(&mut conn).unwrap();
    assert!(purge(&mut conn).partitions_created.is_empty());
}

#[test]
fn only_a_purge_may_drop_a_month_and_only_who_was_granted_it() {
    let (database, mut conn) = open();
    three_months(&mut conn);
    let drop = "SELECT audit_log_drop_month('audit_log_p2023_12', 100)";
    let error = conn.batch_execute(drop).unwrap_err().to_string();
    assert!(error.contains("append-only"), "{error}");
    for statement in ["DELETE FROM", "TRUNCATE", "UPDATE"] {
        let rest = if statement == "UPDATE" { "SET reason = 'x'" } else { "" };
        for month in ["audit_log_before_2023_06", "audit_log_p2023_12", "audit_log_default"] {
            let error = conn.batch_execute(&format!("{statement} {month} {rest}")).unwrap_err();
            assert!(error.to_string().contains("append-only"), "{month}: {error}");
        }
    }
    // A role of its own for the purge, which owns nothing.
    let role = format!("audit_test_purge_{}", std::process::id());
    run(&mut conn, &format!(
        "CREATE ROLE {role}; GRANT SELECT, INSERT, DELETE ON audit_log TO {role};
         GRANT SELECT ON audit_hold TO {role}; GRANT SELECT, UPDATE ON audit_purge TO {role}"
    ));
    let mut theirs = database.connect();
    run(&mut theirs, &format!("SET ROLE {role}"));
    let refused = purger(Retention::default()).run(&mut theirs, &ctx());
    let granted = conn.batch_execute(&format!(
        "GRANT EXECUTE ON FUNCTION audit_log_add_months(int), audit_log_drop_month(text, bigint) TO {role}"
    ));
    let report = purger(Retention::default()).run(&mut theirs, &ctx());
    let owned = theirs.batch_execute("DROP TABLE audit_log_p2024_01");
    drop_role(&mut conn, &role);
    granted.unwrap();
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("GRANT EXECUTE ON FUNCTION"), "{refused}");
    let report = report.unwrap();
    assert_eq!((report.deleted(), report.partitions_dropped.len()), (5, 8));
    assert!(owned.is_err());
}

fn drop_role(conn: &mut Conn, role: &str) {
    run(conn, &format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_gap_between_months_is_purged_row_by_row() {
    let (_database, mut conn) = open();
    run(&mut conn, "ALTER TABLE audit_log DETACH PARTITION audit_log_p2023_10; DROP TABLE audit_log_p2023_10");
    write(&mut conn, &[Draft::new("a", "t", "gap", ago(140)), Draft::new("a", "t", "late", ago(-400))]);
    let report = purge(&mut conn);
    assert_eq!(report.deleted(), 1);
    assert!(report.partitions_dropped.contains(&"audit_log_p2023_09".to_owned()));
    assert_eq!(left(&mut conn), ["a/t/late/-400"]);
    add_month(&mut conn, 9);
    assert_eq!(purge(&mut conn).partitions_dropped, ["audit_log_p2023_10"]);
}
