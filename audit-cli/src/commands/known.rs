//! Refuses a table's name that nobody knows.

use audit_diesel::{AuditConnection, AuditLog};

use crate::catalog;
use crate::failure::{Failure, Result};
use crate::text::nearest;

/// Refuses a name of which the log has no row and the database no table; `option` is where it was
/// given, `otherwise` what else there is to do or to know.
pub(super) fn refuse_unknown<C: AuditConnection>(
    conn: &mut C,
    option: &str,
    name: &str,
    otherwise: &str,
) -> Result<()> {
    // A NUL is refused by who takes the name.
    if name.contains('\0') || AuditLog::knows_table(conn, name)? {
        return Ok(());
    }
    let tables = catalog::tables(conn)?;
    let hint = match nearest(name, tables.iter().map(|table| table.name.as_str())) {
        Some(near) => format!(" (did you mean `{near}`?)"),
        None => String::new(),
    };
    Err(Failure::Usage(format!(
        "`{option}`: the log has no row about `{name}`, and the database has no table of that name{hint}; \
         {otherwise}"
    )))
}
