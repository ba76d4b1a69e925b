//! Which columns hold which roles.

use audit_diesel::{AuditConnection, Dialect};

use super::model::Held;
use super::text_times::{self, TextTime};
use crate::catalog::Table;
use crate::failure::Result;
use crate::kind::{could_be, is_id};
use crate::quote::same_name;
use crate::standard::{Class, Role, by_old_name, by_standard_name};

/// The columns in their roles, and what is worth knowing about others that look like one.
pub(super) fn held(
    table: &Table,
    leave: &[String],
    renames: bool,
    texts: &[TextTime],
) -> (Vec<Held>, Vec<String>) {
    let dialect = table.dialect;
    let mut held: Vec<Held> = Vec::new();
    let mut notes = Vec::new();
    let is_left = |name: &str| leave.iter().any(|left| same_name(dialect, left, name));
    let columns = || {
        table
            .columns
            .iter()
            .filter(|column| !column.generated && column.key == 0 && !is_left(&column.name))
    };
    let taken = |held: &[Held], role: Role| held.iter().any(|held| held.role == role);
    for role in Role::ALL {
        let mut found = columns().filter(|column| {
            let name = match dialect {
                Dialect::Postgres => column.name.clone(),
                _ => column.name.to_lowercase(),
            };
            by_standard_name(&name) == Some(role)
        });
        if let Some(column) = found.next() {
            held.push(Held {
                role,
                column: column.clone(),
                name: column.name.clone(),
            });
        }
        for other in found {
            notes.push(format!(
                "`{}` is a second `{}`: mark it with `#[audit(not_a_stamp)]`, or drop it",
                other.name,
                role.name()
            ));
        }
    }
    let mut old: Vec<_> = columns()
        .filter(|column| !held.iter().any(|held| held.column.name == column.name))
        .filter_map(|column| {
            let is_time = texts
                .iter()
                .any(|text| text.is_time && text.column.name == column.name);
            let fits = |class: Class| {
                could_be(dialect, &column.kind, class) || (is_time && class == Class::Time)
            };
            by_old_name(&column.name, fits).map(|(role, place)| (place, role, column))
        })
        .collect();
    old.sort_by_key(|(place, _, _)| *place);
    for (_, role, column) in old {
        if taken(&held, role) {
            notes.push(format!(
                "`{}` looks like a second `{}`: if it is none, nothing is to be done",
                column.name,
                role.name()
            ));
            continue;
        }
        let target = if role.class() == Class::Actor && is_id(&column.kind) {
            role.id_name()
        } else {
            role.name()
        };
        let is_free = table
            .column(target)
            .is_none_or(|there| there.name == column.name);
        let name = if renames && is_free {
            target.to_owned()
        } else {
            column.name.clone()
        };
        held.push(Held {
            role,
            column: column.clone(),
            name,
        });
    }
    (held, notes)
}

/// True where a table has a column that looks like a stamp. A text whose name alone says so is none:
/// there is no end of tables with a `label` and a `deleted`.
pub(crate) fn has_stamps<C: AuditConnection>(
    conn: &mut C,
    table: &Table,
    leave: &[String],
) -> Result<bool> {
    let has = |texts: &[TextTime]| !held(table, leave, true, texts).0.is_empty();
    Ok(has(&[]) || has(&text_times::judged(conn, table, leave, false)?))
}
