//! What was lost, until the trail itself can tell of it.

use std::collections::BTreeMap;

use audit_core::{Actor, AuditContext};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use crate::backend::Dialect;
use crate::event::Event;
use crate::log::AuditLog;

/// Most tenants whose losses are told apart; those of the others are told without a tenant.
const MOST_TENANTS: usize = 64;

/// Which way an event was lost.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    Refused,
    Failed,
    Dropped,
}

/// The losses of one tenant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap {
    refused: u64,
    failed: u64,
    dropped: u64,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Gap {
    fn join(&mut self, other: &Self) {
        self.refused += other.refused;
        self.failed += other.failed;
        self.dropped += other.dropped;
        self.from = self.from.min(other.from);
        self.until = self.until.max(other.until);
    }

    /// The event that tells of it. `None` where it cannot be told under that tenant.
    pub(super) fn event(&self, tenant: Option<&str>, dialect: Dialect) -> Option<Event> {
        let ctx = AuditContext::new(Actor::system());
        let ctx = match tenant {
            Some(tenant) => ctx.tenant(tenant),
            None => ctx,
        };
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        AuditLog::framework_event("audit.gap")
            .reason("events were lost before they were written")
            .after(json!({
                "refused": self.refused,
                "failed": self.failed,
                "dropped": self.dropped,
                "from": time(self.from),
                "until": time(self.until),
            }))
            .prepare(&ctx, dialect)
            .ok()
    }
}

/// The losses of which the trail does not tell yet.
#[derive(Debug, Default)]
pub(super) struct Gaps(BTreeMap<Option<String>, Gap>);

impl Gaps {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn lost(&mut self, event: &Event, way: Way) {
        let at = event.operation.changed_at;
        let mut gap = Gap {
            refused: 0,
            failed: 0,
            dropped: 0,
            from: at,
            until: at,
        };
        match way {
            Way::Refused => gap.refused = 1,
            Way::Failed => gap.failed = 1,
            Way::Dropped => gap.dropped = 1,
        }
        self.add(event.row.tenant_id.clone(), &gap);
    }

    pub(super) fn add(&mut self, tenant: Option<String>, gap: &Gap) {
        let known = self.0.contains_key(&tenant) || self.0.len() < MOST_TENANTS;
        self.0
            .entry(tenant.filter(|_| known))
            .and_modify(|held| held.join(gap))
            .or_insert(*gap);
    }

    pub(super) fn take(&mut self) -> Vec<(Option<String>, Gap)> {
        std::mem::take(&mut self.0).into_iter().collect()
    }
}
