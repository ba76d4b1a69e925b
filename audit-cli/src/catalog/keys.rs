//! Foreign keys that take a column's value away.

use audit_diesel::{AuditBackend, AuditConnection, Dialect};

use super::table::Table;
use crate::failure::Result;
use crate::query::{ask, text};

/// A foreign key that empties a column.
#[derive(Debug)]
pub(crate) struct EmptyingKey {
    pub(crate) column: String,
    /// As a sentence names it.
    pub(crate) what: String,
    /// `ON DELETE SET NULL` and the like.
    pub(crate) action: String,
}

/// The foreign keys of a table that set a column to null when the row that it names goes or gets
/// another key.
pub(crate) fn emptying_keys<C: AuditConnection>(
    conn: &mut C,
    table: &Table,
) -> Result<Vec<EmptyingKey>> {
    let schema = table.name.schema.as_deref().unwrap_or("");
    let name = table.name.name.as_str();
    let rows = match C::Backend::DIALECT {
        Dialect::Sqlite => ask(conn, SQLITE, &[name])?,
        Dialect::Postgres => ask(conn, POSTGRES, &[name, schema])?,
        _ => ask(conn, MYSQL, &[schema, name])?,
    };
    let mut out = Vec::new();
    for row in rows {
        let column = table.column(text(&row, 0));
        for (on, does) in [("ON DELETE", text(&row, 2)), ("ON UPDATE", text(&row, 3))] {
            let empties = match does {
                "SET NULL" => true,
                // Without a default that is null, too.
                "SET DEFAULT" => column.is_some_and(|column| !column.has_default),
                _ => false,
            };
            if let Some(column) = column.filter(|_| empties) {
                out.push(EmptyingKey {
                    column: column.name.clone(),
                    what: text(&row, 1).to_owned(),
                    action: format!("{on} {does}"),
                });
            }
        }
    }
    Ok(out)
}

/// Keys have no names there.
const SQLITE: &str = "\
    SELECT \"from\", 'the foreign key to `' || \"table\" || '`', on_delete, on_update \
    FROM pragma_foreign_key_list(?, 'main') ORDER BY id, seq";

/// Since PostgreSQL 15 a key may say which of its columns it sets when a row is deleted.
const POSTGRES: &str = "\
    SELECT a.attname::text, 'the foreign key `' || k.conname || '`', \
        CASE WHEN coalesce(jsonb_array_length(nullif(to_jsonb(k) -> 'confdelsetcols', 'null')), 0) > 0 \
                AND NOT (to_jsonb(k) -> 'confdelsetcols') @> to_jsonb(a.attnum) THEN '' \
            WHEN k.confdeltype = 'n' THEN 'SET NULL' WHEN k.confdeltype = 'd' THEN 'SET DEFAULT' \
            ELSE '' END, \
        CASE k.confupdtype WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' ELSE '' END \
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey), \
        (SELECT ?::text AS name, ?::text AS schema) w \
    WHERE k.contype = 'f' AND c.relname = w.name \
        AND (n.nspname = w.schema OR (w.schema = '' AND pg_table_is_visible(c.oid))) ORDER BY 1, 2";

const MYSQL: &str = "\
    SELECT CAST(k.column_name AS CHAR), \
        CAST(concat('the foreign key `', k.constraint_name, '`') AS CHAR), \
        CAST(r.delete_rule AS CHAR), CAST(r.update_rule AS CHAR) \
    FROM information_schema.key_column_usage k \
    JOIN information_schema.referential_constraints r \
        ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name \
            AND r.table_name = k.table_name \
    WHERE k.table_schema = coalesce(nullif(?, ''), DATABASE()) AND k.table_name = ? \
    ORDER BY 1, 2";
