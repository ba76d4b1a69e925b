//! Tenants of whom the log knows nothing.

use audit_diesel::AuditConnection;

use crate::failure::{Result, say};
use crate::query::ask;
use crate::text::printable;

/// Says on stderr of which tenants the log has no row: it may be a slip of the finger. They are not
/// refused, since a rule may be there before the tenant is.
pub(super) fn note_unknown<'a, C: AuditConnection>(
    conn: &mut C,
    tenants: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let mut told: Vec<&str> = Vec::new();
    for tenant in tenants {
        if told.contains(&tenant) || is_known(conn, tenant) {
            continue;
        }
        told.push(tenant);
        let mut hint = String::new();
        for near in [tenant.to_lowercase(), tenant.to_uppercase()] {
            if near != tenant && is_known(conn, &near) {
                hint = format!("; did you mean `{near}`?");
            }
        }
        let note = format!("note: the log has no row of the tenant `{tenant}`{hint}");
        say(&printable(&note, false))?;
    }
    Ok(())
}

/// Where the log cannot be read, nothing is noted: whoever places a hold need not be able to.
fn is_known<C: AuditConnection>(conn: &mut C, tenant: &str) -> bool {
    // MySQL/MariaDB pads texts with blanks before it compares them.
    let sql =
        "SELECT 'x' FROM audit_log WHERE tenant_id = ? AND length(tenant_id) = length(?) LIMIT 1";
    ask(conn, sql, &[tenant, tenant]).map_or(true, |found| !found.is_empty())
}
