//! SQLite, which adds and renames columns and changes nothing else of them: the table is made anew
//! as SQLite's documentation prescribes ("Making Other Kinds Of Table Schema Changes"), with its
//! indexes and triggers. Values are converted and filled in as rows are copied, so that no trigger
//! fires; views and foreign keys name the table and find it again.

use audit_diesel::{AuditConnection, Dialect};

use super::parts::{Script, index, rename, value};
use crate::catalog::rehearsed;
use crate::ddl::{Edit, rebuilt};
use crate::failure::{Failure, Result};
use crate::plan::{Change, Plan};
use crate::query::{ask, is_true, text};
use crate::quote;

pub(super) fn script<C: AuditConnection>(conn: &mut C, plan: &Plan) -> Result<Script> {
    let table = plan.table.quoted();
    let name = |column: &str| quote::name(Dialect::Sqlite, column);
    let mut statements = Vec::new();
    for change in &plan.changes {
        if let Change::Rename { from, to } = change {
            statements.push(rename(plan, from, to));
        }
    }
    if needs_rebuild(plan) {
        statements.extend(rebuild(conn, plan)?);
    } else {
        for change in &plan.changes {
            if let Change::Add {
                column,
                kind,
                default,
                not_null,
            } = change
            {
                let default = default.map_or_else(String::new, |sql| format!(" DEFAULT {sql}"));
                let not_null = if *not_null { " NOT NULL" } else { "" };
                statements.push(format!(
                    "ALTER TABLE {table} ADD COLUMN {} {kind}{not_null}{default}",
                    name(column)
                ));
            }
        }
    }
    for change in &plan.changes {
        if let Change::Index { name, columns } = change {
            statements.push(index(plan, name, columns));
        }
    }
    Ok(Script {
        // Without effect inside of a transaction.
        settings: vec!["PRAGMA foreign_keys = OFF".to_owned()],
        begin: Some("BEGIN IMMEDIATE"),
        statements,
    })
}

/// ADD COLUMN does for what may be null and for what has a constant default.
fn needs_rebuild(plan: &Plan) -> bool {
    plan.changes.iter().any(|change| {
        match change {
        Change::Convert { .. } | Change::Fill { .. } | Change::Nullable { .. } => true,
        Change::NotNull { column } => !plan.changes.iter().any(|other| {
            matches!(other, Change::Add { column: added, default: Some(_), .. } if added == column)
        }),
        _ => false,
    }
    })
}

fn rebuild<C: AuditConnection>(conn: &mut C, plan: &Plan) -> Result<Vec<String>> {
    let table = &plan.table.name.name;
    let name = |column: &str| quote::name(Dialect::Sqlite, column);
    let schema = schema_after(conn, plan)?;
    let new = new_name(conn, table)?;
    let without_rowid = ask(
        conn,
        "SELECT CAST(wr AS TEXT) FROM pragma_table_list WHERE schema = 'main' AND name = ?",
        &[table],
    )?;
    let without_rowid = without_rowid
        .first()
        .is_some_and(|row| is_true(text(row, 0)));

    let mut edits: Vec<(String, Edit)> = Vec::new();
    let mut edit = |column: &str, change: &dyn Fn(&mut Edit)| {
        if let Some((_, edit)) = edits.iter_mut().find(|(name, _)| name == column) {
            change(edit);
        } else {
            let mut fresh = Edit::default();
            change(&mut fresh);
            edits.push((column.to_owned(), fresh));
        }
    };
    let mut added = Vec::new();
    for change in &plan.changes {
        match change {
            Change::Add {
                column,
                kind,
                default,
                not_null,
            } => {
                let default = default.map_or_else(String::new, |sql| format!(" DEFAULT {sql}"));
                let not_null = if *not_null { " NOT NULL" } else { "" };
                added.push(format!("{} {kind}{not_null}{default}", name(column)));
            }
            Change::Convert {
                column,
                conversion,
                is_flag,
            } => edit(column, &|edit| {
                edit.kind = Some(conversion.to.clone());
                // A default of another unit would bring back what is mended here.
                if *is_flag {
                    edit.default = Some("0".to_owned());
                } else if conversion.to == "INTEGER" {
                    edit.default = Some(String::new());
                }
            }),
            Change::NotNull { column } => edit(column, &|edit| edit.not_null = Some(true)),
            Change::Nullable { column } => edit(column, &|edit| edit.not_null = Some(false)),
            _ => {}
        }
    }
    let create = rebuilt(&schema.create, &name(&new), &edits, &added).ok_or_else(|| {
        Failure::Database(format!(
            "the CREATE TABLE of `{table}` is not understood: change it by hand"
        ))
    })?;

    let (columns, values) = copied(plan, without_rowid);
    let mut statements = vec![
        create,
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM {}",
            name(&new),
            columns.join(", "),
            values.join(", "),
            name(table)
        ),
    ];
    if schema.autoincrement {
        // A key is never given out again, also after the newest records were deleted.
        statements.push(format!(
            "DELETE FROM sqlite_sequence WHERE name = {}",
            quote::text(Dialect::Sqlite, &new)
        ));
        statements.push(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM sqlite_sequence WHERE name = {}",
            quote::text(Dialect::Sqlite, &new),
            quote::text(Dialect::Sqlite, table)
        ));
    }
    statements.extend([
        // The table goes and comes back: what names it is to be left as it is in the meantime.
        "PRAGMA legacy_alter_table = ON".to_owned(),
        format!("DROP TABLE {}", name(table)),
        format!("ALTER TABLE {} RENAME TO {}", name(&new), name(table)),
        "PRAGMA legacy_alter_table = OFF".to_owned(),
    ]);
    statements.extend(schema.others);
    Ok(statements)
}

/// The columns to copy, and where each value comes from.
fn copied(plan: &Plan, without_rowid: bool) -> (Vec<String>, Vec<String>) {
    let dialect = Dialect::Sqlite;
    let name = |column: &str| quote::name(dialect, column);
    // As the column reads once it is converted.
    let source = |column: &str| {
        plan.changes
            .iter()
            .find_map(|change| match change {
                Change::Convert {
                    column: converted,
                    conversion,
                    ..
                } if converted == column => Some(format!("({})", conversion.value)),
                _ => None,
            })
            .unwrap_or_else(|| name(column))
    };
    let filled = |column: &str| {
        plan.changes.iter().find_map(|change| match change {
            Change::Fill {
                column: filled,
                value: fill,
            } if filled == column => Some(value(dialect, fill, &source)),
            _ => None,
        })
    };
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    let table = &plan.table;
    let keys: Vec<_> = table
        .columns
        .iter()
        .filter(|column| column.key > 0)
        .collect();
    let is_rowid = matches!(keys.as_slice(), [key] if key.kind == "integer");
    let hides_rowid = table.column("rowid").is_some();
    if !without_rowid && !is_rowid && !hides_rowid {
        columns.push("rowid".to_owned());
        values.push("rowid".to_owned());
    }
    for column in table.columns.iter().filter(|column| !column.generated) {
        let renamed = plan.changes.iter().find_map(|change| match change {
            Change::Rename { from, to } if *from == column.name => Some(to.as_str()),
            _ => None,
        });
        let now = renamed.unwrap_or(&column.name);
        columns.push(name(now));
        values.push(match filled(now) {
            Some(fill) => format!("coalesce({}, {fill})", source(now)),
            None => source(now),
        });
    }
    for change in &plan.changes {
        if let Change::Add {
            column, default, ..
        } = change
        {
            let fill = filled(column).or_else(|| default.map(str::to_owned));
            columns.push(name(column));
            values.push(fill.unwrap_or_else(|| "NULL".to_owned()));
        }
    }
    (columns, values)
}

/// A name that no table has.
fn new_name<C: AuditConnection>(conn: &mut C, table: &str) -> Result<String> {
    let mut name = format!("audit_new_{table}");
    while !ask(
        conn,
        "SELECT name FROM main.sqlite_schema WHERE lower(name) = lower(?)",
        &[&name],
    )?
    .is_empty()
    {
        name.push('_');
    }
    Ok(name)
}

/// What SQLite says of a table.
struct Schema {
    create: String,
    /// Its indexes and triggers.
    others: Vec<String>,
    autoincrement: bool,
}

/// The schema once columns are renamed, which rewrites indexes, triggers and views.
fn schema_after<C: AuditConnection>(conn: &mut C, plan: &Plan) -> Result<Schema> {
    let table = &plan.table.name.name;
    let renames: Vec<(String, String)> = plan
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Rename { from, to } => Some((from.clone(), to.clone())),
            _ => None,
        })
        .collect();
    if renames.is_empty() {
        return schema(conn, table);
    }
    schema(&mut rehearsed(conn, table, &renames)?.copy, table)
}

fn schema<C: AuditConnection>(conn: &mut C, table: &str) -> Result<Schema> {
    let rows = ask(
        conn,
        "SELECT type, sql FROM main.sqlite_schema WHERE lower(tbl_name) = lower(?) AND sql IS NOT NULL \
         AND type IN ('table', 'index', 'trigger') ORDER BY type = 'trigger', rowid",
        &[table],
    )?;
    let of = |kind: &str, is: bool| {
        rows.iter()
            .filter(|row| (text(row, 0) == kind) == is)
            .map(|row| text(row, 1).to_owned())
            .collect::<Vec<_>>()
    };
    let create = of("table", true).join("");
    // The word may stand in a comment or a text; the statements it leads to then find nothing.
    let autoincrement = create.to_lowercase().contains("autoincrement")
        && !ask(
            conn,
            "SELECT name FROM sqlite_schema WHERE name = 'sqlite_sequence'",
            &[],
        )?
        .is_empty();
    Ok(Schema {
        create,
        others: of("table", false),
        autoincrement,
    })
}
