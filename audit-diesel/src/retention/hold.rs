//! Legal holds: what is not purged, however old it is.

use audit_core::{Actor, AuditContext, ContextError, ContextPart, MAX_RECORD_ID};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::deserialize;
use diesel::row::Row;
use serde_json::json;
use uuid::Uuid;

use super::condition::Whose;
use super::event::{self, Event};
use super::gate::lock_holds;
use super::known;
use super::never::{is_never, never};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::sql::Sql;
use crate::transaction::{End, atomic_event};

/// The name under which the trail tells of holds.
const TABLE: &str = "audit_hold";

/// Characters of a tenant's and a table's name on MySQL/MariaDB.
const MYSQL_TENANT: usize = 191;
const MYSQL_TABLE: usize = 100;

/// A legal hold: rows of the trail that no purge deletes, however old they are, and in whose
/// partition none is dropped.
///
/// It names a tenant, a table, a record of it, or any combination; what it does not name, it
/// covers all of. It lasts until it is released, or until a time that it was given.
///
/// Each change of a hold leaves an event in the same transaction, `audit.hold.add` or
/// `audit.hold.release`, about the record of that id in `audit_hold`. A purge that runs at the
/// time heeds it from its next batch on; when the call has returned and its transaction is
/// committed, no batch is at work that has not seen it.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use audit_diesel::prelude::*;
/// use audit_diesel::retention::{AuditHold, NewHold};
/// # use diesel::Connection;
/// # fn main() -> Result<(), AuditError> {
/// # let mut conn = diesel::SqliteConnection::establish(":memory:").unwrap();
/// # audit_diesel::migrate(&mut conn)?;
/// # diesel::connection::SimpleConnection::batch_execute(&mut conn, "CREATE TABLE invoices (id)").unwrap();
/// let ctx = AuditContext::new(Actor::user("counsel")).all_tenants();
/// let wanted = NewHold::new("Case 17/2026").tenant("acme").table("invoices");
/// let hold = AuditHold::add(&mut conn, &ctx, wanted)?;
/// assert_eq!(AuditHold::list(&mut conn, &ctx)?, [hold.clone()]);
///
/// AuditHold::release(&mut conn, &ctx, hold.id)?;
/// assert_eq!(AuditHold::list(&mut conn, &ctx)?, []);
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditHold {
    /// What it is released by.
    pub id: Uuid,
    /// Whose rows; `None` for everybody's.
    pub tenant_id: Option<String>,
    /// The audit name of the table whose rows; `None` for all.
    pub table_name: Option<String>,
    /// The record whose rows; `None` for all of the table's.
    pub record_id: Option<String>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub placed_by: Actor,
    /// When.
    pub placed_at: DateTime<Utc>,
    /// Until when; `None` until it is released.
    pub until: Option<DateTime<Utc>>,
    /// Who released it.
    pub released_by: Option<Actor>,
    /// When it was released.
    pub released_at: Option<DateTime<Utc>>,
}

/// A hold to place: of everything, until it is narrowed.
#[derive(Debug, Clone)]
#[must_use = "a hold holds nothing until it is added"]
pub struct NewHold {
    reason: String,
    tenant: Option<String>,
    table: Option<String>,
    record: Option<String>,
    until: Option<DateTime<Utc>>,
    unknown_table: bool,
}

impl NewHold {
    /// A hold of everything, for a reason: the case, the authority, the ticket.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            tenant: None,
            table: None,
            record: None,
            until: None,
            unknown_table: false,
        }
    }

    /// Only this tenant's rows. In a context of a tenant, that one is meant anyway.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Only rows about this table, by its audit name. One of which the log has no row and the
    /// database no table or view is refused: it would hold nothing.
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// Only rows about this record, by its id in the trail. Needs a table.
    pub fn record(mut self, record: impl Into<String>) -> Self {
        self.record = Some(record.into());
        self
    }

    /// Takes a table that neither the log nor the database knows yet.
    pub fn allow_unknown_table(mut self) -> Self {
        self.unknown_table = true;
        self
    }

    /// Until this time, when it ends by itself.
    pub fn until(mut self, until: DateTime<Utc>) -> Self {
        self.until = Some(until);
        self
    }

    fn checked(mut self, ctx: &AuditContext, dialect: Dialect) -> Result<Self, AuditError> {
        let refuse = |what: &str| AuditError::Retention {
            what: format!("a hold {what}; nothing was placed"),
        };
        if let Some(own) = ctx.tenant_ref() {
            if self.tenant.as_deref().is_some_and(|tenant| tenant != own) {
                return Err(refuse(
                    "names another tenant than the context: use one with `.all_tenants()`",
                ));
            }
            self.tenant = Some(own.to_owned());
        }
        let long = |text: &Option<String>, most: usize| {
            dialect == Dialect::Mysql && text.as_ref().is_some_and(|t| t.chars().count() > most)
        };
        if self.reason.trim().is_empty() {
            return Err(refuse(
                "needs a reason: the case, the authority, the ticket",
            ));
        }
        if self.record.is_some() && self.table.is_none() {
            return Err(refuse("of a record needs its table: add `.table(..)`"));
        }
        let texts = [&self.tenant, &self.table, &self.record];
        if texts.iter().any(|text| text.as_deref() == Some("")) {
            return Err(refuse(
                "names an empty tenant, table or record: leave it out",
            ));
        }
        let mut all = texts.into_iter().flatten().chain([&self.reason]);
        let nul = all.any(|text| text.contains('\0'));
        drop(all);
        if nul {
            return Err(refuse("has a NUL in a text: no stored name has one"));
        }
        let no_tenant = |tenant: &String| {
            let ctx = AuditContext::new(Actor::system()).tenant(tenant.as_str());
            ctx.validate().is_err()
        };
        if self.tenant.as_ref().is_some_and(no_tenant) {
            return Err(refuse(
                "names a tenant that no row has: it is too long or has control characters",
            ));
        }
        if long(&self.tenant, MYSQL_TENANT)
            || long(&self.table, MYSQL_TABLE)
            || self
                .record
                .as_ref()
                .is_some_and(|record| record.chars().count() > MAX_RECORD_ID)
        {
            return Err(refuse("names something longer than the trail can name"));
        }
        if self.until.is_some_and(|until| until <= ctx.now()) {
            return Err(refuse("would have ended already: give a later time"));
        }
        Ok(self)
    }
}

const COLUMNS: &str = "h.id, h.tenant_id, h.table_name, h.record_id, h.reason, h.placed_by, \
    h.placed_at, h.released_by, ";

impl AuditHold {
    /// Places a hold. Inside a transaction of the caller's it holds once that is committed, and
    /// purges wait for it until then.
    ///
    /// # Errors
    /// [`AuditError::Retention`] where it has no reason, names a record without a table, a table that
    /// nobody knows, or another tenant than the context's; [`AuditError::Context`]; what the database
    /// refuses.
    pub fn add<C: AuditConnection>(
        conn: &mut C,
        ctx: &AuditContext,
        hold: NewHold,
    ) -> Result<Self, AuditError> {
        validate(ctx)?;
        let new = hold.checked(ctx, C::Backend::DIALECT)?;
        known::refuse_unknown_hold(conn, new.table.as_deref().filter(|_| !new.unknown_table))?;
        let operation = ctx.operation_ref().unwrap_or_else(Uuid::now_v7);
        let hold = Self {
            id: Uuid::now_v7(),
            tenant_id: new.tenant,
            table_name: new.table,
            record_id: new.record,
            reason: new.reason,
            placed_by: ctx.actor_ref().clone(),
            placed_at: micros(ctx.now()),
            until: new.until.map(micros),
            released_by: None,
            released_at: None,
        };
        atomic_event(conn, ctx, operation, |conn| {
            lock_holds(conn)?;
            let mut sql = Sql::new(
                "INSERT INTO audit_hold (id, tenant_id, table_name, record_id, reason, placed_by, \
                 placed_at, held_until) VALUES (",
            );
            sql.id(hold.id)
                .push(", ")
                .text_or_null(hold.tenant_id.as_deref());
            sql.push(", ").text_or_null(hold.table_name.as_deref());
            sql.push(", ").text_or_null(hold.record_id.as_deref());
            sql.push(", ").text(&hold.reason);
            sql.push(", ").text(hold.placed_by.as_str());
            sql.push(", ").at(hold.placed_at);
            sql.push(", ").at_or_null(hold.until).push(")");
            driver::execute(conn, &sql).map_err(AuditError::of_audit_table)?;
            let event = Event {
                tenant: hold.tenant_id.clone(),
                target: Some((TABLE, hold.id.to_string())),
                before: None,
                after: Some(hold.json()),
            };
            event::write(conn, ctx, operation, "audit.hold.add", vec![event])?;
            Ok::<_, AuditError>(End::Commit(hold))
        })
    }

    /// The holds that are active now, oldest first: those of the context's tenant, or with
    /// [`AuditContext::all_tenants`] all of them.
    ///
    /// # Errors
    /// [`AuditError::Context`]; what the database refuses.
    pub fn list<C: AuditConnection>(
        conn: &mut C,
        ctx: &AuditContext,
    ) -> Result<Vec<Self>, AuditError> {
        let mut sql = select(C::Backend::DIALECT);
        sql.push(" WHERE h.released_at IS NULL AND (h.held_until IS NULL OR h.held_until > ")
            .at(ctx.now())
            .push(")");
        Self::load(conn, ctx, sql)
    }

    /// The holds that there are and ever were, oldest first, of whom [`Self::list`] says.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn list_all<C: AuditConnection>(
        conn: &mut C,
        ctx: &AuditContext,
    ) -> Result<Vec<Self>, AuditError> {
        let mut sql = select(C::Backend::DIALECT);
        sql.push(" WHERE 1 = 1");
        Self::load(conn, ctx, sql)
    }

    fn load<C: AuditConnection>(
        conn: &mut C,
        ctx: &AuditContext,
        mut sql: Sql,
    ) -> Result<Vec<Self>, AuditError> {
        validate(ctx)?;
        Whose::of(ctx).push(&mut sql, C::Backend::DIALECT, "h.tenant_id");
        sql.push(" ORDER BY h.placed_at, h.id");
        driver::load(conn, &sql, |row| read::<C::Backend, _>(row))
            .map_err(AuditError::of_audit_table)
    }

    /// Ends a hold; it stays in the table, with who released it. A hold that was released before is
    /// returned as it is: the first one stays.
    ///
    /// # Errors
    /// [`AuditError::NotFound`] where there is none of this id, or it is another tenant's.
    pub fn release<C: AuditConnection>(
        conn: &mut C,
        ctx: &AuditContext,
        id: Uuid,
    ) -> Result<Self, AuditError> {
        validate(ctx)?;
        let operation = ctx.operation_ref().unwrap_or_else(Uuid::now_v7);
        atomic_event(conn, ctx, operation, |conn| {
            lock_holds(conn)?;
            let mut sql = select(C::Backend::DIALECT);
            sql.push(" WHERE h.id = ").id(id);
            Whose::of(ctx).push(&mut sql, C::Backend::DIALECT, "h.tenant_id");
            if C::Backend::DIALECT != Dialect::Sqlite {
                sql.push(" FOR UPDATE");
            }
            let found = driver::load(conn, &sql, |row| read::<C::Backend, _>(row))
                .map_err(AuditError::of_audit_table)?;
            let Some(mut hold) = found.into_iter().next() else {
                return Err(AuditError::NotFound {
                    entity: TABLE,
                    record: id.to_string(),
                });
            };
            if hold.released_at.is_some() {
                return Ok(End::Commit(hold));
            }
            let before = hold.json();
            hold.released_by = Some(ctx.actor_ref().clone());
            let now = micros(ctx.now());
            hold.released_at = Some(now);
            let mut sql = Sql::new("UPDATE audit_hold SET released_by = ");
            sql.text(ctx.actor_ref().as_str())
                .push(", released_at = ")
                .at(now)
                .push(" WHERE id = ")
                .id(id);
            driver::execute(conn, &sql)?;
            let event = Event {
                tenant: hold.tenant_id.clone(),
                target: Some((TABLE, id.to_string())),
                before: Some(before),
                after: None,
            };
            event::write(conn, ctx, operation, "audit.hold.release", vec![event])?;
            Ok(End::Commit(hold))
        })
    }

    fn json(&self) -> serde_json::Value {
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        json!({
            "tenant": self.tenant_id,
            "table": self.table_name,
            "record": self.record_id,
            "reason": self.reason,
            "until": self.until.map(text),
        })
    }
}

/// What every backend's columns keep.
fn micros(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}

fn validate(ctx: &AuditContext) -> Result<(), AuditError> {
    let refuse = |source: ContextError| AuditError::Context {
        entity: TABLE,
        source,
    };
    ctx.validate().map_err(refuse)?;
    if ctx
        .tenant_ref()
        .is_some_and(|tenant| tenant.chars().count() > audit_core::context::MAX_TEXT_BYTES)
    {
        return Err(refuse(ContextError::TooLong(ContextPart::Tenant)));
    }
    Ok(())
}

fn select(dialect: Dialect) -> Sql {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS);
    for (index, column) in ["h.held_until", "h.released_at"].into_iter().enumerate() {
        let before = if index > 0 {
            ", coalesce("
        } else {
            "coalesce("
        };
        sql.push(before).push(column).push(", ");
        sql.push(never(dialect)).push(")");
    }
    sql.push(" FROM audit_hold h");
    sql
}

fn read<'r, DB: AuditBackend, R: Row<'r, DB>>(row: &R) -> deserialize::Result<AuditHold> {
    let required = |index| -> deserialize::Result<String> {
        DB::read_text(row, index)?.ok_or_else(|| "a hold lacks a required text".into())
    };
    let time = |index| -> deserialize::Result<Option<DateTime<Utc>>> {
        Ok(Some(DB::read_time(row, index)?).filter(|time| !is_never(time)))
    };
    Ok(AuditHold {
        id: DB::read_uuid(row, 0)?,
        tenant_id: DB::read_text(row, 1)?,
        table_name: DB::read_text(row, 2)?,
        record_id: DB::read_text(row, 3)?,
        reason: required(4)?,
        placed_by: Actor::parse(&required(5)?),
        placed_at: DB::read_time(row, 6)?,
        released_by: DB::read_text(row, 7)?.map(|text| Actor::parse(&text)),
        until: time(8)?,
        released_at: time(9)?,
    })
}
