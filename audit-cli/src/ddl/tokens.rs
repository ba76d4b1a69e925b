//! The pieces of a text of SQL, as each database divides it.

use audit_diesel::Dialect;

/// A piece of SQL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: TokenKind,
    /// In quotes where a `\` changes the meaning of what follows it.
    escapes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A word or a number.
    Word,
    /// A name in quotes.
    Name,
    /// A text in quotes.
    Text,
    /// `(`, `)`, `,` and every other sign.
    Sign,
}

impl Token<'_> {
    pub(super) fn is(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.kind == TokenKind::Sign && self.text == sign
    }

    /// The name that a word or a quoted name means; of a text, what it says.
    pub(super) fn name(&self) -> String {
        let inner = |quote: char| {
            let text = self.text.strip_prefix(quote).unwrap_or(self.text);
            let text = text.strip_suffix(quote).unwrap_or(text);
            if self.escapes {
                unescaped(text, quote)
            } else {
                text.replace(&format!("{quote}{quote}"), &quote.to_string())
            }
        };
        match self.text.chars().next() {
            Some(quote @ ('"' | '`' | '\'')) if self.kind != TokenKind::Word => inner(quote),
            Some('[') if self.kind == TokenKind::Name => {
                self.text.trim_matches(['[', ']']).to_owned()
            }
            Some('$') if self.kind == TokenKind::Text => {
                let tag = dollar_tag(self.text).unwrap_or_default();
                let text = self.text.strip_prefix(tag).unwrap_or(self.text);
                text.strip_suffix(tag).unwrap_or(text).to_owned()
            }
            _ => self.text.to_owned(),
        }
    }
}

/// A text without its quotes' doubling and its escapes.
fn unescaped(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == quote && chars.peek() == Some(&quote) {
            chars.next();
        }
        out.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('b') => '\u{8}',
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

/// Everything but white space and comments. Never fails: a quote that does not end ends with the
/// text.
pub(super) fn tokens(sql: &str, dialect: Dialect) -> Vec<Token<'_>> {
    let is_mysql = dialect == Dialect::Mysql;
    let is_postgres = dialect == Dialect::Postgres;
    let mut out: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    while let Some(c) = sql.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = sql.get(at..).unwrap_or_default();
        let mut escapes = false;
        let (length, kind) = if let Some(length) = comment(rest, dialect) {
            (length, None)
        } else if matches!(c, '"' | '`' | '\'') {
            let is_text = c == '\'' || (is_mysql && c == '"');
            // PostgreSQL reads them after an `E`.
            let after_e = out
                .last()
                .is_some_and(|before| before.end == at && before.is("e"));
            escapes = is_text && (is_mysql || (is_postgres && after_e));
            let kind = if is_text {
                TokenKind::Text
            } else {
                TokenKind::Name
            };
            (quoted(rest, c, escapes), Some(kind))
        } else if c == '[' && dialect == Dialect::Sqlite {
            (
                rest.find(']').map_or(rest.len(), |end| end + 1),
                Some(TokenKind::Name),
            )
        } else if let Some(tag) = dollar_tag(rest).filter(|_| is_postgres) {
            let inner = rest.get(tag.len()..).unwrap_or_default();
            let length = inner
                .find(tag)
                .map_or(rest.len(), |end| end + 2 * tag.len());
            (length, Some(TokenKind::Text))
        } else if c.is_alphanumeric() || c == '_' || (c == '$' && !is_postgres) {
            let word = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'));
            (rest.find(word).unwrap_or(rest.len()), Some(TokenKind::Word))
        } else if c.is_whitespace() {
            (c.len_utf8(), None)
        } else {
            (c.len_utf8(), Some(TokenKind::Sign))
        };
        let end = at + length;
        if let Some(kind) = kind {
            out.push(Token {
                text: sql.get(at..end).unwrap_or_default(),
                start: at,
                end,
                kind,
                escapes,
            });
        }
        at = end;
    }
    out
}

/// What begins, and ends, a text of PostgreSQL's in dollars: `$$`, or `$tag$`.
fn dollar_tag(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('$')?;
    let tag = rest.split_once('$')?.0;
    let is_tag = tag.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !tag.starts_with(|c: char| c.is_ascii_digit());
    is_tag.then(|| text.get(..tag.len() + 2))?
}

/// The length of a comment at the start of a text, or in MySQL of what begins one that is run.
fn comment(text: &str, dialect: Dialect) -> Option<usize> {
    let (is_mysql, is_postgres) = (dialect == Dialect::Mysql, dialect == Dialect::Postgres);
    let ends_line = |c: char| c == '\n' || (is_postgres && c == '\r');
    let line = || text.find(ends_line).map_or(text.len(), |end| end + 1);
    if let Some(rest) = text.strip_prefix("--") {
        // To MySQL `5--3` is 8.
        let ends = |c: char| c.is_whitespace() || c.is_control();
        let is_one = !is_mysql || rest.chars().next().is_none_or(ends);
        return is_one.then(line);
    }
    if is_mysql && text.starts_with('#') {
        return Some(line());
    }
    if is_mysql {
        // `/*!`, or of MariaDB `/*M!`, and the version from which on it is run.
        let code = ["/*!", "/*M!"]
            .iter()
            .find_map(|start| text.strip_prefix(start));
        if let Some(code) = code {
            return Some(text.len() - code.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        }
    }
    let rest = text.strip_prefix("/*")?;
    if is_postgres {
        return Some(2 + nested(rest));
    }
    Some(rest.find("*/").map_or(text.len(), |end| end + 4))
}

/// The length of what is left of a comment that may have others in it.
fn nested(text: &str) -> usize {
    let (mut depth, mut at) = (1_usize, 0);
    while let Some(next) = text.get(at..).and_then(|rest| rest.find(['/', '*'])) {
        at += next;
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with("/*") {
            depth += 1;
        } else if rest.starts_with("*/") {
            depth -= 1;
        } else {
            at += 1;
            continue;
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of what stands in quotes at the start of a text; a doubled quote is one of its own.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            chars.next();
        } else if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return at + c.len_utf8();
            }
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{Mysql, Postgres, Sqlite};

    fn texts(sql: &str, dialect: Dialect) -> Vec<&str> {
        tokens(sql, dialect)
            .iter()
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn each_database_divides_by_its_own_rules() {
        for (dialect, sql, expected) in [
            (Mysql, r"'it\'s' x", &[r"'it\'s'", "x"][..]),
            (Mysql, r#""a\"b" `c\` d"#, &[r#""a\"b""#, r"`c\`", "d"]),
            (Sqlite, r"'C:\' x", &[r"'C:\'", "x"]),
            (Postgres, r"'C:\' x", &[r"'C:\'", "x"]),
            (Postgres, r"E'it\'s' x", &["E", r"'it\'s'", "x"]),
            (Mysql, "5--3 -- y\nz --", &["5", "-", "-", "3", "z"]),
            (Sqlite, "5--3\nz", &["5", "z"]),
            (Mysql, "a # b\nc", &["a", "c"]),
            (Postgres, "a # b", &["a", "#", "b"]),
            (Mysql, "a /*!50100 b */ c", &["a", "b", "*", "/", "c"]),
            (Mysql, "/*M!100301 b*/ /* c */", &["b", "*", "/"]),
            (Sqlite, "a /*! b */ c", &["a", "c"]),
            (Sqlite, "[a b]", &["[a b]"]),
            (Postgres, "a[b]", &["a", "[", "b", "]"]),
            (Mysql, "/*", &[]),
            (Mysql, "a$b $$ c", &["a$b", "$$", "c"]),
            (Mysql, "a /* /* b */ c", &["a", "c"]),
            (Postgres, "a /* /* b */ */ c", &["a", "c"]),
            (Postgres, "a /*/*/ b */ c */ d", &["a", "d"]),
            (Postgres, "/* /* */ x", &[]),
            (Postgres, "a -- b\rc", &["a", "c"]),
            (Postgres, "$q$--$q$ || x", &["$q$--$q$", "|", "|", "x"]),
            (
                Postgres,
                "$$it's$$ $a$ $$ $b$ $a$ x",
                &["$$it's$$", "$a$ $$ $b$ $a$", "x"],
            ),
            (Postgres, "a$q$ b", &["a$q$", "b"]),
            (Postgres, "$1 + $2", &["$", "1", "+", "$", "2"]),
            (Postgres, "x $ü_1$ y", &["x", "$ü_1$ y"]),
            (Sqlite, "a /*/ b */ c", &["a", "c"]),
        ] {
            assert_eq!(texts(sql, dialect), expected, "{dialect:?}: {sql}");
        }
        let said = |sql| tokens(sql, Mysql).first().map(Token::name);
        assert_eq!(said(r"'it\'s\nit''s\\'").as_deref(), Some("it's\nit's\\"));
        let in_dollars = |sql| tokens(sql, Postgres).first().map(Token::name);
        assert_eq!(in_dollars("$a$$$it''s$a$").as_deref(), Some("$$it''s"));
        assert_eq!(in_dollars("$$").as_deref(), Some(""));
    }
}
