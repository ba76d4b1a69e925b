//! What became of an operation whose commit was not answered.

use audit_core::AuditContext;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;
use uuid::Uuid;

use crate::audit_rows::lock_key;
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::transaction::{End, atomic};

/// What became of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Its audit rows are there, and so its changes are.
    Committed,
    /// None of its audit rows is there, and no transaction is open that could still bring them. An
    /// operation that changed nothing, or only records while the trail was switched off, reads the same.
    NotCommitted,
    /// A transaction that wrote its audit rows is still open on the server: ask again.
    Pending,
}

/// Tells what became of an operation, after [`AuditError::CommitUnknown`].
///
/// Ask on another connection, outside of a transaction. It tells by audit rows. Changes that were made
/// while the trail was switched off (`recorded` of the error is false) left none: then
/// [`Outcome::NotCommitted`] says nothing. [`Outcome::Committed`] is sure always.
///
/// # Errors
/// An error of the database, or a missing audit table.
pub fn outcome<C: AuditConnection>(conn: &mut C, operation: Uuid) -> Result<Outcome, AuditError> {
    let ctx = AuditContext::new(audit_core::Actor::system());
    let asked = atomic(conn, &ctx, operation, |conn| {
        let read = |conn: &mut C, question| {
            driver::load(
                conn,
                &Ask {
                    operation,
                    question,
                },
                |row| C::Backend::read_i64(row, 0),
            )
            .map(|rows| rows.first().copied().unwrap_or(0))
            .map_err(AuditError::of_audit_table)
        };
        // The lock first, in a statement of its own: once it is free the transaction has ended
        // either way, and the next statement sees which.
        if C::Backend::DIALECT == Dialect::Postgres
            && read(conn, Question::IsFree(lock_key(operation)))? == 0
        {
            return Ok(End::Rollback(2));
        }
        let found = read(conn, Question::HasRows)?;
        Ok::<_, AuditError>(End::Rollback(found))
    });
    match asked {
        Ok(0) => Ok(Outcome::NotCommitted),
        Ok(1) => Ok(Outcome::Committed),
        Ok(_) => Ok(Outcome::Pending),
        // MySQL/MariaDB: its rows are there and locked. SQLite: there is one writer at a time.
        Err(error) if error.is_retryable() => Ok(Outcome::Pending),
        Err(error) => Err(error),
    }
}

struct Ask {
    operation: Uuid,
    question: Question,
}

enum Question {
    /// 1 where no transaction holds the operation's advisory lock.
    IsFree(i64),
    /// 1 where the operation has left audit rows.
    HasRows,
}

impl diesel::query_builder::QueryId for Ask {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl diesel::query_builder::Query for Ask {
    type SqlType = diesel::sql_types::Untyped;
}

impl<DB: AuditBackend> QueryFragment<DB> for Ask {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match &self.question {
            Question::IsFree(key) => {
                out.push_sql("SELECT pg_try_advisory_xact_lock(");
                DB::bind_i64(&mut out, key)?;
                out.push_sql(")::int::bigint");
            }
            Question::HasRows => {
                out.push_sql("SELECT 1 + 0 * seq FROM audit_log WHERE operation_id = ");
                DB::bind_uuid(&mut out, &self.operation)?;
                out.push_sql(" LIMIT 1");
                if DB::DIALECT == Dialect::Mysql {
                    // Run again after it was refused, a prepared text would hang the client.
                    out.unsafe_to_cache_prepared();
                    // Rows of a transaction that is still open are locked. This asks for one of
                    // the privileges UPDATE, DELETE or LOCK TABLES on the table.
                    out.push_sql(" FOR UPDATE NOWAIT");
                }
            }
        }
        Ok(())
    }
}
