//! PostgreSQL: plain ALTERs in one transaction.

use audit_diesel::Dialect;

use super::parts::{Script, default_of, fill, index, is_filled, rename};
use crate::plan::{Change, Plan};
use crate::quote;

pub(super) fn script(plan: &Plan) -> Script {
    let table = plan.table.quoted();
    let name = |column: &str| quote::name(Dialect::Postgres, column);
    let mut statements = vec![
        // Whoever runs the script: times without a zone are UTC, dates are read year first.
        "SET LOCAL TIME ZONE 'UTC'".to_owned(),
        "SET LOCAL DateStyle = 'ISO, YMD'".to_owned(),
        // An ALTER is refused while a check is put off to the commit.
        "SET CONSTRAINTS ALL IMMEDIATE".to_owned(),
        format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"),
    ];
    let mut tightened = Vec::new();
    let mut filled = false;
    for change in &plan.changes {
        match change {
            Change::Rename { from, to } => statements.push(rename(plan, from, to)),
            Change::Add {
                column,
                kind,
                default,
                ..
            } => {
                let default = default
                    .filter(|_| !is_filled(plan, column))
                    .map_or_else(String::new, |sql| format!(" DEFAULT {sql}"));
                statements.push(format!(
                    "ALTER TABLE {table} ADD COLUMN {} {kind}{default}",
                    name(column)
                ));
            }
            Change::Convert {
                column,
                conversion,
                is_flag,
            } => {
                let column_name = name(column);
                let has_default = plan.table.columns.iter().any(|c| {
                    c.has_default && (c.name == *column || is_renamed(plan, &c.name, column))
                });
                // A default of the old type's is none of the new one's; also one that is null has a
                // type, and goes.
                let replaced = conversion.fails.is_some();
                let mut parts = Vec::new();
                if replaced {
                    parts.push(format!("ALTER COLUMN {column_name} DROP DEFAULT"));
                }
                parts.push(format!(
                    "ALTER COLUMN {column_name} TYPE {} USING ({})",
                    conversion.to, conversion.value
                ));
                if replaced && has_default {
                    let default = if *is_flag { "false" } else { "now()" };
                    parts.push(format!("ALTER COLUMN {column_name} SET DEFAULT {default}"));
                }
                statements.push(format!("ALTER TABLE {table} {}", parts.join(", ")));
            }
            Change::Fill { .. } if !filled => {
                filled = true;
                statements.extend(fill(plan));
            }
            Change::Fill { .. } => {}
            Change::NotNull { column } => {
                if let Some(default) = default_of(plan, column).filter(|_| is_filled(plan, column))
                {
                    tightened.push(format!(
                        "ALTER COLUMN {} SET DEFAULT {default}",
                        name(column)
                    ));
                }
                tightened.push(format!("ALTER COLUMN {} SET NOT NULL", name(column)));
            }
            Change::Nullable { column } => {
                tightened.push(format!("ALTER COLUMN {} DROP NOT NULL", name(column)));
            }
            Change::Index { .. } => {}
        }
    }
    if !tightened.is_empty() {
        statements.push(format!("ALTER TABLE {table} {}", tightened.join(", ")));
    }
    for change in &plan.changes {
        if let Change::Index { name, columns } = change {
            statements.push(index(plan, name, columns));
        }
    }
    Script {
        settings: Vec::new(),
        begin: Some("BEGIN"),
        statements,
    }
}

fn is_renamed(plan: &Plan, old: &str, new: &str) -> bool {
    plan.changes
        .iter()
        .any(|change| matches!(change, Change::Rename { from, to } if from == old && to == new))
}
