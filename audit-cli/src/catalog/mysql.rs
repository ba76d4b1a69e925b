//! The catalog of MySQL and MariaDB.

mod definition;

use audit_diesel::{AuditConnection, Dialect};

use super::table::{Column, Table, TableName, push_index};
use crate::ddl;
use crate::failure::Result;
use crate::query::{ask, is_true, text};
use definition::{PARTS, definition};

pub(super) fn tables<C: AuditConnection>(conn: &mut C) -> Result<Vec<TableName>> {
    let rows = ask(
        conn,
        "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'",
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
    let schema = name.schema.as_deref().unwrap_or("");
    let wanted = [schema, name.name.as_str()];
    let found = ask(
        conn,
        "SELECT CAST(coalesce(engine, '') AS CHAR), CAST(table_type AS CHAR), \
            CAST(table_name AS CHAR) FROM information_schema.tables \
         WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ?",
        &wanted,
    )?;
    let Some(found) = found.first() else {
        return Ok(None);
    };
    let name = TableName {
        schema: name.schema.clone(),
        name: text(found, 2).to_owned(),
    };
    let mut faults = Vec::new();
    let is_table = text(found, 1) == "BASE TABLE";
    if !is_table {
        faults.push(match text(found, 1) {
            "SYSTEM VERSIONED" => "it is system-versioned, and MariaDB changes no column of such a table \
                without changing its history (`system_versioning_alter_history`): keep the records in a \
                plain table"
                .to_owned(),
            "SEQUENCE" => "it is a sequence, which holds no records".to_owned(),
            _ => "it is a view, whose rows cannot be locked: audit the table behind it".to_owned(),
        });
    } else if text(found, 0) != "InnoDB" {
        faults.push(format!(
            "it is in the engine {}, which does not roll back, so that a failed write keeps the \
             change and loses its audit rows: run `ALTER TABLE {} ENGINE = InnoDB`",
            text(found, 0),
            name.quoted(Dialect::Mysql)
        ));
    }
    let is_mariadb = !ask(
        conn,
        "SELECT '1' FROM DUAL WHERE version() LIKE '%MariaDB%'",
        &[],
    )?
    .is_empty();
    let definitions = if is_table && is_mariadb {
        let show = format!("SHOW CREATE TABLE {}", name.quoted(Dialect::Mysql));
        let shown = ask(conn, &show, &[])?;
        ddl::columns(shown.first().map_or("", |row| text(row, 1)), Dialect::Mysql)
    } else {
        Vec::new()
    };
    // MariaDB writes a default as SQL: the word is the absence of one, and the text is in quotes.
    let columns = ask(
        conn,
        &format!(
            "SELECT CAST(column_name AS CHAR), CAST(lower(column_type) AS CHAR), \
            CAST(is_nullable = 'NO' AS CHAR), CAST((column_default IS NOT NULL \
                AND NOT (version() LIKE '%MariaDB%' AND column_default = 'NULL')) \
                OR extra LIKE '%auto_increment%' AS CHAR), \
            CAST(coalesce(generation_expression, '') <> '' AS CHAR), \
            CAST(lower(extra) LIKE '%on update%' AS CHAR), \
            CAST(coalesce(collation_name, '') AS CHAR), {PARTS} \
         FROM information_schema.columns \
         WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? \
         ORDER BY ordinal_position"
        ),
        &wanted,
    )?;
    let mut indexes = Vec::new();
    for row in ask(
        conn,
        "SELECT CAST(index_name AS CHAR), CAST(coalesce(column_name, '') AS CHAR) \
         FROM information_schema.statistics \
         WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? \
         ORDER BY index_name, seq_in_index",
        &wanted,
    )? {
        push_index(&mut indexes, text(&row, 0), text(&row, 1));
    }
    let place = |column: &str| {
        let key = indexes.iter().find(|index| index.name == "PRIMARY");
        key.and_then(|key| key.columns.iter().position(|name| name == column))
            .map_or(0, |at| at + 1)
    };
    let columns = columns
        .iter()
        .map(|row| Column {
            name: text(row, 0).to_owned(),
            kind: text(row, 1).to_owned(),
            not_null: is_true(text(row, 2)),
            has_default: is_true(text(row, 3)),
            key: place(text(row, 0)),
            generated: is_true(text(row, 4)),
            on_update: is_true(text(row, 5)),
            collation: text(row, 6).to_owned(),
            definition: definitions
                .iter()
                .find(|(name, _)| name == text(row, 0))
                .map_or_else(
                    || definition(row.get(7..).unwrap_or_default()),
                    |(_, definition)| definition.clone(),
                ),
        })
        .collect();
    let triggers = ask(
        conn,
        "SELECT CAST(trigger_name AS CHAR) FROM information_schema.triggers \
         WHERE event_object_schema = coalesce(nullif(?, ''), DATABASE()) \
            AND event_object_table = ? AND event_manipulation = 'UPDATE' ORDER BY 1",
        &wanted,
    )?;
    Ok(Some(Table {
        dialect: Dialect::Mysql,
        name,
        columns,
        indexes,
        update_triggers: triggers.iter().map(|row| text(row, 0).to_owned()).collect(),
        faults,
        strict: false,
    }))
}
