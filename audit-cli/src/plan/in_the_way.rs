//! What of the database would break, or refuses, when columns change.

use audit_diesel::AuditConnection;

use super::findings::Making;
use super::{Change, Remedy};
use crate::catalog::{bodies, type_users};
use crate::failure::Result;

impl Making<'_> {
    /// Triggers, views and routines that name a column which is renamed. The table would be as the
    /// standard has it and refuse every write, and a second run would find nothing.
    pub(super) fn broken_by_renames<C: AuditConnection>(&mut self, conn: &mut C) -> Result<()> {
        let renames: Vec<(String, String)> = self
            .plan
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Rename { from, to } => Some((from.clone(), to.clone())),
                _ => None,
            })
            .collect();
        if renames.is_empty() {
            return Ok(());
        }
        let dialect = self.plan.table.dialect;
        let bodies = bodies(conn, &self.plan.table)?;
        for (from, to) in renames {
            let users: Vec<&str> = bodies
                .iter()
                .filter(|body| body.mentions(&from, dialect))
                .map(|body| body.what.as_str())
                .collect();
            if users.is_empty() {
                continue;
            }
            let users = users.join(", ");
            if self.wishes.renames_are_safe {
                self.plan.notes.push(format!(
                    "`{from}` is renamed although it is named in {users}, as `--renames-are-safe` has it"
                ));
                continue;
            }
            self.find(
                "used",
                &from,
                format!(
                    "`{from}` is named in {users}: without the column under that name it would break. \
                     Drop it or change it first, run this again, then make it anew with `{to}`; \
                     `--leave {from}` leaves the column, and `--renames-are-safe` renames it where that \
                     name means something else"
                ),
                Remedy::Blocked,
            );
        }
        Ok(())
    }
    /// Views and the like over a column whose type changes, which PostgreSQL refuses.
    pub(super) fn refused_by_readers<C: AuditConnection>(&mut self, conn: &mut C) -> Result<()> {
        let converted: Vec<(String, String)> = self
            .plan
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Convert {
                    column, conversion, ..
                } => {
                    let held = self.held.iter().find(|held| held.name == *column)?;
                    Some((held.column.name.clone(), conversion.to.clone()))
                }
                _ => None,
            })
            .collect();
        if converted.is_empty() {
            return Ok(());
        }
        let readers = type_users(conn, &self.plan.table)?;
        for (column, kind) in converted {
            let of_it = readers.iter().filter(|(read, _)| *read == column);
            let users: Vec<&str> = of_it.map(|(_, what)| what.as_str()).collect();
            if users.is_empty() {
                continue;
            }
            self.find(
                "used",
                &column,
                format!(
                    "`{column}` is read by {}: PostgreSQL refuses to make it `{kind}` as long as that is \
                     there. Drop it, run this again, then make it anew; or `--leave {column}`",
                    users.join(", ")
                ),
                Remedy::Blocked,
            );
        }
        Ok(())
    }
}
