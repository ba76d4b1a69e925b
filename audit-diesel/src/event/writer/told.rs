//! What a background writer tells of itself: its counters, what was lost, how its end went.

use core::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::AuditError;
use crate::event::Event;

/// What a [`crate::BackgroundWriter`] has done since it was started.
///
/// `queued = written + failed + dropped + waiting`, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WriterCounters {
    /// Events that the queue took.
    pub queued: u64,
    /// Those of them that are in the log.
    pub written: u64,
    /// Those that the database refused, while it took others.
    pub failed: u64,
    /// Those that were given up when a shutdown ran out of time. One whose commit was not answered
    /// may be in the log all the same.
    pub dropped: u64,
    /// Those that wait, or are on their way.
    pub waiting: u64,
    /// Their bytes, about.
    pub waiting_bytes: u64,
    /// Batches that were tried again.
    pub retried: u64,
    /// Events that callers wrote themselves ([`crate::Overflow::WriteInline`]); they were never queued.
    pub inline: u64,
    /// Events that were not taken; their callers got an error.
    pub refused: u64,
    /// Events `audit.gap` that were written.
    pub gaps: u64,
}

/// How a shutdown went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct ShutdownReport {
    /// Events that were given up because the time was over.
    pub dropped: u64,
    /// Events that are still with the database: it has not answered in time, and may yet write
    /// them. Where it does not, they are counted as dropped later.
    pub unfinished: u64,
    /// The counters at the end.
    pub counters: WriterCounters,
}

impl ShutdownReport {
    /// True where nothing was given up and nothing is open.
    pub fn is_complete(&self) -> bool {
        self.dropped == 0 && self.unfinished == 0
    }
}

/// An event that was queued and will not be written.
#[derive(Clone, Copy)]
pub struct LostEvent<'a> {
    pub(super) event: &'a Event,
    pub(super) cause: &'a LossCause,
}

/// Shows no value of the event.
impl fmt::Debug for LostEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LostEvent")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

impl LostEvent<'_> {
    /// Its id.
    pub fn id(&self) -> Uuid {
        self.event.row.id
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.event.operation.action
    }

    /// Its tenant.
    pub fn tenant(&self) -> Option<&str> {
        self.event.row.tenant_id.as_deref()
    }

    /// The kind and the id of its target.
    pub fn target(&self) -> (Option<&str>, Option<&str>) {
        let kind = self.event.operation.table_name.as_deref();
        (kind, self.event.row.record_id.as_deref())
    }

    /// When it was queued.
    pub fn at(&self) -> DateTime<Utc> {
        self.event.operation.changed_at
    }

    /// The state before, as JSON text, masked as it would have been stored.
    pub fn before_json(&self) -> Option<&str> {
        self.event
            .row
            .old_value
            .as_ref()
            .map(|json| json.0.as_str())
    }

    /// The state after, as JSON text, masked as it would have been stored.
    pub fn after_json(&self) -> Option<&str> {
        self.event
            .row
            .new_value
            .as_ref()
            .map(|json| json.0.as_str())
    }

    /// Why it is lost.
    pub fn cause(&self) -> &LossCause {
        self.cause
    }
}

/// Why an event that was queued is lost.
#[derive(Debug)]
#[non_exhaustive]
pub enum LossCause {
    /// The database refuses it, and takes others.
    Refused(AuditError),
    /// To write it panics, and to write others does not.
    Panicked,
    /// The writer was shut down, and the time was over.
    ShutDown,
}

impl fmt::Display for LossCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Panicked => f.write_str("writing it panicked"),
            Self::ShutDown => {
                f.write_str("the background writer was shut down before it was written")
            }
        }
    }
}
