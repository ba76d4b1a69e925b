//! The audit row of a baseline.

use audit_diesel::{AuditBackend, AuditConnection, AuditContext, Dialect};
use chrono::{DateTime, Utc};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use uuid::Uuid;

use super::plan::Plan;
use crate::failure::Result;

struct Row<'a> {
    id: Uuid,
    operation: Uuid,
    changed_at: DateTime<Utc>,
    tenant: Option<&'a str>,
    table: &'a str,
    record: &'a str,
    json: &'a str,
    actor_kind: &'a str,
    actor_id: Option<&'a str>,
    reason: Option<&'a str>,
}

/// Writes the row of one record, which is told by its tenant and its key.
pub(super) fn record<C: AuditConnection>(
    conn: &mut C,
    plan: &Plan,
    ctx: &AuditContext,
    operation: Uuid,
    (tenant, record): &(Option<String>, String),
    json: &str,
) -> Result<()> {
    let actor = ctx.actor_ref();
    conn.execute_returning_count(&Row {
        id: Uuid::now_v7(),
        operation,
        changed_at: ctx.now(),
        tenant: tenant.as_deref(),
        table: &plan.name,
        record,
        json,
        actor_kind: actor.kind(),
        actor_id: actor.id(),
        reason: ctx.reason_ref(),
    })?;
    Ok(())
}

impl QueryId for Row<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: AuditBackend> QueryFragment<DB> for Row<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO audit_log (id, change_id, operation_id, changed_at, table_name, record_id, \
             action, actor_kind, new_value, tenant_id, actor_id, reason) VALUES (",
        );
        for id in [&self.id, &self.id, &self.operation] {
            DB::bind_uuid(&mut out, id)?;
            out.push_sql(", ");
        }
        DB::bind_time(&mut out, &self.changed_at)?;
        for text in [self.table, self.record, "baseline", self.actor_kind] {
            out.push_sql(", ");
            DB::bind_text(&mut out, text)?;
        }
        let is_jsonb = DB::DIALECT == Dialect::Postgres;
        out.push_sql(if is_jsonb { ", CAST(" } else { ", " });
        DB::bind_text(&mut out, self.json)?;
        out.push_sql(if is_jsonb { " AS jsonb)" } else { "" });
        for text in [self.tenant, self.actor_id, self.reason] {
            out.push_sql(", ");
            match text {
                Some(text) => DB::bind_text(&mut out, text)?,
                None => out.push_sql("NULL"),
            }
        }
        out.push_sql(")");
        Ok(())
    }
}
