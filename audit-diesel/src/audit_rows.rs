//! The rows of `audit_log` on their way in, as data: what an operation's share, what each has of its
//! own, and the INSERTs of them that a backend writes.

use std::borrow::Cow;

use audit_core::AuditContext;
use chrono::{DateTime, Utc};
use uuid::Uuid;

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
    pub(crate) fn push(&mut self, row: &'a AuditRow) {
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

impl AuditInsert<'_> {
    /// In the order of the binds.
    pub(crate) const COLUMNS: &'static str = "id, change_id, tenant_id, record_id, field_name, \
        old_value, new_value, operation_id, table_name, action, actor_kind, actor_id, \
        on_behalf_of, changed_at, request_id, reason, context";
}

/// The random half of a version 7 UUID.
pub(crate) fn lock_key(operation: Uuid) -> i64 {
    operation.as_u64_pair().1.cast_signed()
}

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
