//! Which names a piece of SQL speaks of.

use audit_diesel::Dialect;

use super::tokens::{Token, TokenKind, tokens};
use crate::quote::same_name;

/// Statements in texts in statements, and no deeper: a text of nothing but quotes ends too.
const DEPTH: u8 = 4;

/// True where a body of a trigger, a view or a routine has one of some names as a whole word: as it
/// is, in quotes, or in a text that may become a statement. What is said in comments does not count.
/// The name may be that of something else: nobody knows what a body means but the database that runs
/// it.
pub(crate) fn mentions(sql: &str, names: &[&str], dialect: Dialect) -> bool {
    within(sql, names, dialect, DEPTH)
}

fn within(sql: &str, names: &[&str], dialect: Dialect, depth: u8) -> bool {
    tokens(sql, dialect)
        .iter()
        .any(|token| is_mention(token, names, dialect, depth))
}

fn is_mention(token: &Token<'_>, names: &[&str], dialect: Dialect, depth: u8) -> bool {
    let is_one = |word: &str| names.iter().any(|name| same_name(dialect, word, name));
    let is_word = |word: &str| match dialect {
        // Without quotes any spelling is that of the lower case.
        Dialect::Postgres => is_one(&word.to_lowercase()),
        _ => is_one(word),
    };
    match token.kind {
        TokenKind::Sign => false,
        TokenKind::Word => is_word(token.text),
        TokenKind::Name | TokenKind::Text => {
            let inner = token.name();
            let holds_more = token.kind == TokenKind::Text && depth > 0;
            is_one(&inner) || (holds_more && within(&inner, names, dialect, depth - 1))
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
            (Postgres, "EXECUTE $q$--$q$ || 'x'; PERFORM modified FROM n"),
            (Postgres, "EXECUTE $$/*$$ || $$ it's $$; PERFORM modified"),
            (Postgres, "EXECUTE $a$ EXECUTE $$ SELECT 'modified' $$ $a$"),
            (Postgres, "EXECUTE $q$ modified"),
            (Postgres, "$new(modified) $modified"),
            (Postgres, "/* /* a */ b */ new.modified := 1"),
            (Postgres, "x := 1 -- a\rnew.modified := 1"),
            (Postgres, "SELECT a[new.modified]"),
            (Mysql, "SET NEW.MODIFIED = now()"),
            (Mysql, "select `t`.`Modified` AS `m` from `d`.`t`"),
            (Mysql, "PREPARE s FROM \"UPDATE t SET modified = 1\""),
            (Mysql, "-- don't\nSET NEW.modified = 'it\\'s'"),
            (Mysql, "SET @a = 'it\\'s', NEW.modified = 'x'"),
            (Mysql, "SET @a = 5--1, NEW.modified = 1"),
            (Mysql, "SET NEW.n = 1 /*!50000 , NEW.modified = 1 */"),
            (Mysql, "PREPARE s FROM 'UPDATE t SET\\nmodified = 1'"),
            (Mysql, "PREPARE s FROM 'SELECT \\'a\\', modified'"),
            (Postgres, "EXECUTE E'UPDATE t SET\\nmodified = 1'"),
        ] {
            assert!(mentions(sql, &["modified"], dialect), "{sql}");
        }
        for (dialect, sql) in [
            (Postgres, "new.modified_at := last_modified + unmodified"),
            (Postgres, "new.x := 1; -- and not modified\n/* modified */"),
            (Postgres, "SELECT \"Modified\" FROM t"),
            (Postgres, "x := 1; /* /* a */ modified */"),
            (Postgres, "EXECUTE $q$ SELECT 1 -- modified $q$"),
            (Postgres, "a$modified$b := 1"),
            (Mysql, "SET NEW.modifiedBy = 'was_modified'"),
            (Mysql, "SET NEW.x = 1 # modified"),
            (Mysql, "SET NEW.x = 'don\\'t' /* modified */, NEW.y = 'a'"),
            (Mysql, ""),
        ] {
            assert!(!mentions(sql, &["modified"], dialect), "{sql}");
        }
        assert!(mentions("new.\"createdBy\"", &["createdBy"], Postgres));
        assert!(!mentions("new.createdBy", &["createdBy"], Postgres));
        assert!(mentions("`Date-Created`", &["x", "Date-Created"], Mysql));
    }

    #[test]
    fn any_text_ends() {
        for quote in ["'", "\"", "[", "`", "$", "'\"", "['", "--"] {
            let sql = quote.repeat(5_000);
            assert!(!mentions(&sql, &["x"], Dialect::Mysql), "{quote}");
            assert!(!mentions(&sql, &["x"], Dialect::Postgres), "{quote}");
        }
    }
}
