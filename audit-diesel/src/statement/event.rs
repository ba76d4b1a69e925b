//! The INSERT of several events at once, which share nothing.

use chrono::{DateTime, Utc};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use uuid::Uuid;

use super::audit::Columns;
use super::{AuditRow, OperationRow};
use crate::backend::{AuditBackend, Dialect};
use crate::sql_types::JsonText;

/// Every column as a list, which is how PostgreSQL's `unnest` takes them.
#[derive(Debug, Default)]
#[cfg_attr(
    not(feature = "postgres"),
    allow(dead_code, reason = "PostgreSQL alone takes arrays")
)]
pub(crate) struct EventColumns<'a> {
    pub(crate) rows: Columns<'a>,
    pub(crate) operation_ids: Vec<Uuid>,
    pub(crate) table_names: Vec<Option<&'a str>>,
    pub(crate) actions: Vec<Option<&'a str>>,
    pub(crate) actor_kinds: Vec<Option<&'a str>>,
    pub(crate) actor_ids: Vec<Option<&'a str>>,
    pub(crate) on_behalf_of: Vec<Option<&'a str>>,
    pub(crate) changed_at: Vec<DateTime<Utc>>,
    pub(crate) request_ids: Vec<Option<&'a str>>,
    pub(crate) reasons: Vec<Option<&'a str>>,
    pub(crate) contexts: Vec<Option<&'a JsonText>>,
}

/// `INSERT INTO audit_log` of events of any operations.
#[derive(Debug)]
pub struct EventInsert<'a> {
    #[cfg_attr(
        not(any(feature = "sqlite", feature = "mysql")),
        allow(dead_code, reason = "PostgreSQL takes the columns")
    )]
    pub(crate) rows: &'a [(&'a OperationRow, &'a AuditRow)],
    #[cfg_attr(
        not(feature = "postgres"),
        allow(dead_code, reason = "PostgreSQL alone takes arrays")
    )]
    pub(crate) columns: EventColumns<'a>,
}

impl<'a> EventInsert<'a> {
    pub(crate) fn new<DB: AuditBackend>(rows: &'a [(&'a OperationRow, &'a AuditRow)]) -> Self {
        let mut columns = EventColumns::default();
        if DB::DIALECT == Dialect::Postgres {
            for (op, row) in rows {
                columns.rows.push(row);
                columns.operation_ids.push(op.operation_id);
                columns.table_names.push(op.table_name.as_deref());
                columns.actions.push(Some(&op.action));
                columns.actor_kinds.push(Some(&op.actor_kind));
                columns.actor_ids.push(op.actor_id.as_deref());
                columns.on_behalf_of.push(op.on_behalf_of.as_deref());
                columns.changed_at.push(op.changed_at);
                columns.request_ids.push(op.request_id.as_deref());
                columns.reasons.push(op.reason.as_deref());
                columns.contexts.push(op.context.as_ref());
            }
        }
        Self { rows, columns }
    }
}

impl QueryId for EventInsert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: AuditBackend> QueryFragment<DB> for EventInsert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        DB::event_insert(&mut out, self)
    }
}
