//! The tables of a database as its catalog tells them.

mod keys;
mod mysql;
mod postgres;
mod rehearsal;
mod sqlite;
mod table;
mod users;

use audit_diesel::{AuditBackend, AuditConnection, Dialect};

use crate::failure::{Failure, Result};
use crate::text;

pub(crate) use keys::emptying_keys;
pub(crate) use rehearsal::rehearsed;
pub(crate) use table::{Column, Table, TableName};
pub(crate) use users::{Body, TypeUser, computed, conditions, namers, type_users};

/// The tables that could hold audited records, by name: none of the framework's own, of Diesel's and
/// of the database's.
pub(crate) fn tables<C: AuditConnection>(conn: &mut C) -> Result<Vec<TableName>> {
    let mut names = match C::Backend::DIALECT {
        Dialect::Sqlite => sqlite::tables(conn)?,
        Dialect::Postgres => postgres::tables(conn)?,
        _ => mysql::tables(conn)?,
    };
    names.retain(|table| !is_own(&table.name));
    names.sort();
    Ok(names)
}

/// Tables of the framework and of migration tools.
fn is_own(name: &str) -> bool {
    let audit = ["audit_log", "audit_hold", "audit_purge"];
    audit.iter().any(|own| {
        name == *own
            || name
                .strip_prefix(own)
                .is_some_and(|rest| rest.starts_with('_'))
    }) || matches!(
        name,
        "__diesel_schema_migrations"
            | "_sqlx_migrations"
            | "schema_migrations"
            | "seaql_migrations"
    )
}

/// True for a table that the framework made, by its name as the catalog spells it. What merely begins
/// so is left out of lists by [`is_own`], and may still be named.
fn is_the_frameworks(dialect: Dialect, name: &str) -> bool {
    let own = ["audit_log", "audit_log_gate", "audit_hold", "audit_purge"];
    own.iter().any(|own| match dialect {
        Dialect::Sqlite => name.eq_ignore_ascii_case(own),
        // Elsewhere the catalog has one spelling for what the database takes for one name.
        _ => name == *own,
    })
}

/// Tables of the database itself, and the framework's own, hold no records of the application's. To stamp the log would rename its
/// columns, and a baseline of it would go on for ever, over the rows that it writes itself.
fn refuse_own<C: AuditConnection>(conn: &mut C, table: &Table) -> Result<()> {
    let dialect = table.dialect;
    let name = table.name.name.to_lowercase();
    if dialect == Dialect::Sqlite && name.starts_with("sqlite_") {
        return Err(Failure::Usage(format!(
            "`{}` is a table of SQLite's own, not one of the application's",
            table.name
        )));
    }
    let is_own = is_the_frameworks(dialect, &table.name.name)
        || dialect == Dialect::Postgres && postgres::is_part_of_the_log(conn, &table.name)?;
    if is_own {
        return Err(Failure::Usage(format!(
            "`{}` is the audit framework's own table, not one of the application's: `audit check` \
             without a name looks at it, `audit init` makes and mends it",
            table.name
        )));
    }
    Ok(())
}

/// Reads a table by a name of the command line: a table's name whole, or after a schema's and a dot.
/// The framework's own are refused.
pub(crate) fn table<C: AuditConnection>(conn: &mut C, given: &str) -> Result<Table> {
    let mut readings = vec![TableName {
        schema: None,
        name: given.to_owned(),
    }];
    for (at, _) in given.match_indices('.') {
        let (schema, name) = given.split_at(at);
        let name = name.get(1..).unwrap_or_default();
        if !schema.is_empty() && !name.is_empty() {
            readings.push(TableName {
                schema: Some(schema.to_owned()),
                name: name.to_owned(),
            });
        }
    }
    if !given.is_empty() && !given.contains('\0') {
        for reading in &readings {
            if let Some(table) = read(conn, reading)? {
                refuse_own(conn, &table)?;
                return Ok(table);
            }
        }
    }
    let names: Vec<String> = tables(conn)?.iter().map(ToString::to_string).collect();
    let hint = match text::nearest(given, names.iter().map(String::as_str)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => "; `audit check --all` names every table".to_owned(),
    };
    Err(Failure::Usage(format!("there is no table `{given}`{hint}")))
}

/// Reads a table by its name; `None` where there is none of it.
pub(crate) fn read<C: AuditConnection>(conn: &mut C, name: &TableName) -> Result<Option<Table>> {
    match C::Backend::DIALECT {
        Dialect::Sqlite => sqlite::read(conn, name),
        Dialect::Postgres => postgres::read(conn, name),
        _ => mysql::read(conn, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_tables_are_known_by_their_names() {
        for own in [
            "audit_log",
            "audit_log_gate",
            "audit_log_p2026_01",
            "audit_hold",
            "audit_purge",
            "__diesel_schema_migrations",
        ] {
            assert!(is_own(own), "{own}");
        }
        for other in ["audit_logs", "auditor", "accounts"] {
            assert!(!is_own(other), "{other}");
        }
    }
}
