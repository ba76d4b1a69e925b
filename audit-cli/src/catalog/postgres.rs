//! PostgreSQL's catalog.

use audit_diesel::{AuditConnection, Dialect};

use super::table::{Column, Table, TableName, push_index};
use crate::failure::Result;
use crate::query::{ask, is_true, text};

/// Every schema's tables but partitions, whose parent speaks for them, and those of extensions.
pub(super) fn tables<C: AuditConnection>(conn: &mut C) -> Result<Vec<TableName>> {
    let rows = ask(
        conn,
        "SELECT CASE WHEN pg_table_is_visible(c.oid) THEN '' ELSE n.nspname::text END, c.relname::text \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' \
            AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' \
            AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d \
                WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid \
                    AND d.deptype = 'e')",
        &[],
    )?;
    Ok(rows
        .iter()
        .map(|row| TableName {
            schema: Some(text(row, 0).to_owned()).filter(|schema| !schema.is_empty()),
            name: text(row, 1).to_owned(),
        })
        .collect())
}

/// True for a partition of `audit_log`.
pub(super) fn is_part_of_the_log<C: AuditConnection>(
    conn: &mut C,
    name: &TableName,
) -> Result<bool> {
    let found = ask(
        conn,
        "SELECT 't' FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid \
         JOIN pg_catalog.pg_class p ON p.oid = i.inhparent, \
            (SELECT ?::text AS name, ?::text AS schema) w \
         WHERE p.relname = 'audit_log' AND c.relname = w.name \
            AND (n.nspname = w.schema OR (w.schema = '' AND pg_table_is_visible(c.oid)))",
        &[name.name.as_str(), name.schema.as_deref().unwrap_or("")],
    )?;
    Ok(!found.is_empty())
}

pub(super) fn read<C: AuditConnection>(conn: &mut C, name: &TableName) -> Result<Option<Table>> {
    let wanted = [name.name.as_str(), name.schema.as_deref().unwrap_or("")];
    let found = ask(
        conn,
        "SELECT c.oid::text, c.relkind::text, c.relpersistence::text \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, \
            (SELECT ?::text AS name, ?::text AS schema) w \
         WHERE c.relname = w.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
            AND (n.nspname = w.schema OR (w.schema = '' AND pg_table_is_visible(c.oid)))",
        &wanted,
    )?;
    let Some(found) = found.first() else {
        return Ok(None);
    };
    let oid = text(found, 0);
    let mut faults = Vec::new();
    if !matches!(text(found, 1), "r" | "p") {
        faults.push(
            "it is a view or a foreign table, whose rows cannot be locked: audit the table behind it"
                .to_owned(),
        );
    }
    if text(found, 2) == "u" {
        faults.push(
            "it is UNLOGGED, so that it is emptied after a crash while its trail is not: run `ALTER \
             TABLE .. SET LOGGED`"
                .to_owned(),
        );
    }
    let columns = ask(
        conn,
        "SELECT a.attname::text, lower(format_type(a.atttypid, a.atttypmod)), a.attnotnull::text, \
            ((a.atthasdef AND pg_get_expr(d.adbin, d.adrelid) !~ '^NULL(::|$)') \
                OR a.attidentity <> '')::text, \
            coalesce(array_position(k.conkey, a.attnum), 0)::text, (a.attgenerated <> '')::text \
         FROM pg_catalog.pg_attribute a \
         LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p' \
         LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        &[oid],
    )?;
    let columns = columns
        .iter()
        .map(|row| Column {
            name: text(row, 0).to_owned(),
            kind: text(row, 1).to_owned(),
            not_null: is_true(text(row, 2)),
            has_default: is_true(text(row, 3)),
            key: text(row, 4).parse().unwrap_or(0),
            generated: is_true(text(row, 5)),
            ..Column::default()
        })
        .collect();
    let mut indexes = Vec::new();
    for row in ask(
        conn,
        "SELECT i.indexrelid::regclass::text, coalesce(a.attname::text, '') \
         FROM pg_catalog.pg_index i \
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place) \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
         WHERE i.indrelid = ?::oid AND i.indpred IS NULL AND i.indisvalid \
            AND k.place <= i.indnkeyatts ORDER BY 1, k.place",
        &[oid],
    )? {
        push_index(&mut indexes, text(&row, 0), text(&row, 1));
    }
    let triggers = ask(
        conn,
        "SELECT g.tgname::text FROM pg_catalog.pg_trigger g WHERE g.tgrelid = ?::oid \
            AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND (g.tgtype & 16) = 16 ORDER BY 1",
        &[oid],
    )?;
    Ok(Some(Table {
        dialect: Dialect::Postgres,
        name: name.clone(),
        columns,
        indexes,
        update_triggers: triggers.iter().map(|row| text(row, 0).to_owned()).collect(),
        faults,
        strict: false,
    }))
}
