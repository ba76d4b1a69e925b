// A purge that is killed, or loses its connection, between batches and inside one: nothing that
// should stay is lost, no change set is left in half, and the next run does the rest.

use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use audit_diesel::prelude::*;
use audit_diesel::retention::{Retention};

use super::backend::look::{log, number, run};
use super::backend::{Conn, Database, NAME};
use super::log::*;

/// Rows of a change set.
const SET: usize = 4;

fn old_and_young(sets: usize) -> Vec<Draft> {
    let mut rows = Vec::new();
    for set in 0..sets {
        let age = if set % 5 == 0 { 1 } else { 31 };
        let row = Draft::new("a", "t", &set.to_string(), ago(age));
        rows.extend(std::iter::repeat_n(row, SET));
    }
    rows
}

/// All young sets are there, and every set is whole or gone.
fn judge(conn: &mut Conn, sets: usize) {
    let mut found = std::collections::BTreeMap::<String, usize>::new();
    for row in log(conn).iter().filter(|row| row.action == "update") {
        *found.entry(row.record_id.clone().unwrap()).or_default() += 1;
    }
    assert!(found.values().all(|rows| *rows == SET), "{NAME}: half a change set");
    for set in (0..sets).step_by(5) {
        assert!(found.contains_key(&set.to_string()), "{NAME}: young set {set} is lost");
    }
}

/// As if ten seconds had gone by, which is how long a dead purge's turn lasts.
fn end_the_turn(conn: &mut Conn) {
    run(conn, "UPDATE audit_purge SET leased_until = NULL, holder = NULL");
}

#[test]
fn killed_anywhere_it_resumes() {
    let kills: usize = std::env::var("AUDIT_TEST_KILLS").ok().map_or(6, |text| text.parse().expect("AUDIT_TEST_KILLS"));
    let (mut inside, mut between, mut runs) = (0, 0, 0);
    while inside + between < kills {
        let database = Database::new();
        let mut conn = database.connect();
        let sets = 2_000;
        write(&mut conn, &old_and_young(sets));
        let mut seed = std::process::id() as u64 ^ runs;
        loop {
            runs += 1;
            // Every other kill comes when it has deleted and is about to commit.
            let stays = runs % 2 == 0;
            let mut child = Command::new(env!("CARGO_BIN_EXE_purge_worker"))
                .args([NAME, &database.url()])
                .args(stays.then_some("stay"))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            // At work: the first batch is committed.
            let mut last = String::new();
            for line in lines.by_ref() {
                last = line.unwrap();
                let until = if stays { "open" } else { "deleted" };
                if last.starts_with(until) || last == "done" {
                    break;
                }
            }
            let reader = std::thread::spawn(move || lines.map_while(Result::ok).last());
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            if last != "open" {
                std::thread::sleep(Duration::from_micros((seed >> 33) % 15_000));
            }
            let _ = child.kill();
            child.wait().unwrap();
            let last = reader.join().unwrap().unwrap_or(last);
            end_the_turn(&mut conn);
            judge(&mut conn, sets);
            match last.as_str() {
                "done" => break,
                "open" => inside += 1,
                _ => between += 1,
            }
        }
        let left = log(&mut conn).iter().filter(|row| row.action == "update").count();
        assert_eq!(left, sets / 5 * SET, "{NAME}");
        audit_diesel::check(&mut conn).unwrap();
    }
    eprintln!("{NAME}: {inside} kills inside a batch, {between} between batches");
    assert!(inside > 0, "{NAME}: no kill came inside a batch");
}

/// The turn of a purge that is dead ends by itself.
#[test]
fn the_turn_of_a_dead_purge_ends_by_itself() {
    let database = Database::new();
    let mut conn = database.connect();
    write(&mut conn, &old_and_young(500));
    let mut child = Command::new(env!("CARGO_BIN_EXE_purge_worker"))
        .args([NAME, &database.url()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("deleted")));
    child.kill().unwrap();
    child.wait().unwrap();
    let begun = Instant::now();
    let report = purger(Retention::default()).run(&mut conn, &ctx()).unwrap();
    assert!(report.finished);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    judge(&mut conn, 500);
}

/// Stopped by its callback, it says so, tells of what it did, and goes on from there.
#[test]
fn stopped_by_its_callback_it_goes_on_next_time() {
    let database = Database::new();
    let mut conn = database.connect();
    write(&mut conn, &old_and_young(1_000));
    let report = purger(Retention::default())
        .batch_time(Duration::from_micros(1))
        .progress(|p| if p.deleted > 500 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        .run(&mut conn, &ctx())
        .unwrap();
    assert!(!report.finished && report.deleted() > 500 && report.deleted() < 2_000);
    let told = events(&mut conn, "audit.purge");
    assert!(told.iter().all(|row| row.after().unwrap()["finished"] == false));
    judge(&mut conn, 1_000);
    let rest = purger(Retention::default()).run(&mut conn, &ctx()).unwrap();
    assert!(rest.finished);
    assert_eq!(report.deleted() + rest.deleted(), 800 * SET as u64);
}

/// The connection is cut by the server between two batches; SQLite has none to cut.
#[test]
fn a_lost_connection_loses_nothing_else() {
    let kill = match NAME {
        "postgres" => "SELECT pg_terminate_backend({}) IS NULL",
        "mysql" => "KILL {}",
        _ => return,
    };
    let id = if NAME == "postgres" { "pg_backend_pid()::bigint" } else { "CAST(connection_id() AS SIGNED)" };
    let database = Database::new();
    let mut conn = database.connect();
    write(&mut conn, &old_and_young(1_000));
    let mut purging = database.connect();
    let id = number(&mut purging, &format!("SELECT {id} AS n"));
    let mut deleted = 0;
    let error = purger(Retention::default())
        .batch_time(Duration::from_micros(1))
        .progress(|p| {
            if p.deleted > 500 && deleted == 0 {
                deleted = p.deleted;
                run(&mut conn, &kill.replace("{}", &id.to_string()));
                std::thread::sleep(Duration::from_millis(100));
            }
            ControlFlow::Continue(())
        })
        .run(&mut purging, &ctx())
        .unwrap_err();
    assert!(matches!(error, AuditError::Database(_)), "{error:?}");
    assert!(deleted > 0);
    judge(&mut conn, 1_000);
    end_the_turn(&mut conn);
    let rest = purger(Retention::default()).run(&mut conn, &ctx()).unwrap();
    assert_eq!(deleted + rest.deleted(), 800 * SET as u64);
}

/// A panic in the callback leaves the connection fit and the log whole.
#[test]
fn a_panic_in_the_callback_is_passed_on_and_loses_nothing() {
    let database = Database::new();
    let mut conn = database.connect();
    write(&mut conn, &old_and_young(100));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        purger(Retention::default())
            .batch_time(Duration::from_micros(1))
            .progress(|_| panic!("in the callback"))
            .run(&mut conn, &ctx())
    }));
    assert!(panicked.is_err());
    judge(&mut conn, 100);
    let report = purger(Retention::default()).run(&mut conn, &ctx()).unwrap();
    assert!(report.finished, "the turn was given back");
}
