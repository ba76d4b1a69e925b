//! A table as data.

use audit_diesel::Dialect;

use crate::quote::{self, same_name};

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

/// Adds a column to the index that it is the next of.
pub(super) fn push_index(indexes: &mut Vec<Index>, name: &str, column: &str) {
    match indexes.last_mut() {
        Some(index) if index.name == name => index.columns.push(column.to_owned()),
        _ => indexes.push(Index {
            name: name.to_owned(),
            columns: vec![column.to_owned()],
        }),
    }
}
