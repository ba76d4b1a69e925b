//! Refuses rules and holds for a table that nobody knows: a slip of the finger in what is to keep
//! rows would delete them.

use crate::backend::AuditConnection;
use crate::error::AuditError;
use crate::known_table::is_known_table;

/// Refuses where a name is not known; `what` says whose it is, `way_out` what allows it.
pub(super) fn refuse_unknown<'n, C: AuditConnection>(
    conn: &mut C,
    names: impl IntoIterator<Item = &'n str>,
    what: &str,
    way_out: &str,
) -> Result<(), AuditError> {
    for name in names {
        if !is_known_table(conn, name)? {
            return Err(AuditError::Retention {
                what: format!(
                    "{what} table `{}`, of which the log has no row and this database no table: \
                     check the name (a table goes by its audit name, letter for letter), or \
                     {way_out}",
                    name.escape_debug()
                ),
            });
        }
    }
    Ok(())
}
