//! What of the database would break, or refuses, when columns change.

use audit_diesel::{AuditConnection, Dialect};

use super::making::Making;
use super::model::{Change, Hindrance, Remedy};
use crate::catalog::{TypeUser, emptying_keys, namers, rehearsed, type_users};
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
        if dialect == Dialect::Sqlite {
            return self.not_rewritten(conn, &renames);
        }
        let namers = namers(conn, &self.plan.table)?;
        for (from, to) in &renames {
            let users: Vec<&str> = namers
                .bodies
                .iter()
                .filter(|body| body.mentions(from, dialect))
                .map(|body| body.what.as_str())
                .collect();
            if users.is_empty() {
                continue;
            }
            let users = users.join(", ");
            if self.wishes.readers_are_safe {
                self.plan.notes.push(format!(
                    "`{from}` is renamed although it is named in {users}, as `--readers-are-safe` has it"
                ));
                continue;
            }
            self.find(
                "used",
                from,
                format!(
                    "`{from}` is named in {users}: without a column of that name this would break. Drop \
                     it or change it first, run `audit columns` again, then make it anew with `{to}`; \
                     {leaving} leaves the column, and `audit columns --readers-are-safe` renames it where \
                     the name means something else there",
                    leaving = self.wishes.leaving(&self.plan.table, from)
                ),
                Remedy::Blocked(Hindrance::Else),
            );
        }
        let old: Vec<String> = renames
            .iter()
            .map(|(from, _)| format!("`{from}`"))
            .collect();
        let old = old.join(", ");
        if !namers.unread.is_empty() {
            self.plan.notes.push(format!(
                "this user of the database may not read {}: look there, as a user who may, for {old} \
                 before the rename",
                namers.unread.join(", ")
            ));
        }
        if !namers.publications.is_empty() {
            self.plan.notes.push(format!(
                "the table is published by `{}`: subscribers tell columns by their names, so rename {old} \
                 there too",
                namers.publications.join("`, `")
            ));
        }
        Ok(())
    }

    /// SQLite rewrites what names a column, but for what it cannot read itself: such as a trigger on a
    /// view that is written in words of the table's.
    fn not_rewritten<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        renames: &[(String, String)],
    ) -> Result<()> {
        if self.wishes.is_check {
            // Of many tables, a rehearsal is for those where it can find something: what is broken
            // already, whatever it speaks of, is told where the table is to change.
            let bodies = namers(conn, &self.plan.table)?.bodies;
            let is_named = |(from, _): &(String, String)| {
                let mut bodies = bodies.iter();
                bodies.any(|body| body.mentions(from, Dialect::Sqlite))
            };
            if !renames.iter().any(is_named) {
                return Ok(());
            }
        }
        let table = &self.plan.table.name.name;
        for (from, what) in rehearsed(conn, table, renames)?.hindrances {
            let to = renames.iter().find(|(old, _)| *old == from);
            let to = to.map_or(from.as_str(), |(_, new)| new.as_str());
            self.find(
                "used",
                &from,
                format!(
                    "SQLite refuses to rename `{from}`, since it cannot rewrite {what}. Drop it, run `audit \
                     columns` again, then make it anew with `{to}`; or {}",
                    self.wishes.leaving(&self.plan.table, &from)
                ),
                Remedy::Blocked(Hindrance::Else),
            );
        }
        Ok(())
    }

    /// Views, CHECKs and the like over a column whose type changes. PostgreSQL refuses. MySQL and MariaDB
    /// refuse for a foreign key; for what computes with the column they do so only if it does not take
    /// the values, which where these are rewritten before is the likelier, and then part of the script
    /// has run.
    pub(super) fn refused_by_readers<C: AuditConnection>(&mut self, conn: &mut C) -> Result<()> {
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
                    Some((name, conversion.to.clone(), conversion.staged))
                }
                _ => None,
            })
            .collect();
        if converted.is_empty() {
            return Ok(());
        }
        let readers = type_users(conn, &self.plan.table)?;
        for (column, kind, staged) in converted {
            let of_it = readers.iter().filter(|reader| reader.column == column);
            let (stop, told): (Vec<_>, Vec<_>) = of_it.partition(|reader| staged || reader.refuses);
            let names = |users: &[&TypeUser]| {
                let names: Vec<&str> = users.iter().map(|user| user.what.as_str()).collect();
                names.join(", ")
            };
            if !told.is_empty() {
                self.plan.notes.push(format!(
                    "`{column}` is read by {}: to make it `{kind}` fails if that does not take such values",
                    names(&told)
                ));
            }
            if stop.is_empty() {
                continue;
            }
            let refusal = match self.plan.table.dialect {
                Dialect::Postgres => format!("PostgreSQL refuses to make it `{kind}`"),
                _ => format!("to make it `{kind}` may fail midway"),
            };
            self.find(
                "used",
                &column,
                format!(
                    "`{column}` is read by {}: {refusal} as long as that is there. Drop it, run `audit \
                     columns` again, then make it anew; or {}",
                    names(&stop),
                    self.wishes.leaving(&self.plan.table, &column)
                ),
                Remedy::Blocked(Hindrance::Else),
            );
        }
        Ok(())
    }

    /// Foreign keys that empty a column which is to be NOT NULL: MariaDB refuses that with half of the
    /// script run, and elsewhere the row that the key names could no longer be deleted.
    pub(super) fn emptied_by_keys<C: AuditConnection>(&mut self, conn: &mut C) -> Result<()> {
        let tightened: Vec<String> = self
            .plan
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::NotNull { column } => {
                    let held = self.held.iter().find(|held| held.name == *column)?;
                    Some(held.column.name.clone())
                }
                _ => None,
            })
            .collect();
        if tightened.is_empty() {
            return Ok(());
        }
        for key in emptying_keys(conn, &self.plan.table)? {
            if !tightened.contains(&key.column) {
                continue;
            }
            let (column, what, action) = (&key.column, &key.what, &key.action);
            self.find(
                "used",
                column,
                format!(
                    "`{column}` is to be NOT NULL, and {what} is {action}: what it empties, nobody can tell \
                     later. Make the key RESTRICT or NO ACTION, or drop it, then run `audit columns` again; \
                     or {}",
                    self.wishes.leaving(&self.plan.table, column)
                ),
                Remedy::Blocked(Hindrance::Else),
            );
        }
        Ok(())
    }
}
