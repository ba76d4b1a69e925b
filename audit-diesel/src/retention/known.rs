//! Refuses rules and holds for a table that nobody knows: a slip of the finger in what is to keep
//! rows would delete them.

use std::collections::BTreeSet;

use super::policy::Retention;
use crate::backend::{AuditBackend, AuditConnection};
use crate::driver;
use crate::error::AuditError;
use crate::known_table::is_known_table;
use crate::patience::patiently;
use crate::sql::Sql;

impl Retention {
    /// Those of [`Self::tables_kept_longer`] of which the log has no row, the database no table or view
    /// of that name, and which no purge before had a rule for. A purge that has something to delete
    /// refuses them, unless they are [allowed](Self::allow_unknown_tables).
    ///
    /// # Errors
    /// What the database refuses.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// use audit_diesel::retention::{Keep, Retention};
    /// # use diesel::{connection::SimpleConnection, Connection};
    /// # fn main() -> Result<(), audit_diesel::AuditError> {
    /// # let mut conn = diesel::SqliteConnection::establish(":memory:").unwrap();
    /// # audit_diesel::migrate(&mut conn)?;
    /// # conn.batch_execute("CREATE TABLE invoices (id integer PRIMARY KEY)").unwrap();
    /// let rules = Retention::default().table("invoices", Keep::FOREVER);
    /// assert!(rules.unknown_tables(&mut conn)?.is_empty());
    /// let rules = Retention::default().table("invoces", Keep::FOREVER);
    /// assert_eq!(rules.unknown_tables(&mut conn)?, ["invoces"]);
    /// # Ok(()) }
    /// # main().unwrap(); }
    /// ```
    pub fn unknown_tables<C: AuditConnection>(
        &self,
        conn: &mut C,
    ) -> Result<Vec<String>, AuditError> {
        let names: BTreeSet<String> = self.tables_kept_longer().map(str::to_owned).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let known = known_tables(conn)?;
        unknown(conn, names.difference(&known))
    }
}

/// Refuses those of the names that nobody knows. The others are remembered where `remember` says so:
/// a table whose last row a purge deletes by its rule is no mistake at the next one.
pub(super) fn refuse_unknown_rules<C: AuditConnection>(
    conn: &mut C,
    names: &BTreeSet<String>,
    remember: bool,
) -> Result<(), AuditError> {
    let mut known = known_tables(conn)?;
    let new: BTreeSet<String> = names.difference(&known).cloned().collect();
    refuse(
        &unknown(conn, &new)?,
        "a rule of the retention keeps the",
        "allow it with `Retention::allow_unknown_tables`; nothing was deleted",
    )?;
    if remember && !new.is_empty() {
        known.extend(new);
        patiently(|| remember_tables(conn, &known))?;
    }
    Ok(())
}

/// Refuses a hold for a table that nobody knows.
pub(super) fn refuse_unknown_hold<C: AuditConnection>(
    conn: &mut C,
    name: Option<&str>,
) -> Result<(), AuditError> {
    refuse(
        &unknown(conn, name)?,
        "a hold is for the",
        "allow it with `NewHold::allow_unknown_table`; nothing was placed",
    )
}

fn unknown<C: AuditConnection>(
    conn: &mut C,
    names: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<Vec<String>, AuditError> {
    let mut unknown = Vec::new();
    for name in names {
        if !is_known_table(conn, name.as_ref())? {
            unknown.push(name.as_ref().to_owned());
        }
    }
    Ok(unknown)
}

/// `what` says whose the first of them is, `way_out` what allows it.
fn refuse(unknown: &[String], what: &str, way_out: &str) -> Result<(), AuditError> {
    let Some(name) = unknown.first() else {
        return Ok(());
    };
    Err(AuditError::Retention {
        what: format!(
            "{what} table `{}`, of which the log has no row and this database no table: check the \
             name (a table goes by its audit name, letter for letter and without its schema), or \
             {way_out}",
            name.escape_debug()
        ),
    })
}

/// The tables that rules of purges before kept longer and that were known then.
fn known_tables<C: AuditConnection>(conn: &mut C) -> Result<BTreeSet<String>, AuditError> {
    let sql = Sql::new("SELECT known_tables FROM audit_purge WHERE id = 1");
    let found = driver::load(conn, &sql, |row| C::Backend::read_text(row, 0));
    let found = found.map_err(|error| match AuditError::of_audit_table(error) {
        AuditError::AuditTable { .. } => AuditError::AuditTable {
            what: "the table `audit_purge` is missing or lacks a column: run \
                   `audit_diesel::migrate(&mut conn)`, and where the table is there `ALTER TABLE \
                   audit_purge ADD COLUMN known_tables text`"
                .to_owned(),
        },
        error => error,
    })?;
    let Some(names) = found.into_iter().flatten().next() else {
        return Ok(BTreeSet::new());
    };
    serde_json::from_str(&names).map_err(|_| AuditError::AuditTable {
        what:
            "`known_tables` of the table `audit_purge` is no JSON array of names: something else \
               writes there; set it to null"
                .to_owned(),
    })
}

/// Remembers them.
fn remember_tables<C: AuditConnection>(
    conn: &mut C,
    names: &BTreeSet<String>,
) -> Result<(), AuditError> {
    let mut sql = Sql::new("UPDATE audit_purge SET known_tables = ");
    sql.text(serde_json::json!(names).to_string())
        .push(" WHERE id = 1");
    driver::execute(conn, &sql)?;
    Ok(())
}
