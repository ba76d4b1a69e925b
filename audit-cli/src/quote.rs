//! Names and texts as SQL writes them.

use audit_diesel::Dialect;

/// A name, quoted so that any name is one name.
pub(crate) fn name(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Mysql => format!("`{}`", name.replace('`', "``")),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// A text. MySQL and MariaDB read `\` as an escape unless they are told not to, so that there it is
/// written by its number.
pub(crate) fn text(dialect: Dialect, text: &str) -> String {
    match dialect {
        Dialect::Mysql if text.contains('\\') => {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            format!("CONVERT(x'{hex}' USING utf8mb4)")
        }
        Dialect::Postgres if text.contains('\\') => {
            format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
        }
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

/// MySQL/MariaDB: `\` in a text is the escape that it is, names are in backticks, and a column is shown
/// whole, unless somebody changed that. The modes of other databases would bring it back.
pub(crate) const USUAL_QUOTES: &str = "SET sql_mode = regexp_replace(@@sql_mode, \
    '(^|,)(NO_BACKSLASH_ESCAPES|ANSI_QUOTES|NO_FIELD_OPTIONS|ANSI|DB2|MAXDB|MSSQL|ORACLE|POSTGRESQL)(?=,|$)', \
    '')";

/// True where two names mean one column.
pub(crate) fn same_name(dialect: Dialect, a: &str, b: &str) -> bool {
    match dialect {
        Dialect::Postgres => a == b,
        Dialect::Sqlite => a.eq_ignore_ascii_case(b),
        _ => a.to_lowercase() == b.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_name_and_a_text_one_text() {
        assert_eq!(name(Dialect::Mysql, "a`b"), "`a``b`");
        assert_eq!(name(Dialect::Postgres, "a\"b"), "\"a\"\"b\"");
        assert_eq!(text(Dialect::Sqlite, "O'Neil\\"), "'O''Neil\\'");
        assert_eq!(text(Dialect::Postgres, "a'\\"), "E'a''\\\\'");
        assert_eq!(text(Dialect::Mysql, "a'"), "'a'''");
        assert_eq!(text(Dialect::Mysql, "\\"), "CONVERT(x'5c' USING utf8mb4)");
    }
}
