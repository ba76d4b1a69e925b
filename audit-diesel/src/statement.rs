//! The framework's own statements, as values: each is a `QueryFragment` whose text is fixed by
//! the entity and the columns it sets, so that Diesel keeps it prepared (it never keeps its own
//! `UPDATE`, nor an insert of several rows). A driver runs them; they know nothing of it.

mod audit;
mod delete;
mod event;
mod insert;
mod present;
mod select;
mod sinks;
mod update;

use core::sync::atomic::{AtomicU64, Ordering};

pub use audit::AuditInsert;
#[cfg(feature = "postgres")]
pub(crate) use audit::Columns;
pub(crate) use audit::{AuditRow, OperationRow, TakeWriteLock, lock_key, pieces, row_pieces};
pub(crate) use delete::Delete;
pub use event::EventInsert;
pub(crate) use insert::{Insert, InsertWhole};
pub(crate) use present::{IdsPresent, OperationPresent};
pub(crate) use select::{
    SelectAfter, SelectByKey, SelectInserted, SelectMany, SelectWhere, Visible, padded,
};
pub(crate) use sinks::{column_signature, push_deleted, push_tenant_condition};
pub(crate) use update::{
    Fields, FormValues, NewValues, NoValues, PutValues, Update, UpdateBoth, UpdateEach,
};

/// How many column sets of an entity's UPDATE stay prepared. Diesel's cache of statements never
/// forgets, and MySQL counts prepared statements server-wide: what comes later is sent unprepared.
const HOT: usize = 16;

/// The column sets whose UPDATE stays prepared: the first sixteen that the process met.
pub struct HotTexts {
    slots: [AtomicU64; HOT],
}

impl HotTexts {
    /// None yet.
    #[allow(clippy::new_without_default, reason = "made in a static")]
    pub const fn new() -> Self {
        Self {
            slots: [const { AtomicU64::new(0) }; HOT],
        }
    }

    /// True where the statement with this set of columns may stay prepared.
    pub(crate) fn admit(&self, signature: u64) -> bool {
        let signature = signature.max(1);
        self.slots.iter().any(|slot| {
            let held = slot.load(Ordering::Relaxed);
            held == signature
                || (held == 0
                    && slot
                        .compare_exchange(0, signature, Ordering::Relaxed, Ordering::Relaxed)
                        .map_or_else(|now| now == signature, |_| true))
        })
    }
}

/// Makes a fragment with one fixed text per value of it a query of Diesel's: kept prepared by its
/// text, its columns read by position.
macro_rules! statement {
    ($name:ident < $($g:tt),* > $(where $($bound:tt)*)?) => {
        impl<$($g),*> diesel::query_builder::QueryId for $name<$($g),*> $(where $($bound)*)? {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl<$($g),*> diesel::query_builder::Query for $name<$($g),*> $(where $($bound)*)? {
            type SqlType = diesel::sql_types::Untyped;
        }
    };
}
use statement;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_column_sets_stay_prepared() {
        let hot = HotTexts::new();
        for signature in 1..=HOT as u64 {
            assert!(hot.admit(signature));
        }
        assert!(!hot.admit(99));
        assert!(hot.admit(7), "a set once admitted stays");
    }
}
