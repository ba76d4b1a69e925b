//! The INSERT of an operation's audit rows, and the statement by which SQLite's writer takes its
//! lock.

use std::borrow::Cow;

use audit_core::AuditContext;
use chrono::{DateTime, Utc};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use uuid::Uuid;

use crate::backend::{AuditBackend, Dialect};
use crate::sql_types::JsonText;

/// What all rows of one operation on one table share.
#[derive(Debug)]
pub(crate) struct OperationRow {
    pub(crate) operation_id: Uuid,
    pub(crate) table_name: Option<String>,
    pub(crate) action: Cow<'static, str>,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<String>,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) changed_at: DateTime<Utc>,
    pub(crate) request_id: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) context: Option<JsonText>,
}

impl OperationRow {
    /// What the rows have from their context.
    pub(crate) fn new(
        ctx: &AuditContext,
        operation_id: Uuid,
        action: Cow<'static, str>,
        table_name: Option<String>,
        changed_at: DateTime<Utc>,
    ) -> Self {
        let actor = ctx.actor_ref();
        Self {
            operation_id,
            table_name,
            action,
            actor_kind: actor.kind().to_owned(),
            actor_id: actor.id().map(str::to_owned),
            on_behalf_of: ctx.on_behalf_of_ref().map(|a| a.as_str().to_owned()),
            changed_at,
            request_id: ctx.request_id_ref().map(str::to_owned),
            reason: ctx.reason_ref().map(str::to_owned),
            context: ctx.extra_json().map(|text| JsonText(text.to_owned())),
        }
    }
}

/// What a row has of its own. Values are masked already.
#[derive(Debug)]
pub(crate) struct AuditRow {
    pub(crate) id: Uuid,
    pub(crate) change_id: Uuid,
    pub(crate) tenant_id: Option<String>,
    pub(crate) record_id: Option<String>,
    pub(crate) field_name: Option<&'static str>,
    pub(crate) old_value: Option<JsonText>,
    pub(crate) new_value: Option<JsonText>,
}

impl AuditRow {
    pub(crate) fn bytes(&self) -> usize {
        let text = |v: &Option<JsonText>| v.as_ref().map_or(0, |v| v.0.len());
        256 + text(&self.old_value) + text(&self.new_value)
    }
}

/// The rows turned on their side, which is how PostgreSQL's `unnest` takes them.
#[derive(Debug, Default)]
pub(crate) struct Columns<'a> {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) change_ids: Vec<Uuid>,
    pub(crate) tenant_ids: Vec<Option<&'a str>>,
    pub(crate) record_ids: Vec<Option<&'a str>>,
    pub(crate) field_names: Vec<Option<&'static str>>,
    pub(crate) old_values: Vec<Option<&'a JsonText>>,
    pub(crate) new_values: Vec<Option<&'a JsonText>>,
}

impl<'a> Columns<'a> {
    pub(super) fn push(&mut self, row: &'a AuditRow) {
        self.ids.push(row.id);
        self.change_ids.push(row.change_id);
        self.tenant_ids.push(row.tenant_id.as_deref());
        self.record_ids.push(row.record_id.as_deref());
        self.field_names.push(row.field_name);
        self.old_values.push(row.old_value.as_ref());
        self.new_values.push(row.new_value.as_ref());
    }
}

/// `INSERT INTO audit_log` of one piece of an operation's rows.
#[derive(Debug)]
pub struct AuditInsert<'a> {
    #[cfg_attr(
        not(any(feature = "sqlite", feature = "postgres", feature = "mysql")),
        allow(dead_code, reason = "only a backend's INSERT reads it")
    )]
    pub(crate) operation: &'a OperationRow,
    #[cfg_attr(
        not(any(feature = "sqlite", feature = "mysql")),
        allow(dead_code, reason = "PostgreSQL takes the columns")
    )]
    pub(crate) rows: &'a [AuditRow],
    #[cfg_attr(
        not(feature = "postgres"),
        allow(dead_code, reason = "PostgreSQL alone takes arrays")
    )]
    pub(crate) columns: Columns<'a>,
    /// Names the operation among PostgreSQL's advisory locks.
    #[cfg_attr(
        not(feature = "postgres"),
        allow(dead_code, reason = "PostgreSQL alone has advisory locks")
    )]
    pub(crate) lock_key: i64,
}

impl<'a> AuditInsert<'a> {
    /// In the order of the binds.
    pub(crate) const COLUMNS: &'static str = "id, change_id, tenant_id, record_id, field_name, \
        old_value, new_value, operation_id, table_name, action, actor_kind, actor_id, \
        on_behalf_of, changed_at, request_id, reason, context";

    pub(crate) fn new<DB: AuditBackend>(operation: &'a OperationRow, rows: &'a [AuditRow]) -> Self {
        let mut columns = Columns::default();
        if DB::DIALECT == Dialect::Postgres {
            for row in rows {
                columns.push(row);
            }
        }
        Self {
            operation,
            rows,
            columns,
            lock_key: lock_key(operation.operation_id),
        }
    }
}

/// The random half of a version 7 UUID.
pub(crate) fn lock_key(operation: Uuid) -> i64 {
    operation.as_u64_pair().1.cast_signed()
}

impl QueryId for AuditInsert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: AuditBackend> QueryFragment<DB> for AuditInsert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        DB::audit_insert(&mut out, self)
    }
}

/// Cuts an operation's rows into statements.
///
/// SQLite and MySQL/MariaDB have a text per number of rows, and Diesel's statement cache never
/// forgets one: up to sixteen rows go in one exact text, more in pieces of 64 and again up to
/// sixteen, so that there are seventeen texts at most. No piece is larger than four megabytes
/// (MariaDB's `max_allowed_packet` is sixteen by default), unless a single row is.
pub(crate) fn row_pieces(rows: &[AuditRow], dialect: Dialect) -> Vec<&[AuditRow]> {
    pieces(rows, AuditRow::bytes, dialect)
}

/// [`row_pieces`] of anything that is a row.
pub(crate) fn pieces<T>(rows: &[T], bytes_of: impl Fn(&T) -> usize, dialect: Dialect) -> Vec<&[T]> {
    const PACKET: usize = 4 << 20;
    let mut pieces = Vec::new();
    let mut rest = rows;
    while !rest.is_empty() {
        let wanted = match (dialect, rest.len()) {
            (Dialect::Postgres, n) => n.min(5_000),
            (_, n @ 0..=16) => n,
            (_, 17..=63) => 16,
            _ => 64,
        };
        let mut bytes = 0;
        let fits = rest
            .iter()
            .take(wanted)
            .take_while(|row| {
                bytes += bytes_of(row);
                bytes <= PACKET
            })
            .count()
            .max(1);
        let fits = match dialect {
            Dialect::Postgres => fits,
            // Keep to the few texts when bytes cut a piece short.
            _ if fits < wanted => fits.min(16),
            _ => fits,
        };
        let (piece, after) = rest.split_at(fits);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// SQLite: an empty DELETE takes the write lock, at any depth, and waits for it as the busy
/// timeout says. A deferred transaction that has read cannot: it is told so at once.
pub(crate) struct TakeWriteLock;

impl QueryId for TakeWriteLock {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<DB: AuditBackend> QueryFragment<DB> for TakeWriteLock {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("DELETE FROM audit_log WHERE 0");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize, bytes: usize) -> Vec<AuditRow> {
        (0..n)
            .map(|_| AuditRow {
                id: Uuid::nil(),
                change_id: Uuid::nil(),
                tenant_id: None,
                record_id: None,
                field_name: None,
                old_value: None,
                new_value: Some(JsonText("x".repeat(bytes))),
            })
            .collect()
    }

    fn lengths(n: usize, bytes: usize, dialect: Dialect) -> Vec<usize> {
        row_pieces(&rows(n, bytes), dialect)
            .iter()
            .map(|p| p.len())
            .collect()
    }

    #[test]
    fn few_texts_serve_any_number_of_rows() {
        assert_eq!(lengths(0, 1, Dialect::Sqlite), Vec::<usize>::new());
        assert_eq!(lengths(16, 1, Dialect::Sqlite), [16]);
        assert_eq!(lengths(100, 1, Dialect::Mysql), [64, 16, 16, 4]);
        assert_eq!(lengths(100, 1, Dialect::Postgres), [100]);
    }

    #[test]
    fn a_piece_stays_under_the_packet_limit() {
        for dialect in [Dialect::Sqlite, Dialect::Mysql, Dialect::Postgres] {
            let pieces = lengths(200, 1 << 20, dialect);
            assert_eq!(pieces.iter().sum::<usize>(), 200);
            assert!(pieces.iter().all(|n| *n <= 3), "{pieces:?}");
        }
        assert_eq!(
            lengths(2, 8 << 20, Dialect::Mysql),
            [1, 1],
            "a row larger than that goes alone"
        );
    }
}
