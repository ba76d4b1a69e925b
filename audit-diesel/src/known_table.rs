//! Whether a table's name means anything here.

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::exact;
use crate::sql::Sql;

/// True where the log has a row about the table, or the database has a table or a view of that name,
/// letter for letter: the trail's names differ by case. They have no schema, so that one of a name is
/// no part of it: under `public.invoices` no row is looked for.
pub(crate) fn is_known_table<C: AuditConnection>(
    conn: &mut C,
    name: &str,
) -> Result<bool, AuditError> {
    // Which PostgreSQL would take for an error.
    if name.contains('\0') {
        return Ok(false);
    }
    Ok(has_row(conn, in_log(C::Backend::DIALECT, name))?
        || has_row(conn, in_database(C::Backend::DIALECT, name))?)
}

fn has_row<C: AuditConnection>(conn: &mut C, sql: Sql) -> Result<bool, AuditError> {
    let found = driver::load(conn, &sql, |row| C::Backend::read_i64(row, 0))
        .map_err(AuditError::of_audit_table)?;
    Ok(!found.is_empty())
}

fn in_log(dialect: Dialect, name: &str) -> Sql {
    let mut sql = Sql::new("SELECT seq FROM audit_log WHERE table_name");
    let Ok(()) = exact::is(&mut sql, dialect, "table_name", name);
    sql.push(" LIMIT 1");
    sql
}

fn in_database(dialect: Dialect, name: &str) -> Sql {
    let (sql, column) = match dialect {
        Dialect::Sqlite => (
            "SELECT 1 FROM pragma_table_list WHERE type IN ('table', 'view') AND name",
            "name",
        ),
        Dialect::Postgres => (
            "SELECT 1::bigint FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') \
                AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.relname",
            "c.relname",
        ),
        Dialect::Mysql => (
            "SELECT CAST(1 AS SIGNED) FROM information_schema.tables \
             WHERE table_schema = database() AND table_name",
            "table_name",
        ),
    };
    let mut sql = Sql::new(sql);
    let Ok(()) = exact::is(&mut sql, dialect, column, name);
    sql.push(" LIMIT 1");
    sql
}
