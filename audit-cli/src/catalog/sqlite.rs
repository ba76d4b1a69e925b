//! SQLite's catalog.

use audit_diesel::{AuditConnection, Dialect};

use super::table::{Column, Index, Table, TableName, push_index};
use crate::failure::Result;
use crate::query::{ask, is_true, text};

pub(super) fn tables<C: AuditConnection>(conn: &mut C) -> Result<Vec<TableName>> {
    let rows = ask(
        conn,
        "SELECT name FROM pragma_table_list \
         WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^'",
        &[],
    )?;
    Ok(rows
        .iter()
        .map(|row| TableName {
            schema: None,
            name: text(row, 0).to_owned(),
        })
        .collect())
}

pub(super) fn read<C: AuditConnection>(conn: &mut C, name: &TableName) -> Result<Option<Table>> {
    if !matches!(name.schema.as_deref(), None | Some("main")) {
        return Ok(None);
    }
    let found = ask(
        conn,
        "SELECT name, type, CAST(strict AS TEXT) FROM pragma_table_list \
         WHERE schema = 'main' AND lower(name) = lower(?) AND type <> 'shadow'",
        &[&name.name],
    )?;
    let Some(found) = found.first() else {
        return Ok(None);
    };
    let name = text(found, 0).to_owned();
    let mut faults = Vec::new();
    match text(found, 1) {
        "view" => faults.push(
            "it is a view, whose rows cannot be locked: audit the table behind it".to_owned(),
        ),
        "virtual" => faults.push(
            "it is a virtual table, which takes no ALTER and no trigger: keep the records in a plain \
             table"
                .to_owned(),
        ),
        _ => {}
    }
    let columns = ask(
        conn,
        "SELECT name, lower(type), CAST(\"notnull\" AS TEXT), CAST(dflt_value IS NOT NULL AS TEXT), \
            CAST(pk AS TEXT), CAST(hidden AS TEXT) \
         FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 1 ORDER BY cid",
        &[&name],
    )?;
    let columns = columns
        .iter()
        .map(|row| Column {
            name: text(row, 0).to_owned(),
            kind: text(row, 1).to_owned(),
            not_null: is_true(text(row, 2)),
            has_default: is_true(text(row, 3)),
            key: text(row, 4).parse().unwrap_or(0),
            generated: matches!(text(row, 5), "2" | "3"),
            ..Column::default()
        })
        .collect();
    let mut indexes: Vec<Index> = Vec::new();
    for row in ask(
        conn,
        "SELECT l.name, coalesce(i.name, '') FROM pragma_index_list(?, 'main') l, \
            pragma_index_xinfo(l.name, 'main') i \
         WHERE i.key AND NOT l.partial ORDER BY l.seq, i.seqno",
        &[&name],
    )? {
        push_index(&mut indexes, text(&row, 0), text(&row, 1));
    }
    let triggers = ask(
        conn,
        "SELECT name FROM main.sqlite_schema WHERE type = 'trigger' AND lower(tbl_name) = lower(?) \
         ORDER BY name",
        &[&name],
    )?;
    Ok(Some(Table {
        dialect: Dialect::Sqlite,
        name: TableName { schema: None, name },
        columns,
        indexes,
        update_triggers: triggers.iter().map(|row| text(row, 0).to_owned()).collect(),
        faults,
        strict: is_true(text(found, 2)),
    }))
}
