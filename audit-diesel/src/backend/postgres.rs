//! PostgreSQL.

use chrono::{DateTime, Utc};
use diesel::deserialize;
use diesel::pg::Pg;
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::row::Row;
use diesel::sql_types::{Array, Nullable, Text};
use uuid::Uuid;

use super::{AuditBackend, Dialect, binds};
use crate::audit_rows::{AuditInsert, Columns, EventInsert};
use crate::sql_types::{AuditJson, AuditUuid, UtcTime};

impl AuditBackend for Pg {
    const DIALECT: Dialect = Dialect::Postgres;

    binds!();

    /// One text for any number of rows: the rows travel as arrays, what they share is bound once.
    ///
    /// The advisory lock is what lets `outcome` tell a transaction that is still running from
    /// one that was rolled back: it ends with the transaction, whichever way. As a subquery of its
    /// own it is taken once, not once a row.
    fn audit_insert<'b>(
        out: &mut AstPass<'_, 'b, Self>,
        insert: &'b AuditInsert<'b>,
    ) -> QueryResult<()> {
        let op = insert.operation;
        let rows = &insert.columns;
        out.push_sql("INSERT INTO audit_log (");
        out.push_sql(AuditInsert::COLUMNS);
        out.push_sql(") SELECT r.*, ");
        out.push_bind_param::<AuditUuid, _>(&op.operation_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&op.table_name)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(op.action.as_ref())?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(op.actor_kind.as_str())?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&op.actor_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&op.on_behalf_of)?;
        out.push_sql(", ");
        Self::bind_time(out, &op.changed_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&op.request_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, _>(&op.reason)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<AuditJson>, _>(&op.context)?;
        out.push_sql(" FROM unnest(");
        push_rows(out, rows)?;
        out.push_sql(") r WHERE (SELECT pg_try_advisory_xact_lock_shared(");
        out.push_bind_param::<diesel::sql_types::BigInt, _>(&insert.lock_key)?;
        out.push_sql(")) IS NOT NULL");
        Ok(())
    }
    /// One text for any number of events: every column travels as an array. No advisory lock is
    /// taken: whether a batch was committed is told by the ids of its rows.
    fn event_insert<'b>(
        out: &mut AstPass<'_, 'b, Self>,
        insert: &'b EventInsert<'b>,
    ) -> QueryResult<()> {
        let rows = &insert.columns;
        out.push_sql("INSERT INTO audit_log (");
        out.push_sql(AuditInsert::COLUMNS);
        out.push_sql(") SELECT ");
        out.push_sql(AuditInsert::COLUMNS);
        out.push_sql(" FROM unnest(");
        push_rows(out, &rows.rows)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<AuditUuid>, _>(&rows.operation_ids)?;
        for texts in [
            &rows.table_names,
            &rows.actions,
            &rows.actor_kinds,
            &rows.actor_ids,
            &rows.on_behalf_of,
        ] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Nullable<Text>>, _>(texts)?;
        }
        out.push_sql(", ");
        out.push_bind_param::<Array<UtcTime>, _>(&rows.changed_at)?;
        for texts in [&rows.request_ids, &rows.reasons] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Nullable<Text>>, _>(texts)?;
        }
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<AuditJson>>, _>(&rows.contexts)?;
        // By their place: nothing else says that rows come out of a join of arrays in order.
        out.push_sql(") WITH ORDINALITY AS r(");
        out.push_sql(AuditInsert::COLUMNS);
        out.push_sql(", place) ORDER BY place");
        Ok(())
    }
}

/// What rows have of their own, as arrays in the order of [`AuditInsert::COLUMNS`].
fn push_rows<'b>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b Columns<'b>) -> QueryResult<()> {
    for ids in [&rows.ids, &rows.change_ids] {
        out.push_bind_param::<Array<AuditUuid>, _>(ids)?;
        out.push_sql(", ");
    }
    for texts in [&rows.tenant_ids, &rows.record_ids, &rows.field_names] {
        out.push_bind_param::<Array<Nullable<Text>>, _>(texts)?;
        out.push_sql(", ");
    }
    out.push_bind_param::<Array<Nullable<AuditJson>>, _>(&rows.old_values)?;
    out.push_sql(", ");
    out.push_bind_param::<Array<Nullable<AuditJson>>, _>(&rows.new_values)
}
