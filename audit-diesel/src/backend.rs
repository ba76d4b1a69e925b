//! What differs between the databases, and nothing else.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::connection::LoadConnection;
use diesel::deserialize;
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::row::Row;
use diesel::sql_types::HasSqlType;
use uuid::Uuid;

use crate::audit_rows::{AuditInsert, AuditRow, EventInsert, OperationRow};
use crate::sql_types::{AuditJson, AuditUuid, UtcTime};

/// The database families; what a statement says differently, it asks of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
}

/// A Diesel backend that the audit knows how to write to.
///
/// Its methods bind and read the few types of the framework's own statements: only in an impl
/// for a concrete backend is it known that those types fit.
#[diagnostic::on_unimplemented(
    message = "audited writes do not support the backend `{Self}`",
    label = "this connection's backend is none of SQLite, PostgreSQL and MySQL/MariaDB",
    note = "switch on the feature of `audit-diesel` that is named after your database: `sqlite`, `postgres` or `mysql`",
    note = "`MultiConnection` is not supported yet: match on it and pass the connection inside"
)]
pub trait AuditBackend:
    Backend<QueryBuilder: Default>
    + Default
    + HasSqlType<AuditUuid>
    + HasSqlType<AuditJson>
    + HasSqlType<UtcTime>
    + 'static
{
    /// Which family it is.
    const DIALECT: Dialect;

    #[doc(hidden)]
    fn bind_text<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b str) -> QueryResult<()>;
    #[doc(hidden)]
    fn bind_i64<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b i64) -> QueryResult<()>;
    #[doc(hidden)]
    fn bind_uuid<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b Uuid) -> QueryResult<()>;
    #[doc(hidden)]
    fn bind_time<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b DateTime<Utc>) -> QueryResult<()>;
    #[doc(hidden)]
    fn read_bool<'r, R: Row<'r, Self>>(row: &R, index: usize) -> deserialize::Result<bool>;
    #[doc(hidden)]
    fn read_i64<'r, R: Row<'r, Self>>(row: &R, index: usize) -> deserialize::Result<i64>;
    #[doc(hidden)]
    fn read_text<'r, R: Row<'r, Self>>(
        row: &R,
        index: usize,
    ) -> deserialize::Result<Option<String>>;
    #[doc(hidden)]
    fn read_uuid<'r, R: Row<'r, Self>>(row: &R, index: usize) -> deserialize::Result<Uuid>;
    #[doc(hidden)]
    fn read_time<'r, R: Row<'r, Self>>(row: &R, index: usize)
    -> deserialize::Result<DateTime<Utc>>;
    #[doc(hidden)]
    fn read_json<'r, R: Row<'r, Self>>(
        row: &R,
        index: usize,
    ) -> deserialize::Result<Option<String>>;
    /// Writes the INSERT of a piece of an operation's audit rows.
    #[doc(hidden)]
    fn audit_insert<'b>(
        out: &mut AstPass<'_, 'b, Self>,
        insert: &'b AuditInsert<'b>,
    ) -> QueryResult<()>;
    /// Writes the INSERT of events, each of which is an operation's own.
    #[doc(hidden)]
    fn event_insert<'b>(
        out: &mut AstPass<'_, 'b, Self>,
        insert: &'b EventInsert<'b>,
    ) -> QueryResult<()>;
}

/// A Diesel connection that takes audited writes: SQLite, PostgreSQL or MySQL/MariaDB, plain or
/// from a pool. Implemented for all of them; nothing to do for an app.
pub trait AuditConnection: LoadConnection<Backend: AuditBackend> {}

impl<C> AuditConnection for C
where
    C: LoadConnection,
    C::Backend: AuditBackend,
{
}

/// The bodies that are the same words on every backend.
#[allow(unused_macros, reason = "used by whichever backends are switched on")]
macro_rules! binds {
    () => {
        fn bind_text<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b str) -> QueryResult<()> {
            out.push_bind_param::<diesel::sql_types::Text, _>(value)
        }
        fn bind_i64<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b i64) -> QueryResult<()> {
            out.push_bind_param::<diesel::sql_types::BigInt, _>(value)
        }
        fn bind_uuid<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b Uuid) -> QueryResult<()> {
            out.push_bind_param::<crate::sql_types::AuditUuid, _>(value)
        }
        fn bind_time<'b>(
            out: &mut AstPass<'_, 'b, Self>,
            value: &'b DateTime<Utc>,
        ) -> QueryResult<()> {
            out.push_bind_param::<crate::sql_types::UtcTime, _>(value)
        }
        fn read_bool<'r, R: Row<'r, Self>>(row: &R, index: usize) -> deserialize::Result<bool> {
            row.get_value::<diesel::sql_types::Bool, bool, _>(index)
        }
        fn read_i64<'r, R: Row<'r, Self>>(row: &R, index: usize) -> deserialize::Result<i64> {
            row.get_value::<diesel::sql_types::BigInt, i64, _>(index)
        }
        fn read_text<'r, R: Row<'r, Self>>(
            row: &R,
            index: usize,
        ) -> deserialize::Result<Option<String>> {
            row.get_value::<diesel::sql_types::Nullable<diesel::sql_types::Text>, Option<String>, _>(
                index,
            )
        }
        fn read_uuid<'r, R: Row<'r, Self>>(row: &R, index: usize) -> deserialize::Result<Uuid> {
            row.get_value::<crate::sql_types::AuditUuid, Uuid, _>(index)
        }
        fn read_time<'r, R: Row<'r, Self>>(
            row: &R,
            index: usize,
        ) -> deserialize::Result<DateTime<Utc>> {
            row.get_value::<crate::sql_types::UtcTime, DateTime<Utc>, _>(index)
        }
        fn read_json<'r, R: Row<'r, Self>>(
            row: &R,
            index: usize,
        ) -> deserialize::Result<Option<String>> {
            row.get_value::<
                diesel::sql_types::Nullable<crate::sql_types::AuditJson>,
                Option<crate::sql_types::JsonText>,
                _,
            >(index)
            .map(|json| json.map(|json| json.0))
        }
    };
}
#[allow(unused_imports, reason = "used by whichever backends are switched on")]
use binds;

/// The VALUES form of the audit INSERT, which SQLite and MySQL/MariaDB share.
#[allow(dead_code, reason = "PostgreSQL alone has no use for it")]
fn audit_insert_values<'b, DB>(
    out: &mut AstPass<'_, 'b, DB>,
    rows: impl Iterator<Item = (&'b OperationRow, &'b AuditRow)>,
) -> QueryResult<()>
where
    DB: AuditBackend,
    Option<crate::sql_types::JsonText>:
        diesel::serialize::ToSql<diesel::sql_types::Nullable<AuditJson>, DB>,
    Option<String>:
        diesel::serialize::ToSql<diesel::sql_types::Nullable<diesel::sql_types::Text>, DB>,
    Option<&'static str>:
        diesel::serialize::ToSql<diesel::sql_types::Nullable<diesel::sql_types::Text>, DB>,
{
    use diesel::sql_types::{Nullable, Text};

    out.push_sql("INSERT INTO audit_log (");
    out.push_sql(AuditInsert::COLUMNS);
    out.push_sql(") VALUES ");
    for (index, (op, row)) in rows.enumerate() {
        out.push_sql(if index == 0 { "(" } else { ", (" });
        DB::bind_uuid(out, &row.id)?;
        out.push_sql(", ");
        DB::bind_uuid(out, &row.change_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&row.tenant_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&row.record_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&row.field_name)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<AuditJson>, _>(&row.old_value)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<AuditJson>, _>(&row.new_value)?;
        out.push_sql(", ");
        DB::bind_uuid(out, &op.operation_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&op.table_name)?;
        out.push_sql(", ");
        DB::bind_text(out, &op.action)?;
        out.push_sql(", ");
        DB::bind_text(out, &op.actor_kind)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&op.actor_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&op.on_behalf_of)?;
        out.push_sql(", ");
        DB::bind_time(out, &op.changed_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&op.request_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&op.reason)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<AuditJson>, _>(&op.context)?;
        out.push_sql(")");
    }
    Ok(())
}
