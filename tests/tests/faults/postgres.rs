//! What PostgreSQL does behind Diesel's back: answer COMMIT with a rollback.

use audit_diesel::FailureKind;
use audit_diesel::prelude::*;
use audit_tests::oracle::postgres::check;
use audit_tests::postgres::entities::*;
use audit_tests::postgres::schema::accounts;
use audit_tests::postgres::{Conn, Database};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

fn one(conn: &mut Conn) -> i64 {
    Account::audited_insert(conn, &ctx(), new_account("a"))
        .unwrap()
        .id
}

fn name(conn: &mut Conn, id: i64) -> String {
    let one = accounts::table.find(id).select(accounts::name);
    one.first(conn).unwrap()
}

#[test]
fn nothing_is_written_in_an_aborted_transaction() {
    let database = Database::new();
    let mut conn = database.connect();
    let id = one(&mut conn);
    let _ = conn.transaction(|conn| {
        Account::audited_edit(conn, &ctx(), id, |a| a.name = "lost".into())?;
        conn.batch_execute("SELECT 1 / 0").unwrap_err();
        Account::audited_edit(conn, &ctx(), id, |a| a.name = "x".into()).unwrap_err();
        Account::audited_delete(conn, &ctx(), id).unwrap_err();
        Ok::<_, AuditError>(())
    });
    assert_eq!(name(&mut conn, id), "a");
    assert_eq!(check(&mut conn).1, [""; 0]);
    Account::audited_edit(&mut conn, &ctx(), id, |a| a.name = "next".into()).unwrap();
    assert_eq!(name(&mut database.connect(), id), "next");
}

/// Diesel takes the server's ROLLBACK for a COMMIT; an operation must not.
#[test]
fn an_operation_that_was_aborted_is_not_ok() {
    let database = Database::new();
    let mut conn = database.connect();
    let id = one(&mut conn);
    let diesels_own = conn.transaction(|conn| {
        conn.batch_execute("SELECT 1 / 0").unwrap_err();
        Ok::<_, diesel::result::Error>(())
    });
    assert!(diesels_own.is_ok(), "Diesel says so now: the fence may go");
    let error = audit_diesel::transaction(&mut conn, &ctx(), |conn, ctx| {
        Account::audited_edit(conn, ctx, id, |a| a.name = "lost".into())?;
        conn.batch_execute("SELECT 1 / 0").unwrap_err();
        Ok::<_, AuditError>(())
    });
    assert!(error.is_err());
    assert_eq!(name(&mut conn, id), "a");
    assert_eq!(check(&mut conn).1, [""; 0]);
    Account::audited_edit(&mut conn, &ctx(), id, |a| a.name = "next".into()).unwrap();
    assert_eq!(name(&mut database.connect(), id), "next");
}

#[test]
fn a_swallowed_serialization_failure_or_lock_timeout_leaves_no_half() {
    let database = Database::new();
    let (mut conn, mut other) = (database.connect(), database.connect());
    let id = one(&mut conn);
    let kind = |error: AuditError| match &error {
        AuditError::Database(failure) if error.is_retryable() => failure.kind,
        _ => panic!("{error}"),
    };
    conn.build_transaction()
        .repeatable_read()
        .run(|conn| {
            assert_eq!(name(conn, id), "a");
            Account::audited_edit(&mut other, &ctx(), id, |a| a.name = "b".into())?;
            let error = Account::audited_edit(conn, &ctx(), id, |a| a.name = "c".into())
                .err()
                .unwrap();
            assert_eq!(kind(error), FailureKind::Serialization);
            Ok::<_, AuditError>(())
        })
        .unwrap();
    assert_eq!(name(&mut conn, id), "b");
    conn.batch_execute("SET lock_timeout = '50ms'").unwrap();
    // On the record, and on the audit table when the entity is written already.
    for lock in [
        "SELECT 1 FROM accounts FOR UPDATE",
        "LOCK TABLE audit_log IN SHARE MODE",
    ] {
        other
            .transaction(|other| {
                other.batch_execute(lock)?;
                conn.transaction(|conn| {
                    let error = Account::audited_edit(conn, &ctx(), id, |a| a.name = "d".into())
                        .err()
                        .unwrap();
                    assert_eq!(kind(error), FailureKind::Busy, "{lock}");
                    let error = Account::audited_delete(conn, &ctx(), id).err().unwrap();
                    assert_eq!(kind(error), FailureKind::Busy, "{lock}");
                    Ok::<_, AuditError>(())
                })
                .unwrap();
                Ok::<_, diesel::result::Error>(())
            })
            .unwrap();
        assert_eq!(name(&mut conn, id), "b");
    }
    assert_eq!(check(&mut conn).1, [""; 0]);
}
