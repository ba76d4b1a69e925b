//! What is stored of a record, as the checks compare it.

use audit_diesel::{Actor, AuditError, Audited, EntityMeta, Role, snapshot};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::super::config;
use super::super::entities::{Account, Order};
use crate::audit_log::Row;
use crate::outcome::Record;
use crate::requests::Kind;

pub(super) struct Facts {
    pub(super) record: Record,
    pub(super) tenant: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) created_by: Actor,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) updated_by: Actor,
    pub(super) is_deleted: bool,
    pub(super) deleted_at: Option<DateTime<Utc>>,
    pub(super) deleted_by: Option<Actor>,
    /// The recorded columns, masked.
    pub(super) state: Map<String, Value>,
}

impl Facts {
    pub(super) fn of_account(account: Account) -> Result<Self, AuditError> {
        Ok(Self {
            state: state(Kind::Account, &account)?,
            record: Record {
                kind: Kind::Account,
                id: account.id,
            },
            tenant: account.company_id,
            created_at: account.created_at,
            created_by: account.created_by,
            updated_at: account.updated_at,
            updated_by: account.updated_by,
            is_deleted: account.is_deleted,
            deleted_at: account.deleted_at,
            deleted_by: account.deleted_by,
        })
    }

    pub(super) fn of_order(order: Order) -> Result<Self, AuditError> {
        Ok(Self {
            state: state(Kind::Order, &order)?,
            record: Record {
                kind: Kind::Order,
                id: order.id,
            },
            tenant: order.company_id,
            created_at: order.created_at,
            created_by: order.created_by,
            updated_at: order.updated_at,
            updated_by: order.updated_by,
            is_deleted: false,
            deleted_at: None,
            deleted_by: None,
        })
    }
}

fn state<E: Audited>(kind: Kind, record: &E) -> Result<Map<String, Value>, AuditError> {
    let text = snapshot(record, &config()).map_err(|source| AuditError::Mask {
        entity: E::META.name,
        source,
    })?;
    let all: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    let columns = columns(kind);
    Ok(all
        .into_iter()
        .filter(|(column, _)| columns.contains(&column.as_str()))
        .collect())
}

fn meta(kind: Kind) -> &'static EntityMeta {
    match kind {
        Kind::Account => Account::META,
        Kind::Order => Order::META,
    }
}

/// The name of its table in the trail.
pub(super) fn table(kind: Kind) -> &'static str {
    meta(kind).name
}

/// The columns whose changes are recorded: data, and the deleted flag.
pub(super) fn columns(kind: Kind) -> Vec<&'static str> {
    let recorded = |role| matches!(role, Role::Data | Role::DeletedFlag);
    let fields = meta(kind)
        .fields
        .iter()
        .filter(|field| recorded(field.role));
    fields.map(|field| field.column).collect()
}

/// The record that a row is about.
pub(super) fn record_of(row: &Row) -> Option<Record> {
    let table = row.table_name.as_deref()?;
    let kind = [Kind::Account, Kind::Order]
        .into_iter()
        .find(|kind| meta(*kind).name == table)?;
    let id = row.record_id.as_deref()?.parse().ok()?;
    Some(Record { kind, id })
}
