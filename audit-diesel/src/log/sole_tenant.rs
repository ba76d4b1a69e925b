//! The one tenant that has a record, where it is one.
//!
//! A record's rows lie in the index by tenant and then by number. Whoever asks in all tenants wants
//! them by number: with the tenant named they are, and a page reads what it returns. Nearly every
//! record has one tenant; of one that several have, a page reads all rows.

use super::filters::{Filters, Tenant};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::exact;
use crate::sql::Sql;

/// The tenant of all rows of a record; `None` inside where they have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SoleTenant(pub(super) Option<String>);

/// Looks at both ends of a record's rows in the index. `None` where the query is not one of a record
/// in all tenants, where the record has no row, and where it has several tenants.
///
/// A tenant whose first row comes after this is not among those that the page must have: it was
/// committed later.
pub(super) fn sole_tenant<C: AuditConnection>(
    conn: &mut C,
    filters: &Filters,
) -> Result<Option<SoleTenant>, AuditError> {
    let (Tenant::Any, Some(table), Some(record)) =
        (&filters.tenant, &filters.table, &filters.record)
    else {
        return Ok(None);
    };
    let dialect = C::Backend::DIALECT;
    let mut sql = Sql::default();
    for (name, order) in [("a", " LIMIT 1"), ("b", " DESC LIMIT 1")] {
        if name == "b" {
            sql.push(" UNION ALL ");
        }
        sql.push("SELECT tenant_id FROM (SELECT tenant_id FROM audit_log");
        if dialect == Dialect::Mysql {
            sql.push(" FORCE INDEX (audit_log_record_idx)");
        }
        for (word, column, text) in [
            (" WHERE ", "table_name", table),
            (" AND ", "record_id", record),
        ] {
            sql.push(word).push(column);
            let Ok(()) = exact::is(&mut sql, dialect, column, text);
        }
        sql.push(" ORDER BY tenant_id")
            .push(order)
            .push(") ")
            .push(name);
    }
    let ends = driver::load(conn, &sql, |row| C::Backend::read_text(row, 0))
        .map_err(AuditError::of_audit_table)?;
    // By their bytes: MySQL/MariaDB take two that differ in spaces at the end for one.
    Ok(match <[Option<String>; 2]>::try_from(ends) {
        Ok([first, last]) if first == last => Some(SoleTenant(first)),
        _ => None,
    })
}
