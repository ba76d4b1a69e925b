//! Whether the table of an entity is fit.

use audit_core::{EntityMeta, KeySource, Role};
use diesel::query_builder::{QueryBuilder, QueryFragment};

use super::{Question, ask, count, mysql, postgres, refuse, sqlite};
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

/// An entity's table under judgement.
pub(super) struct Entity<'a> {
    meta: &'a EntityMeta,
    pub(super) findings: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Entity<'_> {
    pub(super) fn missing(&mut self) {
        self.findings
            .push("there is no such table: run the app's own migrations".to_owned());
    }

    pub(super) fn not_a_table(&mut self) {
        self.findings.push(
            "it is a view or a foreign table, whose rows cannot be locked: make the entity one of \
             the table behind it"
                .to_owned(),
        );
    }

    /// Compares the table's columns with the entity's. `table!` has been compared with the struct
    /// when it was compiled; this is about the table as it is.
    pub(super) fn columns<'n>(&mut self, names: impl Iterator<Item = &'n str> + Clone) {
        for field in self.meta.fields {
            if !names
                .clone()
                .any(|name| name.eq_ignore_ascii_case(field.column))
            {
                self.findings.push(format!(
                    "there is no column `{}`: run the app's own migrations, or take the field out",
                    field.column
                ));
            }
        }
        for name in names {
            if !self
                .meta
                .fields
                .iter()
                .any(|f| f.column.eq_ignore_ascii_case(name))
            {
                self.notes.push(format!(
                    "column `{name}` is not in the entity, so that its changes leave no trail: add \
                     it to `table!` and to the struct"
                ));
            }
        }
    }

    /// Columns by which records and tenants are told apart.
    pub(super) fn compared(&self) -> Vec<&'static str> {
        let is_compared = |role| matches!(role, Role::Key | Role::Tenant);
        let fields = self.meta.fields.iter();
        fields
            .filter(|f| is_compared(f.role))
            .map(|f| f.column)
            .collect()
    }

    /// A column compares more loosely than byte by byte.
    pub(super) fn folded(&mut self, column: &str, how: &str) {
        let Some(name) = self.compared().into_iter().find(|name| *name == column) else {
            return;
        };
        self.findings.push(format!(
            "column `{name}` compares as `{how}`, so that two spellings are one key to the database \
             and two records or tenants to the trail: give it a binary collation"
        ));
    }

    pub(super) fn is_time_stamp(&self, column: &str) -> bool {
        let is_time = |role| matches!(role, Role::CreatedAt | Role::UpdatedAt | Role::DeletedAt);
        self.meta
            .fields
            .iter()
            .any(|f| f.column == column && is_time(f.role))
    }

    /// A stamp keeps less of a time than the trail.
    pub(super) fn coarse(&mut self, column: &str, kind: &str) {
        self.notes.push(format!(
            "the stamp `{column}` is `{kind}` and keeps less of the time than the trail, so that \
             the two differ: make it one of six digits"
        ));
    }

    /// The key column that the database is to make.
    pub(super) fn database_key(&self) -> Option<&'static str> {
        let mut keys = self.meta.key_fields();
        let key = keys.next().filter(|_| keys.next().is_none())?;
        (self.meta.key_source == KeySource::Database).then_some(key.column)
    }

    pub(super) fn cascade(&mut self, child: &str, action: &str) {
        self.notes.push(format!(
            "deleting a record makes the database itself change `{child}` (ON DELETE {action}), \
             which leaves no trail: delete those records by the helpers first"
        ));
    }
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
