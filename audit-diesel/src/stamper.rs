//! The values of an operation's stamps (SPEC §6), by role.

use audit_core::{Actor, ActorStamp, Cleared, StampMisfit, TimeStamp};
use chrono::{DateTime, Utc};

/// What a write does to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Insert,
    Update,
    SoftDelete,
    Restore,
}

/// Makes the stamps of one write: `Some` where the operation sets the column.
pub struct Stamper<'a> {
    pub(crate) operation: Operation,
    pub(crate) now: DateTime<Utc>,
    pub(crate) actor: &'a Actor,
}

impl Stamper<'_> {
    /// `created_at`: set by an insert.
    pub(crate) fn created_at<T: TimeStamp>(&self) -> Option<T> {
        (self.operation == Operation::Insert).then(|| T::from_instant(self.now))
    }

    /// `created_by`: set by an insert. `kinds` are the actor kinds that an id-only column takes.
    pub(crate) fn created_by<T: ActorStamp>(
        &self,
        kinds: &[&str],
    ) -> Result<Option<T>, StampMisfit> {
        match self.operation {
            Operation::Insert => T::from_actor(self.actor, kinds).map(Some),
            Operation::Update | Operation::SoftDelete | Operation::Restore => Ok(None),
        }
    }

    /// `updated_at`: set by every write.
    pub(crate) fn updated_at<T: TimeStamp>(&self) -> Option<T> {
        Some(T::from_instant(self.now))
    }

    /// `updated_by`: set by every write.
    pub(crate) fn updated_by<T: ActorStamp>(
        &self,
        kinds: &[&str],
    ) -> Result<Option<T>, StampMisfit> {
        T::from_actor(self.actor, kinds).map(Some)
    }

    /// `deleted_at`: set by a soft delete, cleared by an insert or a restore.
    pub(crate) fn deleted_at<T: TimeStamp + Cleared>(&self) -> Option<T> {
        match self.operation {
            Operation::Update => None,
            Operation::SoftDelete => Some(T::from_instant(self.now)),
            Operation::Insert | Operation::Restore => Some(T::cleared()),
        }
    }

    /// `deleted_by`: set by a soft delete, cleared by an insert or a restore.
    pub(crate) fn deleted_by<T: ActorStamp + Cleared>(
        &self,
        kinds: &[&str],
    ) -> Result<Option<T>, StampMisfit> {
        match self.operation {
            Operation::Update => Ok(None),
            Operation::SoftDelete => T::from_actor(self.actor, kinds).map(Some),
            Operation::Insert | Operation::Restore => Ok(Some(T::cleared())),
        }
    }

    /// The flag, which is `deleted` when the record is.
    pub(crate) fn flag(&self, deleted: bool) -> Option<bool> {
        match self.operation {
            Operation::Update => None,
            Operation::SoftDelete => Some(deleted),
            Operation::Insert | Operation::Restore => Some(!deleted),
        }
    }

    /// The version: `first` of an insert; every other write counts it up in SQL.
    pub(crate) fn version<T>(&self, first: fn() -> T) -> Option<T> {
        (self.operation == Operation::Insert).then(first)
    }
}
