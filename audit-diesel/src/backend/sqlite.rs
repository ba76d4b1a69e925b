//! SQLite.

use chrono::{DateTime, Utc};
use diesel::deserialize;
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::row::Row;
use diesel::sqlite::Sqlite;
use uuid::Uuid;

use super::{AuditBackend, Dialect, audit_insert_values, binds};
use crate::audit_rows::{AuditInsert, EventInsert};

impl AuditBackend for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;

    binds!();

    fn audit_insert<'b>(
        out: &mut AstPass<'_, 'b, Self>,
        insert: &'b AuditInsert<'b>,
    ) -> QueryResult<()> {
        let rows = insert.rows.iter().map(|row| (insert.operation, row));
        audit_insert_values(out, rows)
    }

    fn event_insert<'b>(
        out: &mut AstPass<'_, 'b, Self>,
        insert: &'b EventInsert<'b>,
    ) -> QueryResult<()> {
        audit_insert_values(out, insert.rows.iter().copied())
    }
}
