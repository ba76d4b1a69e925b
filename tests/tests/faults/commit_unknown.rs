// A COMMIT whose answer never came, and what became of it.

use audit_diesel::prelude::*;
use audit_diesel::{Outcome, outcome};
use diesel::connection::SimpleConnection;
use uuid::Uuid;

use super::backend::entities::*;
use super::backend::{Conn, Database, NAME};
use super::oracle::check;

/// A connection that does not wait long for a lock.
fn impatient(database: &Database) -> Conn {
    let mut conn = database.connect();
    if NAME == "sqlite" {
        conn.batch_execute("PRAGMA busy_timeout = 20").unwrap();
    }
    conn
}

#[test]
fn an_operation_that_is_not_at_its_end_is_pending() {
    let database = Database::new();
    let (mut conn, mut other) = (database.connect(), impatient(&database));
    let (kept, lost, never) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    for operation in [kept, lost] {
        let _ = audit_diesel::transaction(&mut conn, &ctx().operation(operation), |conn, ctx| {
            Account::audited_insert(conn, ctx, new_account("x"))?;
            assert_eq!(outcome(&mut other, operation).unwrap(), Outcome::Pending, "{NAME}");
            assert_eq!(outcome(&mut other, operation).unwrap(), Outcome::Pending, "{NAME}: asked again");
            if operation == lost { Err(diesel::result::Error::RollbackTransaction.into()) } else { Ok::<_, AuditError>(()) }
        });
    }
    assert_eq!(outcome(&mut other, kept).unwrap(), Outcome::Committed, "{NAME}");
    assert_eq!(outcome(&mut other, lost).unwrap(), Outcome::NotCommitted, "{NAME}");
    assert_eq!(outcome(&mut other, never).unwrap(), Outcome::NotCommitted, "{NAME}");
    assert_eq!(check(&mut other).1, [""; 0]);
}
