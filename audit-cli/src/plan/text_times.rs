//! Columns of texts whose names older schemas give to times: `created TEXT`, `modified varchar(40)`.
//! The name alone says too little there, since the text may be a person's; the values say the rest.

use audit_diesel::{AuditConnection, Dialect};

use super::count::count;
use crate::catalog::{Column, Table};
use crate::failure::Result;
use crate::kind::{Fit, could_be, fit};
use crate::quote::{self, same_name};
use crate::standard::{Class, Role, by_old_name};

/// Such a column, and what its values say.
#[derive(Debug)]
pub(super) struct TextTime {
    pub(super) role: Role,
    pub(super) column: Column,
    /// The name may be that of a flag, too.
    is_flags_name: bool,
    /// Where they are judged: how many values it has, and how many of them are no times.
    values: u64,
    failing: u64,
    /// The condition of those.
    fails: Option<String>,
    /// Every value is one, where that is enough.
    pub(super) is_time: bool,
}

/// The columns by their names and types, their values not looked at.
fn candidates(table: &Table, leave: &[String]) -> Vec<TextTime> {
    let dialect = table.dialect;
    let is_left = |name: &str| leave.iter().any(|left| same_name(dialect, left, name));
    let is_text = |kind: &str| {
        let words = ["char", "text", "clob"];
        words.iter().any(|word| kind.contains(word))
            || (dialect == Dialect::Sqlite && kind.is_empty())
    };
    table
        .columns
        .iter()
        .filter(|c| !c.generated && c.key == 0 && !is_left(&c.name) && is_text(&c.kind))
        .filter(|c| by_old_name(&c.name, |class| could_be(dialect, &c.kind, class)).is_none())
        .filter_map(|column| {
            let as_class = |class| {
                by_old_name(&column.name, |c: Class| c == class)
                    .map(|(role, _)| role)
                    .filter(|role| role.class() == class)
            };
            Some(TextTime {
                role: as_class(Class::Time)?,
                column: column.clone(),
                is_flags_name: as_class(Class::Flag).is_some(),
                values: 0,
                failing: 0,
                fails: None,
                is_time: false,
            })
        })
        .collect()
}

/// The columns, with what their values say: on SQLite, and everywhere where they keep their names and
/// nothing else can say it.
pub(super) fn judged<C: AuditConnection>(
    conn: &mut C,
    table: &Table,
    leave: &[String],
    in_place: bool,
) -> Result<Vec<TextTime>> {
    let mut found = candidates(table, leave);
    let is_sqlite = table.dialect == Dialect::Sqlite;
    if !(is_sqlite || in_place) || found.is_empty() || !table.faults.is_empty() {
        return Ok(found);
    }
    let mut conditions = Vec::new();
    for text in &mut found {
        let name = quote::name(table.dialect, &text.column.name);
        text.fails = match fit(table, &text.column, Class::Time, &name) {
            Fit::Perhaps(_, conversion) | Fit::Convert(conversion) => conversion.fails,
            Fit::Fine | Fit::Unfit => None,
        };
        // What no condition tells apart may all be none.
        let fails = text.fails.as_deref().unwrap_or("1 = 1");
        conditions.push(format!("{name} IS NOT NULL"));
        conditions.push(format!("{name} IS NOT NULL AND ({fails})"));
    }
    let (_, counts) = count(conn, table, &conditions)?;
    for (text, counts) in found.iter_mut().zip(counts.chunks(2)) {
        if let [values, failing] = *counts {
            (text.values, text.failing) = (values, failing);
            // Of a name with two meanings, and of a text where times have a type, no value says nothing.
            let may_be_empty = is_sqlite && !text.is_flags_name;
            text.is_time = failing == 0 && (values > 0 || may_be_empty);
        }
    }
    Ok(found)
}

impl TextTime {
    /// True where a column of this role may be what this one is to become.
    pub(super) fn may_be(&self, role: Role) -> bool {
        role == self.role || (self.is_flags_name && role == Role::IsDeleted)
    }

    /// What is to be decided about the column, `is_held` saying which roles others have.
    /// `leaving` is the option that leaves it.
    pub(super) fn question(
        &self,
        table: &Table,
        leaving: &str,
        is_held: impl Fn(Role) -> bool,
    ) -> String {
        let (name, role) = (&self.column.name, self.role.name());
        let flag = Role::IsDeleted.name();
        let may_be_flag = self.is_flags_name && !is_held(Role::IsDeleted);
        let roles = if may_be_flag {
            format!("`{role}` or `{flag}`")
        } else {
            format!("`{role}`")
        };
        let mut text = self.looks_like(&roles);
        if let (Some(fails), true) = (&self.fails, self.failing > 0) {
            let column = quote::name(table.dialect, name);
            text.push_str(&format!(
                ", but {} of its {} values are no times (`SELECT * FROM {} WHERE {column} IS NOT NULL \
                 AND ({fails})` shows them)",
                self.failing,
                self.values,
                table.quoted(),
            ));
        }
        let rename = |to: &str| {
            format!(
                "`ALTER TABLE {} RENAME COLUMN {} TO {}`",
                table.quoted(),
                quote::name(table.dialect, name),
                quote::name(table.dialect, to)
            )
        };
        text.push_str(&format!(
            ": if it holds times, run {} and `audit columns` again, which converts them",
            rename(role)
        ));
        if may_be_flag {
            text.push_str(&format!("; if yes and no, {}", rename(flag)));
        }
        text.push_str(&format!("; if neither, say {leaving}"));
        text
    }

    /// What is to be known of it where no column is renamed.
    pub(super) fn note(&self) -> String {
        let looks_like = self.looks_like(&format!("`{}`", self.role.name()));
        if self.values == 0 {
            return format!("{looks_like}, but it has no value that is a time: it stays as it is");
        }
        format!(
            "{looks_like}, but {} of its {} values are no times: it stays as it is",
            self.failing, self.values
        )
    }

    fn looks_like(&self, roles: &str) -> String {
        let kind = match self.column.kind.as_str() {
            "" => "without a type",
            kind => kind,
        };
        let name = &self.column.name;
        format!("`{name}` is `{kind}`, and its name is that of an older {roles}")
    }
}
