//! What `#[derive(Audited)]` says about an entity to Diesel: its table, key, stamps, and how its
//! columns are read and bound.

use audit_core::Audited;
use diesel::Expression;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::query_source::Column;
use diesel::result::QueryResult;
use diesel::row::Row;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

use crate::backend::AuditBackend;
use crate::columns_read::{PastTypes, ReadColumns};
use crate::stamper::{PutStamps, StampResult, Stamper};
use crate::statement::HotTexts;

/// An audited entity that lives in a Diesel table. Written by the derive.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an audited entity with a Diesel table",
    label = "this type has no audited table",
    note = "add `#[derive(Audited)]` and `#[diesel(table_name = ..)]` to `{Self}`"
)]
pub trait Entity: Audited {
    /// The table, as `table!` made it.
    type Table: diesel::Table;
    /// The primary key by value: the key field's type, or a tuple of them.
    type Id: Clone;
    /// The tenant column's type; [`NoTenant`] where there is none.
    type Tenant: TenantOf;
    /// The values of the stamps of one write.
    type Stamps;

    /// The table's value.
    fn table() -> Self::Table;
    /// The record's primary key.
    fn id(&self) -> Self::Id;
    /// The canonical text of a primary key, stored as `audit_log.record_id`.
    fn record_id(id: &Self::Id) -> String;
    /// A key of the adapter's making, for `id = "uuid_v7"`.
    fn new_id() -> Option<Self::Id> {
        None
    }
    /// The record's tenant; `None` where the entity has none.
    fn tenant(&self) -> Option<&Self::Tenant> {
        None
    }
    /// The record's version; `None` where the entity has none.
    fn version(&self) -> Option<i64> {
        None
    }
    /// True when the record is soft-deleted.
    fn is_deleted(&self) -> bool {
        false
    }
    /// The stamp values of one write, by role.
    fn stamps(stamper: &Stamper<'_>) -> StampResult<Self::Stamps>;
    /// Which of the entity's UPDATE texts stay prepared.
    #[doc(hidden)]
    fn hot_texts() -> &'static HotTexts;
}

/// How an entity's columns are read from and bound for a backend. Written by the derive, one line
/// and one bound a column.
pub trait StoredEntity<DB: AuditBackend>:
    Entity<Table: QueryFragment<DB>, Stamps: PutStamps<DB>>
{
    /// Reads the entity from the next columns of a row, in the order of its fields.
    fn read<R: ReadColumns<DB>>(row: &mut R) -> deserialize::Result<Self>;
    /// Names the types of the columns to who reads their past values, in the order of the fields.
    fn past_types(types: &mut PastTypes);
    /// Hands every column and its value to `sink`, in the order of the fields.
    fn put_fields<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()>;
    /// Hands the key columns to `sink`.
    fn put_key<'b, S: Sink<'b, DB>>(id: &'b Self::Id, sink: &mut S) -> QueryResult<()>;
    /// Hands the tenant column to `sink`.
    fn put_tenant<'b, S: Sink<'b, DB>>(tenant: &'b Self::Tenant, sink: &mut S) -> QueryResult<()>;
}

/// A struct of several columns inside an entity. Written by `#[derive(AuditedPart)]`.
pub trait StoredPart<DB: AuditBackend>: Sized {
    /// Reads the part from the next columns of a row.
    fn read<R: ReadColumns<DB>>(row: &mut R) -> deserialize::Result<Self>;
    /// Names the types of the columns to who reads their past values, in the order of the fields.
    fn past_types(types: &mut PastTypes);
    /// Hands every column and its value to `sink`.
    fn put_fields<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()>;
}

/// The tenant column's type, or [`NoTenant`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold a tenant",
    label = "not a tenant",
    note = "use `String`, `Uuid` (feature `uuid`), `i32` or `i64`, or implement `TenantStamp` for `{Self}`",
    note = "if the field is not the tenant, say so with `#[audit(not_a_stamp)]`"
)]
pub trait TenantOf: Sized {
    /// True when the column compares as text, so that collations have to be kept out.
    const TEXT: bool;
    /// False for [`NoTenant`].
    const PRESENT: bool;
    /// The typed value of a context's tenant.
    fn parse(text: &str) -> Result<Self, audit_core::StampMisfit>;
    /// The canonical text, stored as `audit_log.tenant_id`.
    fn text(&self) -> String;
}

impl<T: audit_core::TenantStamp> TenantOf for T {
    const TEXT: bool = T::TEXT;
    const PRESENT: bool = true;

    fn parse(text: &str) -> Result<Self, audit_core::StampMisfit> {
        T::from_tenant(text)
    }

    fn text(&self) -> String {
        self.canonical()
    }
}

/// The tenant type of an entity that has no tenant column.
#[derive(Debug, Clone, Copy)]
pub enum NoTenant {}

impl TenantOf for NoTenant {
    const TEXT: bool = false;
    const PRESENT: bool = false;

    fn parse(_: &str) -> Result<Self, audit_core::StampMisfit> {
        Err(audit_core::StampMisfit::new(
            "an entity without a tenant column has no tenant",
        ))
    }

    fn text(&self) -> String {
        match *self {}
    }
}

/// Takes columns and their values, one call a column: the same generated lines make column lists,
/// values, assignments and comparisons.
pub trait Sink<'b, DB: AuditBackend> {
    /// Takes the column `C` and its value.
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, value: &'b U) -> QueryResult<()>;
}

/// A Rust type that can be bound for the column `C`.
pub trait Binds<C: Column, DB: Backend> {
    /// Pushes the value as a bind.
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>;
}

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
pub trait Stored<C: Column, DB: Backend>: Binds<C, DB> + Sized + 'static {
    /// Reads the value at `index` of a row.
    fn load<'r, R: Row<'r, DB>>(row: &R, index: usize) -> deserialize::Result<Self>;
}

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
