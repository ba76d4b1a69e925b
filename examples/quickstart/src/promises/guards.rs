//! What the queries of an app see, and what the database refuses.

use std::collections::BTreeSet;

use audit_diesel::prelude::*;
use diesel::prelude::*;
use diesel::result::Error as DieselError;

use super::super::Conn;
use super::super::entities::Account;
use super::evidence::Evidence;
use super::finding::Finding;
use crate::audit_log::audit_log;
use crate::report::count;
use crate::requests::Kind;

/// `live` and `only_deleted` of each tenant, against the flags that are stored.
pub(super) fn scopes(conn: &mut Conn, evidence: &Evidence<'_, '_>) -> Result<Finding, AuditError> {
    let tenants: BTreeSet<&str> = evidence
        .stored
        .values()
        .map(|facts| &*facts.tenant)
        .collect();
    let mut faults = Vec::new();
    for tenant in &tenants {
        let ctx = AuditContext::new(Actor::system()).tenant(*tenant);
        let live: Vec<Account> = Account::live(&ctx)?.load(conn)?;
        let deleted: Vec<Account> = Account::only_deleted(&ctx)?.load(conn)?;
        let live: BTreeSet<i64> = live.iter().map(|account| account.id).collect();
        let deleted: BTreeSet<i64> = deleted.iter().map(|account| account.id).collect();
        let all = evidence.stored.values();
        for facts in all.filter(|facts| facts.record.kind == Kind::Account) {
            let id = facts.record.id;
            let ours = facts.tenant == **tenant;
            let seen = (live.contains(&id), deleted.contains(&id));
            if seen != (ours && !facts.is_deleted, ours && facts.is_deleted) {
                faults.push(format!("account {id} under tenant {tenant}"));
            }
        }
    }
    let evidence = count(tenants.len(), "tenant");
    Ok(Finding { evidence, faults })
}

/// Tries to change and to delete the newest row. What should work all the same is taken back.
pub(super) fn append_only(conn: &mut Conn, evidence: &Evidence<'_, '_>) -> Finding {
    let Some(row) = evidence.new_rows().last() else {
        return Finding {
            evidence: "no row to try on".to_owned(),
            faults: Vec::new(),
        };
    };
    let this = audit_log::table.filter(audit_log::seq.eq(row.seq));
    let mut faults = Vec::new();
    let mut attempt = |what: &str, statement: &mut dyn FnMut(&mut Conn) -> QueryResult<usize>| {
        let mut result = Ok(0);
        let rolled_back = conn.transaction(|conn| {
            result = statement(conn);
            Err::<(), _>(DieselError::RollbackTransaction)
        });
        if result.is_ok() {
            faults.push(format!("{what} of row {} went through", row.seq));
        }
        match rolled_back {
            Ok(()) | Err(DieselError::RollbackTransaction) => {}
            Err(error) => faults.push(format!("{what} could not be tried: {error}")),
        }
    };
    attempt("UPDATE", &mut |conn| {
        diesel::update(this)
            .set(audit_log::reason.eq("forged"))
            .execute(conn)
    });
    attempt("DELETE", &mut |conn| diesel::delete(this).execute(conn));
    Finding {
        evidence: "tried, and rolled back".to_owned(),
        faults,
    }
}
