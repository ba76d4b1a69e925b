// SQLite has one writer at a time and no queue of those that wait: a purge leaves them room.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use audit_diesel::retention::Retention;
use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;

use super::backend::{Conn, Database};
use super::log::*;

/// When a transaction began and ended, and whether it deleted.
#[derive(Clone, Copy)]
struct Span {
    begun: Instant,
    ended: Instant,
    deleted: bool,
}

fn spans(conn: &mut Conn, pause: Option<Duration>) -> Vec<Span> {
    let rows: Vec<Draft> = (0..6_000).map(|n| Draft::new("a", "t", &n.to_string(), ago(31))).collect();
    write(conn, &rows);
    let spans = Arc::new(Mutex::new(Vec::new()));
    let seen = spans.clone();
    let (mut begun, mut deleted) = (Instant::now(), false);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| match event {
        InstrumentationEvent::BeginTransaction { .. } => (begun, deleted) = (Instant::now(), false),
        InstrumentationEvent::FinishQuery { query, .. } => match query.to_string().as_str() {
            "COMMIT" => {
                let ended = Instant::now();
                seen.lock().unwrap().push(Span { begun, ended, deleted });
            }
            text => deleted |= text.starts_with("DELETE FROM audit_log WHERE"),
        },
        _ => {}
    });
    let mut purge = purger(Retention::default()).batch_time(Duration::from_millis(20));
    if let Some(pause) = pause {
        purge = purge.pause(pause);
    }
    assert_eq!(purge.run(conn, &ctx()).unwrap().deleted(), 6_000);
    conn.set_instrumentation(diesel::connection::get_default_instrumentation());
    spans.lock().unwrap().clone()
}

#[test]
fn a_purge_waits_a_quarter_of_each_batch_unless_told() {
    let database = Database::new();
    let mut conn = database.connect();
    let told = Duration::from_millis(40);
    conn.batch_execute("PRAGMA journal_mode = DELETE").unwrap();
    for pause in [None, Some(told)] {
        let spans = spans(&mut conn, pause);
        let gaps: Vec<_> = spans
            .windows(2)
            .filter(|pair| pair[0].deleted)
            .map(|pair| (pair[1].begun - pair[0].ended, pair[0].ended - pair[0].begun))
            .collect();
        assert!(gaps.len() > 1, "{} batches", gaps.len());
        for (gap, took) in gaps {
            // The batch took a little longer than its transaction.
            assert!(gap >= pause.unwrap_or(took / 4), "{gap:?} after {took:?}");
        }
    }
}

/// Nobody starves there, and a pause would only cost time.
#[test]
fn with_a_write_ahead_log_it_goes_on_at_once() {
    let database = Database::new();
    let mut conn = database.connect();
    conn.batch_execute("PRAGMA journal_mode = WAL").unwrap();
    let spans = spans(&mut conn, None);
    let gaps = spans.windows(2).filter(|pair| pair[0].deleted);
    let short = gaps.filter(|pair| (pair[1].begun - pair[0].ended) * 4 < pair[0].ended - pair[0].begun);
    assert!(short.count() > 0, "it waits after every batch");
}
