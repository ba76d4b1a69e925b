//! Which index serves a query, and which order it gives; or that none does.

use super::filters::{Filters, Tenant};
use crate::error::QueryError;

/// The documented shapes of a query; see the table in [`super`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Operation,
    Record,
    Actor,
    Tenant,
    Everything,
}

impl Shape {
    /// The shape of a query.
    pub(super) fn of(filters: &Filters) -> Result<Self, QueryError> {
        if filters.record.is_some() && filters.table.is_none() {
            return Err(QueryError::RecordWithoutTable);
        }
        if filters.operation.is_some() {
            return Ok(Self::Operation);
        }
        if filters.record.is_some() {
            return Ok(Self::Record);
        }
        let any = filters.tenant == Tenant::Any;
        // The filters that none of the indexes below knows.
        let beside = [
            ("table", filters.table.is_some()),
            ("field", !filters.field.is_empty()),
            ("action", filters.action.is_some()),
            ("request", filters.request.is_some()),
            ("changed_by", any && filters.actor.is_some()),
        ];
        if filters.from.is_none()
            && let Some((filter, _)) = beside.iter().find(|(_, is_set)| *is_set)
        {
            return Err(QueryError::Unbounded { filter });
        }
        Ok(match (any, &filters.actor) {
            (true, _) => Self::Everything,
            (false, Some(_)) => Self::Actor,
            (false, None) => Self::Tenant,
        })
    }

    /// The index's name on MySQL/MariaDB.
    pub(super) fn index(self) -> &'static str {
        match self {
            Self::Operation => "audit_log_operation_idx",
            Self::Record => "audit_log_record_idx",
            Self::Actor => "audit_log_actor_idx",
            Self::Tenant => "audit_log_tenant_idx",
            Self::Everything => "PRIMARY",
        }
    }

    /// True where rows come in the order of `(changed_at, seq)`, false where of `seq`.
    pub(super) fn by_time(self) -> bool {
        matches!(self, Self::Actor | Self::Tenant)
    }

    /// True where the shape's index begins with, or narrows down by, a column.
    pub(super) fn searches(self, column: &str) -> bool {
        match self {
            Self::Operation => column == "operation_id",
            Self::Record => matches!(column, "table_name" | "record_id" | "tenant_id"),
            Self::Actor => matches!(
                column,
                "tenant_id" | "actor_kind" | "actor_id" | "changed_at"
            ),
            Self::Tenant => matches!(column, "tenant_id" | "changed_at"),
            Self::Everything => false,
        }
    }
}
