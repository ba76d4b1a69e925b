//! What a catalog is asked, and what it answers.

use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;
use diesel::row::Row;

use crate::backend::{AuditBackend, AuditConnection};
use crate::driver;
use crate::error::AuditError;

/// One statement about the catalog. Every column it selects is text.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    /// Each `?` in it is a bind of the table's name, each `§` one of its schema's.
    pub(super) text: &'a str,
    pub(super) table: &'a str,
    pub(super) schema: &'a str,
}

impl<'a> Question<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self::about(text, "")
    }

    pub(super) const fn about(text: &'a str, table: &'a str) -> Self {
        Self {
            text,
            table,
            schema: "",
        }
    }
}

impl diesel::query_builder::QueryId for Question<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl diesel::query_builder::Query for Question<'_> {
    type SqlType = diesel::sql_types::Untyped;
}

impl<DB: AuditBackend> QueryFragment<DB> for Question<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        for piece in self.text.split_inclusive(['?', '§']) {
            if let Some(piece) = piece.strip_suffix('?') {
                out.push_sql(piece);
                DB::bind_text(&mut out, self.table)?;
            } else if let Some(piece) = piece.strip_suffix('§') {
                out.push_sql(piece);
                DB::bind_text(&mut out, self.schema)?;
            } else {
                out.push_sql(piece);
            }
        }
        Ok(())
    }
}

/// The rows that answer a question.
pub(super) type Rows = Vec<Vec<Option<String>>>;

/// The rows of each question, in the order in which they were asked.
pub(super) type Answers = Vec<Rows>;

pub(super) fn ask<C: AuditConnection>(
    conn: &mut C,
    questions: &[Question<'_>],
) -> Result<Answers, AuditError> {
    questions
        .iter()
        .map(|question| {
            let rows = driver::load(conn, question, |row| {
                (0..row.field_count())
                    .map(|index| C::Backend::read_text(row, index))
                    .collect()
            })?;
            Ok(rows)
        })
        .collect()
}

/// The rows of a question.
pub(super) fn rows(answers: &Answers, question: usize) -> &[Vec<Option<String>>] {
    answers.get(question).map_or(&[], Vec::as_slice)
}

/// A value of a row; empty where there is none.
pub(super) fn text(row: &[Option<String>], column: usize) -> &str {
    row.get(column).and_then(Option::as_deref).unwrap_or("")
}

/// The first value of the first row.
pub(super) fn first(answers: &Answers, question: usize) -> &str {
    rows(answers, question)
        .first()
        .map_or("", |row| text(row, 0))
}

pub(super) fn count(answers: &Answers, question: usize) -> i64 {
    first(answers, question).parse().unwrap_or(0)
}

pub(super) fn is_true(value: &str) -> bool {
    matches!(value, "1" | "t" | "true")
}

pub(super) fn refuse(what: &str, findings: &[String]) -> Result<(), AuditError> {
    if findings.is_empty() {
        return Ok(());
    }
    let mut text = format!("{what} is not fit for audited writes:");
    for finding in findings {
        text.push_str("\n- ");
        text.push_str(finding);
    }
    Err(AuditError::AuditTable { what: text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_findings_are_in_one_error_a_line_each() {
        assert!(refuse("the database", &[]).is_ok());
        let error = refuse("the database", &["a: do b".into(), "c: do d".into()]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "the database is not fit for audited writes:\n- a: do b\n- c: do d"
        );
    }
}
