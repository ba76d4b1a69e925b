//! From a request to its handler, and what it came to.

use std::collections::HashMap;

use audit_diesel::sql_types::Id;
use audit_diesel::{AuditConfig, prelude::*};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::Conn;
use super::entities::{Account, Order};
use super::handlers;
use crate::audit_log::audit_log;
use crate::input::{Refusal, Seen};
use crate::outcome::{Done, Effect, Handled, Outcome, Record};
use crate::requests::{Kind, RecordRef, Request, Verb};

pub(super) struct App {
    config: AuditConfig,
    /// The records that requests have given a name.
    names: HashMap<(Kind, String), i64>,
    /// When each was last written.
    written: HashMap<Record, DateTime<Utc>>,
}

/// What is of interest in a record that a handler has returned.
struct Saved {
    id: i64,
    at: DateTime<Utc>,
}

impl From<Account> for Saved {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            at: account.updated_at,
        }
    }
}

impl From<Order> for Saved {
    fn from(order: Order) -> Self {
        Self {
            id: order.id,
            at: order.updated_at,
        }
    }
}

impl App {
    pub(super) fn new(config: AuditConfig) -> Self {
        Self {
            config,
            names: HashMap::new(),
            written: HashMap::new(),
        }
    }

    /// Tries a request. A refusal is an outcome; an error is one of our own queries.
    pub(super) fn apply<'f>(
        &mut self,
        conn: &mut Conn,
        line: usize,
        request: &'f Request,
    ) -> Result<Handled<'f>, AuditError> {
        let operation = Uuid::now_v7();
        let ctx = self.context(request).operation(operation);
        let mut seen = Seen::default();
        let target = self.target(request);
        let result = match &target {
            Ok(target) => handle(conn, &ctx, request, *target, &mut seen),
            Err(alias) => Err(no_such_name(request.entity, alias)),
        };
        let outcome = match result {
            Err(refusal) => Outcome::Refused(refusal.to_string()),
            Ok(saved) => Outcome::Done(self.done(conn, request, operation, &saved)?),
        };
        let target = target.ok().flatten();
        let target = target.map(|id| Record {
            kind: request.entity,
            id,
        });
        Ok(Handled {
            line,
            request,
            operation,
            ctx,
            target,
            seen,
            outcome,
        })
    }

    /// The context of a request, out of what the server knows about it. Nothing of `body` is here.
    fn context(&self, request: &Request) -> AuditContext {
        let mut ctx = self.config.context(request.actor.clone());
        if let Some(tenant) = &request.tenant {
            ctx = ctx.tenant(tenant);
        }
        if let Some(id) = &request.request_id {
            ctx = ctx.request_id(id);
        }
        if let Some(reason) = &request.reason {
            ctx = ctx.reason(reason);
        }
        if let Some(actor) = &request.on_behalf_of {
            ctx = ctx.on_behalf_of(actor.clone());
        }
        ctx
    }

    /// The primary key that a request names; its name for the record, where no line gave it one.
    fn target<'f>(&self, request: &'f Request) -> Result<Option<i64>, &'f str> {
        match &request.record {
            None => Ok(None),
            Some(RecordRef::Id(id)) => Ok(Some(*id)),
            Some(RecordRef::Alias(alias)) => {
                let known = self.names.get(&(request.entity, alias.clone()));
                known.map(|id| Some(*id)).ok_or(alias)
            }
        }
    }

    /// What a request that was not refused has left behind.
    fn done(
        &mut self,
        conn: &mut Conn,
        request: &Request,
        operation: Uuid,
        saved: &Saved,
    ) -> Result<Done, AuditError> {
        let record = Record {
            kind: request.entity,
            id: saved.id,
        };
        if let Some(alias) = &request.alias {
            self.names.insert((record.kind, alias.clone()), record.id);
        }
        let rows: i64 = audit_log::table
            .filter(audit_log::operation_id.eq(Id(operation)))
            .count()
            .get_result(conn)?;
        let before = self.written.insert(record, saved.at);
        let effect = match rows {
            0 if before.is_none_or(|before| before == saved.at) => Effect::Nothing,
            0 => Effect::Unrecorded,
            rows => Effect::Recorded(rows),
        };
        Ok(Done { record, effect })
    }
}

fn handle(
    conn: &mut Conn,
    ctx: &AuditContext,
    request: &Request,
    target: Option<i64>,
    seen: &mut Seen,
) -> Result<Saved, Refusal> {
    let body = request.body();
    let saved = match (request.entity, request.verb, target) {
        (Kind::Account, Verb::Create, _) => {
            handlers::create_account(conn, ctx, &body, seen)?.into()
        }
        (Kind::Account, Verb::Edit, Some(id)) => {
            handlers::edit_account(conn, ctx, id, &body, seen)?.into()
        }
        (Kind::Account, Verb::Delete, Some(id)) => handlers::delete_account(conn, ctx, id)?.into(),
        (Kind::Account, Verb::Restore, Some(id)) => {
            handlers::restore_account(conn, ctx, id)?.into()
        }
        (Kind::Order, Verb::Create, _) => handlers::create_order(conn, ctx, &body, seen)?.into(),
        (Kind::Order, Verb::Edit, Some(id)) => {
            handlers::edit_order(conn, ctx, id, &body, seen)?.into()
        }
        (Kind::Order, Verb::Delete, Some(id)) => {
            handlers::delete_order(conn, ctx, id, &body, seen)?.into()
        }
        // `Order::audited_restore` does not compile: an order has no soft delete.
        (Kind::Order, Verb::Restore, _) => {
            return Err("orders are deleted for good: there is nothing to restore".into());
        }
        (_, _, None) => return Err("the request names no record".into()),
    };
    Ok(saved)
}

fn no_such_name(kind: Kind, alias: &str) -> Refusal {
    format!(
        "no line before this one has created an {} called `{alias}`",
        kind.name()
    )
    .into()
}
