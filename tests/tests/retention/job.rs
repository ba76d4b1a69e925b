use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use audit_diesel::prelude::*;
use audit_diesel::retention::{JobOutcome, Keep, Purge, Retention, RetentionJob, RunningJob};
use chrono::{DateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Berlin;
use chrono_tz::Tz;

use super::backend::{Conn, Database, NAME};
use super::log::*;

/// For what takes no time, on a machine that is busy.
const SOON: Duration = Duration::from_secs(5);

/// A clock that a test sets.
#[derive(Clone)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn at(text: &str) -> Self {
        Self(Arc::new(AtomicI64::new(utc(text).timestamp_micros())))
    }

    fn set(&self, text: &str) {
        self.0.store(utc(text).timestamp_micros(), Ordering::SeqCst);
    }

    fn ctx(&self) -> AuditContext {
        let hand = self.0.clone();
        let config = AuditConfig::builder()
            .clock(move || DateTime::from_timestamp_micros(hand.load(Ordering::SeqCst)).unwrap())
            .build();
        config.context(Actor::job("purge")).all_tenants()
    }
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

type Told = mpsc::Receiver<(DateTime<Utc>, String)>;

/// A job on its own connections, and what it tells.
fn start(database: &Database, hand: &Hand, zone: Tz, time: (u32, u32)) -> (RunningJob, Told) {
    let (tell, told) = mpsc::channel();
    let url = database.url();
    let job = RetentionJob::new(Retention::default(), hand.ctx(), zone).within_months()
        .at(NaiveTime::from_hms_opt(time.0, time.1, 0).unwrap())
        .on_outcome(move |slot, outcome| {
            let text = match outcome {
                JobOutcome::Purged(report) => format!("purged {}", report.deleted()),
                JobOutcome::Skipped => "skipped".to_owned(),
                JobOutcome::Failed(error) => format!("failed: {error}"),
                JobOutcome::Panicked => "panicked".to_owned(),
                other => format!("{other:?}"),
            };
            let _ = tell.send((slot, text));
        })
        .start(move || <Conn as diesel::Connection>::establish(&url))
        .unwrap();
    (job, told)
}

#[track_caller]
fn next(told: &Told) -> (DateTime<Utc>, String) {
    told.recv_timeout(Duration::from_secs(60)).expect("a run")
}

#[track_caller]
fn nothing(told: &Told) {
    assert!(told.recv_timeout(Duration::from_millis(700)).is_err());
}

#[test]
fn it_purges_once_a_day_at_its_time() {
    let database = Database::new();
    let mut conn = database.connect();
    let old = utc("2024-01-01T00:00:00Z");
    write(&mut conn, &[Draft::new("a", "t", "1", old), Draft::new("a", "t", "2", utc("2024-06-01T00:00:00Z"))]);
    // Summer time: 03:00 in Berlin is 01:00 UTC.
    let hand = Hand::at("2024-06-10T00:59:59Z");
    let (job, told) = start(&database, &hand, Berlin, (3, 0));
    assert_eq!(job.next_run(), Some(utc("2024-06-10T01:00:00Z")));
    nothing(&told);
    assert!(job.last_outcome().is_none());
    hand.set("2024-06-10T01:00:00Z");
    assert_eq!(next(&told), (utc("2024-06-10T01:00:00Z"), "purged 1".to_owned()));
    nothing(&told);
    assert_eq!(left(&mut conn).len(), 1);
    assert!(matches!(job.last_outcome().as_deref(), Some(JobOutcome::Purged(_))));
    assert_eq!(job.next_run(), Some(utc("2024-06-11T01:00:00Z")));
    hand.set("2024-07-15T01:00:00Z");
    // Over a month late, it runs once for the day that was due, and next on the day after. The
    // events of the run before are as old as other rows by now.
    assert_eq!(next(&told), (utc("2024-06-11T01:00:00Z"), "purged 4".to_owned()));
    assert_eq!(job.next_run(), Some(utc("2024-07-16T01:00:00Z")));
    nothing(&told);
    job.stop();
}

#[test]
fn a_clock_that_goes_back_neither_repeats_a_run_nor_puts_off_the_next() {
    let database = Database::new();
    let hand = Hand::at("2024-06-10T00:00:00Z");
    let (job, told) = start(&database, &hand, Berlin, (3, 0));
    hand.set("2024-06-10T01:00:01Z");
    assert_eq!(next(&told).0, utc("2024-06-10T01:00:00Z"));
    // By an hour, over the run that was: its day is taken.
    hand.set("2024-06-10T00:10:00Z");
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(job.next_run(), Some(utc("2024-06-10T01:00:00Z")));
    hand.set("2024-06-10T01:00:01Z");
    assert_eq!(next(&told).1, "skipped");
    // By years: the next run is the next day of that year.
    hand.set("2020-02-01T12:00:00Z");
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(job.next_run(), Some(utc("2020-02-02T02:00:00Z")));
    hand.set("2020-02-02T02:00:00Z");
    assert_eq!(next(&told), (utc("2020-02-02T02:00:00Z"), "purged 0".to_owned()));
}

/// Berlin, 2024-03-31: clocks go from 02:00 to 03:00, and 02:30 is missing.
#[test]
fn a_time_that_is_missing_is_the_next_that_is_there() {
    let database = Database::new();
    let hand = Hand::at("2024-03-30T12:00:00Z");
    let (job, told) = start(&database, &hand, Berlin, (2, 30));
    assert_eq!(job.next_run(), Some(utc("2024-03-31T01:00:00Z")));
    hand.set("2024-03-31T01:00:00Z");
    assert_eq!(next(&told).0, utc("2024-03-31T01:00:00Z"));
    assert_eq!(job.next_run(), Some(utc("2024-04-01T00:30:00Z")));
    // At three there is no such doubt: the time follows the zone.
    let hand = Hand::at("2024-03-30T12:00:00Z");
    let (job, _told) = start(&database, &hand, Berlin, (3, 0));
    assert_eq!(job.next_run(), Some(utc("2024-03-31T01:00:00Z")));
}

/// Berlin, 2024-10-27: clocks go from 03:00 to 02:00, and 02:30 comes twice.
#[test]
fn a_time_that_comes_twice_is_one_run() {
    let database = Database::new();
    let hand = Hand::at("2024-10-26T12:00:00Z");
    let (job, told) = start(&database, &hand, Berlin, (2, 30));
    hand.set("2024-10-27T00:30:00Z");
    assert_eq!(next(&told).0, utc("2024-10-27T00:30:00Z"));
    hand.set("2024-10-27T01:30:00Z");
    nothing(&told);
    assert_eq!(job.next_run(), Some(utc("2024-10-28T01:30:00Z")));
    // Samoa left out the whole of 2011-12-30.
    let apia = chrono_tz::Pacific::Apia;
    let hand = Hand::at("2011-12-29T14:00:00Z");
    let (job, _told) = start(&database, &hand, apia, (3, 0));
    let begins = apia.with_ymd_and_hms(2011, 12, 31, 0, 0, 0).unwrap().to_utc();
    assert_eq!(job.next_run(), Some(begins));
}

#[test]
fn of_several_processes_one_works() {
    let database = Database::new();
    let mut conn = database.connect();
    let rows: Vec<Draft> = (0..500).map(|n| Draft::new("a", "t", &n.to_string(), utc("2024-01-01T00:00:00Z"))).collect();
    write(&mut conn, &rows);
    let hand = Hand::at("2024-06-10T00:59:00Z");
    let jobs: Vec<_> = (0..4).map(|_| start(&database, &hand, Berlin, (3, 0))).collect();
    hand.set("2024-06-10T01:00:00Z");
    let mut told: Vec<String> = jobs.iter().map(|(_, told)| next(told).1).collect();
    told.sort();
    assert_eq!(told, ["purged 500", "skipped", "skipped", "skipped"], "{NAME}");
    // The next day again one of them.
    hand.set("2024-06-11T01:00:00Z");
    let mut told: Vec<String> = jobs.iter().map(|(_, told)| next(told).1).collect();
    told.sort();
    assert_eq!(told, ["purged 0", "skipped", "skipped", "skipped"], "{NAME}");
}

#[test]
fn it_stops_at_once_also_at_work() {
    let database = Database::new();
    let mut conn = database.connect();
    let hand = Hand::at("2024-06-10T00:59:00Z");
    let (job, _told) = start(&database, &hand, Berlin, (3, 0));
    let begun = Instant::now();
    job.stop();
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());

    let mut rows: Vec<Draft> = (0..20_000).map(|n| Draft::new("a", "t", &n.to_string(), utc("2024-01-01T00:00:00Z"))).collect();
    // So that no month goes as a whole.
    rows[19_999].table = Some("kept".to_owned());
    write(&mut conn, &rows);
    let url = database.url();
    let retention = Retention::default().table("kept", Keep::FOREVER);
    let job = RetentionJob::new(retention, hand.ctx(), Berlin).within_months()
        .pause(Duration::from_secs(600))
        .start(move || <Conn as diesel::Connection>::establish(&url))
        .unwrap();
    hand.set("2024-06-10T01:00:00Z");
    let begun = Instant::now();
    while left(&mut conn).len() == 20_000 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    // However long it pauses, it is its turn: for longer than the ten seconds that a killed one keeps it.
    std::thread::sleep(Duration::from_secs(11));
    let other = Purge::new(Retention::default()).run(&mut conn, &hand.ctx());
    assert!(matches!(other, Err(AuditError::PurgeRunning)), "{other:?}");
    let begun = Instant::now();
    job.stop();
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(left(&mut conn).len() > 1, "it went on");
    let told = events(&mut conn, "audit.purge");
    assert!(!told.is_empty() && told.iter().all(|row| row.after().unwrap()["finished"] == false));
}

#[test]
fn panics_and_failures_are_told_and_the_job_goes_on() {
    let database = Database::new();
    let hand = Hand::at("2024-06-10T00:59:00Z");
    let (tell, told) = mpsc::channel();
    let runs = AtomicUsize::new(0);
    let url = database.url();
    let job = RetentionJob::new(Retention::default(), hand.ctx(), Utc).within_months()
        .on_outcome(move |_, outcome| {
            tell.send(match outcome {
                JobOutcome::Panicked => "panicked".to_owned(),
                JobOutcome::Failed(error) => error.to_string(),
                other => format!("{other:?}").split('(').next().unwrap().to_owned(),
            })
            .unwrap();
            panic!("in the callback");
        })
        .start(move || match runs.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("in the factory"),
            1 => Err("no connection".into()),
            _ => <Conn as diesel::Connection>::establish(&url).map_err(Box::<dyn std::error::Error + Send + Sync>::from),
        })
        .unwrap();
    for (day, outcome) in [(11, "panicked"), (12, "no connection"), (13, "Purged")] {
        hand.set(&format!("2024-06-{day}T03:00:00Z"));
        assert_eq!(told.recv_timeout(Duration::from_secs(60)).unwrap(), outcome);
    }
    job.stop();
}
