//! The table of an entity under judgement.

use audit_core::{EntityMeta, KeySource, Role};

/// An entity's table under judgement.
pub(super) struct Entity<'a> {
    pub(super) meta: &'a EntityMeta,
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
