//! The tables of a database as its catalog tells them.

mod mysql;
mod postgres;
mod sqlite;

use audit_diesel::{AuditBackend, AuditConnection, Dialect};

use crate::failure::{Failure, Result};
use crate::{quote, text};

/// A table's name, as the catalog spells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableName {
    /// Where it lies, unless that is where unqualified names are looked up.
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

impl TableName {
    /// As SQL writes it.
    pub(crate) fn quoted(&self, dialect: Dialect) -> String {
        let name = quote::name(dialect, &self.name);
        match &self.schema {
            Some(schema) => format!("{}.{name}", quote::name(dialect, schema)),
            None => name,
        }
    }
}

/// As it is given on the command line.
impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

/// A table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) dialect: Dialect,
    pub(crate) name: TableName,
    pub(crate) columns: Vec<Column>,
    pub(crate) indexes: Vec<Index>,
    /// The names of its triggers that an UPDATE fires.
    pub(crate) update_triggers: Vec<String>,
    /// What makes it unfit as a whole.
    pub(crate) faults: Vec<String>,
    /// SQLite: only a few type names are allowed.
    pub(crate) strict: bool,
}

impl Table {
    /// Its column of a name, as the database compares names.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns
            .iter()
            .find(|column| same_name(self.dialect, &column.name, name))
    }

    pub(crate) fn quoted(&self) -> String {
        self.name.quoted(self.dialect)
    }
}

/// True where two names mean one column.
pub(crate) fn same_name(dialect: Dialect, a: &str, b: &str) -> bool {
    match dialect {
        Dialect::Postgres => a == b,
        Dialect::Sqlite => a.eq_ignore_ascii_case(b),
        _ => a.to_lowercase() == b.to_lowercase(),
    }
}

/// A column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Its type, as the catalog spells it, in lower case.
    pub(crate) kind: String,
    pub(crate) not_null: bool,
    pub(crate) has_default: bool,
    /// Its place in the primary key, from 1 on; 0 where it is none of it.
    pub(crate) key: usize,
    /// The database computes it.
    pub(crate) generated: bool,
    /// MySQL/MariaDB: an UPDATE of the row sets it to the time.
    pub(crate) on_update: bool,
    /// MySQL/MariaDB: how it compares.
    pub(crate) collation: String,
    /// MySQL/MariaDB: what follows its name in `SHOW CREATE TABLE`.
    pub(crate) definition: String,
}

/// An index, the primary key's included.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) name: String,
    /// Its columns; an expression is an empty text.
    pub(crate) columns: Vec<String>,
}

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

/// Reads a table by a name of the command line: a table's name whole, or after a schema's and a dot.
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
