//! SQLite's renames of columns, tried on a copy of the schema in memory, so that printing a script locks
//! nothing.

use audit_diesel::{AuditConnection, Dialect};

use crate::failure::{Failure, Result};
use crate::query::{ask, is_true, text};
use crate::quote;

/// A schema whose columns are renamed.
pub(crate) struct Rehearsed<C> {
    /// The copy, without what hindered a rename.
    pub(crate) copy: C,
    /// The column, and the trigger or view that SQLite cannot rewrite, as a sentence names it.
    pub(crate) hindrances: Vec<(String, String)>,
}

/// Renames columns of a table, from the one name to the other, in a copy of the schema.
pub(crate) fn rehearsed<C: AuditConnection>(
    conn: &mut C,
    table: &str,
    renames: &[(String, String)],
) -> Result<Rehearsed<C>> {
    let mut copy =
        C::establish(":memory:").map_err(|error| Failure::Database(error.to_string()))?;
    for row in ask(
        conn,
        "SELECT sql, CAST(lower(name) = lower(?) AS TEXT) FROM main.sqlite_schema \
         WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite^_%' ESCAPE '^' \
         ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid",
        &[table],
    )? {
        let made = copy.batch_execute(text(&row, 0));
        // Of the others some may need what only the application has: functions, modules.
        if is_true(text(&row, 1)) {
            made?;
        }
    }
    let name = |name: &str| quote::name(Dialect::Sqlite, name);
    let mut hindrances = Vec::new();
    for (from, to) in renames {
        let rename = format!(
            "ALTER TABLE {} RENAME COLUMN {} TO {}",
            name(table),
            name(from),
            name(to)
        );
        while let Err(error) = copy.batch_execute(&rename) {
            let Some((kind, named)) = named_in(&mut copy, &error.to_string())? else {
                return Err(error.into());
            };
            copy.batch_execute(&format!("DROP {kind} {}", name(&named)))?;
            hindrances.push((from.clone(), format!("the {kind} `{named}`")));
        }
    }
    Ok(Rehearsed { copy, hindrances })
}

/// The trigger or the view of which SQLite says that there is an error in it: "error in trigger x: ..",
/// "error in view x after rename: ..".
fn named_in<C: AuditConnection>(conn: &mut C, message: &str) -> Result<Option<(String, String)>> {
    let rows = ask(
        conn,
        "SELECT type, name FROM main.sqlite_schema WHERE type IN ('trigger', 'view') \
         ORDER BY length(name) DESC",
        &[],
    )?;
    Ok(rows.iter().find_map(|row| {
        let (kind, name) = (text(row, 0), text(row, 1));
        let rest = message
            .strip_prefix("error in ")?
            .strip_prefix(kind)?
            .strip_prefix(' ')?
            .strip_prefix(name)?;
        (rest.starts_with(':') || rest.starts_with(' ')).then(|| (kind.to_owned(), name.to_owned()))
    }))
}
