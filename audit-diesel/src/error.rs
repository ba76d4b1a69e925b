//! What can go wrong, said without a value of anybody's record.

mod event;
mod failure;
mod query;
mod queue;
mod revert;
mod unknown;

use core::fmt;

use audit_core::{ContextError, MaskFailure};
use diesel::result::Error as DieselError;
use uuid::Uuid;

use crate::entity::Entity;
use crate::plain::Plain;
use failure::mentions;

pub use event::{EventError, MAX_EVENT_NAME, MAX_TARGET_KIND};
pub use failure::{DatabaseFailure, FailureKind};
pub use query::QueryError;
pub use queue::QueueError;
pub use revert::RevertError;
pub use unknown::Unknown;

/// Why an audited operation was refused or failed. Nothing of it was written, except where
/// [`AuditError::CommitUnknown`] says that this is not known.
///
/// Names the entity, the record and the field, never a value: not even the database's own message
/// is shown, since those quote values.
#[derive(Debug)]
#[non_exhaustive]
pub enum AuditError {
    /// There is no such record, or it is another tenant's.
    NotFound {
        /// The entity's audit name.
        entity: &'static str,
        /// The record's id.
        record: String,
    },
    /// The record is soft-deleted: restore it first.
    Deleted {
        /// The entity's audit name.
        entity: &'static str,
        /// The record's id.
        record: String,
    },
    /// The record is no longer at the version that the key names.
    Conflict {
        /// The entity's audit name.
        entity: &'static str,
        /// The record's id.
        record: String,
    },
    /// The context does not fit: an actor, a tenant or a reason is missing or malformed.
    Context {
        /// The entity's audit name.
        entity: &'static str,
        /// What is wrong.
        source: ContextError,
    },
    /// The actor or tenant of the context does not fit the type of a column.
    Misfit {
        /// The entity's audit name.
        entity: &'static str,
        /// The column.
        column: &'static str,
        /// What would fit.
        source: audit_core::StampMisfit,
    },
    /// A required field that code must set was left unset.
    Incomplete {
        /// The entity's audit name.
        entity: &'static str,
        /// The field.
        field: &'static str,
    },
    /// An edit touched a field that the server alone writes.
    Reserved {
        /// The entity's audit name.
        entity: &'static str,
        /// The record's id.
        record: String,
        /// The field.
        field: &'static str,
    },
    /// A mask failed or panicked, so that no row could be written.
    Mask {
        /// The entity's audit name.
        entity: &'static str,
        /// Which field.
        source: MaskFailure,
    },
    /// The record id is too long for the trail.
    RecordId {
        /// The entity's audit name.
        entity: &'static str,
    },
    /// An event cannot be recorded as it was given; nothing was sent to the database.
    Event {
        /// The event's name, escaped and cut to 60 characters.
        event: String,
        /// What is wrong.
        source: EventError,
    },
    /// A record was not reverted, or not brought back; nothing was written.
    Revert {
        /// The entity's audit name.
        entity: &'static str,
        /// The record's id.
        record: String,
        /// Why.
        source: RevertError,
    },
    /// The first of two instants is after the second.
    Instants {
        /// The first.
        from: chrono::DateTime<chrono::Utc>,
        /// The second.
        to: chrono::DateTime<chrono::Utc>,
    },
    /// A query of the log cannot be run as it is.
    Query(QueryError),
    /// An export could not be written out: what the writer said.
    Export(std::io::Error),
    /// An event was not taken by a [`crate::BackgroundWriter`]. It is not recorded.
    NotQueued {
        /// The event's id.
        id: Uuid,
        /// Why.
        source: QueueError,
    },
    /// An edit's closure refused.
    Refused(Box<dyn std::error::Error + Send + Sync>),
    /// The database refused.
    Database(DatabaseFailure),
    /// The connection was lost while it committed: ask [`crate::outcome`] of the operation.
    CommitUnknown {
        /// The operation's id.
        operation: Uuid,
        /// What it changes leaves audit rows, by which [`crate::outcome`] tells. False for changes of
        /// records while the trail is switched off: then only the records themselves can, unless an
        /// event of the same [`crate::transaction`] does.
        recorded: bool,
    },
    /// Something inside a [`crate::transaction`] failed before, so that it cannot be committed.
    Poisoned {
        /// The operation's id.
        operation: Uuid,
    },
    /// The transaction that this write was to be part of has ended without Diesel's knowledge
    /// (MySQL/MariaDB: a deadlock whose error was swallowed, or DDL).
    TransactionLost,
    /// A retention, a purge or a hold that makes no sense: nothing was deleted or placed.
    Retention {
        /// What is wrong and what to do.
        what: String,
    },
    /// What is nothing but rows of the trail was asked for while the trail is switched off.
    SwitchedOff {
        /// What was called.
        call: &'static str,
    },
    /// What needs transactions of its own was called inside one of the caller's.
    InTransaction {
        /// What was called.
        call: &'static str,
    },
    /// Another purge is at work on this database.
    PurgeRunning,
    /// The audit table is missing or is not what it should be.
    AuditTable {
        /// What is wrong and what to do.
        what: String,
    },
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { entity, record } => {
                let record = Plain(record);
                write!(f, "`{entity}` has no record `{record}`")
            }
            Self::Deleted { entity, record } => {
                let record = Plain(record);
                write!(
                    f,
                    "record `{record}` of `{entity}` is deleted: restore it first"
                )
            }
            Self::Conflict { entity, record } => {
                let record = Plain(record);
                write!(
                    f,
                    "record `{record}` of `{entity}` has changed since it was read: load it again"
                )
            }
            Self::Context { entity, source } => write!(f, "`{entity}`: {source}"),
            Self::Misfit {
                entity,
                column,
                source,
            } => {
                write!(f, "column `{column}` of `{entity}`: {source}")
            }
            Self::Incomplete { entity, field } => write!(
                f,
                "field `{field}` of a new `{entity}` is not set: code must set it before the insert"
            ),
            Self::Reserved {
                entity,
                record,
                field,
            } => {
                let record = Plain(record);
                write!(
                    f,
                    "the edit of record `{record}` of `{entity}` changed `{field}`, which the server \
                 alone writes"
                )
            }
            Self::Mask { entity, source } => write!(f, "recording `{entity}`: {source}"),
            Self::RecordId { entity } => write!(
                f,
                "the primary key of a record of `{entity}` is over {} characters long: the trail \
                 cannot name it",
                audit_core::MAX_RECORD_ID
            ),
            Self::Event { event, source } => write!(f, "event `{event}`: {source}"),
            Self::Revert {
                entity,
                record,
                source,
            } => {
                let record = Plain(record);
                write!(
                    f,
                    "record `{record}` of `{entity}` stays as it is: {source}"
                )
            }
            Self::Instants { from, to } => write!(
                f,
                "the first instant ({from}) is after the second ({to}): swap them"
            ),
            Self::Query(problem) => problem.fmt(f),
            Self::Export(error) => {
                write!(
                    f,
                    "the export broke off while it was written: {}",
                    error.kind()
                )
            }
            Self::NotQueued { id, source } => write!(f, "event {id} is not recorded: {source}"),
            Self::Refused(_) => f.write_str("the edit was refused by its own closure"),
            Self::Database(failure) => failure.fmt(f),
            Self::CommitUnknown {
                operation,
                recorded,
            } => {
                write!(
                    f,
                    "the connection was lost during the commit of operation {operation}: "
                )?;
                f.write_str(match recorded {
                    true => {
                        "ask `audit_diesel::outcome` on another connection whether it was committed"
                    }
                    false => {
                        "since the trail is switched off, only the records themselves tell whether \
                         it was committed, or an event of the operation"
                    }
                })
            }
            Self::Poisoned { operation } => write!(
                f,
                "operation {operation} was rolled back: a write inside it had failed and its error \
                 was not passed on"
            ),
            Self::TransactionLost => f.write_str(
                "the surrounding transaction has ended behind Diesel's back (a deadlock whose \
                 error was swallowed, DDL, or a COMMIT or ROLLBACK sent as SQL): nothing was \
                 written, roll back and start again",
            ),
            Self::Retention { what } | Self::AuditTable { what } => f.write_str(what),
            Self::SwitchedOff { call } => write!(
                f,
                "{call} writes rows of the trail and nothing else, and the trail is switched off \
                 (`AuditConfigBuilder::enabled`, `AUDIT_ENABLED`): nothing was written"
            ),
            Self::InTransaction { call } => write!(
                f,
                "{call} was called inside a transaction, and needs its own: call it outside of any"
            ),
            Self::PurgeRunning => f.write_str(
                "another purge is at work on this database: let it finish, then run this one again",
            ),
        }
    }
}

impl std::error::Error for AuditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Context { source, .. } => Some(source),
            Self::Misfit { source, .. } => Some(source),
            Self::Mask { source, .. } => Some(source),
            Self::Revert { source, .. } => Some(source),
            Self::Event { source, .. } => Some(source),
            Self::Query(source) => Some(source),
            Self::Export(source) => Some(source),
            Self::NotQueued { source, .. } => Some(source),
            Self::Refused(source) => Some(source.as_ref()),
            _ => None,
        }
    }
}

impl From<DieselError> for AuditError {
    fn from(error: DieselError) -> Self {
        Self::Database(DatabaseFailure::new(error))
    }
}

impl From<QueryError> for AuditError {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl AuditError {
    /// True where the same operation may succeed when it is run again from its start: a deadlock,
    /// a serialization failure, a busy database.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Database(DatabaseFailure {
                kind: FailureKind::Serialization
                    | FailureKind::Deadlock
                    | FailureKind::Busy
                    | FailureKind::StaleSnapshot,
                ..
            })
        )
    }

    /// Diesel's own error, message and quoted values included: the only way out for it.
    ///
    /// # Errors
    /// The error itself, where it is none of the database's.
    #[allow(
        clippy::result_large_err,
        reason = "the error handed back is the one passed in"
    )]
    pub fn into_diesel_unmasked(self) -> Result<DieselError, Self> {
        match self {
            Self::Database(failure) => Ok(failure.into_raw()),
            other => Err(other),
        }
    }

    pub(crate) fn not_found<E: Entity>(id: &E::Id) -> Self {
        Self::NotFound {
            entity: E::META.name,
            record: E::record_id(id),
        }
    }

    pub(crate) fn deleted<E: Entity>(id: &E::Id) -> Self {
        Self::Deleted {
            entity: E::META.name,
            record: E::record_id(id),
        }
    }

    pub(crate) fn conflict<E: Entity>(id: &E::Id) -> Self {
        Self::Conflict {
            entity: E::META.name,
            record: E::record_id(id),
        }
    }

    pub(crate) fn mask<E: Entity>(source: MaskFailure) -> Self {
        Self::Mask {
            entity: E::META.name,
            source,
        }
    }

    /// An error of a statement on `audit_log` itself: a missing table or column is the audit
    /// table's, not the entity's.
    pub(crate) fn of_audit_table(error: DieselError) -> Self {
        if let DieselError::DatabaseError(_, info) = &error
            && mentions(
                info.message(),
                &[
                    "no such table",
                    "no such column",
                    "does not exist",
                    "doesn't exist",
                    "has no column",
                    "unknown column",
                ],
            )
        {
            return Self::AuditTable {
                what: "the table `audit_log` is missing or lacks a column: run \
                       `audit_diesel::migrate(&mut conn)` once per database; what else it lacks, \
                       `check` tells"
                    .to_owned(),
            };
        }
        error.into()
    }

    /// The database wrote fewer audit rows than it was sent, without an error.
    pub(crate) fn swallowed(taken: usize, of: usize) -> Self {
        Self::AuditTable {
            what: format!(
                "`audit_log` took {taken} of {of} rows: something on the table (a rule, a trigger) \
                 swallows inserts"
            ),
        }
    }

    /// True where the connection is gone, so that what it last sent may or may not have happened.
    pub(crate) fn is_connection_lost(&self) -> bool {
        matches!(
            self,
            Self::Database(DatabaseFailure {
                kind: FailureKind::ConnectionLost,
                ..
            })
        )
    }
}
