//! Whether a piece of SQL reads what a column holds, or only whether it holds anything.

use audit_diesel::Dialect;

use super::mentions::mentions;
use super::tokens::tokens;

/// True where a piece of SQL has a column's name as [`mentions`] finds it, other than in `name IS NULL`
/// and `name IS NOT NULL`: those say the same of a column whose values become others.
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

#[cfg(test)]
mod tests {
    use super::*;

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
