//! The types of stamp columns: which are fit, and how values of another become them.

mod mysql;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use audit_diesel::Dialect;

use crate::catalog::{Column, Table};
use crate::standard::Class;

/// What to do about a column's type.
#[derive(Debug, Clone)]
pub(crate) enum Fit {
    Fine,
    /// Only its values tell (SQLite, where a type binds nobody): the conversion that it takes if
    /// a row answers to the first condition.
    Perhaps(String, Conversion),
    Convert(Conversion),
    /// Nothing to convert it by.
    Unfit,
}

/// A way from one type to another.
#[derive(Debug, Clone)]
pub(crate) struct Conversion {
    /// The type that it ends as.
    pub(crate) to: String,
    /// The converted value.
    pub(crate) value: String,
    /// True of a row that cannot be converted; `None` where every row can.
    pub(crate) fails: Option<String>,
    /// MySQL/MariaDB: the values are first made what the new type reads.
    pub(crate) staged: bool,
}

/// What is to be known of a column to judge its type.
pub(crate) fn fit(table: &Table, column: &Column, class: Class, quoted: &str) -> Fit {
    match table.dialect {
        Dialect::Sqlite => sqlite::fit(table, column, class, quoted),
        Dialect::Postgres => postgres::fit(&column.kind, class, quoted),
        _ => mysql::fit(column, class, quoted),
    }
}

/// True where a column of such a type could be meant as one of a class, for names of two meanings.
pub(crate) fn could_be(dialect: Dialect, kind: &str, class: Class) -> bool {
    let any = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    let is_flag = any(&["bool", "bit"]) || kind == "tinyint(1)";
    let is_time = any(&["time", "date"]);
    let is_text = any(&["char", "text", "clob"]);
    let is_number = !is_flag && any(&["int", "numeric", "decimal"]);
    match class {
        // Seconds or milliseconds since 1970.
        Class::Time => is_time || is_number,
        Class::Flag => {
            is_flag
                || any(&["int", "enum"])
                || kind.starts_with("char")
                || (dialect == Dialect::Sqlite && kind.is_empty())
        }
        Class::Actor | Class::Tenant => {
            is_text || is_number || any(&["uuid", "binary(16)", "blob"])
        }
        Class::Version => is_number,
    }
}

/// True where a column holds ids and no actor texts.
pub(crate) fn is_id(kind: &str) -> bool {
    ["int", "uuid", "binary", "blob", "bytea"]
        .iter()
        .any(|word| kind.contains(word))
}

/// The type of a new column. On SQLite, which has none for times, `text_time` says how the table's
/// other times are kept.
pub(crate) fn new_kind(
    dialect: Dialect,
    class: Class,
    strict: bool,
    text_time: bool,
) -> &'static str {
    match (dialect, class) {
        (Dialect::Sqlite, Class::Time) if text_time => "TEXT",
        (Dialect::Sqlite, Class::Time | Class::Version) => "INTEGER",
        (Dialect::Sqlite, Class::Actor | Class::Tenant) => "TEXT",
        (Dialect::Sqlite, Class::Flag) if strict => "INTEGER",
        (Dialect::Sqlite, Class::Flag) => "BOOLEAN",
        (Dialect::Postgres, Class::Time) => "timestamptz",
        (Dialect::Postgres, Class::Actor | Class::Tenant) => "text",
        (Dialect::Postgres, Class::Flag) => "boolean",
        (_, Class::Time) => "datetime(6)",
        (_, Class::Actor) => mysql::ACTOR,
        (_, Class::Flag) => "tinyint(1)",
        (_, Class::Tenant) => mysql::TENANT,
        (_, Class::Version) => "integer",
    }
}

/// The ranges in which a number is taken for a time since 1970: 1973 to 5138, in seconds, milli-
/// and microseconds. They do not overlap, so that the unit needs no guess.
pub(crate) const UNITS: [(&str, &str, i64); 3] = [
    ("100000000", "100000000000", 1_000_000),
    ("100000000000", "100000000000000", 1_000),
    ("100000000000000", "100000000000000000", 1),
];

/// Texts that mean yes and no in a flag.
pub(crate) const YES: &str = "('1', 't', 'true', 'y', 'yes')";
pub(crate) const NO: &str = "('0', 'f', 'false', 'n', 'no', '')";

/// The length of a type that is written `word(n)`.
pub(crate) fn length(kind: &str) -> Option<u32> {
    let (_, rest) = kind.split_once('(')?;
    rest.split(')').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_tells_what_a_column_could_be() {
        let could = |kind, class| could_be(Dialect::Mysql, kind, class);
        assert!(could("datetime", Class::Time) && !could("datetime", Class::Actor));
        assert!(could("tinyint(1)", Class::Flag) && !could("tinyint(1)", Class::Actor));
        assert!(could("bigint", Class::Time) && !could("tinyint(1)", Class::Time));
        assert!(could("bigint(20)", Class::Actor));
        assert!(could("varchar(40)", Class::Tenant) && !could("varchar(40)", Class::Time));
    }

    #[test]
    fn lengths_are_read() {
        assert_eq!(length("varchar(191)"), Some(191));
        assert_eq!(length("timestamp(3) without time zone"), Some(3));
        assert_eq!(length("text"), None);
        assert_eq!(length("enum('a','b')"), None);
    }
}
