// A purge of a log by month that is interrupted while it drops one: the month is there whole or gone
// whole, what is gone is told, and the next run does the rest.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use audit_diesel::retention::{PurgeReport, Retention};
use audit_tests::faulty::{Fault, Faulty};
use uuid::Uuid;

use super::backend::look::{log, number, run};
use super::backend::{Conn, Database, add_month, by_month};
use super::log::*;

/// The months that go, counted from January 2023, and the days from the tests' clock to them.
const OLD: [(u32, i64); 2] = [(10, 100), (11, 70)];
/// Rows of each of them.
const ROWS: usize = 5;

/// A log with two months that go and what stays; no other month is there to be dropped.
fn open() -> (Database, Conn) {
    let database = Database::new();
    let mut conn = database.connect();
    if std::env::var_os("AUDIT_TEST_BY_MONTH").is_none() {
        by_month(&mut conn);
    }
    for month in ["before_2023_06", "p2023_06", "p2023_07", "p2023_08", "p2023_09", "p2023_10"] {
        run(&mut conn, &format!("DROP TABLE audit_log_{month}"));
    }
    write(&mut conn, &[Draft::new("a", "t", "young", ago(1)), Draft::new("", "t", "young", ago(29))]);
    (database, conn)
}

/// The two months as they were before anything went.
fn fill(conn: &mut Conn) {
    for (month, days) in OLD {
        if number(conn, &format!("SELECT count(*) AS n FROM pg_class WHERE relname = '{}'", name(month))) == 0 {
            add_month(conn, month);
        }
        let row = |n: usize| Draft::new(["a", "b"][n % 2], "t", &format!("{month}"), ago(days));
        write(conn, &(0..ROWS).map(row).collect::<Vec<_>>());
    }
}

fn name(month: u32) -> String {
    format!("audit_log_p2023_{:02}", month + 1)
}

/// The rows that are gone; no month is there in part, and what is young is there.
fn gone(conn: &mut Conn) -> usize {
    let left: Vec<_> = log(conn).into_iter().filter(|row| row.action == "update").collect();
    let of = |record: &str| left.iter().filter(|row| row.record_id.as_deref() == Some(record)).count();
    assert_eq!(of("young"), 2);
    let mut gone = 0;
    for (month, _) in OLD {
        let rows = of(&month.to_string());
        assert!(rows == 0 || rows == ROWS, "{rows} rows of a month");
        gone += ROWS - rows;
    }
    gone
}

/// What the events of a run say: how often it began to delete, and the rows that it says it deleted.
fn told(conn: &mut Conn, operation: Uuid) -> (usize, Option<u64>) {
    let mut of = |action| {
        let mut rows = events(conn, action);
        rows.retain(|row| row.operation_id == operation);
        rows
    };
    let begun = of("audit.purge.start").len();
    let ended = of("audit.purge");
    let rows = |row: &super::backend::look::Row| -> u64 {
        let after = row.after().unwrap();
        let tables = after["tables"].as_array().unwrap();
        tables.iter().map(|table| table["deleted"].as_u64().unwrap()).sum()
    };
    (begun, (!ended.is_empty()).then(|| ended.iter().map(rows).sum()))
}

/// Does the rest as any later run does, and holds it against what was gone before.
fn resume(conn: &mut Conn, gone_before: usize) {
    // As if ten seconds had gone by, which is how long a dead purge's turn lasts.
    run(conn, "UPDATE audit_purge SET leased_until = NULL, holder = NULL");
    let operation = Uuid::now_v7();
    let rest = purger(Retention::default()).run(conn, &ctx().operation(operation)).unwrap();
    let left = OLD.len() * ROWS - gone_before;
    assert_eq!((rest.finished, rest.deleted()), (true, left as u64));
    assert_eq!(gone(conn), OLD.len() * ROWS);
    assert_eq!(told(conn, operation), (usize::from(left > 0), Some(left as u64)));
}

/// What a run says of itself is what happened, however it ended.
fn judge(conn: &mut Conn, operation: Uuid, report: Option<&PurgeReport>, what: &str) -> usize {
    let gone = gone(conn);
    let (begun, ended) = told(conn, operation);
    assert_eq!(begun, usize::from(gone > 0), "{what}: a deletion is told with it, and nothing else is");
    if let Some(deleted) = ended {
        assert_eq!(deleted, gone as u64, "{what}");
    }
    if let Some(report) = report {
        assert_eq!(report.deleted(), gone as u64, "{what}");
        assert_eq!(ended, Some(gone as u64), "{what}");
        assert_eq!(report.partitions_dropped.len() * ROWS, gone, "{what}");
    }
    gone
}

#[test]
fn it_fails_at_any_statement_and_goes_on_from_there() {
    let (database, mut conn) = open();
    let conn = &mut conn;
    // Killed before a statement, and after it; an error that leaves the connection open.
    for fault in [Fault::Disconnect, Fault::AnswerLost, Fault::Refused] {
        let (mut halves, mut ends) = (0, BTreeSet::new());
        for statement in 1.. {
            fill(conn);
            let operation = Uuid::now_v7();
            let mut link = Faulty::new(database.connect(), &database.url());
            link.arm(&[(statement, fault)]);
            let report = purger(Retention::default()).run(&mut link, &ctx().operation(operation));
            let sent = link.disarm();
            drop(link);
            let what = format!("{fault:?} at {statement}, `{:?}`", sent.get(statement - 1));
            let gone = judge(conn, operation, report.as_ref().ok(), &what);
            halves += usize::from(gone == ROWS);
            ends.insert(gone);
            resume(conn, gone);
            if sent.len() < statement {
                assert_eq!(gone, OLD.len() * ROWS, "without a fault");
                break;
            }
        }
        assert!(halves > 5 && ends.len() == 3, "{fault:?}: {halves} ends between the months, {ends:?}");
        audit_diesel::check(conn).unwrap();
    }
}

/// The process is killed, or the server ends its session, when the month is dropped and not
/// committed; or some milliseconds later.
#[test]
fn killed_while_it_drops_it_resumes() {
    let kills: usize =
        std::env::var("AUDIT_TEST_KILLS").ok().map_or(8, |text| text.parse().expect("AUDIT_TEST_KILLS"));
    let (database, mut conn) = open();
    let conn = &mut conn;
    let mut whole = 0;
    for kill in 0..kills {
        fill(conn);
        // At once, in the first month; between the two months; in the second one.
        let later = [0, 18, 30, 45][kill / 2 % 4];
        let mut child = Command::new(env!("CARGO_BIN_EXE_purge_worker"))
            .args([super::backend::NAME, &database.url()])
            .args((later == 0).then_some("stay"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "open"), "it drops a month");
        std::thread::sleep(std::time::Duration::from_millis(later));
        let sessions = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        if kill % 2 == 0 {
            child.kill().unwrap();
        } else {
            run(conn, &format!("SELECT pg_terminate_backend(pid) {sessions}"));
        }
        // This also closes its standard input, where it may stay.
        child.wait().unwrap();
        while number(conn, &format!("SELECT count(*) AS n {sessions}")) > 0 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let gone = gone(conn);
        let begun = events(conn, "audit.purge.start").len();
        whole += usize::from(gone == 0);
        resume(conn, gone);
        let more = usize::from(gone < OLD.len() * ROWS);
        assert_eq!(events(conn, "audit.purge.start").len(), begun + more);
    }
    assert!(whole > 0, "no kill came before a commit");
    audit_diesel::check(conn).unwrap();
}
