//! What is stored of each record, against its trail.

use super::evidence::Evidence;
use super::facts::columns;
use super::finding::Finding;
use crate::audit_log::replay;
use crate::outcome::Record;
use crate::report::count;
use crate::requests::Verb;

/// Makes each record anew from its rows.
pub(super) fn replayed(evidence: &Evidence<'_, '_>) -> Finding {
    let writers = evidence.writers();
    let mut faults = Vec::new();
    for record in writers.keys() {
        let name = format!("{} {}", record.kind.name(), record.id);
        let stored = evidence.stored.get(record).map(|facts| &facts.state);
        match replay(evidence.rows_of(*record), &columns(record.kind)) {
            Ok(state) if state.as_ref() == stored => {}
            Ok(state) => {
                let column =
                    |state: Option<&serde_json::Map<_, _>>, c: &str| state?.get(c).cloned();
                let differ = columns(record.kind)
                    .into_iter()
                    .find(|c| column(state.as_ref(), c) != column(stored, c));
                faults.push(format!(
                    "{name} differs in {}",
                    differ.unwrap_or("being there")
                ));
            }
            Err(what) => faults.push(format!("{name}: {what}")),
        }
    }
    Finding {
        evidence: count(writers.len(), "record"),
        faults,
    }
}

/// Compares the stamps with the requests that wrote, and with the times of their rows.
pub(super) fn stamps(evidence: &Evidence<'_, '_>) -> Finding {
    let mut faults = Vec::new();
    for (record, writers) in &evidence.writers() {
        let Some(stored) = evidence.stored.get(record) else {
            continue;
        };
        let mut check = |what: &str, same: bool| {
            if !same {
                faults.push(format!("{what} of {} {}", record.kind.name(), record.id));
            }
        };
        let created = writers.iter().find(|h| h.request.verb == Verb::Create);
        if let Some(created) = created {
            check("created_by", stored.created_by == created.request.actor);
            let at = evidence
                .rows_under(created)
                .next()
                .map(|row| row.changed_at.0);
            check("created_at", at == Some(stored.created_at));
        }
        if let Some(last) = writers.last() {
            check("updated_by", stored.updated_by == last.request.actor);
            // A write that the trail leaves out has a stamp, and no row to compare it with.
            let at = evidence.rows_under(last).last().map(|row| row.changed_at.0);
            check("updated_at", at.is_none_or(|at| at == stored.updated_at));
        }
        let deleted = writers.iter().rfind(|h| h.request.verb == Verb::Delete);
        let deleted = deleted.filter(|_| stored.is_deleted);
        check(
            "deleted_by",
            stored.deleted_by.as_ref() == deleted.map(|h| &h.request.actor),
        );
        let at = deleted
            .and_then(|h| evidence.rows_under(h).next())
            .map(|row| row.changed_at.0);
        check("deleted_at", stored.deleted_at == at);
    }
    Finding {
        evidence: count(evidence.stored.len(), "stored record"),
        faults,
    }
}

/// Looks for a request that had an effect outside of its tenant.
pub(super) fn tenants(evidence: &Evidence<'_, '_>) -> Finding {
    let owner = |record: Record| {
        evidence
            .rows_of(record)
            .next()
            .map(|row| row.tenant_id.as_deref())
    };
    let mut faults = Vec::new();
    let mut attempts = 0;
    for handled in evidence.handled {
        let Some(owner) = handled.target.and_then(owner) else {
            continue;
        };
        if owner != handled.request.tenant.as_deref() {
            attempts += 1;
            if handled.done().is_some() {
                faults.push(format!("line {} was not refused", handled.line));
            }
        }
    }
    for (record, stored) in &evidence.stored {
        let mut rows = evidence.rows_of(*record);
        if rows.any(|row| row.tenant_id.as_deref() != Some(&stored.tenant)) {
            faults.push(format!(
                "{} {} has rows of two tenants",
                record.kind.name(),
                record.id
            ));
        }
    }
    Finding {
        evidence: format!("{} refused", count(attempts, "attempt")),
        faults,
    }
}
