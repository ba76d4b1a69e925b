// A process under a mixed load, killed at any moment: no half of a change is left.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use audit_diesel::prelude::*;
use audit_tests::kill::{COMMITTING, HALF, Told};
use audit_tests::oracle::Oracle;
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::schema::accounts;
use super::backend::{Database, NAME};
use super::oracle::{catch_up, check, play_and_compare};

/// How many workers are at it at once: they write to the same records.
const AT_ONCE: usize = 2;

fn kills() -> usize {
    std::env::var("AUDIT_TEST_KILLS").ok().map_or(100, |text| text.parse().expect("AUDIT_TEST_KILLS"))
}

fn start(database: &Database, seed: u64) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kill_worker"))
        .args([NAME, &database.url(), &seed.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Starts a worker, kills it some 0 to 200 ms after it is at work, and returns what it told.
fn kill_one(database: &Database, seed: u64, after: Duration) -> Told {
    let mut child = start(database, seed);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = Told::default();
    // Connected and about to begin.
    if let Some(Ok(line)) = lines.next() {
        told.line(&line);
    }
    let reader = std::thread::spawn(move || {
        for line in lines {
            told.line(&line.unwrap());
        }
        told
    });
    std::thread::sleep(after);
    // SIGKILL where there are signals: nothing of the process runs any more, no destructor, no
    // goodbye to the server.
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(status.code().is_none(), "{NAME}: the worker ended by itself: {status}");
    reader.join().unwrap()
}

/// Holds the tables against the trail, and the trail against what was said to be done. A server may
/// take a moment to notice that a client is gone; the oracle reads in a snapshot.
fn judge(database: &Database, told: &[Told]) -> (Oracle, Vec<String>) {
    let (oracle, mut faults) = check(&mut database.connect());
    for id in told.iter().flat_map(|told| &told.done) {
        if oracle.rows_of(*id) == 0 {
            faults.push(format!("operation {id} was said to be done and has left no audit row"));
        }
    }
    (oracle, faults)
}

#[test]
fn a_killed_process_leaves_no_half_change() {
    let database = Database::new();
    let mut conn = database.connect();
    let forms: Vec<_> = (0..20).map(|n| new_account(&n.to_string())).collect();
    Account::audited_insert_many(&mut conn, &ctx(), forms).unwrap();
    let (kills, begun) = (kills(), Instant::now());
    let told = Mutex::new(Vec::new());
    let next = Mutex::new(0_u64);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(kills) {
            scope.spawn(|| {
                loop {
                    let n = {
                        let mut next = next.lock().unwrap();
                        *next += 1;
                        *next
                    };
                    if n > kills as u64 {
                        return;
                    }
                    let seed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(std::process::id());
                    let after = Duration::from_micros((seed >> 20) % 200_000);
                    let one = kill_one(&database, seed, after);
                    told.lock().unwrap().push(one);
                }
            });
        }
    });
    let told = told.into_inner().unwrap();
    let (oracle, faults) = judge(&database, &told);
    let inside = told.iter().filter(|told| told.in_transaction()).count();
    let half = told.iter().filter(|told| told.last == HALF).count();
    let committing = told.iter().filter(|told| told.last == COMMITTING).count();
    let done: usize = told.iter().map(|told| told.done.len()).sum();
    eprintln!(
        "{NAME}: {} kills in {:?}: {inside} inside an open transaction, of them {half} between an entity and its audit rows, \
         {committing} during COMMIT; {} operations committed, {done} of them told; {} half-changes",
        told.len(), begun.elapsed(), oracle.operations.len(), faults.len(),
    );
    assert!(faults.is_empty(), "{NAME}: {}", faults.join("\n"));
    assert_eq!(told.len(), kills);
    assert!(oracle.operations.len() >= kills, "{NAME}: the load hardly wrote");
    assert!(inside * 2 >= kills, "{NAME}: only {inside} of {kills} kills came inside a transaction");
    assert!(half > 0 || kills < 50, "{NAME}: no kill came between an entity and its audit rows");
}

#[test]
fn a_half_change_is_noticed() {
    let database = Database::new();
    let mut conn = database.connect();
    let ids: Vec<i64> = Account::audited_insert_many(&mut conn, &ctx(), ["a", "b", "c"].map(new_account)).unwrap()
        .iter().map(|a| a.id).collect();
    let mut before = Oracle::default();
    assert_eq!(catch_up(&mut before, &mut conn), [""; 0]);
    // Each half in turn, made by hand: the entity without its audit rows ...
    let halves: [(&str, &str); 4] = [
        ("UPDATE accounts SET name = 'other' WHERE id = ", "name is \"other\""),
        ("UPDATE accounts SET is_deleted = (1 = 1) WHERE id = ", "is_deleted is true"),
        ("UPDATE accounts SET updated_at = created_at WHERE id = ", "stamped"),
        ("DELETE FROM accounts WHERE id = ", "is gone"),
    ];
    for (half, what) in halves {
        Account::audited_edit(&mut conn, &ctx(), ids[0], |a| a.name.push('!')).unwrap();
        let _ = conn.transaction(|conn| {
            diesel::sql_query(format!("{half}{}", ids[0])).execute(conn)?;
            let mut oracle = Oracle::default();
            let faults = play_and_compare(&mut oracle, conn);
            assert!(faults.iter().any(|fault| fault.contains(what)), "{half}: {faults:?}");
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        });
    }
    // ... and audit rows without their entity.
    let error = conn.transaction(|conn| {
        Account::audited_insert(conn, &ctx(), new_account("d"))?;
        diesel::delete(accounts::table.filter(accounts::name.eq("d"))).execute(conn)?;
        let faults = play_and_compare(&mut Oracle::default(), conn);
        assert!(faults.iter().any(|fault| fault.contains("is gone")), "{faults:?}");
        Err::<(), AuditError>(diesel::result::Error::RollbackTransaction.into())
    });
    assert!(error.is_err());
    // An acknowledged operation that is not there.
    let mut told = Told::default();
    told.line("done 01a1ffb7-fc72-7576-9655-ab419d0c0451");
    assert_eq!(judge(&database, &[told]).1.len(), 1);
}
