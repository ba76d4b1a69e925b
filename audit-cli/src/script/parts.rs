//! What the scripts of the dialects are made of.

use audit_diesel::Dialect;

use crate::plan::{Change, Plan, Value};
use crate::quote;

/// Statements in their order, and what has to surround them.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// Settings of the session, before a transaction begins.
    pub(crate) settings: Vec<String>,
    /// How the transaction begins; `None` where each statement commits itself.
    pub(crate) begin: Option<&'static str>,
    pub(crate) statements: Vec<String>,
}

/// The value of a column that has none, given how to write the value of another.
pub(super) fn value(dialect: Dialect, value: &Value, source: &dyn Fn(&str) -> String) -> String {
    match value {
        Value::Constant(sql) => sql.clone(),
        Value::TimeOf(column, sql) => format!("coalesce({}, {sql})", source(column)),
        Value::IsSet(column) => format!("({} IS NOT NULL)", source(column)),
        Value::WhenDeleted(flag, sql) => {
            format!(
                "CASE WHEN {} THEN {sql} END",
                is_deleted(dialect, &source(flag))
            )
        }
    }
}

pub(super) fn is_deleted(dialect: Dialect, flag: &str) -> String {
    match dialect {
        Dialect::Postgres => flag.to_owned(),
        _ => format!("{flag} = 1"),
    }
}

/// One UPDATE for all columns that are to be filled, so that each row is written once.
pub(super) fn fill(plan: &Plan) -> Option<String> {
    let dialect = plan.table.dialect;
    let source = |column: &str| quote::name(dialect, column);
    let mut set = Vec::new();
    let mut conditions = Vec::new();
    for change in &plan.changes {
        let Change::Fill {
            column,
            value: fill,
        } = change
        else {
            continue;
        };
        let name = quote::name(dialect, column);
        set.push(format!(
            "{name} = coalesce({name}, {})",
            value(dialect, fill, &source)
        ));
        conditions.push(match fill {
            Value::WhenDeleted(flag, _) => {
                format!(
                    "({name} IS NULL AND {})",
                    is_deleted(dialect, &source(flag))
                )
            }
            _ => format!("{name} IS NULL"),
        });
    }
    if set.is_empty() {
        return None;
    }
    // MySQL would set these to the time of the migration.
    let filled = |name: &str| {
        plan.changes
            .iter()
            .any(|change| matches!(change, Change::Fill { column, .. } if column == name))
    };
    for column in plan.table.columns.iter().filter(|column| column.on_update) {
        let renamed = plan.changes.iter().find_map(|change| match change {
            Change::Rename { from, to } if *from == column.name => Some(to.as_str()),
            _ => None,
        });
        let name = renamed.unwrap_or(&column.name);
        if !filled(name) {
            let name = quote::name(dialect, name);
            set.push(format!("{name} = {name}"));
        }
    }
    Some(format!(
        "UPDATE {} SET {} WHERE {}",
        plan.table.quoted(),
        set.join(", "),
        conditions.join(" OR ")
    ))
}

/// True where a new column gets values other than its default, which it then gets afterwards.
pub(super) fn is_filled(plan: &Plan, column: &str) -> bool {
    plan.changes
        .iter()
        .any(|change| matches!(change, Change::Fill { column: filled, .. } if filled == column))
}

/// The default that a new column is to have.
pub(super) fn default_of(plan: &Plan, column: &str) -> Option<&'static str> {
    plan.changes.iter().find_map(|change| match change {
        Change::Add {
            column: added,
            default,
            ..
        } if added == column => *default,
        _ => None,
    })
}

pub(super) fn rename(plan: &Plan, from: &str, to: &str) -> String {
    let dialect = plan.table.dialect;
    format!(
        "ALTER TABLE {} RENAME COLUMN {} TO {}",
        plan.table.quoted(),
        quote::name(dialect, from),
        quote::name(dialect, to)
    )
}

pub(super) fn index(plan: &Plan, name: &str, columns: &[String]) -> String {
    let dialect = plan.table.dialect;
    let columns: Vec<String> = columns
        .iter()
        .map(|column| quote::name(dialect, column))
        .collect();
    format!(
        "CREATE INDEX {} ON {} ({})",
        quote::name(dialect, name),
        plan.table.quoted(),
        columns.join(", ")
    )
}
