//! MySQL and MariaDB: each ALTER commits itself. Every statement leaves a table from which the next
//! run plans the rest.

use audit_diesel::Dialect;

use super::parts::{Script, default_of, fill, index, is_filled, rename};
use crate::ddl::{Edit, edited};
use crate::plan::{Change, Plan};
use crate::quote;

/// Wide enough for every text of a time or a flag.
const STAGE: &str = "varchar(64)";

pub(super) fn script(plan: &Plan) -> Script {
    let table = plan.table.quoted();
    let name = |column: &str| quote::name(Dialect::Mysql, column);
    // A column changes by saying all of it anew, so that what is said of it is kept along.
    let mut definitions: Vec<(String, String)> = plan
        .table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.definition.clone()))
        .collect();
    let mut statements = Vec::new();
    let mut filled = false;
    for change in &plan.changes {
        match change {
            Change::Rename { from, to } => {
                statements.push(rename(plan, from, to));
                if let Some((column, _)) = definitions.iter_mut().find(|(column, _)| column == from)
                {
                    column.clone_from(to);
                }
            }
            Change::Add {
                column,
                kind,
                default,
                ..
            } => {
                let default = default
                    .filter(|_| !is_filled(plan, column))
                    .unwrap_or("NULL");
                let definition = format!("{kind} NULL DEFAULT {default}");
                statements.push(format!(
                    "ALTER TABLE {table} ADD COLUMN {} {definition}",
                    name(column)
                ));
                definitions.push((column.clone(), definition));
            }
            Change::Convert {
                column,
                conversion,
                is_flag,
            } => {
                let has_default =
                    plan.table.columns.iter().any(|c| {
                        c.has_default && definitions_name(plan, &c.name) == column.as_str()
                    });
                // A default of the old type's is none of the new one's. The session's time would be
                // another zone's in the sessions of others.
                let default = match (has_default && conversion.fails.is_some(), is_flag) {
                    (true, true) => Some("0".to_owned()),
                    (true, false) if conversion.to.starts_with("datetime") => {
                        Some("(utc_timestamp(6))".to_owned())
                    }
                    _ => None,
                };
                if conversion.staged {
                    let stage = Edit {
                        kind: Some(STAGE.to_owned()),
                        not_null: None,
                        default: has_default.then(String::new),
                    };
                    statements.extend(modify(&table, column, &mut definitions, &stage));
                    statements.push(format!(
                        "UPDATE {table} SET {c} = {value} WHERE ({value}) IS NOT NULL",
                        c = name(column),
                        value = conversion.value
                    ));
                }
                let edit = Edit {
                    kind: Some(conversion.to.clone()),
                    not_null: None,
                    default,
                };
                statements.extend(modify(&table, column, &mut definitions, &edit));
            }
            Change::Fill { .. } if !filled => {
                filled = true;
                statements.extend(fill(plan));
            }
            Change::Fill { .. } => {}
            Change::NotNull { column } => {
                let edit = Edit {
                    kind: None,
                    not_null: Some(true),
                    default: default_of(plan, column)
                        .filter(|_| is_filled(plan, column))
                        .map(str::to_owned),
                };
                statements.extend(modify(&table, column, &mut definitions, &edit));
            }
            Change::Nullable { column } => {
                let edit = Edit {
                    not_null: Some(false),
                    ..Edit::default()
                };
                statements.extend(modify(&table, column, &mut definitions, &edit));
            }
            Change::Index { name, columns } => statements.push(index(plan, name, columns)),
        }
    }
    let mut settings = vec!["SET time_zone = '+00:00'".to_owned()];
    if statements.iter().any(|sql| sql.contains('\\')) {
        settings.push(quote::USUAL_QUOTES.to_owned());
    }
    Script {
        settings,
        begin: None,
        statements,
    }
}

fn definitions_name<'a>(plan: &'a Plan, old: &'a str) -> &'a str {
    plan.changes
        .iter()
        .find_map(|change| match change {
            Change::Rename { from, to } if from == old => Some(to.as_str()),
            _ => None,
        })
        .unwrap_or(old)
}

fn modify(
    table: &str,
    column: &str,
    definitions: &mut [(String, String)],
    edit: &Edit,
) -> Option<String> {
    let (_, definition) = definitions.iter_mut().find(|(name, _)| name == column)?;
    *definition = edited(definition, edit, Dialect::Mysql);
    Some(format!(
        "ALTER TABLE {table} MODIFY COLUMN {} {definition}",
        quote::name(Dialect::Mysql, column)
    ))
}
