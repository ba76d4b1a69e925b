//! The trail read back: rows, and the change sets that they form.

use core::fmt;

use audit_core::Actor;
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::backend::AuditBackend;

/// One row of `audit_log`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditEntry {
    /// The place in the log; per record it follows the order of the commits.
    pub seq: i64,
    /// The row's id, made before it was written.
    pub id: Uuid,
    /// The change set: the id of its first row.
    pub change_id: Uuid,
    /// The business action that the change was part of.
    pub operation_id: Uuid,
    /// The record's tenant.
    pub tenant_id: Option<String>,
    /// The entity's audit name.
    pub table_name: Option<String>,
    /// The record's id.
    pub record_id: Option<String>,
    /// `insert`, `update`, `delete`, `restore`, `baseline`, `undelete`, or an event's name.
    pub action: String,
    /// The changed column; `None` for a row about the whole record, and for an event.
    pub field_name: Option<String>,
    /// The value before, as (masked) JSON text.
    pub old_value: Option<String>,
    /// The value after, as (masked) JSON text.
    pub new_value: Option<String>,
    /// Who acted.
    pub actor: Actor,
    /// For whom.
    pub on_behalf_of: Option<Actor>,
    /// When, by the application's clock.
    pub changed_at: DateTime<Utc>,
    /// When, by the database's clock.
    pub recorded_at: DateTime<Utc>,
    /// The request that it was part of.
    pub request_id: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What the application added, as JSON text.
    pub context: Option<String>,
}

impl AuditEntry {
    /// The bytes of its texts, for those who read many.
    pub(crate) fn bytes(&self) -> usize {
        let values = [
            &self.old_value,
            &self.new_value,
            &self.context,
            &self.reason,
            &self.record_id,
        ];
        let texts: usize = values
            .iter()
            .filter_map(|v| v.as_ref().map(String::len))
            .sum();
        size_of::<Self>() + texts
    }
}

/// What one operation did to one record: one or more rows of `audit_log`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    entries: Vec<AuditEntry>,
}

impl ChangeSet {
    /// Groups rows, which are in the log's order, by their change.
    ///
    /// The rows of one change must stand together, as those of one record do. Elsewhere other
    /// writers' rows may come between them: [`crate::LogQuery::change_sets`] sees to that.
    pub fn group(entries: impl IntoIterator<Item = AuditEntry>) -> Vec<Self> {
        let mut sets: Vec<Self> = Vec::new();
        for entry in entries {
            match sets.last_mut() {
                Some(set) if set.first().is_some_and(|e| e.change_id == entry.change_id) => {
                    set.entries.push(entry);
                }
                _ => sets.push(Self {
                    entries: vec![entry],
                }),
            }
        }
        sets
    }

    /// A change of these rows, which are in the order of the entity's fields.
    pub(crate) fn of(entries: Vec<AuditEntry>) -> Self {
        Self { entries }
    }

    /// The rows, in the order of the entity's fields.
    pub fn entries(&self) -> &[AuditEntry] {
        &self.entries
    }

    /// The row of one column.
    pub fn field(&self, column: &str) -> Option<&AuditEntry> {
        self.entries
            .iter()
            .find(|e| e.field_name.as_deref() == Some(column))
    }

    /// The first row, which holds what all of them share.
    pub fn first(&self) -> Option<&AuditEntry> {
        self.entries.first()
    }
}

/// A few lines for people: who did what when, then a line for each value.
impl fmt::Display for ChangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.first() else {
            return Ok(());
        };
        write!(
            f,
            "{} {} {}",
            first
                .changed_at
                .to_rfc3339_opts(SecondsFormat::Micros, true),
            first.actor,
            first.action,
        )?;
        if let (Some(table), Some(record)) = (&first.table_name, &first.record_id) {
            write!(f, " {}#{}", Printable(table), Printable(record))?;
        }
        for (what, text) in [("request", &first.request_id), ("reason", &first.reason)] {
            if let Some(text) = text {
                write!(f, ", {what} {}", Printable(text))?;
            }
        }
        if let Some(behalf) = &first.on_behalf_of {
            write!(f, ", on behalf of {behalf}")?;
        }
        for entry in &self.entries {
            let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "-".to_owned());
            let (old, new) = (value(&entry.old_value), value(&entry.new_value));
            match &entry.field_name {
                Some(field) => write!(f, "\n  {field}: {old} -> {new}")?,
                None if entry.old_value.is_none() => write!(f, "\n  {new}")?,
                None if entry.new_value.is_none() => write!(f, "\n  was {old}")?,
                None => write!(f, "\n  {old} -> {new}")?,
            }
        }
        Ok(())
    }
}

/// Text with its control characters escaped, so that no stored value moves a terminal's cursor.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for c in self.0.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// The columns of `audit_log`, in the order in which [`read_entry`] reads them.
pub(crate) const COLUMNS: &str = "seq, id, change_id, operation_id, tenant_id, table_name, record_id, action, \
    field_name, old_value, new_value, actor_kind, actor_id, on_behalf_of, changed_at, recorded_at, \
    request_id, reason, context";

/// Reads a row of [`COLUMNS`].
pub(crate) fn read_entry<'r, DB: AuditBackend, R: diesel::row::Row<'r, DB>>(
    row: &R,
) -> diesel::deserialize::Result<AuditEntry> {
    let required = |index| -> diesel::deserialize::Result<String> {
        DB::read_text(row, index)?.ok_or_else(|| "an audit row lacks a required text".into())
    };
    let kind = required(11)?;
    let actor = Actor::from_parts(&kind, DB::read_text(row, 12)?.as_deref());
    Ok(AuditEntry {
        seq: DB::read_i64(row, 0)?,
        id: DB::read_uuid(row, 1)?,
        change_id: DB::read_uuid(row, 2)?,
        operation_id: DB::read_uuid(row, 3)?,
        tenant_id: DB::read_text(row, 4)?,
        table_name: DB::read_text(row, 5)?,
        record_id: DB::read_text(row, 6)?,
        action: required(7)?,
        field_name: DB::read_text(row, 8)?,
        old_value: DB::read_json(row, 9)?,
        new_value: DB::read_json(row, 10)?,
        actor,
        on_behalf_of: DB::read_text(row, 13)?.map(|text| Actor::parse(&text)),
        changed_at: DB::read_time(row, 14)?,
        recorded_at: DB::read_time(row, 15)?,
        request_id: DB::read_text(row, 16)?,
        reason: DB::read_text(row, 17)?,
        context: DB::read_json(row, 18)?,
    })
}
