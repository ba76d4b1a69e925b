//! The INSERT of several events at once, which share nothing.

use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;

use crate::audit_rows::{AuditRow, EventColumns, EventInsert, OperationRow};
use crate::backend::{AuditBackend, Dialect};

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
