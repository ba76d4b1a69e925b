//! The values of an operation's stamps (SPEC §6), asked for by the derive, one call a stamp.

use core::marker::PhantomData;

use audit_core::{Actor, ActorStamp, Cleared, StampMisfit, TimeStamp};
use chrono::{DateTime, Utc};
use diesel::query_source::Column;
use diesel::result::QueryResult;

use crate::backend::AuditBackend;
use crate::entity::{Binds, Sink};

/// What a write does to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Insert,
    Update,
    SoftDelete,
    Restore,
}

/// A stamp that does not fit its column, and which.
#[derive(Debug, Clone)]
pub struct StampError {
    pub(crate) column: &'static str,
    pub(crate) misfit: StampMisfit,
}

/// The value of the column `C` in one write; none where the operation leaves the column as it is.
pub struct Stamp<C, T> {
    value: Option<T>,
    _column: PhantomData<fn() -> C>,
}

impl<C, T> Stamp<C, T> {
    fn new(value: Option<T>) -> Self {
        Self {
            value,
            _column: PhantomData,
        }
    }
}

/// The stamps of one write. Implemented for the tuples that the derive makes of them.
pub trait PutStamps<DB: AuditBackend> {
    /// Hands the stamps that are set to `sink`.
    fn put_stamps<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()>;
}

macro_rules! put_stamps {
    ($($column:ident $type:ident $index:tt)*) => {
        impl<DB: AuditBackend, $($column: Column, $type: Binds<$column, DB>),*> PutStamps<DB>
            for ($(Stamp<$column, $type>,)*)
        {
            #[allow(unused_variables, reason = "an entity may be exempt from all stamps")]
            fn put_stamps<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()> {
                $(if let Some(value) = &self.$index.value {
                    sink.put::<$column, $type>(value)?;
                })*
                Ok(())
            }
        }
    };
}
// One of each role at most.
put_stamps!();
put_stamps!(C0 T0 0);
put_stamps!(C0 T0 0 C1 T1 1);
put_stamps!(C0 T0 0 C1 T1 1 C2 T2 2);
put_stamps!(C0 T0 0 C1 T1 1 C2 T2 2 C3 T3 3);
put_stamps!(C0 T0 0 C1 T1 1 C2 T2 2 C3 T3 3 C4 T4 4);
put_stamps!(C0 T0 0 C1 T1 1 C2 T2 2 C3 T3 3 C4 T4 4 C5 T5 5);
put_stamps!(C0 T0 0 C1 T1 1 C2 T2 2 C3 T3 3 C4 T4 4 C5 T5 5 C6 T6 6);
put_stamps!(C0 T0 0 C1 T1 1 C2 T2 2 C3 T3 3 C4 T4 4 C5 T5 5 C6 T6 6 C7 T7 7);
put_stamps!(C0 T0 0 C1 T1 1 C2 T2 2 C3 T3 3 C4 T4 4 C5 T5 5 C6 T6 6 C7 T7 7 C8 T8 8);

/// What the stamp functions return.
pub type StampResult<T> = Result<T, StampError>;

/// Makes the stamps of one write: `Some` where the operation sets the column.
pub struct Stamper<'a> {
    pub(crate) operation: Operation,
    pub(crate) now: DateTime<Utc>,
    pub(crate) actor: &'a Actor,
}

impl Stamper<'_> {
    /// `created_at`: set by an insert.
    pub fn created_at<T: TimeStamp, C>(&self) -> Stamp<C, T> {
        Stamp::new((self.operation == Operation::Insert).then(|| T::from_instant(self.now)))
    }

    /// `created_by`: set by an insert. `kinds` are the actor kinds that an id-only column takes.
    pub fn created_by<T: ActorStamp, C>(
        &self,
        column: &'static str,
        kinds: &[&str],
    ) -> StampResult<Stamp<C, T>> {
        self.actor_if(self.operation == Operation::Insert, column, kinds)
    }

    /// `updated_at`: set by every write.
    pub fn updated_at<T: TimeStamp, C>(&self) -> Stamp<C, T> {
        Stamp::new(Some(T::from_instant(self.now)))
    }

    /// `updated_by`: set by every write.
    pub fn updated_by<T: ActorStamp, C>(
        &self,
        column: &'static str,
        kinds: &[&str],
    ) -> StampResult<Stamp<C, T>> {
        self.actor_if(true, column, kinds)
    }

    /// `deleted_at`: set by a soft delete, cleared by an insert or a restore.
    pub fn deleted_at<T: TimeStamp + Cleared, C>(&self) -> Stamp<C, T> {
        Stamp::new(match self.operation {
            Operation::Update => None,
            Operation::SoftDelete => Some(T::from_instant(self.now)),
            Operation::Insert | Operation::Restore => Some(T::cleared()),
        })
    }

    /// `deleted_by`: set by a soft delete, cleared by an insert or a restore.
    pub fn deleted_by<T: ActorStamp + Cleared, C>(
        &self,
        column: &'static str,
        kinds: &[&str],
    ) -> StampResult<Stamp<C, T>> {
        match self.operation {
            Operation::Update => Ok(Stamp::new(None)),
            Operation::SoftDelete => self.actor_if(true, column, kinds),
            Operation::Insert | Operation::Restore => Ok(Stamp::new(Some(T::cleared()))),
        }
    }

    /// The deleted flag: true when deleted.
    pub fn deleted_flag<C, T>(&self, made: fn(bool) -> T) -> Stamp<C, T> {
        self.flag(made, true)
    }

    /// The active flag: false when deleted.
    pub fn active_flag<C, T>(&self, made: fn(bool) -> T) -> Stamp<C, T> {
        self.flag(made, false)
    }

    fn flag<C, T>(&self, made: fn(bool) -> T, deleted: bool) -> Stamp<C, T> {
        Stamp::new(match self.operation {
            Operation::Update => None,
            Operation::SoftDelete => Some(made(deleted)),
            Operation::Insert | Operation::Restore => Some(made(!deleted)),
        })
    }

    /// The version: set by an insert; every other write counts it up in SQL.
    pub fn version<C, T>(&self, first: fn() -> T) -> Stamp<C, T> {
        Stamp::new((self.operation == Operation::Insert).then(first))
    }

    fn actor_if<T: ActorStamp, C>(
        &self,
        set: bool,
        column: &'static str,
        kinds: &[&str],
    ) -> StampResult<Stamp<C, T>> {
        if !set {
            return Ok(Stamp::new(None));
        }
        T::from_actor(self.actor, kinds)
            .map(|value| Stamp::new(Some(value)))
            .map_err(|misfit| StampError { column, misfit })
    }
}
