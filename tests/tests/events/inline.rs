// The caller writes where the queue is full: on a connection that is lost or spoiled meanwhile.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use audit_diesel::prelude::*;
use audit_diesel::{BackgroundWriter, Overflow};
use audit_tests::door::Door;
use audit_tests::faulty::{Fault, Faulty};
use diesel::connection::TransactionManager;
use diesel::prelude::*;
use uuid::Uuid;

use super::backend::look;
use super::backend::{Conn, Database, NAME};

const LONG: Duration = Duration::from_secs(60);

/// A writer whose queue is full of the event that is returned, and whose callers' connections fail
/// one after the other as they are told, and then no more.
fn full(
    database: &Database,
    door: &Door,
    faults: impl IntoIterator<Item = Vec<(usize, Fault)>>,
) -> (BackgroundWriter, Uuid) {
    let url = database.url();
    let mut faults: VecDeque<_> = faults.into_iter().collect();
    let writer = BackgroundWriter::builder()
        .max_rows(1)
        .overflow(Overflow::WriteInline)
        .back_off(Duration::from_millis(1), Duration::from_millis(20))
        .start(door.guard(move || {
            let mut conn = Faulty::new(Conn::establish(&url).unwrap(), &url);
            conn.arm(&faults.pop_front().unwrap_or_default());
            conn
        }))
        .unwrap();
    let first = AuditLog::event("a.first").queue(&writer, &AuditContext::new(Actor::system()));
    door.wait_for_worker();
    (writer, first.unwrap())
}

/// How often the event is in the log.
fn count(conn: &mut Conn, id: Uuid) -> usize {
    look::log(conn).iter().filter(|row| row.id == id).count()
}

#[test]
fn it_survives_a_lost_connection() {
    let database = Database::new();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::system());
    for fault in [Fault::Disconnect, Fault::AnswerLost] {
        for n in 1..=4 {
            let door = Door::default();
            let (writer, first) = full(&database, &door, [vec![(n, fault)]]);
            let inline = AuditLog::event("a.inline").queue(&writer, &ctx).unwrap();
            assert_eq!((count(conn, first), count(conn, inline)), (0, 1), "{NAME} {fault:?} at {n}");
            door.open();
            let report = writer.shutdown(LONG);
            assert!(report.is_complete());
            assert_eq!((report.counters.inline, report.counters.written), (1, 1), "{NAME} {fault:?} {n}");
            assert_eq!((count(conn, first), count(conn, inline)), (1, 1), "{NAME} {fault:?} at {n}");
        }
    }
}

/// A transaction that could be neither ended nor taken back spoils its connection, and no more.
#[test]
fn it_does_without_a_connection_that_diesel_gave_up() {
    let database = Database::new();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::system());
    for n in 2..=3 {
        let door = Door::default();
        // The statement is refused, and so is the ROLLBACK after it.
        let faults = vec![(n, Fault::Refused), (n + 1, Fault::Refused)];
        let (writer, _) = full(&database, &door, [faults]);
        let write = || AuditLog::event("a.inline").queue(&writer, &ctx);
        let refused = write();
        assert!(matches!(refused, Err(AuditError::Database(_))), "{NAME} {n}: {refused:?}");
        assert_eq!(count(conn, write().unwrap()), 1, "{NAME} {n}");
        door.open();
        assert!(writer.shutdown(LONG).is_complete());
    }
}

/// As a pool of a test suite hands out: a transaction is open that nobody will commit.
#[test]
fn a_connection_in_a_test_transaction_is_written_to() {
    let database = Database::new();
    let url = database.url();
    let writer = BackgroundWriter::builder()
        .start(move || {
            let mut conn = Conn::establish(&url)?;
            conn.begin_test_transaction().unwrap();
            Ok::<_, ConnectionError>(conn)
        })
        .unwrap();
    let ctx = AuditContext::new(Actor::system());
    for _ in 0..3 {
        AuditLog::event("a.b").queue(&writer, &ctx).unwrap();
        assert!(writer.flush(LONG), "{NAME}: {:?}", writer.trouble());
    }
    let report = writer.shutdown(LONG);
    assert_eq!((report.counters.written, report.counters.failed), (3, 0), "{NAME}: {report:?}");
    assert_eq!(look::log_len(&mut database.connect()), 0, "{NAME}");
}

/// One that was left open is no place to write to: nobody will commit it.
#[test]
fn a_connection_with_an_open_transaction_is_not_written_to() {
    let database = Database::new();
    let url = database.url();
    let calls = Arc::new(AtomicUsize::new(0));
    let made = calls.clone();
    let writer = BackgroundWriter::builder()
        .back_off(Duration::from_millis(1), Duration::from_millis(20))
        .start(move || {
            let mut conn = Conn::establish(&url)?;
            if made.fetch_add(1, Ordering::SeqCst) < 2 {
                <Conn as Connection>::TransactionManager::begin_transaction(&mut conn).unwrap();
            }
            Ok::<_, ConnectionError>(conn)
        })
        .unwrap();
    let ctx = AuditContext::new(Actor::system());
    let id = AuditLog::event("a.b").queue(&writer, &ctx).unwrap();
    assert!(writer.shutdown(LONG).is_complete());
    assert_eq!((calls.load(Ordering::SeqCst), count(&mut database.connect(), id)), (3, 1), "{NAME}");
}
