//! `check` and `audited_check`: one thing is broken, and exactly that is found.

use audit_diesel::{AuditConnection, AuditError, check};

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

/// What is done to a database, and what `check` has to say about it.
struct Case {
    breaks: &'static str,
    finding: &'static str,
}

const fn case(breaks: &'static str, finding: &'static str) -> Case {
    Case { breaks, finding }
}

/// Exactly one finding, and it is this one. Each says what to do.
#[track_caller]
fn one_finding(error: &AuditError, finding: &str, after: &str) {
    assert!(matches!(error, AuditError::AuditTable { .. }), "{error}");
    let text = error.to_string();
    let findings: Vec<&str> = text.lines().skip(1).collect();
    assert!(
        text.contains("is not fit for audited writes:") && findings.len() == 1,
        "after `{after}`, expected one finding:\n{text}"
    );
    assert!(
        findings[0].starts_with("- ") && findings[0].contains(finding),
        "after `{after}`, expected {finding:?}:\n{text}"
    );
    assert!(
        findings[0].contains(": "),
        "does not say what to do:\n{text}"
    );
}

#[track_caller]
fn check_finds<C: AuditConnection>(conn: &mut C, case: &Case) {
    match check(conn) {
        Ok(()) => panic!("not found: {}", case.breaks),
        Err(error) => one_finding(&error, case.finding, case.breaks),
    }
}
