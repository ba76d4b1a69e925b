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
mod values;

pub(crate) use audit::{TakeWriteLock, pieces, row_pieces};
pub(crate) use delete::Delete;
pub(crate) use insert::{Insert, InsertWhole};
pub(crate) use present::{IdsPresent, OperationPresent};
pub(crate) use select::{
    SelectAfter, SelectByKey, SelectInserted, SelectMany, SelectWhere, Visible, padded,
};
pub(crate) use sinks::{push_deleted, push_tenant_condition};
pub(crate) use update::{Update, UpdateBoth, UpdateEach};
pub(crate) use values::{Fields, FormValues, NewValues, NoValues, PutValues, column_signature};

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
