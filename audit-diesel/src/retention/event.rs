//! The events by which purges and holds tell of themselves.

use std::borrow::Cow;

use audit_core::AuditContext;
use uuid::Uuid;

use crate::audit_rows::{AuditRow, OperationRow};
use crate::backend::AuditConnection;
use crate::error::AuditError;
use crate::sql_types::JsonText;
use crate::write::write_rows;

/// One event, of one tenant.
#[derive(Debug, Default)]
pub(super) struct Event {
    pub(super) tenant: Option<String>,
    /// What it is about: table and record.
    pub(super) target: Option<(&'static str, String)>,
    pub(super) before: Option<serde_json::Value>,
    pub(super) after: Option<serde_json::Value>,
}

/// Writes events of one action, in the transaction that is open.
pub(super) fn write<C: AuditConnection>(
    conn: &mut C,
    ctx: &AuditContext,
    operation: Uuid,
    action: &'static str,
    events: Vec<Event>,
) -> Result<(), AuditError> {
    let table = events
        .first()
        .and_then(|event| event.target.as_ref())
        .map(|(table, _)| (*table).to_owned());
    let shared = OperationRow::new(ctx, operation, Cow::Borrowed(action), table, ctx.now());
    let json = |value: Option<serde_json::Value>| value.map(|value| JsonText(value.to_string()));
    let rows: Vec<AuditRow> = events
        .into_iter()
        .map(|event| {
            let id = Uuid::now_v7();
            AuditRow {
                id,
                change_id: id,
                tenant_id: event.tenant,
                record_id: event.target.map(|(_, record)| record),
                field_name: None,
                old_value: json(event.before),
                new_value: json(event.after),
            }
        })
        .collect();
    write_rows(conn, &shared, &rows)
}
