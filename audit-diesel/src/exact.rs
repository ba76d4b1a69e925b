//! Comparisons of the trail's texts byte by byte.
//!
//! The columns of `audit_log` compare by their bytes on SQLite and PostgreSQL. MySQL/MariaDB pad even
//! under `utf8mb4_bin`, so that `acme` equals `acme `: there the bytes are compared on top, beside the
//! plain comparison that an index serves.

use diesel::query_builder::AstPass;
use diesel::result::{Error, QueryResult};

use crate::backend::{AuditBackend, Dialect};

/// Where SQL and its binds go.
pub(crate) trait Out<'b> {
    /// What can go wrong with a bind.
    type Error;
    fn words(&mut self, words: &'static str);
    fn text(&mut self, text: &'b str) -> Result<(), Self::Error>;
}

impl<'b, DB: AuditBackend> Out<'b> for AstPass<'_, 'b, DB> {
    type Error = Error;
    fn words(&mut self, words: &'static str) {
        self.push_sql(words);
    }
    fn text(&mut self, text: &'b str) -> QueryResult<()> {
        DB::bind_text(self, text)
    }
}

/// ` = text` behind the name of a column, which an index may serve.
pub(crate) fn is<'b, O: Out<'b>>(
    out: &mut O,
    dialect: Dialect,
    column: &'static str,
    text: &'b str,
) -> Result<(), O::Error> {
    out.words(" = ");
    out.text(text)?;
    if dialect == Dialect::Mysql {
        out.words(" AND ");
        column_bytes(out, column);
        out.words(" = ");
        text_bytes(out, text)?;
    }
    Ok(())
}

/// ` = other` behind the name of a column, which an index may serve.
pub(crate) fn is_column<'b>(
    out: &mut impl Out<'b>,
    dialect: Dialect,
    column: &'static str,
    other: &'static str,
) {
    out.words(" = ");
    out.words(other);
    if dialect == Dialect::Mysql {
        out.words(" AND ");
        column_bytes(out, column);
        out.words(" = ");
        column_bytes(out, other);
    }
}

/// `column IN (..)`, for a row that was found already: no index serves it on MySQL/MariaDB.
pub(crate) fn one_of<'b, O: Out<'b>>(
    out: &mut O,
    dialect: Dialect,
    column: &'static str,
    texts: &'b [String],
) -> Result<(), O::Error> {
    let exact = dialect == Dialect::Mysql;
    if exact {
        column_bytes(out, column);
    } else {
        out.words(column);
    }
    out.words(" IN (");
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            out.words(", ");
        }
        if exact {
            text_bytes(out, text)?;
        } else {
            out.text(text)?;
        }
    }
    out.words(")");
    Ok(())
}

fn column_bytes<'b>(out: &mut impl Out<'b>, column: &'static str) {
    out.words("CAST(");
    out.words(column);
    out.words(" AS BINARY)");
}

/// The column's character set, whatever the connection's is.
fn text_bytes<'b, O: Out<'b>>(out: &mut O, text: &'b str) -> Result<(), O::Error> {
    out.words("CAST(CONVERT(");
    out.text(text)?;
    out.words(" USING utf8mb4) AS BINARY)");
    Ok(())
}

#[cfg(test)]
mod tests {
    use core::convert::Infallible;

    use super::*;

    /// The text with a `?` for each bind.
    impl<'b> Out<'b> for String {
        type Error = Infallible;
        fn words(&mut self, words: &'static str) {
            self.push_str(words);
        }
        fn text(&mut self, _: &'b str) -> Result<(), Infallible> {
            self.push('?');
            Ok(())
        }
    }

    fn words(write: impl FnOnce(&mut String)) -> String {
        let mut sql = String::new();
        write(&mut sql);
        sql
    }

    #[test]
    fn mysql_alone_compares_bytes_on_top() {
        let names = ["x".to_owned(), "y".to_owned()];
        for (dialect, equal, columns, list) in [
            (Dialect::Sqlite, " = ?", " = b", "a IN (?, ?)"),
            (Dialect::Postgres, " = ?", " = b", "a IN (?, ?)"),
            (
                Dialect::Mysql,
                " = ? AND CAST(a AS BINARY) = CAST(CONVERT(? USING utf8mb4) AS BINARY)",
                " = b AND CAST(a AS BINARY) = CAST(b AS BINARY)",
                "CAST(a AS BINARY) IN (CAST(CONVERT(? USING utf8mb4) AS BINARY), \
                 CAST(CONVERT(? USING utf8mb4) AS BINARY))",
            ),
        ] {
            let is = words(|sql| {
                let Ok(()) = is(sql, dialect, "a", "x");
            });
            assert_eq!(is, equal);
            let is_column = words(|sql| is_column(sql, dialect, "a", "b"));
            assert_eq!(is_column, columns);
            let one_of = words(|sql| {
                let Ok(()) = one_of(sql, dialect, "a", &names);
            });
            assert_eq!(one_of, list);
        }
    }
}
