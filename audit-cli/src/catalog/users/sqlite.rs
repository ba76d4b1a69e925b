//! What of SQLite's schema reads a table's columns.

use audit_diesel::{AuditConnection, Dialect};

use super::found::Found;
use crate::ddl::{index_computes, mentions, table_computes};
use crate::failure::Result;
use crate::query::{Rows, ask, text};

/// Triggers and views. What reads the table through a view speaks of the view.
pub(super) fn found<C: AuditConnection>(conn: &mut C, table: &str) -> Result<Found> {
    let rows = ask(
        conn,
        "SELECT 'the ' || type || ' `' || name || '`', sql, \
            CAST(type = 'trigger' AND lower(tbl_name) = lower(?) AS TEXT), type, name \
         FROM main.sqlite_schema WHERE type IN ('trigger', 'view') AND sql IS NOT NULL \
         ORDER BY type, name",
        &[table],
    )?;
    let mut names = vec![table.to_owned()];
    loop {
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let more: Vec<String> = rows
            .iter()
            .filter(|row| text(row, 3) == "view" && !known.contains(&text(row, 4)))
            .filter(|row| mentions(text(row, 1), &known, Dialect::Sqlite))
            .map(|row| text(row, 4).to_owned())
            .collect();
        if more.is_empty() {
            break;
        }
        names.extend(more);
    }
    Ok(Found {
        names,
        rows,
        ..Found::default()
    })
}

/// The table's CHECKs, generated columns and indexes, and what they compute.
pub(super) fn computed<C: AuditConnection>(conn: &mut C, table: &str) -> Result<Rows> {
    let rows = ask(
        conn,
        "SELECT type, 'the index `' || name || '`', sql FROM main.sqlite_schema \
         WHERE type IN ('table', 'index') AND lower(tbl_name) = lower(?) AND sql IS NOT NULL \
         ORDER BY type DESC, name",
        &[table],
    )?;
    let mut out = Rows::new();
    for row in &rows {
        let sql = text(row, 2);
        if text(row, 0) == "table" {
            let computed = table_computes(sql).into_iter();
            out.extend(computed.map(|(what, sql)| vec![Some(what), Some(sql)]));
        } else {
            out.push(vec![
                Some(text(row, 1).to_owned()),
                Some(index_computes(sql)),
            ]);
        }
    }
    Ok(out)
}
