//! What MySQL and MariaDB do behind Diesel's back: end a transaction, or keep half of one.

use std::sync::mpsc;
use std::time::Duration;

use audit_diesel::prelude::*;
use audit_diesel::{FailureKind, Outcome, outcome};
use audit_tests::mysql::entities::*;
use audit_tests::mysql::schema::accounts;
use audit_tests::mysql::{Conn, Database};
use audit_tests::oracle::mysql::check;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use uuid::Uuid;

fn kind(error: &AuditError) -> Option<FailureKind> {
    match error {
        AuditError::Database(failure) => Some(failure.kind),
        _ => None,
    }
}

fn two(conn: &mut Conn) -> [i64; 2] {
    let both = Account::audited_insert_many(conn, &ctx(), ["a", "b"].map(new_account)).unwrap();
    [both[0].id, both[1].id]
}

fn name(conn: &mut Conn, id: i64) -> String {
    let one = accounts::table.find(id).select(accounts::name);
    one.first(conn).unwrap()
}

fn plain(conn: &mut Conn, id: i64, name: &str) -> QueryResult<usize> {
    let one = accounts::table.find(id);
    diesel::update(one)
        .set(accounts::name.eq(name))
        .execute(conn)
}

fn rename(name: &str) -> impl Fn(&mut Account) + use<> {
    let name = name.to_owned();
    move |a| a.name.clone_from(&name)
}

/// Both hold a record and want the other's; one of them is ended. Runs `ending` on the one that
/// was, after its first statement, then commits it; `first` and `then` are its two writes.
fn deadlock(
    database: &Database,
    ids: [i64; 2],
    first: impl Fn(&mut Conn) + Sync,
    then: impl Fn(&mut Conn) -> bool + Sync,
    ending: impl Fn(&mut Conn) + Sync,
) {
    // InnoDB ends the transaction that has changed less: the other one writes more.
    let (ready, wait) = mpsc::channel();
    let (held, both_hold) = mpsc::channel();
    let mut victim = database.connect();
    std::thread::scope(|scope| {
        let other = scope.spawn(move || {
            let mut conn = database.connect();
            conn.transaction(|conn| {
                for n in 0..20 {
                    plain(conn, ids[1], &format!("other {n}"))?;
                }
                conn.batch_execute("CREATE TEMPORARY TABLE heavy (x int) ENGINE = InnoDB")?;
                for n in 0..50 {
                    conn.batch_execute(&format!("INSERT INTO heavy VALUES ({n})"))?;
                }
                ready.send(()).unwrap();
                both_hold.recv().unwrap();
                plain(conn, ids[0], "other")
            })
        });
        wait.recv().unwrap();
        let _ = victim.transaction(|conn| {
            first(conn);
            held.send(()).unwrap();
            assert!(then(conn), "the other was to survive the deadlock");
            ending(conn);
            Ok::<_, AuditError>(())
        });
        other.join().unwrap().unwrap();
    });
    let depth =
        AnsiTransactionManager::transaction_manager_status_mut(&mut victim).transaction_depth();
    assert!(depth.is_err() || depth.is_ok_and(|depth| depth.is_none()));
}

/// The other one of [`deadlock`] writes without an audit: what it wrote is undone by hand.
fn put_back(conn: &mut Conn, ids: [i64; 2]) {
    plain(conn, ids[0], "a").unwrap();
    plain(conn, ids[1], "b").unwrap();
}

#[test]
fn a_swallowed_deadlock_of_ours_leaves_no_half() {
    let database = Database::new();
    let mut conn = database.connect();
    let ids = two(&mut conn);
    deadlock(
        &database,
        ids,
        |conn| drop(Account::audited_edit(conn, &ctx(), ids[0], rename("first")).unwrap()),
        |conn| {
            let error = Account::audited_edit(conn, &ctx(), ids[1], rename("then"))
                .err()
                .unwrap();
            error.is_retryable() && kind(&error) == Some(FailureKind::Deadlock)
        },
        |conn| {
            // The transaction is gone, the caller does not know.
            let error = Account::audited_insert(conn, &ctx(), new_account("c"))
                .err()
                .unwrap();
            assert!(matches!(error, AuditError::TransactionLost), "{error}");
            let error = Account::audited_edit_many(conn, &ctx(), ids, rename("d"))
                .err()
                .unwrap();
            assert!(matches!(error, AuditError::TransactionLost), "{error}");
        },
    );
    put_back(&mut conn, ids);
    let (_, faults) = check(&mut conn);
    assert_eq!(faults, [""; 0]);
}

#[test]
fn a_swallowed_deadlock_of_the_callers_leaves_no_half() {
    let database = Database::new();
    let mut conn = database.connect();
    let ids = two(&mut conn);
    deadlock(
        &database,
        ids,
        |conn| drop(Account::audited_edit(conn, &ctx(), ids[0], rename("first")).unwrap()),
        |conn| plain(conn, ids[1], "then").is_err(),
        |conn| {
            let error = Account::audited_insert(conn, &ctx(), new_account("c"))
                .err()
                .unwrap();
            assert!(matches!(error, AuditError::TransactionLost), "{error}");
        },
    );
    put_back(&mut conn, ids);
    assert_eq!(check(&mut conn).1, [""; 0]);
}

#[test]
fn an_operation_whose_transaction_was_lost_is_not_ok() {
    let database = Database::new();
    let mut conn = database.connect();
    let ids = two(&mut conn);
    // As after a deadlock or DDL whose trace was swallowed.
    for audited_before in [false, true] {
        let error = audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
            if audited_before {
                Account::audited_edit(conn, ctx, ids[0], rename("kept"))?;
            }
            conn.batch_execute("CREATE TABLE ddl (x int)")?;
            Ok::<_, AuditError>(())
        })
        .unwrap_err();
        assert!(matches!(error, AuditError::TransactionLost), "{error}");
        assert_eq!(check(&mut conn).1, [""; 0]);
        conn.batch_execute("DROP TABLE ddl").unwrap();
        Account::audited_edit(&mut conn, &ctx(), ids[1], |a| a.name.push('!')).unwrap();
    }
    // DDL commits what is before it, with its audit rows; after it nothing more is written.
    let error = audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
        Account::audited_edit(conn, ctx, ids[0], rename("before"))?;
        conn.batch_execute("CREATE TABLE ddl (x int)")?;
        let error = Account::audited_edit(conn, ctx, ids[0], rename("after"))
            .err()
            .unwrap();
        assert!(matches!(error, AuditError::TransactionLost), "{error}");
        Ok::<_, AuditError>(())
    })
    .unwrap_err();
    assert!(matches!(error, AuditError::Poisoned { .. }), "{error}");
    assert_eq!(name(&mut database.connect(), ids[0]), "before");
    assert_eq!(check(&mut database.connect()).1, [""; 0]);
}

#[test]
fn ddl_in_the_callers_transaction_stops_what_follows() {
    let database = Database::new();
    let mut conn = database.connect();
    let ids = two(&mut conn);
    conn.transaction(|conn| {
        conn.batch_execute("CREATE TABLE ddl (x int)")?;
        let error = Account::audited_edit(conn, &ctx(), ids[0], rename("x"))
            .err()
            .unwrap();
        assert!(matches!(error, AuditError::TransactionLost), "{error}");
        let error = Account::audited_delete(conn, &ctx(), ids[1]).err().unwrap();
        assert!(matches!(error, AuditError::TransactionLost), "{error}");
        Ok::<_, AuditError>(())
    })
    .unwrap();
    assert_eq!(check(&mut conn).1, [""; 0]);
    Account::audited_edit(&mut conn, &ctx(), ids[0], rename("next")).unwrap();
    assert_eq!(name(&mut database.connect(), ids[0]), "next");
}

/// A connection that waits a second for a lock of a row or a table, the shortest there is.
fn impatient(database: &Database) -> Conn {
    let mut conn = database.connect();
    conn.batch_execute("SET SESSION innodb_lock_wait_timeout = 1, lock_wait_timeout = 1")
        .unwrap();
    conn
}

#[test]
fn a_swallowed_lock_timeout_leaves_no_half() {
    let database = Database::new();
    let (mut conn, mut holder) = (impatient(&database), database.connect());
    let ids = two(&mut conn);
    // It undoes the statement alone, the rest of the transaction stays. On the record ...
    holder
        .transaction(|holder| {
            plain(holder, ids[0], "held")?;
            conn.transaction(|conn| {
                Account::audited_edit(conn, &ctx(), ids[1], rename("kept"))?;
                let error = Account::audited_edit(conn, &ctx(), ids[0], rename("x"))
                    .err()
                    .unwrap();
                assert!(
                    kind(&error) == Some(FailureKind::Busy) && error.is_retryable(),
                    "{error}"
                );
                Ok::<_, AuditError>(())
            })
            .unwrap();
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        })
        .unwrap_err();
    assert_eq!(check(&mut conn).1, [""; 0]);
    assert_eq!(name(&mut conn, ids[1]), "kept");
    // ... and on the audit table, when the entity is written already.
    holder.batch_execute("LOCK TABLES audit_log READ").unwrap();
    conn.transaction(|conn| {
        for _ in 0..2 {
            let error = Account::audited_edit(conn, &ctx(), ids[0], rename("x"))
                .err()
                .unwrap();
            assert_eq!(kind(&error), Some(FailureKind::Busy), "{error}");
        }
        Ok::<_, AuditError>(())
    })
    .unwrap();
    let error = audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
        let error = Account::audited_delete(conn, ctx, ids[0]).err().unwrap();
        assert_eq!(kind(&error), Some(FailureKind::Busy), "{error}");
        Ok::<_, AuditError>(())
    })
    .unwrap_err();
    assert!(matches!(error, AuditError::Poisoned { .. }), "{error}");
    holder.batch_execute("UNLOCK TABLES").unwrap();
    assert_eq!(name(&mut conn, ids[0]), "a");
    assert_eq!(check(&mut conn).1, [""; 0]);
}

type Helper = fn(&mut Conn, [i64; 2]) -> Result<(), AuditError>;

/// The client library waits for ever where a prepared text is run again whose last answer broke off
/// between its columns and its rows: a locked read of several rows must not stay prepared.
#[test]
fn a_locked_read_that_failed_can_be_run_again() {
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || {
        let database = Database::new();
        let (mut conn, mut holder) = (impatient(&database), database.connect());
        let ids = two(&mut conn);
        let operation = Uuid::now_v7();
        let helpers: [Helper; 5] = [
            |conn, ids| Account::audited_edit(conn, &ctx(), ids[0], rename("x")).map(drop),
            |conn, ids| Account::audited_edit_many(conn, &ctx(), ids, rename("x")).map(drop),
            |conn, ids| Account::audited_soft_delete_many(conn, &ctx(), ids).map(drop),
            |conn, ids| Account::audited_delete(conn, &ctx(), ids[0]).map(drop),
            |conn, ids| {
                Account::audited_edit_where(conn, &ctx(), accounts::id.eq_any(ids), rename("x"))
                    .map(drop)
            },
        ];
        for helper in helpers {
            let context = ctx().operation(operation);
            audit_diesel::transaction(&mut holder, &context, |holder, ctx| {
                Account::audited_edit(holder, ctx, ids[0], |a| a.name.push('!'))?;
                for _ in 0..2 {
                    let error = helper(&mut conn, ids).unwrap_err();
                    assert_eq!(kind(&error), Some(FailureKind::Busy), "{error}");
                    assert_eq!(outcome(&mut conn, operation)?, Outcome::Pending);
                }
                Err::<(), AuditError>(diesel::result::Error::RollbackTransaction.into())
            })
            .unwrap_err();
            done.send(()).unwrap();
        }
    });
    for _ in 0..5 {
        wait.recv_timeout(Duration::from_secs(60))
            .expect("it hangs");
    }
}
