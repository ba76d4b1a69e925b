//! What generated code calls. No promise of stability: use nothing of it by hand.

pub use audit_core::__private::*;
pub use diesel::query_builder::QueryFragment;
pub use uuid::Uuid;

pub use crate::audit_rows::{AuditInsert, EventInsert};
pub use crate::column::{Binds, Sink, Stored};
pub use crate::columns::{ColumnNames, missing_columns};
pub use crate::columns_read::{
    DisplayProbe, Probe, ReadColumns, ViaFromStr, ViaNothing, ViaOptionalFromStr, ViaSerde,
};
pub use crate::columns_walk::{ColumnWalk, Flag, Get, Version};
pub use crate::hot_texts::HotTexts;

use crate::backend::AuditBackend;
use diesel::query_source::Column;

/// What reading a row returns.
pub type ReadResult<T> = diesel::deserialize::Result<T>;
/// What handing columns to a sink returns.
pub type PutResult = diesel::QueryResult<()>;

/// A plain field of the column `C`, under the name that it has in SQL.
pub const fn field<C>(name: &'static str) -> audit_core::FieldMeta
where
    (C,): ColumnNames,
{
    audit_core::FieldMeta::new(name).column(<(C,) as ColumnNames>::NAMES[0])
}

/// A key of the adapter's making (RFC 9562, version 7).
pub fn new_uuid() -> Uuid {
    Uuid::now_v7()
}

/// Hands a column to the sink where it is set.
pub fn put_set<'b, C, DB, U, S>(value: &'b Option<U>, sink: &mut S) -> PutResult
where
    C: Column,
    DB: AuditBackend,
    U: Binds<C, DB>,
    S: Sink<'b, DB>,
{
    match value {
        Some(value) => sink.put::<C, U>(value),
        None => Ok(()),
    }
}

/// Compiles where a field's type can be bound for the column `C` of a backend.
pub const fn binds<T: Binds<C, DB>, C: Column, DB: diesel::backend::Backend>() {}

/// The entity itself, as [`at`] names its type.
pub trait At<C> {
    /// The same type.
    type Itself;
    /// The same value.
    fn itself(&mut self) -> &mut Self::Itself;
}

impl<C, E> At<C> for E {
    type Itself = E;
    fn itself(&mut self) -> &mut E {
        self
    }
}

/// The entity, whose type the compiler knows only where it knows the column `C`: of a column that
/// `table!` lacks, it reports that, and not also that the entity has no such field.
pub fn at<C, E>(entity: &mut E) -> &mut <E as At<C>>::Itself {
    At::<C>::itself(entity)
}

/// Refuses to compile where the table has a column that the struct does not have.
#[doc(hidden)]
#[macro_export]
macro_rules! __assert_columns {
    ($table:path, $meta:expr, $entity:expr) => {{
        const MESSAGE: $crate::__private::Message = $crate::__private::missing_columns(
            $entity,
            <<$table as $crate::__private::Table>::AllColumns as $crate::__private::ColumnNames>::NAMES,
            $meta,
        );
        if !MESSAGE.is_empty() {
            ::core::panic!("{}", MESSAGE.as_str());
        }
    }};
}
pub use crate::__assert_columns as assert_columns;
pub use crate::columns::Message;
pub use crate::{
    __active as active, __deleted as deleted, __get as get, __get_text as get_text,
    __next_as as next_as, __version as version,
};
pub use diesel::Table;
