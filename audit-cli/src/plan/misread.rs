//! What of the database reads or writes the values of a column that become others: seconds where
//! microseconds are, `'N'` where `false` is. The database takes most of it without a word.

use audit_diesel::{AuditConnection, Dialect};

use super::making::Making;
use super::model::{Change, Hindrance, Remedy};
use crate::catalog::{Body, computed, namers};
use crate::failure::Result;

impl Making<'_> {
    pub(super) fn misread<C: AuditConnection>(&mut self, conn: &mut C) -> Result<()> {
        let converted: Vec<(String, String, bool)> = self
            .plan
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Convert {
                    column, conversion, ..
                } => {
                    let held = self.held.iter().find(|held| held.name == *column)?;
                    let name = held.column.name.clone();
                    Some((name, conversion.to.clone(), conversion.recodes))
                }
                _ => None,
            })
            .collect();
        if converted.is_empty() {
            return Ok(());
        }
        let dialect = self.plan.table.dialect;
        let computed = computed(conn, &self.plan.table)?;
        for (column, kind, _) in converted.iter().filter(|(_, _, recodes)| !recodes) {
            let users = readers(&computed, column, dialect);
            if !users.is_empty() {
                self.plan.notes.push(format!(
                    "`{column}` is read by {}: to make it `{kind}` fails if that does not take such values",
                    users.join(", ")
                ));
            }
        }
        let recoded: Vec<&str> = converted
            .iter()
            .filter(|(_, _, recodes)| *recodes)
            .map(|(column, _, _)| column.as_str())
            .collect();
        if recoded.is_empty() {
            return Ok(());
        }
        let namers = namers(conn, &self.plan.table)?;
        let mut unread = Vec::new();
        for column in recoded {
            // What names a column that is renamed was told of for that.
            let is_told = dialect != Dialect::Sqlite && self.is_renamed(column);
            let mut users = readers(&computed, column, dialect);
            if !is_told {
                users.extend(readers(&namers.bodies, column, dialect));
                unread.push(format!("`{column}`"));
            }
            if users.is_empty() {
                continue;
            }
            let users = users.join(", ");
            if self.wishes.readers_are_safe {
                self.plan.notes.push(format!(
                    "the values of `{column}` are converted although {users} may read or write them, as \
                     `--readers-are-safe` has it"
                ));
                continue;
            }
            self.find(
                "used",
                column,
                format!(
                    "`{column}` is named in {users}: its values are to be others, and what reads or writes \
                     them as they are would fail, or be wrong without a word. Drop it, run `audit columns` \
                     again, then make it anew for the new values; {leaving} leaves the column, and `audit \
                     columns --readers-are-safe` converts it where the name means something else there",
                    leaving = self.wishes.leaving(&self.plan.table, column)
                ),
                Remedy::Blocked(Hindrance::Else),
            );
        }
        if !namers.unread.is_empty() && !unread.is_empty() {
            self.plan.notes.push(format!(
                "this user of the database may not read {}: look there, as a user who may, for {} before \
                 the values are converted",
                namers.unread.join(", "),
                unread.join(", ")
            ));
        }
        Ok(())
    }

    fn is_renamed(&self, column: &str) -> bool {
        let is_it =
            |change: &Change| matches!(change, Change::Rename { from, .. } if from == column);
        self.plan.changes.iter().any(is_it)
    }
}

fn readers(bodies: &[Body], column: &str, dialect: Dialect) -> Vec<String> {
    bodies
        .iter()
        .filter(|body| body.reads(column, dialect))
        .map(|body| body.what.clone())
        .collect()
}
