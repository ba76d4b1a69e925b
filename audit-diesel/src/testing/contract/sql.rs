//! The few statements of the contract's own.

use diesel::query_builder::{AstPass, QueryFragment};
use diesel::query_source::Column;
use diesel::result::QueryResult;
use uuid::Uuid;

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::column::{Binds, Sink};
use crate::driver;
use crate::entity::{Entity, StoredEntity};
use crate::error::AuditError;
use crate::stamps::Stamps;
use crate::statement::SelectByKey;
use crate::trail::{AuditEntry, COLUMNS, read_entry};

pub(super) fn by_key<C, E>(conn: &mut C, id: &E::Id) -> Result<Option<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    let query = SelectByKey::<E> {
        table: E::table(),
        id,
        tenant: None,
        lock: false,
    };
    Ok(driver::entities(conn, &query, 0)?.pop())
}

/// What an operation has left in the audit table.
pub(super) fn operation_rows<C: AuditConnection>(
    conn: &mut C,
    operation: Uuid,
) -> Result<Vec<AuditEntry>, AuditError> {
    driver::load(conn, &OperationRows(operation), |row| {
        read_entry::<C::Backend, _>(row)
    })
    .map_err(AuditError::of_audit_table)
}

struct OperationRows(Uuid);

impl<DB: AuditBackend> QueryFragment<DB> for OperationRows {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        out.push_sql(COLUMNS);
        out.push_sql(" FROM audit_log WHERE operation_id = ");
        DB::bind_uuid(&mut out, &self.0)?;
        out.push_sql(" ORDER BY seq");
        Ok(())
    }
}

/// True where the record holds in `column` what `values` puts there, compared by the database.
pub(super) fn holds<C, E, V>(
    conn: &mut C,
    id: &E::Id,
    column: &'static str,
    values: V,
) -> Result<bool, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    V: PutAll<E, C::Backend>,
{
    let query = Holds {
        table: E::table(),
        id,
        column,
        values,
    };
    let counts = driver::load(conn, &query, |row| C::Backend::read_i64(row, 0))?;
    Ok(counts.first() == Some(&1))
}

/// The text of a column, whatever its type; bytes where the database has no text for them.
pub(super) fn column_text<C, E>(
    conn: &mut C,
    id: &E::Id,
    column: &'static str,
) -> Result<Option<String>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    let query = ColumnText::<E> {
        table: E::table(),
        id,
        column,
    };
    let texts = driver::load(conn, &query, |row| C::Backend::read_text(row, 0))?;
    Ok(texts.into_iter().next().flatten())
}

/// Hands stamps or a tenant to a sink.
pub(super) trait PutAll<E: Entity, DB: AuditBackend> {
    fn put_all<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()>;
}

impl<DB: AuditBackend, E: StoredEntity<DB>> PutAll<E, DB> for Stamps {
    fn put_all<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()> {
        self.put::<E, DB, S>(sink)
    }
}

pub(super) struct Tenant<E: Entity>(pub(super) E::Tenant);

impl<DB: AuditBackend, E: StoredEntity<DB>> PutAll<E, DB> for Tenant<E> {
    fn put_all<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()> {
        E::put_tenant(&self.0, sink)
    }
}

/// The columns that a form, stamps or a tenant set.
#[derive(Default)]
pub(super) struct Names(pub(super) Vec<&'static str>);

impl<'b, DB: AuditBackend> Sink<'b, DB> for Names {
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, _: &'b U) -> QueryResult<()> {
        self.0.push(C::NAME);
        Ok(())
    }
}

struct Holds<'a, E: Entity, V> {
    table: E::Table,
    id: &'a E::Id,
    column: &'static str,
    values: V,
}

struct ColumnText<'a, E: Entity> {
    table: E::Table,
    id: &'a E::Id,
    column: &'static str,
}

macro_rules! query {
    ($([$($generics:tt)*] $name:ty),*) => {$(
        impl<$($generics)*> diesel::query_builder::QueryId for $name {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl<$($generics)*> diesel::query_builder::Query for $name {
            type SqlType = diesel::sql_types::Untyped;
        }
    )*};
}
query!([] OperationRows, [E: Entity, V] Holds<'_, E, V>, [E: Entity] ColumnText<'_, E>);

impl<DB, E, V> QueryFragment<DB> for Holds<'_, E, V>
where
    DB: AuditBackend,
    E: StoredEntity<DB>,
    V: PutAll<E, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("SELECT count(*) FROM ");
        self.table.walk_ast(out.reborrow())?;
        out.push_sql(" WHERE ");
        E::put_key(self.id, &mut Same::all(&mut out))?;
        let mut one = Same {
            only: Some(self.column),
            ..Same::all(&mut out)
        };
        one.first = false;
        self.values.put_all(&mut one)
    }
}

impl<DB: AuditBackend, E: StoredEntity<DB>> QueryFragment<DB> for ColumnText<'_, E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("SELECT CAST(");
        out.push_identifier(self.column)?;
        out.push_sql(match DB::DIALECT {
            Dialect::Mysql => " AS CHAR) FROM ",
            Dialect::Sqlite | Dialect::Postgres => " AS text) FROM ",
        });
        self.table.walk_ast(out.reborrow())?;
        out.push_sql(" WHERE ");
        E::put_key(self.id, &mut Same::all(&mut out))
    }
}

/// `"a" IS NOT DISTINCT FROM $1 AND ..`
struct Same<'x, 'a, 'b, DB: AuditBackend> {
    out: &'x mut AstPass<'a, 'b, DB>,
    first: bool,
    only: Option<&'static str>,
}

impl<'x, 'a, 'b, DB: AuditBackend> Same<'x, 'a, 'b, DB> {
    fn all(out: &'x mut AstPass<'a, 'b, DB>) -> Self {
        Self {
            out,
            first: true,
            only: None,
        }
    }
}

impl<'b, DB: AuditBackend> Sink<'b, DB> for Same<'_, '_, 'b, DB> {
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, value: &'b U) -> QueryResult<()> {
        if self.only.is_some_and(|only| only != C::NAME) {
            return Ok(());
        }
        if !core::mem::take(&mut self.first) {
            self.out.push_sql(" AND ");
        }
        self.out.push_identifier(C::NAME)?;
        self.out.push_sql(match DB::DIALECT {
            Dialect::Sqlite => " IS ",
            Dialect::Postgres => " IS NOT DISTINCT FROM ",
            Dialect::Mysql => " <=> ",
        });
        value.bind(self.out)
    }
}
