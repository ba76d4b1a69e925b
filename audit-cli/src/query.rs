//! Statements whose text is made at run time, and whose answers are text.

use audit_diesel::{AuditBackend, AuditConnection};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{Error as DieselError, QueryResult};
use diesel::row::Row;
use diesel::sql_types::Untyped;

use crate::failure::Result;

/// The answer's rows; every column that is selected has to be text.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

/// A question: each `?` of a text with binds is one of them.
struct Question<'a> {
    text: &'a str,
    binds: &'a [&'a str],
}

impl QueryId for Question<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Question<'_> {
    type SqlType = Untyped;
}

impl<DB: AuditBackend> QueryFragment<DB> for Question<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        // Without binds a `?` may be part of somebody's name.
        if self.binds.is_empty() {
            out.push_sql(self.text);
            return Ok(());
        }
        let mut binds = self.binds.iter();
        for piece in self.text.split_inclusive('?') {
            match piece.strip_suffix('?').zip(binds.next()) {
                Some((piece, bind)) => {
                    out.push_sql(piece);
                    DB::bind_text(&mut out, bind)?;
                }
                None => out.push_sql(piece),
            }
        }
        Ok(())
    }
}

/// Asks, with binds for the `?` of the text.
pub(crate) fn ask<C: AuditConnection>(conn: &mut C, text: &str, binds: &[&str]) -> Result<Rows> {
    let question = Question { text, binds };
    let mut rows = Vec::new();
    for row in diesel::connection::LoadConnection::load(conn, &question)? {
        let row = row?;
        let values: diesel::deserialize::Result<Vec<_>> = (0..row.field_count())
            .map(|index| C::Backend::read_text(&row, index))
            .collect();
        rows.push(values.map_err(DieselError::DeserializationError)?);
    }
    Ok(rows)
}

/// A value of a row; empty where there is none.
pub(crate) fn text(row: &[Option<String>], column: usize) -> &str {
    row.get(column).and_then(Option::as_deref).unwrap_or("")
}

pub(crate) fn is_true(value: &str) -> bool {
    matches!(value, "1" | "t" | "true")
}
