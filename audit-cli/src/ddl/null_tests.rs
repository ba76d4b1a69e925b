//! Whether a piece of SQL reads what a column holds, or whether it holds anything.

use audit_diesel::Dialect;

use super::mentions::mentions;
use super::tokens::{Token, TokenKind, tokens};

/// Statements in texts in statements, and no deeper.
const DEPTH: u8 = 4;

/// True where a piece of SQL has a column's name as [`mentions`] finds it, other than in `name IS NULL`
/// and `name IS NOT NULL`: those say the same of a column whose values become others. Where its nulls
/// become values, they do not: that is for [`tests_null`].
pub(crate) fn reads(sql: &str, column: &str, dialect: Dialect) -> bool {
    let tokens = tokens(sql, dialect);
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is(word));
    let mut rest = String::with_capacity(sql.len());
    let mut from = 0;
    for (at, token) in tokens.iter().enumerate() {
        let is_test =
            is(at + 1, "IS") && (is(at + 2, "NULL") || (is(at + 2, "NOT") && is(at + 3, "NULL")));
        if is_test {
            rest.push_str(sql.get(from..token.start).unwrap_or_default());
            from = token.end;
        }
    }
    rest.push_str(sql.get(from..).unwrap_or_default());
    mentions(&rest, &[column], dialect)
}

/// True where a piece of SQL asks whether a column is null, or makes it so: `name IS NULL`,
/// `(name)::text IS NOT NULL`, `isnull(name)`, `name = NULL`, also in a text that may become a statement.
pub(crate) fn tests_null(sql: &str, column: &str, dialect: Dialect) -> bool {
    within(sql, column, dialect, DEPTH)
}

fn within(sql: &str, column: &str, dialect: Dialect, depth: u8) -> bool {
    let tokens = tokens(sql, dialect);
    let is_named = |span: Option<(usize, usize)>| {
        let sql =
            span.and_then(|(first, last)| sql.get(tokens.get(first)?.start..tokens.get(last)?.end));
        sql.is_some_and(|sql| mentions(sql, &[column], dialect))
    };
    tokens.iter().enumerate().any(|(at, token)| {
        let is_one_of = |words: &[&str]| words.iter().any(|word| token.is(word));
        let is_called = tokens.get(at + 1).is_some_and(|next| next.is_sign("("));
        if token.kind == TokenKind::Text && depth > 0 {
            within(&token.name(), column, dialect, depth - 1)
        } else if is_called && is_one_of(&["ISNULL", "NUM_NULLS", "NUM_NONNULLS"]) {
            is_named(closing(&tokens, at + 1).map(|end| (at + 1, end)))
        } else if is_one_of(&["ISNULL", "NOTNULL"]) {
            operands(&tokens, at)
                .into_iter()
                .any(|span| is_named(Some(span)))
        } else if is_one_of(&["NULL", "UNKNOWN"]) {
            let test = tokens.get(..at).unwrap_or_default().iter().rev();
            let length = test.take_while(|token| compares(token)).count();
            let spans = if length > 0 {
                operands(&tokens, at - length)
            } else {
                Vec::new()
            };
            spans.into_iter().any(|span| is_named(Some(span)))
        } else {
            false
        }
    })
}

/// A piece of what stands between a value and the NULL that it is compared with or set to.
fn compares(token: &Token<'_>) -> bool {
    let is_word = ["IS", "NOT", "DISTINCT", "FROM"]
        .iter()
        .any(|word| token.is(word));
    is_word
        || ["=", "<", ">", "!", ":"]
            .iter()
            .any(|sign| token.is_sign(sign))
}

/// What ends before a token: a name or what is in parentheses, and both it and the type of a cast.
fn operands(tokens: &[Token<'_>], before: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut end = before;
    while let Some(last) = end.checked_sub(1) {
        let first = match tokens.get(last) {
            Some(token) if token.is_sign(")") => opening(tokens, last),
            Some(_) => Some(last),
            None => None,
        };
        let Some(first) = first else { break };
        out.push((first, last));
        let is_colon = |back: usize| {
            let token = first.checked_sub(back).and_then(|at| tokens.get(at));
            token.is_some_and(|token| token.is_sign(":"))
        };
        if !(is_colon(1) && is_colon(2)) {
            break;
        }
        end = first - 2;
    }
    out
}

fn opening(tokens: &[Token<'_>], closing: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in (0..=closing).rev() {
        let token = tokens.get(at)?;
        depth += usize::from(token.is_sign(")"));
        if token.is_sign("(") {
            depth -= 1;
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn closing(tokens: &[Token<'_>], opening: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(opening) {
        depth += usize::from(token.is_sign("("));
        if token.is_sign(")") {
            depth -= 1;
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_for_null_are_of_the_column_before_them() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (dialect, sql) in [
            (Sqlite, "WHERE gone IS NULL AND n = 1"),
            (Sqlite, "WHERE n = 1 AND x.\"gone\" NOT NULL"),
            (Postgres, "(gone IS NOT NULL)"),
            (Postgres, "WHERE (gone)::text ISNULL"),
            (Postgres, "WHERE lower(gone) IS NULL"),
            (Postgres, "gone::text IS NOT DISTINCT FROM NULL"),
            (Postgres, "t.gone IS UNKNOWN"),
            (Postgres, "num_nulls(n, gone) = 1"),
            (Postgres, "EXECUTE 'SELECT 1 FROM t WHERE gone IS NULL'"),
            (Postgres, "NEW.gone := NULL;"),
            (Mysql, "where `d`.`t`.`gone` is null"),
            (Mysql, "where isnull(`t`.`gone`)"),
            (Mysql, "where gone <=> null"),
        ] {
            assert!(tests_null(sql, "gone", dialect), "{sql}");
        }
        for (dialect, sql) in [
            (Sqlite, "SELECT gone FROM t WHERE deleted_at IS NULL"),
            (Sqlite, "gone = 'N' OR n IS NULL"),
            (Postgres, "NEW.gone := now(); RETURN NULL;"),
            (Postgres, "gone = ANY (NULL) AND num_nulls(n) = 1"),
            (Postgres, "x::gone_type IS NULL"),
            (Mysql, "CREATE TEMPORARY TABLE x (gone datetime NULL)"),
            (Mysql, "isnull(n) and gone = 0 -- gone is null"),
            (Postgres, ") IS NULL"),
            (Postgres, "isnull("),
            (Postgres, "NULL"),
        ] {
            assert!(!tests_null(sql, "gone", dialect), "{sql}");
        }
    }

    #[test]
    fn a_test_for_null_reads_no_value() {
        for (dialect, sql) in [
            (Dialect::Sqlite, "WHERE gone IS NULL AND n = 1"),
            (Dialect::Postgres, "(gone IS NOT NULL)"),
            (
                Dialect::Mysql,
                "select 1 from `d`.`t` where `d`.`t`.`gone` is null",
            ),
        ] {
            assert!(!reads(sql, "gone", dialect), "{sql}");
        }
        for (dialect, sql) in [
            (Dialect::Sqlite, "WHERE gone IS NULL OR gone = 'N'"),
            (Dialect::Sqlite, "WHERE gone IS 'N'"),
            (Dialect::Sqlite, "WHERE x IS gone"),
            (Dialect::Postgres, "WHERE x = gone AND n IS NULL"),
            (Dialect::Postgres, "WHERE gone IS NOT DISTINCT FROM 'N'"),
        ] {
            assert!(reads(sql, "gone", dialect), "{sql}");
        }
    }
}
