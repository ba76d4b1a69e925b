//! Statements that are put together at run time, as values like the others.

use core::convert::Infallible;
use std::borrow::Cow;

use chrono::{DateTime, Utc};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use uuid::Uuid;

use crate::backend::{AuditBackend, Dialect};
use crate::exact::Out;

/// SQL and its binds, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sql {
    parts: Vec<Part>,
    unprepared: bool,
}

#[derive(Debug, Clone)]
enum Part {
    Words(Cow<'static, str>),
    Text(String),
    Int(i64),
    Id(Uuid),
    At(DateTime<Utc>),
}

impl Sql {
    pub(crate) fn new(words: impl Into<Cow<'static, str>>) -> Self {
        let mut sql = Self::default();
        sql.push(words);
        sql
    }

    pub(crate) fn push(&mut self, words: impl Into<Cow<'static, str>>) -> &mut Self {
        self.parts.push(Part::Words(words.into()));
        self
    }

    pub(crate) fn text(&mut self, value: impl Into<String>) -> &mut Self {
        self.parts.push(Part::Text(value.into()));
        self
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        self.parts.push(Part::Int(value));
        self
    }

    pub(crate) fn id(&mut self, value: Uuid) -> &mut Self {
        self.parts.push(Part::Id(value));
        self
    }

    pub(crate) fn at(&mut self, value: DateTime<Utc>) -> &mut Self {
        self.parts.push(Part::At(value));
        self
    }

    /// A text that will hardly come again: Diesel's cache of statements never forgets one.
    pub(crate) fn unprepared(mut self) -> Self {
        self.unprepared = true;
        self
    }

    /// A null is part of the words: a bind of unknown type would have to be cast.
    pub(crate) fn text_or_null(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.push("NULL"),
        }
    }

    /// As [`Self::text_or_null`].
    pub(crate) fn at_or_null(&mut self, value: Option<DateTime<Utc>>) -> &mut Self {
        match value {
            Some(value) => self.at(value),
            None => self.push("NULL"),
        }
    }
}

impl<'b> Out<'b> for Sql {
    type Error = Infallible;
    fn words(&mut self, words: &'static str) {
        self.push(words);
    }
    fn text(&mut self, text: &'b str) -> Result<(), Infallible> {
        Self::text(self, text);
        Ok(())
    }
}

#[cfg(test)]
impl Sql {
    /// The text with a `?` for each bind.
    pub(crate) fn words(&self) -> String {
        let word = |part: &Part| match part {
            Part::Words(words) => words.to_string(),
            _ => "?".to_owned(),
        };
        self.parts.iter().map(word).collect()
    }
}

impl QueryId for Sql {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl diesel::query_builder::Query for Sql {
    type SqlType = diesel::sql_types::Untyped;
}

impl<DB: AuditBackend> QueryFragment<DB> for Sql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // The MySQL client hangs where a prepared text is run again after an answer that broke off,
        // as a lock timeout breaks one off. Elsewhere a run has few texts, and runs them often.
        if self.unprepared || DB::DIALECT == Dialect::Mysql {
            out.unsafe_to_cache_prepared();
        }
        for part in &self.parts {
            match part {
                Part::Words(words) => out.push_sql(words),
                Part::Text(value) => DB::bind_text(&mut out, value)?,
                Part::Int(value) => DB::bind_i64(&mut out, value)?,
                Part::Id(value) => DB::bind_uuid(&mut out, value)?,
                Part::At(value) => DB::bind_time(&mut out, value)?,
            }
        }
        Ok(())
    }
}
