//! What a column asks of a Rust type, and who takes its value.

use diesel::Expression;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::query_builder::AstPass;
use diesel::query_source::Column;
use diesel::result::QueryResult;
use diesel::row::Row;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

use crate::backend::AuditBackend;

/// Takes columns and their values, one call a column: the same generated lines make column lists,
/// values, assignments and comparisons.
pub trait Sink<'b, DB: AuditBackend> {
    /// Takes the column `C` and its value.
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, value: &'b U) -> QueryResult<()>;
}

/// A Rust type that can be bound for the column `C`.
#[diagnostic::on_unimplemented(
    message = "a value of type `{Self}` does not fit the column `{C}`",
    label = "`{Self}` is no type of the column's SQL type",
    note = "use a type that Diesel has for the column's SQL type in `table!` (an `Option` where it is `Nullable`), mend `table!`, or implement Diesel's `ToSql` and `FromSql` for `{Self}`",
    note = "`#[diesel(check_for_backend(..))]` on the struct shows such a field where it stands"
)]
pub trait Binds<C: Column, DB: Backend> {
    /// Pushes the value as a bind.
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>;
}

#[diagnostic::do_not_recommend]
impl<C, DB, T> Binds<C, DB> for T
where
    C: Column,
    DB: Backend + HasSqlType<<C as Expression>::SqlType>,
    T: ToSql<<C as Expression>::SqlType, DB> + ?Sized,
{
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_bind_param::<C::SqlType, T>(self)
    }
}

/// A Rust type that can be read from and bound for the column `C`: what an entity's field needs.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` does not fit the column `{C}`",
    label = "`{Self}` is no type of the column's SQL type",
    note = "use a type that Diesel has for the column's SQL type in `table!` (an `Option` where it is `Nullable`), mend `table!`, or implement Diesel's `ToSql` and `FromSql` for `{Self}`",
    note = "`#[diesel(check_for_backend(..))]` on the struct shows such a field where it stands"
)]
pub trait Stored<C: Column, DB: Backend>: Binds<C, DB> + Sized + 'static {
    /// Reads the value at `index` of a row.
    fn load<'r, R: Row<'r, DB>>(row: &R, index: usize) -> deserialize::Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<C, DB, T> Stored<C, DB> for T
where
    C: Column,
    DB: Backend + HasSqlType<<C as Expression>::SqlType>,
    T: ToSql<<C as Expression>::SqlType, DB> + FromSql<<C as Expression>::SqlType, DB> + 'static,
{
    fn load<'r, R: Row<'r, DB>>(row: &R, index: usize) -> deserialize::Result<Self> {
        row.get_value::<C::SqlType, T, usize>(index)
    }
}
