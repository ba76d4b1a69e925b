//! One attempt to write, on a connection that is made when there is none: what may go wrong is
//! sorted by what to do about it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use diesel::connection::TransactionManager;

use crate::backend::AuditConnection;
use crate::error::{AuditError, QueueError};
use crate::event::Event;
use crate::event::batch::write_batch;

/// Why an attempt failed.
pub(super) enum Trouble {
    /// The factory returned an error, or panicked.
    NoConnection,
    /// The connection is gone, perhaps with a commit on its way.
    Lost(AuditError),
    /// Locks, deadlocks, serialization.
    Busy(AuditError),
    /// The database does not take it.
    Refused(AuditError),
    Panicked,
}

impl Trouble {
    fn of(error: AuditError) -> Self {
        if error.is_connection_lost() || matches!(error, AuditError::CommitUnknown { .. }) {
            Self::Lost(error)
        } else if error.is_retryable() {
            Self::Busy(error)
        } else {
            Self::Refused(error)
        }
    }

    /// True where another attempt with the same rows may go well, whatever the rows are.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::NoConnection | Self::Lost(_) | Self::Busy(_))
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::NoConnection => QueueError::NoConnection.to_string(),
            Self::Lost(error) | Self::Busy(error) | Self::Refused(error) => error.to_string(),
            Self::Panicked => "a panic while it wrote".to_owned(),
        }
    }
}

/// Makes an attempt. The connection is kept where it is good for another.
pub(super) fn attempt<C, E, F>(
    kept: &mut Option<C>,
    factory: &Mutex<F>,
    work: impl FnOnce(&mut C) -> Result<(), AuditError>,
) -> Result<(), Trouble>
where
    C: AuditConnection,
    F: FnMut() -> Result<C, E>,
{
    let mut conn = match kept.take() {
        Some(conn) => conn,
        None => connect(factory).ok_or(Trouble::NoConnection)?,
    };
    if is_spoiled(&mut conn) {
        discard(conn);
        return Err(Trouble::NoConnection);
    }
    let trouble = match catch_unwind(AssertUnwindSafe(|| work(&mut conn))) {
        Ok(Ok(())) => {
            *kept = Some(conn);
            return Ok(());
        }
        Ok(Err(error)) => Trouble::of(error),
        Err(_) => Trouble::Panicked,
    };
    let is_there = matches!(trouble, Trouble::Busy(_) | Trouble::Refused(_));
    if is_there && !is_spoiled(&mut conn) {
        *kept = Some(conn);
    } else {
        discard(conn);
    }
    Err(trouble)
}

/// Whether nothing that is written on it would be there: Diesel has given it up (an error that ends the
/// transaction by itself, on SQLite a trigger's `RAISE(ROLLBACK)` or a full disk, is an error like
/// others), or a transaction is open that nobody will commit. That of a test is meant to be so.
fn is_spoiled<C: AuditConnection>(conn: &mut C) -> bool {
    C::TransactionManager::is_broken_transaction_manager(conn)
}

fn connect<C, E, F>(factory: &Mutex<F>) -> Option<C>
where
    F: FnMut() -> Result<C, E>,
{
    let mut factory = factory.lock().unwrap_or_else(PoisonError::into_inner);
    catch_unwind(AssertUnwindSafe(|| (*factory)())).ok()?.ok()
}

/// Drops a connection that may be in any state.
pub(super) fn discard<C>(conn: C) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(conn)));
}

/// Writes on the thread of the caller.
pub(super) trait Inline: Send + Sync {
    fn write(&self, event: &Arc<Event>) -> Result<(), AuditError>;
}

/// A second connection, for the callers that find the queue full: one writes at a time.
pub(super) struct InlineConnection<C, F> {
    pub(super) conn: Mutex<Option<C>>,
    pub(super) factory: Arc<Mutex<F>>,
}

impl<C, E, F> Inline for InlineConnection<C, F>
where
    C: AuditConnection + Send,
    F: FnMut() -> Result<C, E> + Send,
{
    fn write(&self, event: &Arc<Event>) -> Result<(), AuditError> {
        let mut conn = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        let events = core::slice::from_ref(event);
        let mut result = attempt(&mut conn, &self.factory, |conn| {
            write_batch(conn, events, false)
        });
        // A kept connection may have died of idleness: that is no reason to lose an event.
        if let Err(trouble) = &result
            && trouble.is_transient()
        {
            result = attempt(&mut conn, &self.factory, |conn| {
                write_batch(conn, events, true)
            });
        }
        result.map_err(|trouble| match trouble {
            Trouble::Lost(error) | Trouble::Busy(error) | Trouble::Refused(error) => error,
            Trouble::NoConnection => AuditError::NotQueued {
                id: event.row.id,
                source: QueueError::NoConnection,
            },
            Trouble::Panicked => AuditError::NotQueued {
                id: event.row.id,
                source: QueueError::Panicked,
            },
        })
    }
}
