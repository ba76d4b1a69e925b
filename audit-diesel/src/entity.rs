//! What `#[derive(Audited)]` says about an entity to Diesel: its table, key, stamps, and how its
//! columns are read and bound.

use audit_core::Audited;
use diesel::deserialize;
use diesel::query_builder::QueryFragment;
use diesel::result::QueryResult;

use crate::backend::AuditBackend;
use crate::column::Sink;
use crate::columns_read::ReadColumns;
use crate::columns_walk::{ColumnWalk, ValuesOf};
use crate::hot_texts::HotTexts;

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
    /// Which of the entity's UPDATE texts stay prepared.
    #[doc(hidden)]
    fn hot_texts() -> &'static HotTexts;
}

/// How an entity's columns are read from and bound for a backend. Written by the derive, one line
/// and one bound a column.
pub trait StoredEntity<DB: AuditBackend>: Entity<Table: QueryFragment<DB>> {
    /// Reads the entity from the next columns of a row, in the order of its fields.
    fn read<R: ReadColumns<DB>>(row: &mut R) -> deserialize::Result<Self>;
    /// Shows every column, its type and its role, in the order of the fields.
    fn walk_columns<W: ColumnWalk<DB, Self>>(w: &mut W) -> QueryResult<()>;
    /// Hands every column and its value to `sink`, in the order of the fields.
    fn put_fields<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()> {
        Self::walk_columns(&mut ValuesOf { record: self, sink })
    }
    /// Hands the key columns to `sink`.
    fn put_key<'b, S: Sink<'b, DB>>(id: &'b Self::Id, sink: &mut S) -> QueryResult<()>;
    /// Hands the tenant column to `sink`.
    fn put_tenant<'b, S: Sink<'b, DB>>(tenant: &'b Self::Tenant, sink: &mut S) -> QueryResult<()>;
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
