//! What a query asks for, as data.

use audit_core::{Actor, AuditContext};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Whose rows a query sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tenant {
    Is(String),
    Null,
    Any,
}

impl Tenant {
    pub(super) fn of(ctx: &AuditContext) -> Self {
        match ctx.tenant_ref() {
            Some(tenant) => Self::Is(tenant.to_owned()),
            None if ctx.is_all_tenants() => Self::Any,
            None => Self::Null,
        }
    }
}

/// The conditions of a query, all of which a row must meet.
#[derive(Debug, Clone)]
pub(crate) struct Filters {
    pub(crate) tenant: Tenant,
    pub(crate) table: Option<String>,
    pub(crate) record: Option<String>,
    /// The names of one column, of which a row must have one; none where any column will do.
    pub(crate) field: Vec<String>,
    pub(crate) actor: Option<Actor>,
    pub(crate) action: Option<String>,
    pub(crate) request: Option<String>,
    pub(crate) operation: Option<Uuid>,
    /// The first instant of the range.
    pub(crate) from: Option<DateTime<Utc>>,
    /// The first instant behind the range.
    pub(crate) until: Option<DateTime<Utc>>,
}

impl Filters {
    pub(super) fn of(tenant: Tenant) -> Self {
        Self {
            tenant,
            table: None,
            record: None,
            field: Vec::new(),
            actor: None,
            action: None,
            request: None,
            operation: None,
            from: None,
            until: None,
        }
    }

    /// Appends all conditions in a form in which different ones differ: for a cursor's code.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let mut part = |bytes: Option<&[u8]>| match bytes {
            None => out.push(0),
            Some(bytes) => {
                out.push(1);
                out.extend((bytes.len() as u64).to_be_bytes());
                out.extend(bytes);
            }
        };
        part(match &self.tenant {
            Tenant::Is(tenant) => Some(tenant.as_bytes()),
            Tenant::Null | Tenant::Any => None,
        });
        part((self.tenant == Tenant::Any).then_some(&[]));
        for text in [&self.table, &self.record] {
            part(text.as_ref().map(String::as_bytes));
        }
        // As many parts as names: all that follows is of a fixed number.
        for name in &self.field {
            part(Some(name.as_bytes()));
        }
        for text in [&self.action, &self.request] {
            part(text.as_ref().map(String::as_bytes));
        }
        part(self.actor.as_ref().map(|actor| actor.kind().as_bytes()));
        part(self.actor.as_ref().and_then(Actor::id).map(str::as_bytes));
        part(self.operation.as_ref().map(|id| id.as_bytes().as_slice()));
        for time in [self.from, self.until] {
            let micros = time.map(|t| t.timestamp_micros().to_be_bytes());
            part(micros.as_ref().map(<[u8; 8]>::as_slice));
        }
    }

    /// A number that differs where the text of the SELECT does.
    pub(super) fn signature(&self) -> u64 {
        let bits = [
            self.tenant == Tenant::Null,
            self.tenant == Tenant::Any,
            self.table.is_some(),
            self.record.is_some(),
            self.action.is_some(),
            self.request.is_some(),
            self.actor.is_some(),
            self.actor
                .as_ref()
                .is_some_and(|actor| actor.id().is_none()),
            self.operation.is_some(),
            self.from.is_some(),
            self.until.is_some(),
        ];
        let names = self.field.len() as u64;
        bits.iter()
            .fold(names, |sum, bit| sum << 1 | u64::from(*bit))
    }
}
