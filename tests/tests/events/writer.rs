// The background writer: what it promises of what it took.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audit_diesel::prelude::*;
use audit_diesel::{
    BackgroundWriter, BackgroundWriterBuilder, Overflow, QueueError, WriterCounters,
};
use audit_tests::clock::Clock;
use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::backend::look::{self, Row};
use super::backend::{Conn, Database, NAME};
use crate::{Stall, allow_inserts, refuse_inserts};

const LONG: Duration = Duration::from_secs(60);

fn quick() -> BackgroundWriterBuilder {
    BackgroundWriter::builder()
        .batch_delay(Duration::from_millis(5))
        .back_off(Duration::from_millis(5), Duration::from_millis(40))
        .gap_interval(Duration::ZERO)
}

fn start(builder: BackgroundWriterBuilder, database: &Database) -> BackgroundWriter {
    let url = database.url();
    let factory = move || {
        let mut conn = Conn::establish(&url)?;
        if NAME == "sqlite" {
            look::run(
                &mut conn,
                "PRAGMA busy_timeout = 20000; PRAGMA synchronous = OFF",
            );
        }
        Ok::<_, ConnectionError>(conn)
    };
    builder.start(factory).unwrap()
}

fn add_up(c: &WriterCounters) {
    assert_eq!(
        c.queued,
        c.written + c.failed + c.dropped + c.waiting,
        "{c:?}"
    );
}

/// The events of the test's own, without the framework's.
fn events(conn: &mut Conn) -> Vec<Row> {
    let mut log = look::log(conn);
    log.retain(|row| !row.action.starts_with("audit."));
    log
}

fn gaps(conn: &mut Conn) -> Vec<Row> {
    let mut log = look::log(conn);
    log.retain(|row| row.action == "audit.gap");
    log
}

fn ids(rows: &[Row]) -> Vec<Uuid> {
    rows.iter().map(|row| row.id).collect()
}

#[test]
fn what_is_queued_is_what_would_have_been_written() {
    let database = Database::new();
    let conn = &mut database.connect();
    let clock = Clock::new();
    let writer = start(quick(), &database);
    let ctx = clock
        .ctx(42)
        .on_behalf_of(Actor::user("c"))
        .request_id("req-7")
        .reason("why")
        .new_operation();
    let ctx = ctx.extra(json!({ "ip": "10.0.0.1" }));
    let plain = AuditContext::new(Actor::anonymous());
    let event = || {
        let event = AuditLog::event("stock.adjust")
            .target("unit", "abc")
            .before(json!({ "n": 5 }));
        event.after(json!({ "$b": u64::MAX }))
    };
    event().write(conn, &ctx).unwrap();
    AuditLog::event("a.b").write(conn, &plain).unwrap();
    let queued = [
        event().queue(&writer, &ctx).unwrap(),
        AuditLog::event("a.b").queue(&writer, &plain).unwrap(),
    ];
    clock.tick();
    assert!(writer.flush(LONG));
    let log = look::log(conn);
    assert_eq!(ids(&log)[2..], queued, "{NAME}");
    let all = |row: &Row, of_context: bool| {
        let row = row.clone();
        (
            (
                row.tenant_id,
                row.table_name,
                row.record_id,
                row.action,
                row.field_name,
            ),
            (
                row.old_value,
                row.new_value,
                row.actor_kind,
                row.actor_id,
                row.on_behalf_of,
            ),
            (
                row.request_id,
                row.reason,
                row.context,
                of_context.then_some((row.operation_id, row.changed_at)),
            ),
        )
    };
    assert_eq!(all(&log[2], true), all(&log[0], true));
    assert_eq!(all(&log[3], false), all(&log[1], false));
    assert_eq!(
        (log[2].change_id, log[3].operation_id),
        (queued[0], queued[1])
    );
    let report = writer.shutdown(LONG);
    assert!(report.is_complete());
    assert_eq!((report.counters.written, report.counters.retried), (2, 0));
}

#[test]
fn in_order_and_in_batches() {
    let database = Database::new();
    let conn = &mut database.connect();
    let writer = start(
        quick().batch_rows(70).batch_delay(Duration::from_secs(1)),
        &database,
    );
    let ctx = AuditContext::new(Actor::system());
    let queued: Vec<_> = (0..503)
        .map(|n| {
            AuditLog::event("a.b")
                .after(n)
                .queue(&writer, &ctx)
                .unwrap()
        })
        .collect();
    // Full batches do not wait for their time.
    for _ in 0..10_000 {
        if writer.counters().written >= 490 {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(
        writer.counters().written >= 490,
        "{NAME}: {:?}",
        writer.counters()
    );
    assert!(writer.flush(LONG));
    assert_eq!(ids(&events(conn)), queued, "{NAME}");
    let counters = writer.counters();
    assert_eq!(
        (counters.queued, counters.written, counters.waiting_bytes),
        (503, 503, 0)
    );
}

#[test]
fn refusals_at_the_door() {
    let database = Database::new();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::system());
    let writer = start(quick(), &database);
    let bad = AuditLog::event("nodot").queue(&writer, &ctx);
    assert!(matches!(bad, Err(AuditError::Event { .. })));
    let wide = AuditLog::event("a.b").queue(&writer, &ctx.clone().tenant("t".repeat(192)));
    assert_eq!(wide.is_err(), NAME == "mysql");
    // An operation of the caller's neither holds the event back nor is ended by it.
    let ended: Result<(), AuditError> = audit_diesel::transaction(conn, &ctx, |conn, ctx| {
        assert!(AuditLog::event("nodot").queue(&writer, ctx).is_err());
        AuditLog::event("a.kept").write(conn, ctx).map(|_| ())
    });
    ended.unwrap();
    let first = writer.shutdown(LONG);
    assert!(first.is_complete());
    let closed = AuditLog::event("a.b").queue(&writer, &ctx);
    assert!(
        matches!(
            closed,
            Err(AuditError::NotQueued {
                source: QueueError::Closed,
                ..
            })
        ),
        "{closed:?}"
    );
    let counters = writer.counters();
    assert_eq!(
        (counters.refused, counters.queued),
        (1, first.counters.queued)
    );
}

#[test]
fn a_full_queue_fails_and_the_trail_tells() {
    let database = Database::new();
    let conn = &mut database.connect();
    let clock = Clock::new();
    let writer = start(quick().max_rows(3).overflow(Overflow::Fail), &database);
    let stall = Stall::begin(NAME, database.connect());
    let mut taken = Vec::new();
    let mut refused = 0;
    let first = clock.now();
    for n in 0..20 {
        let ctx = if n % 2 == 0 {
            clock.ctx(1)
        } else {
            clock.ctx(1).tenant("other")
        };
        match AuditLog::event("a.b").queue(&writer, &ctx) {
            Ok(id) => taken.push(id),
            Err(AuditError::NotQueued {
                source: QueueError::Full,
                ..
            }) => refused += 1,
            Err(error) => panic!("{error}"),
        }
        add_up(&writer.counters());
        clock.tick();
    }
    assert_eq!((taken.len(), refused), (3, 17));
    stall.end();
    let report = writer.shutdown(LONG);
    assert!(report.is_complete());
    assert_eq!(report.counters.refused, 17);
    assert_eq!(ids(&events(conn)), taken);
    let gaps = gaps(conn);
    let told: u64 = gaps
        .iter()
        .map(|row| row.after().unwrap()["refused"].as_u64().unwrap())
        .sum();
    assert_eq!(told, 17, "{NAME}");
    assert_eq!(report.counters.gaps as usize, gaps.len());
    // Of each tenant its own; in one event or in several.
    let mut of_tenant = std::collections::BTreeMap::new();
    for row in &gaps {
        assert_eq!(
            (row.actor_kind.as_str(), row.table_name.as_deref()),
            ("system", None)
        );
        let after = row.after().unwrap();
        let tenant = row.tenant_id.clone().unwrap();
        *of_tenant.entry(tenant).or_insert(0) += after["refused"].as_u64().unwrap();
        let time = |side: &str| {
            let text = after[side].as_str().unwrap();
            text.parse::<chrono::DateTime<chrono::Utc>>().unwrap()
        };
        assert!(first < time("from") && time("from") <= time("until"));
        assert!(time("until") < clock.now());
    }
    let expected = [("acme".to_owned(), 8), ("other".to_owned(), 9)];
    assert_eq!(of_tenant, expected.into(), "{NAME}");
}

#[test]
fn callers_write_themselves_when_the_queue_is_full() {
    let database = Database::new();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::system());
    // The worker's own connection never comes; the second one does.
    let (url, calls) = (database.url(), Arc::new(AtomicUsize::new(0)));
    let count = calls.clone();
    let worker = Mutex::new(None);
    let factory = move || {
        let this = std::thread::current().id();
        let first = *worker.lock().unwrap().get_or_insert(this);
        count.fetch_add(1, Ordering::SeqCst);
        if first == this {
            Err(())
        } else {
            Conn::establish(&url).map_err(|_| ())
        }
    };
    let builder = quick().max_rows(2).overflow(Overflow::WriteInline);
    let writer = builder.start(factory).unwrap();
    let mut inline = Vec::new();
    let mut queued = vec![AuditLog::event("a.b").queue(&writer, &ctx).unwrap()];
    while calls.load(Ordering::SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    queued.push(AuditLog::event("a.b").queue(&writer, &ctx).unwrap());
    for _ in 0..5 {
        inline.push(AuditLog::event("a.inline").queue(&writer, &ctx).unwrap());
    }
    assert_eq!(
        ids(&events(conn)),
        inline,
        "{NAME}: there before the call was over"
    );
    assert!(writer.trouble().unwrap().contains("factory"));
    let report = writer.shutdown(Duration::from_millis(50));
    assert_eq!((report.dropped, report.unfinished), (2, 0), "{report:?}");
    assert_eq!((report.counters.inline, report.counters.queued), (5, 2));
    add_up(&report.counters);
}

#[test]
fn a_database_that_refuses_everything_is_waited_for() {
    let database = Database::new();
    let conn = &mut database.connect();
    look::run(conn, refuse_inserts(NAME));
    let writer = start(quick().on_loss(|lost| panic!("{lost:?}")), &database);
    let ctx = AuditContext::new(Actor::system());
    let queued: Vec<_> = (0..40)
        .map(|_| AuditLog::event("a.b").queue(&writer, &ctx).unwrap())
        .collect();
    assert!(!writer.flush(Duration::from_millis(200)));
    let counters = writer.counters();
    assert_eq!(
        (counters.written, counters.failed, counters.waiting),
        (0, 0, 40),
        "{NAME}"
    );
    assert!(counters.retried > 1, "{counters:?}");
    let trouble = writer.trouble().unwrap();
    assert!(
        trouble.contains("refused") || trouble.contains("constraint"),
        "{trouble}"
    );
    look::run(conn, allow_inserts(NAME));
    assert!(writer.flush(LONG));
    assert_eq!((ids(&events(conn)), writer.trouble()), (queued, None));
    // Nor is a missing table the fault of the rows.
    look::run(conn, "ALTER TABLE audit_log RENAME TO elsewhere");
    AuditLog::event("a.b").queue(&writer, &ctx).unwrap();
    assert!(!writer.flush(Duration::from_millis(100)));
    assert!(writer.trouble().is_some());
    look::run(conn, "ALTER TABLE elsewhere RENAME TO audit_log");
    assert!(writer.flush(LONG));
    let report = writer.shutdown(LONG);
    assert_eq!(
        (
            report.counters.written,
            report.counters.failed,
            report.counters.gaps
        ),
        (41, 0, 0)
    );
}

#[test]
fn one_refused_row_takes_no_other_with_it() {
    let database = Database::new();
    let conn = &mut database.connect();
    look::run(conn, crate::refuse_some(NAME));
    let lost = Arc::new(Mutex::new(Vec::new()));
    let told = lost.clone();
    let hook = move |event: &audit_diesel::LostEvent<'_>| {
        told.lock().unwrap().push((
            event.id(),
            event.cause().to_string(),
            event.after_json().map(str::to_owned),
        ));
        // A hook that panics.
        std::panic::resume_unwind(Box::new(audit_tests::faulty::Injected));
    };
    let writer = start(quick().on_loss(hook), &database);
    let ctx = Clock::new().ctx(1);
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for n in 0..100 {
        let event = AuditLog::event("a.b").after(n);
        let refused = matches!(n, 0 | 37 | 38 | 99);
        let event = if refused {
            event.reason("refused")
        } else {
            event
        };
        let id = event.queue(&writer, &ctx).unwrap();
        if refused { bad.push(id) } else { good.push(id) }
    }
    let report = writer.shutdown(LONG);
    assert!(report.is_complete());
    add_up(&report.counters);
    assert_eq!(
        (report.counters.written, report.counters.failed),
        (96, 4),
        "{NAME}"
    );
    assert_eq!(ids(&events(conn)), good, "{NAME}: in order");
    let lost = lost.lock().unwrap();
    assert_eq!(lost.iter().map(|l| l.0).collect::<Vec<_>>(), bad);
    assert!(lost.iter().all(|(_, cause, _)| !cause.is_empty()));
    assert_eq!(lost[1].2.as_deref(), Some("37"));
    let told: u64 = gaps(conn)
        .iter()
        .map(|row| row.after().unwrap()["failed"].as_u64().unwrap())
        .sum();
    assert_eq!(told, 4);
    assert!(
        gaps(conn)
            .iter()
            .all(|row| row.tenant_id.as_deref() == Some("acme"))
    );
}

#[test]
fn a_shutdown_that_runs_out_of_time() {
    let database = Database::new();
    let conn = &mut database.connect();
    let lost = Arc::new(AtomicUsize::new(0));
    let told = lost.clone();
    let hook = move |_: &audit_diesel::LostEvent<'_>| {
        told.fetch_add(1, Ordering::SeqCst);
    };
    let writer = start(quick().batch_rows(10).on_loss(hook), &database);
    let stall = Stall::begin(NAME, database.connect());
    let ctx = AuditContext::new(Actor::system());
    let queued: Vec<_> = (0..35)
        .map(|_| AuditLog::event("a.b").queue(&writer, &ctx).unwrap())
        .collect();
    std::thread::sleep(Duration::from_millis(100));
    let report = writer.shutdown(Duration::from_millis(50));
    assert!(!report.is_complete());
    assert_eq!(report.dropped + report.unfinished, 35, "{NAME}: {report:?}");
    assert!(report.unfinished <= 10, "{report:?}");
    assert_eq!(lost.load(Ordering::SeqCst) as u64, report.dropped);
    add_up(&report.counters);
    assert!(AuditLog::event("a.b").queue(&writer, &ctx).is_err());
    stall.end();
    // The database answers after all: what it had is there and counted.
    let late = writer.shutdown(LONG);
    assert!(late.is_complete(), "{late:?}");
    assert_eq!(
        (late.counters.written, late.counters.waiting),
        (report.unfinished, 0)
    );
    add_up(&late.counters);
    let kept = usize::try_from(report.unfinished).unwrap();
    assert_eq!(ids(&events(conn)), queued[..kept], "{NAME}");
    let gaps = gaps(conn);
    let dropped: u64 = gaps
        .iter()
        .map(|row| row.after().unwrap()["dropped"].as_u64().unwrap())
        .sum();
    assert_eq!(dropped, report.dropped, "{NAME}: the trail itself tells");
}

#[test]
fn what_drop_leaves() {
    let database = Database::new();
    let conn = &mut database.connect();
    let ctx = AuditContext::new(Actor::system());
    let writer = start(quick().batch_delay(LONG), &database);
    let queued: Vec<_> = (0..50)
        .map(|_| AuditLog::event("a.b").queue(&writer, &ctx).unwrap())
        .collect();
    drop(writer);
    assert_eq!(ids(&events(conn)), queued, "{NAME}");
    // Also while a panic unwinds.
    let writer = start(quick().batch_delay(LONG), &database);
    let panicked = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let writer = writer;
                AuditLog::event("a.last").queue(&writer, &ctx).unwrap();
                std::panic::resume_unwind(Box::new(7));
            })
            .join()
    });
    assert!(panicked.is_err());
    assert_eq!(events(conn).pop().unwrap().action, "a.last");
}

#[test]
fn bounded_by_bytes() {
    let database = Database::new();
    let conn = &mut database.connect();
    let writer = start(
        quick().max_bytes(100_000).overflow(Overflow::Fail),
        &database,
    );
    let stall = Stall::begin(NAME, database.connect());
    let ctx = AuditContext::new(Actor::system());
    let event = || AuditLog::event("a.b").after("x".repeat(30_000));
    let taken = (0..10)
        .filter(|_| event().queue(&writer, &ctx).is_ok())
        .count();
    assert_eq!(taken, 3, "{NAME}");
    assert!((90_000..100_000).contains(&writer.counters().waiting_bytes));
    stall.end();
    assert!(writer.flush(LONG));
    // One that is larger than the whole queue passes when it is empty.
    let large = AuditLog::event("a.large")
        .reason("r".repeat(200_000))
        .queue(&writer, &ctx)
        .unwrap();
    assert!(writer.shutdown(LONG).is_complete());
    assert!(ids(&events(conn)).contains(&large));
}

#[test]
fn a_factory_that_fails_and_panics() {
    let database = Database::new();
    let conn = &mut database.connect();
    let mut calls = 0;
    let url = database.url();
    let factory = move || {
        calls += 1;
        match calls {
            1 | 4 => std::panic::resume_unwind(Box::new(audit_tests::faulty::Injected)),
            2 | 3 => Err("no"),
            _ => Conn::establish(&url).map_err(|_| "no"),
        }
    };
    let writer = quick().start(factory).unwrap();
    let ctx = AuditContext::new(Actor::system());
    let queued: Vec<_> = (0..10)
        .map(|_| AuditLog::event("a.b").queue(&writer, &ctx).unwrap())
        .collect();
    assert!(writer.flush(LONG));
    assert_eq!(ids(&events(conn)), queued);
    assert_eq!(writer.counters().retried, 4, "{NAME}");
    assert!(writer.shutdown(LONG).is_complete());
}

/// A log that takes the events and not the word that some are lost.
#[test]
fn a_gap_that_cannot_be_told_holds_nothing_up() {
    let database = Database::new();
    let conn = &mut database.connect();
    look::run(conn, crate::refuse_some(NAME));
    look::run(conn, crate::refuse_gaps(NAME));
    let writer = start(quick(), &database);
    let ctx = Clock::new().ctx(1);
    let bad = AuditLog::event("a.bad").reason("refused");
    bad.queue(&writer, &ctx).unwrap();
    assert!(writer.flush(LONG));
    assert_eq!(writer.counters().failed, 1);
    let queued: Vec<_> = (0..300)
        .map(|_| AuditLog::event("a.b").queue(&writer, &ctx).unwrap())
        .collect();
    assert!(writer.flush(LONG));
    assert_eq!(
        (ids(&events(conn)), gaps(conn).len()),
        (queued, 0),
        "{NAME}"
    );
    // Once it can be told, it is.
    look::run(conn, crate::allow_gaps(NAME));
    let report = writer.shutdown(LONG);
    assert!(report.is_complete());
    assert_eq!((report.counters.gaps, gaps(conn).len()), (1, 1), "{NAME}");
    let after = gaps(conn)[0].after().unwrap();
    assert_eq!(
        (after["failed"].as_u64(), after["dropped"].as_u64()),
        (Some(1), Some(0))
    );
}
