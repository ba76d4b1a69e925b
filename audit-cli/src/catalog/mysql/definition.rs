//! A column's definition, put together from MySQL's catalog.
//!
//! MySQL says of a prepared `SHOW CREATE TABLE`, before it runs, that it has no columns, and Diesel
//! believes it. On MariaDB that statement is read, since its columns may have a CHECK of their own.

use crate::query::{is_true, text};

/// The columns of `information_schema.columns` that [`definition`] reads, in its order.
pub(super) const PARTS: &str = "\
    CAST(column_type AS CHAR), CAST(coalesce(character_set_name, '') AS CHAR), \
    CAST(coalesce(collation_name, '') AS CHAR), CAST(is_nullable = 'NO' AS CHAR), \
    CAST(column_default AS CHAR), CAST(extra AS CHAR), CAST(column_comment AS CHAR)";

/// What `SHOW CREATE TABLE` says after the name of a column that is not generated.
pub(super) fn definition(parts: &[Option<String>]) -> String {
    let (kind, charset, extra) = (text(parts, 0), text(parts, 1), text(parts, 5));
    let lower = extra.to_lowercase();
    let mut out = kind.to_owned();
    if !charset.is_empty() {
        out.push_str(&format!(
            " CHARACTER SET {charset} COLLATE {}",
            text(parts, 2)
        ));
    }
    let not_null = is_true(text(parts, 3));
    out.push_str(if not_null { " NOT NULL" } else { " NULL" });
    match parts.get(4).and_then(Option::as_deref) {
        None if not_null => {}
        None => out.push_str(" DEFAULT NULL"),
        Some(value) => {
            out.push_str(" DEFAULT ");
            out.push_str(&default(kind, value, lower.contains("default_generated")));
        }
    }
    if let Some(at) = lower.find("on update ") {
        let function = extra.get(at..).and_then(|rest| rest.split(' ').nth(2));
        out.push_str(" ON UPDATE ");
        out.push_str(function.unwrap_or("current_timestamp"));
    }
    for word in ["auto_increment", "invisible"] {
        if lower.split(' ').any(|part| part == word) {
            out.push(' ');
            out.push_str(&word.to_uppercase());
        }
    }
    let comment = text(parts, 6);
    if !comment.is_empty() {
        out.push_str(" COMMENT ");
        out.push_str(&literal(comment));
    }
    out
}

/// A default as SQL: the catalog has the value of a literal, and the text of an expression.
fn default(kind: &str, value: &str, is_expression: bool) -> String {
    let is_now = value.to_lowercase().starts_with("current_timestamp");
    // `b'0'` and `0x41` are written as they are.
    let is_sql = kind.starts_with("bit") || (kind.contains("binary") && value.starts_with("0x"));
    if is_expression && !is_now {
        // It is written as within a text.
        format!("({})", unescaped(value))
    } else if is_sql || (is_now && is_expression) {
        value.to_owned()
    } else {
        literal(value)
    }
}

/// An expression without the escapes that the catalog puts around all of it.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('0') => '\0',
                Some('Z') => '\u{1a}',
                Some(other) => other,
                None => '\\',
            },
            c => c,
        });
    }
    out
}

/// A text where nothing but a literal may stand.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_says_all_that_the_catalog_says() {
        for (kind, not_null, default, extra, comment, expected) in [
            ("int", "1", None, "", "", "int NOT NULL"),
            (
                "varchar(9)",
                "0",
                None,
                "",
                "it's \\",
                "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL DEFAULT NULL COMMENT 'it''s \\\\'",
            ),
            (
                "set('Y','N')",
                "1",
                Some("N'"),
                "INVISIBLE",
                "",
                "set('Y','N') NOT NULL DEFAULT 'N''' INVISIBLE",
            ),
            (
                "timestamp(6)",
                "1",
                Some("CURRENT_TIMESTAMP(6)"),
                "DEFAULT_GENERATED on update CURRENT_TIMESTAMP(6)",
                "",
                "timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)",
            ),
            (
                "json",
                "0",
                Some("concat(_utf8mb4\\'a\\',1)"),
                "DEFAULT_GENERATED",
                "",
                "json NULL DEFAULT (concat(_utf8mb4'a',1))",
            ),
            (
                "varchar(9)",
                "0",
                Some(r"concat(_utf8mb4\'it\\\'s \\\\ \\n\',1)"),
                "DEFAULT_GENERATED",
                "a\nb\\",
                "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL \
                 DEFAULT (concat(_utf8mb4'it\\'s \\\\ \\n',1)) COMMENT 'a\nb\\\\'",
            ),
            (
                "varchar(9)",
                "1",
                Some("it's \\"),
                "",
                "",
                "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'it''s \\\\'",
            ),
            (
                "bit(1)",
                "1",
                Some("b'0'"),
                "",
                "",
                "bit(1) NOT NULL DEFAULT b'0'",
            ),
            (
                "varbinary(2)",
                "1",
                Some("0x0041"),
                "",
                "",
                "varbinary(2) NOT NULL DEFAULT 0x0041",
            ),
        ] {
            let charset = if kind.contains("char") { "utf8mb4" } else { "" };
            let text = |text: &str| Some(text.to_owned());
            let parts = [
                text(kind),
                text(charset),
                text("utf8mb4_bin"),
                text(not_null),
                default.map(str::to_owned),
                text(extra),
                text(comment),
            ];
            assert_eq!(definition(&parts), expected);
        }
    }
}
