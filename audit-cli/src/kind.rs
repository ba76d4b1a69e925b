//! The types of stamp columns: which are fit, and how values of another become them.

mod conversion;
mod mysql;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use audit_diesel::Dialect;

use crate::catalog::{Column, Table};
use crate::standard::Class;

pub(crate) use conversion::{Conversion, Fit, new_kind};

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

#[cfg(test)]
mod tests {
    use super::conversion::length;
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
