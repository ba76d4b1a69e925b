//! What of the database tells rows apart by whether a column is null, where none is to be null any more:
//! a unique index `WHERE is_deleted IS NULL` would hold nothing, and a view of such rows be empty.

use audit_diesel::{AuditConnection, Dialect};

use super::making::Making;
use super::model::{Change, Hindrance, Remedy};
use crate::catalog::{conditions, namers};
use crate::failure::Result;

impl Making<'_> {
    pub(super) fn null_tested<C: AuditConnection>(&mut self, conn: &mut C) -> Result<()> {
        let tightened: Vec<(String, bool)> = self
            .plan
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::NotNull { column } => {
                    let held = self.held.iter().find(|held| held.name == *column)?;
                    Some((held.column.name.clone(), held.is_renamed()))
                }
                _ => None,
            })
            .collect();
        if tightened.is_empty() {
            return Ok(());
        }
        let dialect = self.plan.table.dialect;
        let conditions = conditions(conn, &self.plan.table)?;
        let namers = namers(conn, &self.plan.table)?.bodies;
        for (column, is_renamed) in &tightened {
            // What names a column that is renamed was told of for that.
            let is_told = dialect != Dialect::Sqlite && *is_renamed;
            let namers = namers.iter().filter(|_| !is_told);
            let users: Vec<&str> = conditions
                .iter()
                .chain(namers)
                .filter(|body| body.tests_null(column, dialect))
                .map(|body| body.what.as_str())
                .collect();
            if users.is_empty() {
                continue;
            }
            let users = users.join(", ");
            if self.wishes.readers_are_safe {
                self.plan.notes.push(format!(
                    "`{column}` is made NOT NULL although {users} may ask whether it is null, as \
                     `--readers-are-safe` has it"
                ));
                continue;
            }
            self.find(
                "used",
                column,
                format!(
                    "`{column}` is tested for null, or set to it, in {users}: it is to be NOT NULL, so that \
                     this would fail, or be wrong without a word. Drop it, run `audit columns` again, then \
                     make it anew for the new values; {leaving} leaves the column, and `audit columns \
                     --readers-are-safe` goes on where the name means something else there",
                    leaving = self.wishes.leaving(&self.plan.table, column)
                ),
                Remedy::Blocked(Hindrance::Else),
            );
        }
        Ok(())
    }
}
