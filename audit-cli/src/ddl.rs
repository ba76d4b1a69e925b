//! CREATE TABLE as text: where its columns are, and how to change one without touching the rest.
//!
//! SQLite and MySQL change a column only by saying all of it anew. What they say of it is not read
//! into a model and written back, which would lose what the model does not know, but edited.

mod computed;
mod mentions;
mod null_tests;
mod tokens;

use audit_diesel::Dialect;

pub(crate) use computed::{of_index as index_computes, of_table as table_computes};
pub(crate) use mentions::mentions;
pub(crate) use null_tests::{reads, tests_null};
use tokens::{Token, TokenKind, tokens};

/// The comma-separated items between the outer parentheses of a CREATE TABLE.
fn items<'a, 't>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut out = Vec::new();
    let (mut depth, mut first) = (0_usize, 0);
    for (index, token) in tokens.iter().enumerate() {
        let ends = depth == 1 && (token.is_sign(",") || token.is_sign(")"));
        if ends {
            out.push(tokens.get(first..index).unwrap_or_default());
            first = index + 1;
        }
        if token.is_sign("(") {
            depth += 1;
            if depth == 1 {
                first = index + 1;
            }
        } else if token.is_sign(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                break;
            }
        }
    }
    out
}

/// True where an item is a column and no constraint or key of the table.
fn is_column(item: &[Token<'_>]) -> bool {
    const TABLE: [&str; 11] = [
        "CONSTRAINT",
        "PRIMARY",
        "UNIQUE",
        "CHECK",
        "FOREIGN",
        "KEY",
        "INDEX",
        "FULLTEXT",
        "SPATIAL",
        "PERIOD",
        "EXCLUDE",
    ];
    item.first()
        .is_some_and(|token| !TABLE.iter().any(|word| token.is(word)))
}

/// The columns of a CREATE TABLE: their names, and what follows the name.
pub(crate) fn columns(create: &str, dialect: Dialect) -> Vec<(String, String)> {
    let tokens = tokens(create, dialect);
    items(&tokens)
        .into_iter()
        .filter(|item| is_column(item))
        .filter_map(|item| {
            let (name, last) = (item.first()?, item.last()?);
            let definition = create.get(name.end..last.end)?.trim().to_owned();
            Some((name.name(), definition))
        })
        .collect()
}

/// What is to change of a column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edit {
    pub(crate) kind: Option<String>,
    pub(crate) not_null: Option<bool>,
    /// A new default; an empty text takes the old one away.
    pub(crate) default: Option<String>,
}

/// The words that end a type.
const AFTER_TYPE: [&str; 22] = [
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
    "AUTO_INCREMENT",
    "COMMENT",
    "ON",
    "INVISIBLE",
    "VISIBLE",
    "COLUMN_FORMAT",
    "STORAGE",
    "WITHOUT",
    "WITH",
    "CHARACTER",
    "CHARSET",
];

/// A column's definition (what follows its name), changed. With a new type, MySQL's character set and
/// collation go with the old one: the new type says its own.
pub(crate) fn edited(definition: &str, edit: &Edit, dialect: Dialect) -> String {
    let tokens = tokens(definition, dialect);
    let mysql = dialect == Dialect::Mysql;
    let in_type = |token: &Token<'_>| {
        let ends = token.kind == TokenKind::Word && AFTER_TYPE.iter().any(|word| token.is(word));
        !ends
    };
    let type_length = tokens.iter().take_while(|token| in_type(token)).count();
    let type_end = type_length
        .checked_sub(1)
        .and_then(|last| tokens.get(last))
        .map_or(0, |token| token.end);
    let mut rest = tokens.get(type_length..).unwrap_or_default().to_vec();
    let mut head_end = type_end;
    let mut head = definition.get(..type_end).unwrap_or_default().to_owned();
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    if let Some(kind) = &edit.kind {
        head.clone_from(kind);
        if mysql {
            while let Some(length) = character_set(&rest) {
                cut(&mut cuts, rest.get(..length).unwrap_or_default());
                rest.drain(..length);
            }
        }
    } else if mysql {
        // They belong to the type, and NOT NULL comes after them.
        while let Some(length) = character_set(&rest) {
            let end = rest.get(length - 1).map_or(type_end, |token| token.end);
            head = definition.get(..end).unwrap_or_default().to_owned();
            head_end = end;
            rest.drain(..length);
        }
    }
    let mut depth = 0_usize;
    for (index, token) in rest.iter().enumerate() {
        if token.is_sign("(") {
            depth += 1;
        } else if token.is_sign(")") {
            depth = depth.saturating_sub(1);
        }
        if depth > 0 {
            continue;
        }
        let before = index.checked_sub(1).and_then(|at| rest.get(at));
        let after_not = before.is_some_and(|token| token.is("NOT"));
        let after_default = before.is_some_and(|token| token.is("DEFAULT"));
        // `ON DELETE SET NULL` is a foreign key's.
        let after_set = before.is_some_and(|token| token.is("SET"));
        if token.is("NULL") && edit.not_null.is_some() && !after_default && !after_set {
            let first = if after_not { index - 1 } else { index };
            let is_conflict = |at: usize, word: &str| rest.get(at).is_some_and(|t| t.is(word));
            let last = if is_conflict(index + 1, "ON") && is_conflict(index + 2, "CONFLICT") {
                index + 3
            } else {
                index
            };
            cut(
                &mut cuts,
                rest.get(first..=last.min(rest.len() - 1))
                    .unwrap_or_default(),
            );
        }
        if token.is("DEFAULT") && !after_set {
            let length = 1 + default_length(rest.get(index + 1..).unwrap_or_default());
            let is_null = rest.get(index + 1).is_some_and(|token| token.is("NULL"));
            if edit.default.is_some() || (edit.not_null == Some(true) && is_null) {
                cut(
                    &mut cuts,
                    rest.get(index..index + length).unwrap_or_default(),
                );
            }
        }
    }
    let mut out = head.trim_start().to_owned();
    match edit.not_null {
        Some(true) => out.push_str(" NOT NULL"),
        // A `timestamp` of MySQL's is not null unless it says so.
        Some(false) if mysql => out.push_str(" NULL"),
        _ => {}
    }
    if let Some(default) = edit
        .default
        .as_deref()
        .filter(|default| !default.is_empty())
    {
        out.push_str(" DEFAULT ");
        out.push_str(default);
    }
    let mut at = head_end;
    for (start, end) in cuts {
        if start >= at {
            push_piece(&mut out, definition.get(at..start).unwrap_or_default());
        }
        at = at.max(end);
    }
    push_piece(&mut out, definition.get(at..).unwrap_or_default());
    if mysql
        && edit
            .kind
            .as_deref()
            .is_some_and(|kind| kind.ends_with("(6)"))
    {
        out = six_digits(&out);
    }
    out
}

fn cut(cuts: &mut Vec<(usize, usize)>, tokens: &[Token<'_>]) {
    if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
        cuts.push((first.start, last.end));
    }
}

fn push_piece(out: &mut String, piece: &str) {
    let piece = piece.trim();
    if piece.is_empty() {
        return;
    }
    out.push(' ');
    out.push_str(piece);
    // A comment that ends with its line must not take what follows along.
    if piece.lines().last().is_some_and(|line| line.contains("--")) {
        out.push('\n');
    }
}

/// The number of tokens of a leading `CHARACTER SET x`, `CHARSET x` or `COLLATE x`.
fn character_set(tokens: &[Token<'_>]) -> Option<usize> {
    let first = tokens.first()?;
    if first.is("CHARACTER") {
        Some(3.min(tokens.len()))
    } else if first.is("CHARSET") || first.is("COLLATE") {
        Some(2.min(tokens.len()))
    } else {
        None
    }
}

/// The number of tokens of a default's value: a sign and a literal, a call, or what stands in
/// parentheses.
fn default_length(tokens: &[Token<'_>]) -> usize {
    let mut length = 0;
    if tokens
        .first()
        .is_some_and(|t| t.is_sign("-") || t.is_sign("+"))
    {
        length = 1;
    }
    // `b'0'` is two tokens.
    if let [prefix, text, ..] = tokens
        && prefix.kind == TokenKind::Word
        && text.kind == TokenKind::Text
        && prefix.end == text.start
    {
        return 2;
    }
    // `1.5` is three tokens.
    let is_group = |at: usize| tokens.get(at).is_some_and(|token| token.is_sign("("));
    if !is_group(length) {
        length += 1;
        while tokens.get(length).is_some_and(|token| token.is_sign(".")) {
            length += 2;
        }
        if !is_group(length) {
            return length.min(tokens.len());
        }
    }
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(length) {
        if token.is_sign("(") {
            depth += 1;
        } else if token.is_sign(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return index + 1;
            }
        }
    }
    tokens.len()
}

/// MySQL's `current_timestamp` with as many digits as the column.
fn six_digits(definition: &str) -> String {
    let tokens = tokens(definition, Dialect::Mysql);
    let mut out = String::new();
    let mut at = 0;
    for (index, token) in tokens.iter().enumerate() {
        if !token.is("current_timestamp") {
            continue;
        }
        out.push_str(definition.get(at..token.end).unwrap_or_default());
        out.push_str("(6)");
        let group = tokens.get(index + 1).is_some_and(|next| next.is_sign("("));
        let close = tokens.iter().skip(index + 1).find(|next| next.is_sign(")"));
        at = match close {
            Some(close) if group => close.end,
            _ => token.end,
        };
    }
    out.push_str(definition.get(at..).unwrap_or_default());
    out
}

/// A CREATE TABLE of SQLite's under another name, with columns changed and others added. `None`
/// where the text is not understood.
pub(crate) fn rebuilt(
    create: &str,
    new_name: &str,
    edits: &[(String, Edit)],
    added: &[String],
) -> Option<String> {
    let tokens = tokens(create, Dialect::Sqlite);
    let body = tokens.iter().position(|token| token.is_sign("("))?;
    let head = tokens.get(..body)?;
    // CREATE TABLE [IF NOT EXISTS] [schema .] name
    if !head.first()?.is("CREATE") || !head.iter().any(|token| token.is("TABLE")) {
        return None;
    }
    let mut out = format!("CREATE TABLE {new_name} ");
    let mut at = tokens.get(body)?.start;
    let items = items(&tokens);
    let last_column = items.iter().rposition(|item| is_column(item))?;
    for (index, item) in items.iter().enumerate() {
        let (first, last) = (item.first()?, item.last()?);
        if is_column(item) {
            let name = first.name();
            let edit = edits
                .iter()
                .find(|(column, _)| column.eq_ignore_ascii_case(&name));
            if let Some((_, edit)) = edit {
                out.push_str(create.get(at..first.end)?);
                out.push(' ');
                let definition = create.get(first.end..last.end)?;
                out.push_str(edited(definition, edit, Dialect::Sqlite).trim_start());
                at = last.end;
            }
        }
        if index == last_column {
            out.push_str(create.get(at..last.end)?);
            at = last.end;
            for definition in added {
                out.push_str(",\n    ");
                out.push_str(definition);
            }
        }
    }
    out.push_str(create.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests;
