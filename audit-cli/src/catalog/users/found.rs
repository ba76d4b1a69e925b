//! What the catalogs tell of those who name a table's columns.

use crate::query::Rows;

/// What a database's catalog has to say.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What speaks of the table has one of these names in it.
    pub(super) names: Vec<String>,
    /// What it is, its text, and whether it speaks of the table in any case.
    pub(super) rows: Rows,
    pub(super) unread: Vec<String>,
    pub(super) publications: Vec<String>,
}

/// What reads a column and may hinder that its type changes.
#[derive(Debug)]
pub(crate) struct TypeUser {
    pub(crate) column: String,
    /// As a sentence names it.
    pub(crate) what: String,
    /// It refuses another type, whatever it is.
    pub(crate) refuses: bool,
}
