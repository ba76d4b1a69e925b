//! What SQLite's CREATE TABLE and CREATE INDEX compute from the values of columns.

use audit_diesel::Dialect;

use super::tokens::{Token, tokens};
use super::{is_column, items};

/// The CHECKs and generated columns of a CREATE TABLE: as a sentence names each, and its expression.
pub(crate) fn of_table(create: &str) -> Vec<(String, String)> {
    let tokens = tokens(create, Dialect::Sqlite);
    let mut out = Vec::new();
    for item in items(&tokens) {
        let column = item.first().filter(|_| is_column(item)).map(Token::name);
        let mut depth = 0_usize;
        for (at, token) in item.iter().enumerate() {
            if token.is_sign("(") {
                depth += 1;
            } else if token.is_sign(")") {
                depth = depth.saturating_sub(1);
            }
            let Some(expression) = item.get(at + 1..).and_then(group).filter(|_| depth == 0) else {
                continue;
            };
            let name = at
                .checked_sub(2)
                .and_then(|at| item.get(at))
                .filter(|before| before.is("CONSTRAINT"))
                .and_then(|_| item.get(at - 1));
            let what = match (&column, name) {
                (_, Some(name)) if token.is("CHECK") => format!("the CHECK `{}`", name.name()),
                (Some(column), _) if token.is("CHECK") => format!("the CHECK of `{column}`"),
                (None, _) if token.is("CHECK") => "a CHECK of the table".to_owned(),
                (Some(column), _) if token.is("AS") => format!("the generated column `{column}`"),
                _ => continue,
            };
            out.push((what, text(create, expression)));
        }
    }
    out
}

/// The expressions of a CREATE INDEX and its condition. A column that is in it as it is goes along with
/// its values.
pub(crate) fn of_index(create: &str) -> String {
    let tokens = tokens(create, Dialect::Sqlite);
    let Some(start) = tokens.iter().position(|token| token.is_sign("(")) else {
        return String::new();
    };
    let list = tokens.get(start..).and_then(group).unwrap_or_default();
    let condition = tokens.get(start + list.len()..).unwrap_or_default();
    let is_plain = |item: &&[Token<'_>]| {
        let after = item.get(1);
        let ends = |token: &Token<'_>| ["COLLATE", "ASC", "DESC"].iter().any(|w| token.is(w));
        after.is_none_or(ends) && !item.iter().any(|token| token.is_sign("|"))
    };
    let mut out: Vec<String> = items(list)
        .into_iter()
        .filter(|item| !is_plain(item))
        .map(|item| text(create, item))
        .collect();
    out.push(text(create, condition));
    out.join(" ")
}

/// What stands in the parentheses that tokens begin with, and these.
fn group<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<&'t [Token<'a>]> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if token.is_sign("(") {
            depth += 1;
        } else if token.is_sign(")") {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return tokens.get(..=at).filter(|_| at > 0);
        }
    }
    None
}

fn text(sql: &str, tokens: &[Token<'_>]) -> String {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => sql
            .get(first.start..last.end)
            .unwrap_or_default()
            .to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_computes_with_columns_is_found() {
        let table = of_table(
            "CREATE TABLE t (id INT, flag TEXT DEFAULT (1) CHECK (flag IN ('Y', (2))) -- CHECK (1)
                , \"check\" INT CONSTRAINT late CHECK(\"check\" > 1), twice INT GENERATED ALWAYS AS (id * 2), \
                CHECK (id > 0), FOREIGN KEY (id) REFERENCES t (id), CONSTRAINT \"a b\" CHECK (id < 9))",
        );
        let told = |what: &str, sql: &str| (what.to_owned(), sql.to_owned());
        assert_eq!(
            table,
            [
                told("the CHECK of `flag`", "(flag IN ('Y', (2)))"),
                told("the CHECK `late`", "(\"check\" > 1)"),
                told("the generated column `twice`", "(id * 2)"),
                told("a CHECK of the table", "(id > 0)"),
                told("the CHECK `a b`", "(id < 9)"),
            ]
        );
        for (create, reads) in [
            ("CREATE INDEX i ON t (a, \"b\" DESC, c COLLATE NOCASE)", ""),
            (
                "CREATE UNIQUE INDEX i ON t(e) WHERE flag = 'N'",
                " WHERE flag = 'N'",
            ),
            (
                "CREATE INDEX \"i(\" ON t (a, lower(b), c || d)",
                "lower(b) c || d ",
            ),
            (
                "CREATE INDEX i ON t (a COLLATE NOCASE || b)",
                "a COLLATE NOCASE || b ",
            ),
            ("nonsense", ""),
        ] {
            assert_eq!(of_index(create).trim(), reads.trim(), "{create}");
        }
    }
}
