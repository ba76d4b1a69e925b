// The background writer on connections that fail: nothing that was taken is lost, nothing is
// written twice, and the counters add up.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audit_diesel::prelude::*;
use audit_diesel::{
    BackgroundWriter, BackgroundWriterBuilder, Overflow, QueueError, WriterCounters,
};
use audit_tests::faulty::{Fault, Faulty, MYSQL_SESSIONS, Moment};
use diesel::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use super::backend::look;
use super::backend::{Conn, Database, NAME};
use crate::Stall;

const LONG: Duration = Duration::from_secs(60);

fn quick() -> BackgroundWriterBuilder {
    BackgroundWriter::builder()
        .batch_delay(Duration::from_millis(2))
        .back_off(Duration::from_millis(1), Duration::from_millis(20))
        .gap_interval(Duration::ZERO)
}

fn add_up(c: &WriterCounters) {
    assert_eq!(
        c.queued,
        c.written + c.failed + c.dropped + c.waiting,
        "{c:?}"
    );
}

/// The ids of the test's own events, in the order of the log.
fn log(conn: &mut Conn) -> Vec<Uuid> {
    let log = look::log(conn).into_iter();
    log.filter(|row| !row.action.starts_with("audit."))
        .map(|row| row.id)
        .collect()
}

/// A writer whose connections fail one after the other as they are told, and then no more.
fn faulty(
    builder: BackgroundWriterBuilder,
    database: &Database,
    faults: impl IntoIterator<Item = Vec<(usize, Fault)>>,
) -> BackgroundWriter {
    counting(builder, database, faults).0
}

/// With the number of INSERTs that it sent.
fn counting(
    builder: BackgroundWriterBuilder,
    database: &Database,
    faults: impl IntoIterator<Item = Vec<(usize, Fault)>>,
) -> (BackgroundWriter, Arc<AtomicUsize>) {
    let url = database.url();
    let inserts = Arc::new(AtomicUsize::new(0));
    let count = inserts.clone();
    let mut faults: VecDeque<_> = faults.into_iter().collect();
    let writer = builder
        .start(move || {
            let mut conn = Conn::establish(&url)?;
            if NAME == "sqlite" {
                look::run(
                    &mut conn,
                    "PRAGMA busy_timeout = 20000; PRAGMA synchronous = OFF",
                );
            }
            let mut conn = Faulty::new(conn, &url);
            conn.arm(&faults.pop_front().unwrap_or_default());
            let count = count.clone();
            conn.watch(move |moment, text| {
                if moment == Moment::Before && text.starts_with("INSERT") {
                    count.fetch_add(1, Ordering::SeqCst);
                }
            });
            Ok::<_, ConnectionError>(conn)
        })
        .unwrap();
    (writer, inserts)
}

#[test]
fn every_fault_at_every_statement() {
    let database = Database::new();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::system());
    for fault in Fault::ALL {
        for n in 1..=STATEMENTS + 1 {
            let seen = look::log_len(conn) as usize;
            let builder = quick().batch_delay(LONG);
            let (writer, inserts) = counting(builder, &database, [vec![(n, fault)]]);
            let queued: Vec<_> = (0..3)
                .map(|_| AuditLog::event("a.b").queue(&writer, &ctx).unwrap())
                .collect();
            let report = writer.shutdown(LONG);
            assert!(report.is_complete(), "{NAME} {fault:?} at {n}: {report:?}");
            assert_eq!(log(conn)[seen..], queued, "{NAME} {fault:?} at {n}");
            let c = report.counters;
            assert_eq!(
                (c.queued, c.written, c.failed, c.gaps),
                (3, 3, 0, 0),
                "{fault:?} at {n}"
            );
            let noticed = c.retried > 0 || inserts.load(Ordering::SeqCst) > 1;
            assert_eq!(noticed, n <= STATEMENTS, "{NAME} {fault:?} at {n}: {c:?}");
        }
    }
}

/// Of a batch: BEGIN, (SQLite: its lock,) INSERT, COMMIT.
const STATEMENTS: usize = if matches!(NAME.as_bytes(), b"sqlite") {
    4
} else {
    3
};

#[test]
fn a_commit_whose_answer_is_lost_is_not_made_twice() {
    let database = Database::new();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::system());
    for (fault, retried) in [(Fault::AnswerLost, 1), (Fault::PanicAfter, 0)] {
        let seen = look::log_len(conn) as usize;
        let writer = faulty(
            quick().batch_delay(LONG),
            &database,
            [vec![(STATEMENTS, fault)]],
        );
        let queued: Vec<_> = (0..5)
            .map(|_| AuditLog::event("a.b").queue(&writer, &ctx).unwrap())
            .collect();
        let report = writer.shutdown(LONG);
        assert_eq!(log(conn)[seen..], queued, "{NAME} {fault:?}");
        assert_eq!(
            (report.counters.written, report.counters.retried),
            (5, retried),
            "{NAME} {fault:?}"
        );
    }
}

/// Eight threads over a small queue; what each of them was told of its events.
fn load(writer: &BackgroundWriter, each: usize, policy: Overflow) -> Vec<Vec<(Uuid, bool)>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                scope.spawn(move || {
                    let ctx = AuditContext::new(Actor::user(thread));
                    let event = |n| AuditLog::event("a.b").after(format!("{thread}.{n}"));
                    let queue = |n| {
                        let event = event(n);
                        let id = event.id();
                        match event.queue(writer, &ctx) {
                            Ok(_) => (id, true),
                            Err(AuditError::NotQueued {
                                source: QueueError::Full,
                                ..
                            }) => (id, false),
                            Err(error) => panic!("{policy:?}: {error}"),
                        }
                    };
                    (0..each).map(queue).collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Each event that was taken is there once, no other is; of each thread in its order.
fn check(conn: &mut Conn, told: &[Vec<(Uuid, bool)>], in_order: bool) {
    let place: HashMap<Uuid, usize> = log(conn)
        .into_iter()
        .enumerate()
        .map(|(n, id)| (id, n))
        .collect();
    assert_eq!(place.len(), log(conn).len(), "{NAME}: none twice");
    let taken: usize = told.iter().flatten().filter(|(_, taken)| *taken).count();
    assert_eq!(place.len(), taken, "{NAME}");
    for thread in told {
        let places: Vec<_> = thread
            .iter()
            .filter(|(_, taken)| *taken)
            .map(|(id, _)| place[id])
            .collect();
        assert!(!in_order || places.is_sorted(), "{NAME}");
    }
}

#[test]
fn a_full_queue_from_eight_threads() {
    for policy in [Overflow::Block, Overflow::Fail, Overflow::WriteInline] {
        let database = Database::new();
        let conn = &mut database.connect();
        let builder = quick()
            .max_rows(7)
            .batch_rows(5)
            .overflow(policy)
            .block_timeout(LONG);
        let writer = faulty(builder, &database, []);
        let stall = Stall::begin(NAME, database.connect());
        let told = std::thread::scope(|scope| {
            let load = scope.spawn(|| load(&writer, 60, policy));
            std::thread::sleep(Duration::from_millis(60));
            add_up(&writer.counters());
            stall.end();
            while !load.is_finished() {
                add_up(&writer.counters());
                std::thread::sleep(Duration::from_millis(1));
            }
            load.join().unwrap()
        });
        let report = writer.shutdown(LONG);
        assert!(report.is_complete());
        add_up(&report.counters);
        check(conn, &told, policy != Overflow::WriteInline);
        let refused = told.iter().flatten().filter(|(_, taken)| !taken).count() as u64;
        let c = report.counters;
        assert_eq!(
            (c.queued + c.inline + c.refused, c.refused),
            (480, refused),
            "{NAME} {policy:?}"
        );
        match policy {
            Overflow::Block => assert_eq!(c.queued, 480),
            Overflow::Fail => assert!(c.refused > 0 && c.gaps > 0 && c.inline == 0, "{c:?}"),
            _ => assert!(c.refused == 0 && c.inline > 0, "{c:?}"),
        }
    }
}

#[test]
fn a_caller_waits_for_room_no_longer_than_it_is_told_to() {
    let database = Database::new();
    let builder = quick().max_rows(1).block_timeout(Duration::from_millis(60));
    let writer = faulty(builder, &database, []);
    let stall = Stall::begin(NAME, database.connect());
    let ctx = AuditContext::new(Actor::system());
    AuditLog::event("a.b").queue(&writer, &ctx).unwrap();
    let begun = std::time::Instant::now();
    let full = AuditLog::event("a.b").queue(&writer, &ctx);
    assert!(matches!(
        full,
        Err(AuditError::NotQueued {
            source: QueueError::Full,
            ..
        })
    ));
    assert!(begun.elapsed() >= Duration::from_millis(60));
    // One that waits is told when the writer is shut down.
    let long = quick().max_rows(1).block_timeout(LONG);
    let other = faulty(long, &database, []);
    AuditLog::event("a.b").queue(&other, &ctx).unwrap();
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| AuditLog::event("a.b").queue(&other, &ctx));
        std::thread::sleep(Duration::from_millis(50));
        assert!(!waiting.is_finished());
        let report = other.shutdown(Duration::from_millis(10));
        assert!(!report.is_complete());
        let told = waiting.join().unwrap();
        stall.end();
        told
    });
    assert!(
        matches!(
            waiting,
            Err(AuditError::NotQueued {
                source: QueueError::Closed,
                ..
            })
        ),
        "{waiting:?}"
    );
    assert!(writer.shutdown(LONG).is_complete());
}

/// Ends every other session of the database, as an administrator or a restart would. SQLite has
/// none: there it is the connections themselves that close their file.
fn kill_all(conn: &mut Conn) {
    let sql = match NAME {
        "postgres" => {
            "SELECT pg_terminate_backend(pid)::text AS line FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()"
        }
        "mysql" => {
            &format!(
                "SELECT CAST(id AS CHAR) AS line FROM {MYSQL_SESSIONS}
                 WHERE db = database() AND id <> connection_id()"
            )
        }
        _ => return,
    };
    for id in look::texts(conn, sql).into_iter().flatten() {
        if NAME == "mysql" {
            // It may have gone by itself.
            let _ =
                diesel::connection::SimpleConnection::batch_execute(conn, &format!("KILL {id}"));
        }
    }
}

#[test]
fn connections_that_are_killed_under_load() {
    let database = Database::new();
    let conn = &mut database.connect();
    let builder = quick().max_rows(50).batch_rows(20).block_timeout(LONG);
    let cuts = (0..25).map(|n| vec![(2 + n * 7 % 23, Fault::Disconnect)]);
    let writer = faulty(builder, &database, cuts);
    let told = std::thread::scope(|scope| {
        let load = scope.spawn(|| load(&writer, 300, Overflow::Block));
        // Not for ever: where a session takes longer to begin than it has to live, nothing would
        // get done.
        for _ in 0..12 {
            std::thread::sleep(Duration::from_millis(20));
            kill_all(conn);
            add_up(&writer.counters());
        }
        load.join().unwrap()
    });
    let report = writer.shutdown(LONG);
    assert!(report.is_complete(), "{report:?}");
    let c = report.counters;
    assert_eq!(
        (c.queued, c.written, c.failed, c.refused),
        (2_400, 2_400, 0, 0),
        "{NAME}"
    );
    assert!(c.retried > 10, "{NAME}: {c:?}");
    check(conn, &told, true);
}

#[derive(Debug, Clone)]
struct Plan {
    faults: Vec<Vec<(usize, Fault)>>,
    rows: usize,
    batch: usize,
    policy: Overflow,
    stalled: bool,
    /// Of the events, those that the database refuses.
    refused: Vec<bool>,
    /// In milliseconds; little where there is not to be enough.
    patience: u64,
}

fn plans() -> impl Strategy<Value = Plan> {
    let fault = (1_usize..12, proptest::sample::select(Fault::ALL.to_vec()));
    let policy =
        proptest::sample::select(vec![Overflow::Block, Overflow::Fail, Overflow::WriteInline]);
    (
        proptest::collection::vec(proptest::collection::vec(fault, 0..3), 0..6),
        (1_usize..30, 1_usize..12),
        policy,
        any::<bool>(),
        proptest::collection::vec(proptest::bool::weighted(0.05), 1..60),
        proptest::sample::select(vec![0_u64, 20, 60_000]),
    )
        .prop_map(
            |(faults, (rows, batch), policy, stalled, refused, patience)| Plan {
                faults,
                rows,
                batch,
                policy,
                stalled,
                refused,
                patience,
            },
        )
}

/// What became of each event, by what the caller, the hook and the log say.
fn play(plan: &Plan, database: &Database, conn: &mut Conn) {
    let seen = look::log_len(conn) as usize;
    let lost = Arc::new(Mutex::new(Vec::new()));
    let told = lost.clone();
    let builder = quick()
        .max_rows(plan.rows)
        .batch_rows(plan.batch)
        .overflow(plan.policy)
        .block_timeout(Duration::from_millis(100))
        .on_loss(move |event| told.lock().unwrap().push(event.id()));
    let writer = faulty(builder, database, plan.faults.clone());
    let mut stall = plan.stalled.then(|| Stall::begin(NAME, database.connect()));
    let (mut taken, mut refused) = (Vec::new(), 0);
    let ctx = AuditContext::new(Actor::system());
    for (n, reason) in plan.refused.iter().enumerate() {
        // Where callers write themselves, before one of them would wait for ever.
        let full = plan.policy == Overflow::WriteInline && n == plan.rows - 1;
        if (full || n == plan.refused.len() / 2)
            && let Some(stall) = stall.take()
        {
            stall.end();
        }
        let event = AuditLog::event("a.b").after(n);
        let event = if *reason {
            event.reason("refused")
        } else {
            event
        };
        let id = event.id();
        match event.queue(&writer, &ctx) {
            Ok(_) => taken.push(id),
            // An inline write may tell of any error, also of a commit that was not answered.
            Err(_) => refused += 1,
        }
        add_up(&writer.counters());
    }
    if let Some(stall) = stall.take() {
        stall.end();
    }
    let report = writer.shutdown(Duration::from_millis(plan.patience));
    add_up(&report.counters);
    let last = writer.shutdown(LONG).counters;
    add_up(&last);
    assert_eq!(last.waiting, 0);
    assert_eq!(last.queued + last.inline, taken.len() as u64);
    assert_eq!(last.refused, refused);
    drop(writer);
    let lost = lost.lock().unwrap();
    assert_eq!(
        lost.len() as u64,
        last.failed + last.dropped,
        "each loss was told, once"
    );
    let found = look::log(conn).split_off(seen);
    let mut ids: Vec<_> = found
        .iter()
        .filter(|r| r.action == "a.b")
        .map(|r| r.id)
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "none twice");
    // Taken = in the log or told as lost; never neither, and never both but for a lost answer.
    for id in &taken {
        let there = ids.binary_search(id).is_ok();
        assert!(there || lost.contains(id), "an event is nowhere");
    }
    let written = taken.iter().filter(|id| !lost.contains(id)).count() as u64;
    assert_eq!(written, last.written + last.inline);
}

#[test]
fn whatever_happens_the_counters_add_up() {
    let database = Database::new();
    let mut conn = database.connect();
    look::run(&mut conn, crate::refuse_some(NAME));
    let conn = std::cell::RefCell::new(conn);
    let cases = if NAME == "sqlite" { 150 } else { 40 };
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&plans(), |plan| {
            play(&plan, &database, &mut conn.borrow_mut());
            Ok(())
        })
        .unwrap();
}
