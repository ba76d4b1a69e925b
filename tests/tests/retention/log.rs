// Rows of the log, as old as a test needs them.

use audit_diesel::prelude::*;
use audit_diesel::retention::{Keep, Purge, PurgeReport, Retention};
use audit_diesel::sql_types::{At, Id};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::backend::Conn;
use super::backend::look::{Row, log};
use super::backend::schema::audit_log;

/// The instant that the tests' clock shows.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_709_251_199_000_001).unwrap()
}

pub fn ago(days: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(days)
}

/// An operator at that instant.
pub fn ctx() -> AuditContext {
    at(now()).all_tenants()
}

pub fn at(time: DateTime<Utc>) -> AuditContext {
    let config = AuditConfig::builder().clock(move || time).build();
    config.context(Actor::job("purge"))
}

pub fn days(days: i64) -> Keep {
    Keep::days(days).unwrap()
}

/// A purge to the row, also of a log by month.
pub fn purger<'a>(retention: Retention) -> Purge<'a> {
    Purge::new(retention).within_months()
}

/// A row to be: what the purge looks at.
#[derive(Debug, Clone)]
pub struct Draft {
    pub tenant: Option<String>,
    pub table: Option<String>,
    pub record: Option<String>,
    pub changed_at: DateTime<Utc>,
    pub change: Uuid,
}

impl Draft {
    pub fn new(tenant: &str, table: &str, record: &str, changed_at: DateTime<Utc>) -> Self {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            tenant: some(tenant),
            table: some(table),
            record: some(record),
            changed_at,
            change: Uuid::now_v7(),
        }
    }
}

/// Writes rows in this order.
pub fn write(conn: &mut Conn, rows: &[Draft]) {
    for rows in rows.chunks(500) {
        let values: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    audit_log::id.eq(Id(Uuid::now_v7())),
                    audit_log::change_id.eq(Id(row.change)),
                    audit_log::operation_id.eq(Id(row.change)),
                    audit_log::tenant_id.eq(row.tenant.clone()),
                    audit_log::table_name.eq(row.table.clone()),
                    audit_log::record_id.eq(row.record.clone()),
                    audit_log::action.eq("update"),
                    audit_log::actor_kind.eq("user"),
                    audit_log::changed_at.eq(At(row.changed_at)),
                )
            })
            .collect();
        diesel::insert_into(audit_log::table)
            .values(values)
            .execute(conn)
            .unwrap();
    }
}

/// What is left of what was written, as `tenant/table/record/age in days`, in order.
pub fn left(conn: &mut Conn) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    log(conn)
        .iter()
        .filter(|row| row.action == "update")
        .map(|row| {
            format!(
                "{}/{}/{}/{}",
                text(&row.tenant_id),
                text(&row.table_name),
                text(&row.record_id),
                (now() - row.changed_at).num_days()
            )
        })
        .collect()
}

/// The events of an action.
pub fn events(conn: &mut Conn, action: &str) -> Vec<Row> {
    let mut rows = log(conn);
    rows.retain(|row| row.action == action);
    rows
}

/// A report's counts, as `tenant/table deleted held`.
pub fn counts(report: &PurgeReport) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    report
        .counts
        .iter()
        .map(|c| format!("{}/{} {} {}", text(&c.tenant), text(&c.table), c.deleted, c.held))
        .collect()
}
