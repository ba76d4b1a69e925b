// Many writers on few records: each `old` is the value that was really replaced.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use audit_diesel::prelude::*;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::schema::accounts;
use super::backend::{Conn, Database, NAME};
use super::oracle::check;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect(name))
}

/// A small generator of its own per thread: which record, which helper.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

/// Runs a write until it is not refused for what another writer did.
fn retried<T>(retries: &AtomicUsize, mut write: impl FnMut() -> Result<T, AuditError>) -> T {
    for _ in 0..1_000 {
        match write() {
            Ok(value) => return value,
            Err(error) if error.is_retryable() => retries.fetch_add(1, Ordering::Relaxed),
            Err(error) => panic!("{NAME}: {error}"),
        };
    }
    panic!("{NAME}: refused a thousand times")
}

/// Counts up in `name`: by an edit of the locked record, alone or with a second record in one
/// operation, and by an update whose form says the same again and again in `email`.
fn write(conn: &mut Conn, ids: &[i64], dice: &mut Dice, step: &str, retries: &AtomicUsize) -> (usize, usize) {
    let count = |a: &mut Account| a.name = (a.name.parse::<u64>().unwrap() + 1).to_string();
    let id = ids[dice.roll(ids.len())];
    match dice.roll(5) {
        0 | 1 => {
            retried(retries, || Account::audited_edit(conn, &ctx(), id, count));
            (1, 0)
        }
        2 | 3 => {
            let form = AccountChanges { email: Some(Some(step.to_owned())), ..Default::default() };
            retried(retries, || Account::audited_update(conn, &ctx(), id, form.clone()));
            (0, 1)
        }
        _ => {
            // Any order of the two: this is where deadlocks come from.
            let other = ids[dice.roll(ids.len())];
            retried(retries, || {
                audit_diesel::transaction(conn, &ctx(), |conn, ctx| {
                    Account::audited_edit(conn, ctx, id, count)?;
                    Account::audited_edit(conn, ctx, other, count)
                })
            });
            (2, 0)
        }
    }
}

#[test]
fn every_old_value_is_the_one_that_was_replaced() {
    let threads = setting("AUDIT_TEST_WRITERS", 16);
    let updates = setting("AUDIT_TEST_WRITER_UPDATES", 500);
    let rows = setting("AUDIT_TEST_WRITER_ROWS", 10);
    let database = Database::new();
    let mut conn = database.connect();
    let forms: Vec<_> = (0..rows).map(|_| new_account("0")).collect();
    let ids: Vec<i64> = Account::audited_insert_many(&mut conn, &ctx(), forms).unwrap().iter().map(|a| a.id).collect();

    let (retries, counted, updated) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (database, ids, retries, counted, updated) = (&database, &ids, &retries, &counted, &updated);
            scope.spawn(move || {
                let mut conn = database.connect();
                if NAME == "postgres" {
                    // It looks for deadlocks after a second of waiting. A superuser may ask it to
                    // look sooner; for others the test is slower.
                    let _ = conn.batch_execute("SET deadlock_timeout = '20ms'");
                }
                let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (thread as u64 + 1));
                for step in 0..updates {
                    let step = format!("{thread}.{step}@example.com");
                    let (counts, sets) = write(&mut conn, ids, &mut dice, &step, retries);
                    counted.fetch_add(counts, Ordering::Relaxed);
                    updated.fetch_add(sets, Ordering::Relaxed);
                }
            });
        }
    });
    let (counted, updated, retries) = (counted.into_inner(), updated.into_inner(), retries.into_inner());
    eprintln!("{NAME}: {threads} writers, {counted} counts, {updated} updates, {retries} retries, {:?}", start.elapsed());

    let (oracle, faults) = check(&mut conn);
    assert!(faults.is_empty(), "{NAME}: {}", faults.join("\n"));
    let total: usize = accounts::table.select(accounts::name).load::<String>(&mut conn).unwrap().iter()
        .map(|name| name.parse::<usize>().unwrap()).sum();
    assert_eq!(total, counted, "{NAME}: an update was lost");
    let rows_written: usize = oracle.operations.values().sum();
    assert_eq!(rows_written, rows + counted + updated, "{NAME}: an audit row for each change, and no more");
}

#[test]
fn a_before_image_that_was_not_locked_is_noticed() {
    let database = Database::new();
    let (mut one, mut two) = (database.connect(), database.connect());
    let id = Account::audited_insert(&mut one, &ctx(), new_account("0")).unwrap().id;
    // What a helper would do that read first and wrote later: by then another has written.
    let stale = accounts::table.find(id).select(accounts::name).first::<String>(&mut one).unwrap();
    Account::audited_edit(&mut two, &ctx(), id, |a| a.name = "1".into()).unwrap();
    Account::audited_edit(&mut one, &ctx(), id, |a| a.name = "2".into()).unwrap();
    let (mut oracle, faults) = check(&mut two);
    assert_eq!(faults, [""; 0]);
    let faults = oracle.play([audit_tests::oracle::Line {
        seq: oracle.last_seq + 1,
        table: "accounts".into(),
        record: id.to_string(),
        action: "update".into(),
        field: Some("name".into()),
        old: stale.into(),
        new: "3".into(),
        changed_at: chrono::Utc::now(),
        operation: uuid::Uuid::now_v7(),
    }]);
    assert!(faults.iter().any(|fault| fault.contains("the row says \"0\"")), "{faults:?}");
}
