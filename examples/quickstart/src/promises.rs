//! The promises, checked by queries after the fact: on the entities' tables and on `audit_log`
//! itself, not by what the helpers said.

mod evidence;
mod facts;
mod finding;
mod guards;
mod records;
mod rows;

use audit_diesel::prelude::*;

use self::evidence::Evidence;
use super::Conn;
use crate::outcome::{Handled, Outcome};
use crate::report::{Report, count};

/// Most faults that are shown of one promise.
const MAX_FAULTS: usize = 5;

/// Checks, prints, and says whether all is well.
pub(super) fn check(
    conn: &mut Conn,
    start: i64,
    handled: &[Handled<'_>],
    report: &mut Report,
) -> Result<bool, AuditError> {
    let evidence = Evidence::gather(conn, start, handled)?;
    let findings = [
        (
            "every change left its audit rows, what was refused or changed nothing left none",
            rows::changes(&evidence),
        ),
        (
            "audit rows name the actor, tenant, request and reason of the context alone",
            rows::attribution(&evidence),
        ),
        (
            "replaying the trail gives what is stored, masked fields as their masks",
            records::replayed(&evidence),
        ),
        (
            "stamps are the context's and agree with the trail",
            records::stamps(&evidence),
        ),
        (
            "no request reached another tenant's record",
            records::tenants(&evidence),
        ),
        (
            "no secret is in an audit row or in the output above",
            rows::secrets(&evidence, report.printed()),
        ),
        (
            "`live` and `only_deleted` tell deleted records apart",
            guards::scopes(conn, &evidence)?,
        ),
        (
            "audit_log refuses UPDATE and DELETE",
            guards::append_only(conn, &evidence),
        ),
    ];

    report.heading("PROMISES");
    let kept = findings
        .iter()
        .filter(|(_, finding)| finding.faults.is_empty())
        .count();
    for (promise, finding) in &findings {
        report.promise(finding.faults.is_empty(), promise, &finding.evidence);
        for fault in finding.faults.iter().take(MAX_FAULTS) {
            report.fault(fault);
        }
        if finding.faults.len() > MAX_FAULTS {
            report.fault(&format!("and {} more", finding.faults.len() - MAX_FAULTS));
        }
    }
    let refused = |h: &&Handled<'_>| matches!(h.outcome, Outcome::Refused(_));
    report.heading(&format!(
        "{}: {} written, {} refused. {kept} of {} promises kept.",
        count(handled.len(), "request"),
        handled.iter().filter_map(Handled::written).count(),
        handled.iter().filter(refused).count(),
        findings.len(),
    ));
    Ok(kept == findings.len())
}
