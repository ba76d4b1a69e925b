//! Whether a table's name means anything here.

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::exact;
use crate::sql::Sql;

/// True where the log has a row about the table, or the database has a table or a view of that name,
/// letter for letter: the trail's names differ by case.
pub(crate) fn is_known_table<C: AuditConnection>(
    conn: &mut C,
    name: &str,
) -> Result<bool, AuditError> {
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
    let mut sql = Sql::new(match dialect {
        Dialect::Sqlite => "SELECT 1 FROM pragma_table_list WHERE type IN ('table', 'view') AND (",
        Dialect::Postgres => {
            "SELECT 1::bigint FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') \
                AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND ("
        }
        Dialect::Mysql => {
            "SELECT CAST(1 AS SIGNED) FROM information_schema.tables WHERE (table_schema = database() AND "
        }
    });
    let (schema_column, table_column) = match dialect {
        Dialect::Sqlite => ("schema", "name"),
        Dialect::Postgres => ("n.nspname", "c.relname"),
        Dialect::Mysql => ("table_schema", "table_name"),
    };
    is(&mut sql, dialect, table_column, name);
    // A name may have its schema before it.
    if let Some((schema, table)) = name.split_once('.') {
        sql.push(" OR ");
        is(&mut sql, dialect, schema_column, schema);
        sql.push(" AND ");
        is(&mut sql, dialect, table_column, table);
    }
    sql.push(") LIMIT 1");
    sql
}

fn is(sql: &mut Sql, dialect: Dialect, column: &'static str, value: &str) {
    sql.push(column);
    let Ok(()) = exact::is(sql, dialect, column, value);
}
