//! Whether the table of an entity is fit.

use diesel::query_builder::{QueryBuilder, QueryFragment};

use super::catalog::{Question, ask, count, refuse};
use super::table::Entity;
use super::{mysql, postgres, sqlite};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::entity::StoredEntity;
use crate::error::AuditError;

/// Checking an entity's table.
pub trait AuditedCheck: crate::entity::Entity {
    /// Tells whether the entity's table is fit for audited writes, and all that is wrong where it
    /// is not; returns what is worth knowing of a table that is.
    ///
    /// Wrong are: no such table or column, an engine that does not roll back (MySQL/MariaDB), a
    /// key that the database should make and does not, keys and tenants that the database compares
    /// more loosely than byte by byte. Worth knowing are: columns that the entity does not have, so
    /// that their changes leave no trail; foreign keys by which the database itself removes or
    /// changes rows of another table with a record of this one, which no trail records; stamps that
    /// are kept less exactly than the trail keeps them; AFTER ROW triggers (PostgreSQL), which cost
    /// a further read a write; keys that are given out again (SQLite).
    ///
    /// Run it at start-up beside [`check`](crate::check), or in a test.
    ///
    /// # Errors
    /// [`AuditError::AuditTable`] with a line for each finding, which says what to do;
    /// [`AuditError::Database`] where a catalog could not be read.
    ///
    /// ```no_run
    /// # use audit_diesel::{AuditedCheck, AuditError, StoredEntity};
    /// # fn demo<Account: StoredEntity<diesel::sqlite::Sqlite>>(
    /// #     conn: &mut diesel::SqliteConnection) -> Result<(), AuditError> {
    /// audit_diesel::check(conn)?;
    /// for note in Account::audited_check(conn)? {
    ///     eprintln!("{note}");
    /// }
    /// # Ok(()) }
    /// ```
    fn audited_check<C>(conn: &mut C) -> Result<Vec<String>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        check_table::<Self, C>(conn)
    }
}

impl<E: crate::entity::Entity> AuditedCheck for E {}

fn check_table<E, C>(conn: &mut C) -> Result<Vec<String>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    let quoted = quoted_name::<E, C::Backend>()?;
    let (schema, table) = name_parts(&quoted);
    let mut entity = Entity {
        meta: E::META,
        findings: Vec::new(),
        notes: Vec::new(),
    };
    match C::Backend::DIALECT {
        Dialect::Sqlite => {
            let answers = ask(conn, &sqlite::entity_questions(&table))?;
            sqlite::judge_entity(&answers, &mut entity);
            // Asks the table itself, which has to be there.
            if entity.findings.is_empty() {
                for column in entity.compared() {
                    let name = quoted_identifier::<C::Backend>(column)?;
                    let text = sqlite::collation_question(&quoted, &name);
                    if count(&ask(conn, &[Question::new(&text)])?, 0) < 3 {
                        entity.folded(column, "NOCASE or RTRIM");
                    }
                }
            }
        }
        Dialect::Postgres => {
            let answers = ask(conn, &postgres::entity_questions(&quoted))?;
            postgres::judge_entity(&answers, &mut entity);
        }
        Dialect::Mysql => {
            let answers = ask(conn, &mysql::entity_questions(&schema, &table))?;
            mysql::judge_entity(&answers, &mut entity);
        }
    }
    refuse(
        &format!("table `{table}` of `{}`", E::META.name),
        &entity.findings,
    )?;
    Ok(entity
        .notes
        .iter()
        .map(|note| format!("table `{table}`: {note}"))
        .collect())
}

/// The table as `table!` names it, quoted.
fn quoted_name<E, DB>() -> Result<String, AuditError>
where
    DB: AuditBackend,
    E: StoredEntity<DB>,
{
    let mut out = DB::QueryBuilder::default();
    E::table().to_sql(&mut out, &DB::default())?;
    Ok(out.finish())
}

fn quoted_identifier<DB: AuditBackend>(name: &str) -> Result<String, AuditError> {
    let mut out = DB::QueryBuilder::default();
    out.push_identifier(name)?;
    Ok(out.finish())
}

/// Schema (empty where there is none) and table, without their quotes.
fn name_parts(quoted: &str) -> (String, String) {
    let mut parts = vec![String::new()];
    let mut chars = quoted.chars().peekable();
    let mut open = None;
    while let Some(c) = chars.next() {
        let last = parts.len() - 1;
        match open {
            Some(quote) if c == quote && chars.peek() == Some(&quote) => {
                chars.next();
                parts[last].push(c);
            }
            Some(quote) if c == quote => open = None,
            None if matches!(c, '"' | '`') => open = Some(c),
            None if c == '.' => parts.push(String::new()),
            _ => parts[last].push(c),
        }
    }
    let table = parts.pop().unwrap_or_default();
    (parts.pop().unwrap_or_default(), table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_names_come_apart() {
        let parts = |quoted| name_parts(quoted);
        assert_eq!(parts("`accounts`"), (String::new(), "accounts".into()));
        assert_eq!(parts(r#""crm"."a.""b""#), ("crm".into(), r#"a."b"#.into()));
    }
}
