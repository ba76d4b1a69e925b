//! One transaction or savepoint around a write: committed whole or not at all, whatever happens
//! inside (error, panic, lost connection, a transaction that ended behind Diesel's back).

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use audit_core::AuditContext;
use diesel::connection::TransactionManager;
use diesel::result::Error as DieselError;
use uuid::Uuid;

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::statement::TakeWriteLock;

/// How a body that did not fail wants to end.
pub(crate) enum End<T> {
    Commit(T),
    /// Nothing was to be changed after all: what the body did is taken back.
    Rollback(T),
}

/// Runs several audited writes as one business action: one transaction, one `operation_id`, one
/// reading of the clock.
///
/// Pass the inner context on to the helpers. Where the outer one is in an operation already
/// ([`AuditContext::operation`], [`AuditContext::new_operation`]), the inner one stays in it, so that
/// several transactions can be one business action. On SQLite the transaction takes the write lock with
/// its first statement. Inside a transaction of the caller's it is a savepoint.
///
/// # Errors
/// What the body returns, after a rollback. [`AuditError::Poisoned`] where a helper inside failed
/// and the body went on as if it had not. [`AuditError::CommitUnknown`] where the connection was
/// lost while it committed; [`crate::outcome`] then tells.
///
/// # Panics
/// Goes on with a panic of the body, after a rollback.
///
/// ```no_run
/// # use audit_diesel::{AuditContext, AuditError, Actor};
/// # fn demo(conn: &mut diesel::SqliteConnection) -> Result<(), AuditError> {
/// let ctx = AuditContext::new(Actor::user("u_42")).reason("move money");
/// audit_diesel::transaction(conn, &ctx, |tx, ctx| {
///     // Account::audited_update(tx, ctx, ..)?;
///     // Account::audited_update(tx, ctx, ..)?;
/// #   let _ = (tx, ctx);
///     Ok::<_, AuditError>(())
/// })
/// # }
/// ```
pub fn transaction<C, T, E>(
    conn: &mut C,
    ctx: &AuditContext,
    body: impl FnOnce(&mut C, &AuditContext) -> Result<T, E>,
) -> Result<T, E>
where
    C: AuditConnection,
    E: From<AuditError>,
{
    let operation = ctx.operation_ref().unwrap_or_else(Uuid::now_v7);
    let inner = ctx.in_operation(operation);
    atomic(conn, &inner, operation, |conn| {
        let value = body(conn, &inner)?;
        if inner.is_poisoned() {
            return Err(AuditError::Poisoned { operation }.into());
        }
        fence(conn)?;
        Ok(End::Commit(value))
    })
}

/// Runs `body` in a transaction, or in a savepoint where one is open. What it changes leaves audit
/// rows if the trail is on.
pub(crate) fn atomic<C, T, E>(
    conn: &mut C,
    ctx: &AuditContext,
    operation: Uuid,
    body: impl FnOnce(&mut C) -> Result<End<T>, E>,
) -> Result<T, E>
where
    C: AuditConnection,
    E: From<AuditError>,
{
    let recorded = ctx.config_ref().is_enabled();
    atomically(conn, ctx, operation, recorded, body)
}

/// The same for a body whose rows are written even where the trail is switched off: events.
pub(crate) fn atomic_event<C, T, E>(
    conn: &mut C,
    ctx: &AuditContext,
    operation: Uuid,
    body: impl FnOnce(&mut C) -> Result<End<T>, E>,
) -> Result<T, E>
where
    C: AuditConnection,
    E: From<AuditError>,
{
    atomically(conn, ctx, operation, true, body)
}

fn atomically<C, T, E>(
    conn: &mut C,
    ctx: &AuditContext,
    operation: Uuid,
    recorded: bool,
    body: impl FnOnce(&mut C) -> Result<End<T>, E>,
) -> Result<T, E>
where
    C: AuditConnection,
    E: From<AuditError>,
{
    if ctx.is_poisoned() {
        return Err(AuditError::Poisoned { operation }.into());
    }
    let unknown = AuditError::CommitUnknown {
        operation,
        recorded,
    };
    let result = run(conn, unknown, body, || ctx.poison());
    if result.is_err() {
        ctx.poison();
    }
    result
}

fn run<C, T, E>(
    conn: &mut C,
    unknown: AuditError,
    body: impl FnOnce(&mut C) -> Result<End<T>, E>,
    on_panic: impl FnOnce(),
) -> Result<T, E>
where
    C: AuditConnection,
    E: From<AuditError>,
{
    let outer = depth(conn)?;
    // A panic that passed through Diesel's own `transaction` would leave it open, and the next
    // one on this connection would seem to commit while it only ends a savepoint.
    let ended = catch_unwind(AssertUnwindSafe(|| whole(conn, outer > 0, unknown, body)));
    ended.unwrap_or_else(|panic| {
        on_panic();
        close_after_panic(conn, outer);
        resume_unwind(panic)
    })
}

fn whole<C, T, E>(
    conn: &mut C,
    nested: bool,
    unknown: AuditError,
    body: impl FnOnce(&mut C) -> Result<End<T>, E>,
) -> Result<T, E>
where
    C: AuditConnection,
    E: From<AuditError>,
{
    if nested && C::Backend::DIALECT == Dialect::Sqlite {
        still_open(conn)?;
    }
    C::TransactionManager::begin_transaction(conn).map_err(AuditError::from)?;
    if let Err(error) = guard(conn, nested) {
        // Without its transaction the savepoint is gone too, and there is nothing to take back.
        let lost = matches!(error, AuditError::TransactionLost);
        let _ = undo(conn, nested && !lost);
        return Err(error.into());
    }
    match body(conn) {
        Ok(End::Commit(value)) => {
            commit(conn, nested, unknown)?;
            Ok(value)
        }
        Ok(End::Rollback(value)) => {
            undo(conn, nested).map_err(AuditError::from)?;
            Ok(value)
        }
        Err(error) => {
            // The first error is the one that tells.
            let _ = undo(conn, nested);
            Err(error)
        }
    }
}

/// Takes back what was begun last. Where a savepoint is not to be had back, the half that was
/// written must not be there for a caller to commit who swallows our error: the connection is
/// marked as broken, so that nothing commits on it and no pool takes it back. A top-level rollback
/// that failed, Diesel marks by itself.
fn undo<C: AuditConnection>(conn: &mut C, nested: bool) -> diesel::QueryResult<()> {
    let undone = C::TransactionManager::rollback_transaction(conn);
    if undone.is_err() && nested {
        C::TransactionManager::transaction_manager_status_mut(conn).set_in_error();
    }
    undone
}

/// Takes back what is open above `outer`. The panic may have come from any statement (an
/// instrumentation of the app's), a BEGIN or a COMMIT among them: where it is not known what the
/// database made of it, the connection is marked as broken.
fn close_after_panic<C: AuditConnection>(conn: &mut C, outer: u32) {
    let Ok(open) = depth(conn) else {
        return;
    };
    let closed = if open > outer {
        catch_unwind(AssertUnwindSafe(|| undo(conn, outer > 0))).is_ok_and(|undone| undone.is_ok())
    } else {
        // A savepoint too many does no harm, a transaction does.
        outer > 0
    };
    if !closed {
        C::TransactionManager::transaction_manager_status_mut(conn).set_in_error();
    }
}

/// How deep the connection is in transactions and savepoints.
pub(crate) fn depth<C: AuditConnection>(conn: &mut C) -> Result<u32, AuditError> {
    let status = C::TransactionManager::transaction_manager_status_mut(conn);
    Ok(status
        .transaction_depth()?
        .map_or(0, core::num::NonZeroU32::get))
}

/// Before the first write: the write lock on SQLite; on MySQL/MariaDB, inside a transaction of the
/// caller's, the proof that it is still there.
fn guard<C: AuditConnection>(conn: &mut C, nested: bool) -> Result<(), AuditError> {
    match C::Backend::DIALECT {
        Dialect::Sqlite => {
            driver::execute(conn, &TakeWriteLock).map_err(AuditError::of_audit_table)?;
        }
        Dialect::Mysql if nested => probe(conn)?,
        Dialect::Mysql | Dialect::Postgres => {}
    }
    Ok(())
}

/// SQLite takes a savepoint outside of a transaction for the begin of one, and its release for a
/// commit: what the caller will roll back would be there. A `BEGIN` is refused in a transaction.
fn still_open<C: AuditConnection>(conn: &mut C) -> Result<(), AuditError> {
    if conn.batch_execute("BEGIN").is_ok() {
        conn.batch_execute("ROLLBACK")?;
        return Err(AuditError::TransactionLost);
    }
    Ok(())
}

/// Outside a transaction a savepoint is accepted and forgotten; only its release tells.
fn probe<C: AuditConnection>(conn: &mut C) -> Result<(), AuditError> {
    conn.batch_execute("SAVEPOINT audit_probe")?;
    conn.batch_execute("RELEASE SAVEPOINT audit_probe")
        .map_err(|error| {
            let error = AuditError::from(error);
            if error.is_connection_lost() {
                error
            } else {
                AuditError::TransactionLost
            }
        })
}

/// Before the commit of a body that is the app's own: fails where the transaction was ended or
/// aborted by something whose error was swallowed. PostgreSQL would answer COMMIT with a rollback
/// that Diesel does not report.
fn fence<C: AuditConnection>(conn: &mut C) -> Result<(), AuditError> {
    match C::Backend::DIALECT {
        Dialect::Mysql => probe(conn),
        Dialect::Postgres | Dialect::Sqlite => Ok(conn.batch_execute("SELECT 1")?),
    }
}

fn commit<C: AuditConnection>(
    conn: &mut C,
    nested: bool,
    unknown: AuditError,
) -> Result<(), AuditError> {
    let Err(error) = C::TransactionManager::commit_transaction(conn) else {
        return Ok(());
    };
    if nested {
        // Diesel has left the savepoint counted.
        let _ = undo(conn, nested);
        let error = AuditError::from(error);
        return Err(match C::Backend::DIALECT {
            Dialect::Mysql if !error.is_connection_lost() => AuditError::TransactionLost,
            _ => error,
        });
    }
    let error = match error {
        DieselError::RollbackErrorOnCommit { commit_error, .. } => AuditError::from(*commit_error),
        error => AuditError::from(error),
    };
    if error.is_connection_lost() {
        return Err(unknown);
    }
    Err(error)
}
