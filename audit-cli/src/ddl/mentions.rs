//! Which names a piece of SQL speaks of.

use audit_diesel::Dialect;

use super::{Token, TokenKind, tokens};
use crate::catalog::same_name;

/// Statements in texts in statements, and no deeper: a text of nothing but quotes ends too.
const DEPTH: u8 = 4;

/// True where a body of a trigger, a view or a routine has a name as a whole word: as it is, in quotes,
/// or in a text that may become a statement. What is said in comments does not count. The name may be
/// that of something else: nobody knows what a body means but the database that runs it.
pub(crate) fn mentions(sql: &str, name: &str, dialect: Dialect) -> bool {
    within(sql, name, dialect, DEPTH)
}

fn within(sql: &str, name: &str, dialect: Dialect, depth: u8) -> bool {
    tokens(sql)
        .iter()
        .any(|token| is_mention(token, name, dialect, depth))
}

fn is_mention(token: &Token<'_>, name: &str, dialect: Dialect, depth: u8) -> bool {
    let is_word = |word: &str| match dialect {
        // Without quotes any spelling is that of the lower case.
        Dialect::Postgres => word.to_lowercase() == name,
        _ => same_name(dialect, word, name),
    };
    match token.kind {
        TokenKind::Sign => false,
        // PostgreSQL's quotes are words of `$`.
        TokenKind::Word => is_word(token.text) || token.text.split('$').any(is_word),
        TokenKind::Name | TokenKind::Text => {
            let inner = token.name();
            let holds_more = token.kind == TokenKind::Text
                || token.text.starts_with('[')
                || (dialect == Dialect::Mysql && token.text.starts_with('"'));
            same_name(dialect, &inner, name)
                || (holds_more && depth > 0 && within(&inner, name, dialect, depth - 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_mentions() {
        use Dialect::{Mysql, Postgres};
        for (dialect, sql) in [
            (Postgres, "BEGIN new.Modified := now(); RETURN new; END"),
            (Postgres, "SELECT \"modified\" FROM t"),
            (
                Postgres,
                "EXECUTE format('UPDATE t SET %I = 1', 'modified')",
            ),
            (Postgres, "EXECUTE 'UPDATE t SET \"modified\" = ''x'''"),
            (Postgres, "EXECUTE $q$UPDATE t SET modified$q$"),
            (Postgres, "EXECUTE $q$modified$q$"),
            (Postgres, "SELECT a[new.modified]"),
            (Mysql, "SET NEW.MODIFIED = now()"),
            (Mysql, "select `t`.`Modified` AS `m` from `d`.`t`"),
            (Mysql, "PREPARE s FROM \"UPDATE t SET modified = 1\""),
            (Mysql, "-- don't\nSET NEW.modified = 'it\\'s'"),
        ] {
            assert!(mentions(sql, "modified", dialect), "{sql}");
        }
        for (dialect, sql) in [
            (Postgres, "new.modified_at := last_modified + unmodified"),
            (Postgres, "new.x := 1; -- and not modified\n/* modified */"),
            (Postgres, "SELECT \"Modified\" FROM t"),
            (Mysql, "SET NEW.modifiedBy = 'was_modified'"),
            (Mysql, ""),
        ] {
            assert!(!mentions(sql, "modified", dialect), "{sql}");
        }
        assert!(mentions("new.\"createdBy\"", "createdBy", Postgres));
        assert!(!mentions("new.createdBy", "createdBy", Postgres));
        assert!(mentions("`Date-Created`", "Date-Created", Mysql));
    }

    #[test]
    fn any_text_ends() {
        for quote in ["'", "\"", "[", "`", "$", "'\"", "['", "--"] {
            let sql = quote.repeat(5_000);
            assert!(!mentions(&sql, "x", Dialect::Mysql), "{quote}");
            assert!(!mentions(&sql, "x", Dialect::Postgres), "{quote}");
        }
    }
}
