//! What SQLite does behind Diesel's back: roll a transaction back over a conflict.

use std::time::Duration;

use audit_diesel::prelude::*;
use audit_diesel::{BackgroundWriter, FailureKind, Overflow};
use audit_tests::door::Door;
use audit_tests::oracle::sqlite::check;
use audit_tests::sqlite::entities::*;
use audit_tests::sqlite::schema::accounts;
use audit_tests::sqlite::{Conn, Database};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

const LONG: Duration = Duration::from_secs(60);

fn one(conn: &mut Conn) -> i64 {
    Account::audited_insert(conn, &ctx(), new_account("a"))
        .unwrap()
        .id
}

fn name(conn: &mut Conn, id: i64) -> String {
    let one = accounts::table.find(id).select(accounts::name);
    one.first(conn).unwrap()
}

/// The entity's own constraint says so.
#[test]
fn a_constraint_that_rolls_back_leaves_no_half() {
    let database = Database::new();
    let mut setup = database.connect();
    let (id, other) = (one(&mut setup), one(&mut setup));
    Account::audited_edit(&mut setup, &ctx(), other, |a| a.name = "taken".into()).unwrap();
    setup
        .batch_execute(
            "CREATE TRIGGER taken BEFORE UPDATE ON accounts WHEN new.name = 'taken'
             BEGIN SELECT RAISE(ROLLBACK, 'taken'); END",
        )
        .unwrap();
    for swallows in [false, true] {
        let mut conn = database.connect();
        let _ = conn.transaction(|conn| {
            Account::audited_edit(conn, &ctx(), id, |a| {
                a.email = Some("lost@example.com".into())
            })?;
            let error = Account::audited_edit(conn, &ctx(), id, |a| a.name = "taken".into());
            assert!(error.is_err());
            if !swallows {
                error?;
            }
            let _ = Account::audited_edit(conn, &ctx(), id, |a| a.name = "after".into());
            Ok::<_, AuditError>(())
        });
        drop(conn);
        let mut conn = database.connect();
        let error = audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
            let error = Account::audited_edit(conn, ctx, id, |a| a.name = "taken".into());
            assert!(error.is_err());
            if !swallows {
                error?;
            }
            Account::audited_edit(conn, ctx, id, |a| a.name = "after".into()).unwrap_err();
            Ok::<_, AuditError>(())
        });
        assert!(error.is_err());
        assert_eq!(name(&mut setup, id), "a");
        assert_eq!(check(&mut setup).1, [""; 0]);
    }
}

/// The caller's statement rolls all back and the caller goes on: SQLite then takes the savepoint of
/// the next write for a transaction of its own. It is whole, and the operation is not said to be.
#[test]
fn a_conflict_of_the_callers_that_rolls_back_leaves_no_half() {
    let database = Database::new();
    let mut setup = database.connect();
    let id = one(&mut setup);
    setup
        .batch_execute("CREATE TABLE single (x INTEGER PRIMARY KEY); INSERT INTO single VALUES (1)")
        .unwrap();
    let conflict = |conn: &mut Conn| {
        conn.batch_execute("INSERT OR ROLLBACK INTO single VALUES (1)")
            .unwrap_err();
    };
    for then_write in [false, true] {
        let mut conn = database.connect();
        let ended = conn.transaction(|conn| {
            Account::audited_edit(conn, &ctx(), id, |a| a.name = "lost".into())?;
            conflict(conn);
            if then_write {
                Account::audited_edit(conn, &ctx(), id, |a| a.name.push('!'))?;
            }
            Ok::<_, AuditError>(())
        });
        assert!(ended.is_err());
        let mut conn = database.connect();
        let ended = audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
            Account::audited_edit(conn, ctx, id, |a| a.name = "lost".into())?;
            conflict(conn);
            if then_write {
                Account::audited_edit(conn, ctx, id, |a| a.name.push('!'))?;
            }
            Ok::<_, AuditError>(())
        });
        assert!(ended.is_err());
        assert!(!name(&mut setup, id).contains("lost"));
        assert_eq!(check(&mut setup).1, [""; 0]);
    }
}

/// A deferred transaction that has read what another has changed since cannot write any more.
#[test]
fn a_swallowed_stale_snapshot_leaves_no_half() {
    let database = Database::new();
    let (mut conn, mut other) = (database.connect(), database.connect());
    let id = one(&mut conn);
    let began = std::time::Instant::now();
    conn.transaction(|conn| {
        assert_eq!(name(conn, id), "a");
        Account::audited_edit(&mut other, &ctx(), id, |a| a.name = "b".into())?;
        for _ in 0..2 {
            let error = Account::audited_edit(conn, &ctx(), id, |a| a.name = "c".into())
                .err()
                .unwrap();
            assert!(error.is_retryable(), "{error}");
        }
        Ok::<_, AuditError>(())
    })
    .unwrap();
    assert!(began.elapsed().as_secs() < 5, "waited for what cannot come");
    assert_eq!(name(&mut conn, id), "b");
    assert_eq!(check(&mut conn).1, [""; 0]);
}

#[test]
fn a_swallowed_busy_database_leaves_no_half() {
    let database = Database::new();
    let (mut conn, mut other) = (database.connect(), database.connect());
    let id = one(&mut conn);
    conn.batch_execute("PRAGMA busy_timeout = 10").unwrap();
    other
        .immediate_transaction(|_| {
            let error = Account::audited_edit(&mut conn, &ctx(), id, |a| a.name = "x".into()).err().unwrap();
            assert!(
                matches!(&error, AuditError::Database(failure) if failure.kind == FailureKind::Busy),
                "{error}"
            );
            conn.transaction(|conn| {
                Account::audited_delete(conn, &ctx(), id).unwrap_err();
                Ok::<_, AuditError>(())
            })
            .unwrap();
            Ok::<_, diesel::result::Error>(())
        })
        .unwrap();
    Account::audited_edit(&mut conn, &ctx(), id, |a| a.name = "next".into()).unwrap();
    assert_eq!(name(&mut other, id), "next");
    assert_eq!(check(&mut conn).1, [""; 0]);
}

/// What comes after an error that ended the transaction says so, and speaks of no lost connection.
#[test]
fn a_transaction_that_a_conflict_has_ended_is_said_to_have_ended() {
    let database = Database::new();
    let mut setup = database.connect();
    let id = one(&mut setup);
    setup
        .batch_execute(
            "CREATE TABLE single (x INTEGER PRIMARY KEY); INSERT INTO single VALUES (1);
             CREATE TRIGGER taken BEFORE UPDATE ON accounts WHEN new.name = 'taken'
             BEGIN SELECT RAISE(ROLLBACK, 'taken'); END",
        )
        .unwrap();
    let rename = |conn: &mut Conn, ctx: &AuditContext, name: &str| {
        Account::audited_edit(conn, ctx, id, |a| a.name = name.into()).map(drop)
    };
    let ended = |result: Result<(), AuditError>| {
        let error = result.unwrap_err();
        assert!(
            matches!(&error, AuditError::Database(failure) if failure.kind == FailureKind::TransactionEnded),
            "{error}"
        );
        let text = error.to_string();
        for words in [
            "`ON CONFLICT ROLLBACK`",
            "`RAISE(ROLLBACK)`",
            "nothing that it had not committed was kept",
        ] {
            assert!(text.contains(words), "{text}");
        }
    };

    let mut conn = database.connect();
    let whole = conn.transaction(|conn| {
        rename(conn, &ctx(), "lost")?;
        rename(conn, &ctx(), "taken").unwrap_err();
        ended(rename(conn, &ctx(), "after"));
        Ok(())
    });
    ended(whole);
    ended(rename(&mut conn, &ctx(), "next"));

    let mut conn = database.connect();
    let whole = audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
        rename(conn, ctx, "taken").unwrap_err();
        Ok(())
    });
    assert!(matches!(whole, Err(AuditError::Poisoned { .. })));
    ended(rename(&mut conn, &ctx(), "next"));

    let conflict = |conn: &mut Conn| {
        conn.batch_execute("INSERT OR ROLLBACK INTO single VALUES (1)")
            .unwrap_err();
    };
    let mut conn = database.connect();
    ended(conn.transaction(|conn| {
        rename(conn, &ctx(), "lost")?;
        conflict(conn);
        Ok(())
    }));
    ended(audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
        rename(conn, ctx, "lost")?;
        conflict(conn);
        Ok(())
    }));
    assert_eq!(name(&mut setup, id), "a");
    assert_eq!(check(&mut setup).1, [""; 0]);
}

/// A background writer goes on after an error that ended its transaction: in the caller's thread
/// where the queue is full, and in its own.
#[test]
fn a_background_writer_goes_on_after_an_ended_transaction() {
    let database = Database::new();
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE TRIGGER ended BEFORE INSERT ON audit_log WHEN NEW.action = 'a.bad'
         BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
    )
    .unwrap();
    let (url, door) = (database.url(), Door::default());
    let writer = BackgroundWriter::builder()
        .max_rows(1)
        .overflow(Overflow::WriteInline)
        .start(door.guard(move || Conn::establish(&url).unwrap()))
        .unwrap();
    let queue = |action: &'static str| AuditLog::event(action).queue(&writer, &ctx());
    // One fills the queue, and the next are the caller's.
    queue("a.first").unwrap();
    door.wait_for_worker();
    let first = queue("a.bad").unwrap_err();
    assert!(
        matches!(&first, AuditError::Database(failure) if failure.kind == FailureKind::Other),
        "{first}"
    );
    queue("a.good").unwrap();
    queue("a.bad").unwrap_err();
    queue("a.good").unwrap();
    door.open();
    assert!(writer.flush(LONG));
    for action in ["a.bad", "a.good", "a.bad", "a.good"] {
        queue(action).unwrap();
        assert!(writer.flush(LONG));
    }
    let report = writer.shutdown(LONG);
    let counters = report.counters;
    assert_eq!(
        (counters.inline, counters.written, counters.failed),
        (2, 3, 2),
        "{counters:?}"
    );
}
