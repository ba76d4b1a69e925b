//! What is in the rows of `audit_log`.

use std::collections::{BTreeSet, HashMap};

use audit_diesel::Actor;
use uuid::Uuid;

use super::evidence::Evidence;
use super::facts::record_of;
use super::finding::Finding;
use crate::audit_log::Row;
use crate::outcome::{Effect, Handled};
use crate::report::count;

/// Counts the rows of each request.
pub(super) fn changes(evidence: &Evidence<'_, '_>) -> Finding {
    let mut faults = Vec::new();
    let (mut with, mut without) = (0, 0);
    for handled in evidence.handled {
        let rows: Vec<&Row> = evidence.rows_under(handled).collect();
        let expected = match handled.done().map(|done| done.effect) {
            Some(Effect::Recorded(rows)) => rows,
            _ => 0,
        };
        *(if expected > 0 {
            &mut with
        } else {
            &mut without
        }) += 1;
        if i64::try_from(rows.len()) != Ok(expected) {
            faults.push(format!(
                "line {} has {} rows, not {expected}",
                handled.line,
                rows.len()
            ));
        }
        let written = handled.written();
        if rows.iter().any(|row| record_of(row) != written) {
            faults.push(format!("line {} has rows of another record", handled.line));
        }
    }
    let known: BTreeSet<Uuid> = evidence.handled.iter().map(|h| h.operation).collect();
    for row in evidence
        .new_rows()
        .filter(|row| !known.contains(&row.operation_id.0))
    {
        faults.push(format!("row {} belongs to no request", row.seq));
    }
    for record in evidence.stored.keys() {
        if evidence.rows_of(*record).next().is_none() {
            faults.push(format!("{} {} has no trail", record.kind.name(), record.id));
        }
    }
    let evidence = format!("{} with rows, {without} without", count(with, "request"));
    Finding { evidence, faults }
}

/// Compares each row with the context of its request.
pub(super) fn attribution(evidence: &Evidence<'_, '_>) -> Finding {
    let handled: HashMap<Uuid, &Handled<'_>> =
        evidence.handled.iter().map(|h| (h.operation, h)).collect();
    let mut faults = Vec::new();
    for row in evidence.new_rows() {
        let Some(handled) = handled.get(&row.operation_id.0) else {
            continue;
        };
        let ctx = &handled.ctx;
        let behalf = ctx.on_behalf_of_ref().map(Actor::as_str);
        let mut check = |what: &str, same: bool| {
            if !same {
                faults.push(format!(
                    "row {} of line {} has another {what}",
                    row.seq, handled.line
                ));
            }
        };
        check("actor", row.actor() == *ctx.actor_ref());
        check("actor acted for", row.on_behalf_of.as_deref() == behalf);
        check("tenant", row.tenant_id.as_deref() == ctx.tenant_ref());
        check(
            "request id",
            row.request_id.as_deref() == ctx.request_id_ref(),
        );
        check("reason", row.reason.as_deref() == ctx.reason_ref());
    }
    Finding {
        evidence: count(evidence.new_rows().count(), "row"),
        faults,
    }
}

/// Looks for every secret in every text of every row, and in the output.
pub(super) fn secrets(evidence: &Evidence<'_, '_>, printed: &str) -> Finding {
    let search = match evidence.secrets.search() {
        Ok(search) => search,
        Err(error) => {
            return Finding {
                evidence: "not searched".to_owned(),
                faults: vec![error],
            };
        }
    };
    let mut faults = Vec::new();
    for row in evidence.new_rows() {
        if row.texts().any(|text| search.finds_in(text)) {
            faults.push(format!("row {} has one", row.seq));
        }
    }
    for (index, line) in printed.lines().enumerate() {
        if search.finds_in(line) {
            faults.push(format!("line {} of the output has one", index + 1));
        }
    }
    let rows = count(evidence.new_rows().count(), "row");
    let lines = count(printed.lines().count(), "line");
    let evidence = format!("{} in {rows} and {lines}", count(search.values(), "value"));
    Finding { evidence, faults }
}
