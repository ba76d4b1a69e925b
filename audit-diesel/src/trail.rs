//! The trail read back: rows, and the change sets that they form.

use core::fmt;

use audit_core::Actor;
use audit_core::encode::{Decoded, decode};
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::backend::AuditBackend;
use crate::field_names::FieldNames;
use crate::plain::Plain;

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

    /// When, who, for whom, and what they did to which record.
    fn fmt_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.changed_at.to_rfc3339_opts(SecondsFormat::Micros, true);
        write!(f, "{at} {}", Plain(self.actor.as_str()))?;
        if let Some(behalf) = &self.on_behalf_of {
            write!(f, " for {}", Plain(behalf.as_str()))?;
        }
        write!(f, " {}", Plain(&self.action))?;
        if let Some(table) = &self.table_name {
            write!(f, " {}", Plain(table))?;
        }
        if let Some(record) = &self.record_id {
            write!(f, "#{}", Plain(record))?;
        }
        Ok(())
    }

    /// Under which request, and why: the user's own words come last.
    fn fmt_why(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, text) in [("request", &self.request_id), ("reason", &self.reason)] {
            if let Some(text) = text {
                write!(f, ", {what} {}", Plain(text))?;
            }
        }
        Ok(())
    }

    /// The column, and its value before and after; `-` where there was none. What is called
    /// otherwise now has both names.
    fn fmt_values(&self, names: FieldNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let old = Plain(self.old_value.as_deref().unwrap_or("-"));
        let new = Plain(self.new_value.as_deref().unwrap_or("-"));
        match &self.field_name {
            Some(field) => match names.renamed(field) {
                Some(now) => write!(f, "{now} (was {}): {old} -> {new}", Plain(field)),
                None => write!(f, "{}: {old} -> {new}", Plain(field)),
            },
            None if self.old_value.is_none() => write!(f, "{new}"),
            None if self.new_value.is_none() => write!(f, "was {old}"),
            None => write!(f, "{old} -> {new}"),
        }
    }

    /// Which columns of a record that is held whole are called otherwise now. (The values of an
    /// event have keys of their own.)
    fn fmt_renamed(&self, names: FieldNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field_name.is_some() || self.action.contains('.') {
            return Ok(());
        }
        let json = self.new_value.as_ref().or(self.old_value.as_ref());
        let Some(Ok(Decoded::Object(columns))) = json.map(|json| decode(json)) else {
            return Ok(());
        };
        let mut before = " (";
        for column in columns.keys() {
            match names.renamed(column) {
                Some(now) if !columns.contains_key(now) => {
                    write!(f, "{before}{} is {now} now", Plain(column))?;
                    before = ", ";
                }
                _ => {}
            }
        }
        f.write_str(if before == ", " { ")" } else { "" })
    }
}

/// One line for people and for log files: when, who, for whom, what was done to which record and
/// column, the value before and after, the request and the reason. Values are masked as they are
/// stored, and no stored text begins a line of its own or moves a terminal's cursor.
///
/// ```
/// # use audit_diesel::AuditEntry;
/// fn tell(entry: &AuditEntry) {
///     // 2026-03-01T10:00:00.000000Z user:u_42 update accounts#7 name: "Ada" -> "Eve", request req-7
///     println!("{entry}");
/// }
/// ```
impl fmt::Display for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_head(f)?;
        if self.field_name.is_some() || self.old_value.is_some() || self.new_value.is_some() {
            f.write_str(if self.field_name.is_some() { " " } else { ": " })?;
            self.fmt_values(FieldNames::NONE, f)?;
        }
        self.fmt_why(f)
    }
}

/// What one operation did to one record: one or more rows of `audit_log`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    entries: Vec<AuditEntry>,
    names: FieldNames,
}

impl ChangeSet {
    /// Groups rows, which are in the log's order, by their change.
    ///
    /// The rows of one change must stand together, as those of one record do. Elsewhere other
    /// writers' rows may come between them: [`crate::LogQuery::change_sets`] sees to that.
    ///
    /// Rows do not tell what their fields are called now: [`Self::field`] of these sets goes by the
    /// stored names, [`Self::typed`] by all of them.
    pub fn group(entries: impl IntoIterator<Item = AuditEntry>) -> Vec<Self> {
        Self::group_named(entries, FieldNames::NONE)
    }

    /// The same for rows of an entity.
    pub(crate) fn group_named(
        entries: impl IntoIterator<Item = AuditEntry>,
        names: FieldNames,
    ) -> Vec<Self> {
        let mut sets: Vec<Self> = Vec::new();
        for entry in entries {
            match sets.last_mut() {
                Some(set) if set.first().is_some_and(|e| e.change_id == entry.change_id) => {
                    set.entries.push(entry);
                }
                _ => sets.push(Self::of(vec![entry], names)),
            }
        }
        sets
    }

    /// A change of these rows, which are in the order of the entity's fields.
    pub(crate) fn of(entries: Vec<AuditEntry>, names: FieldNames) -> Self {
        Self { entries, names }
    }

    /// The rows, in the order of the entity's fields.
    pub fn entries(&self) -> &[AuditEntry] {
        &self.entries
    }

    /// The row of one column; `None` where the change has none of it. A row that holds the record
    /// whole (`insert`, `delete`, `baseline`) is no column's: [`Self::typed`] reads that too.
    ///
    /// Of an entity's change ([`history`](crate::AuditedRead::history), and the change sets of a
    /// query by [`record_of`](crate::LogQuery::record_of) or
    /// [`table_of`](crate::LogQuery::table_of)) the field may be called by its column, by its name
    /// in Rust or by a former name (`#[audit(was = "..")]`), under whichever the row has it.
    pub fn field(&self, name: &str) -> Option<&AuditEntry> {
        let names = self.names.stored(name);
        names.iter().find_map(|name| {
            let mut entries = self.entries.iter();
            entries.find(|e| e.field_name.as_ref() == Some(name))
        })
    }

    /// The first row, which holds what all of them share.
    pub fn first(&self) -> Option<&AuditEntry> {
        self.entries.first()
    }
}

/// A few lines for people: who did what when, then a line for each value. Columns of an entity's
/// change that are called otherwise now have both names.
impl fmt::Display for ChangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.first() else {
            return Ok(());
        };
        first.fmt_head(f)?;
        first.fmt_why(f)?;
        for entry in &self.entries {
            f.write_str("\n  ")?;
            entry.fmt_values(self.names, f)?;
            entry.fmt_renamed(self.names, f)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(field: Option<&str>, old: Option<&str>, new: Option<&str>) -> AuditEntry {
        let text = |text: &str| Some(text.to_owned());
        AuditEntry {
            seq: 1,
            id: Uuid::nil(),
            change_id: Uuid::nil(),
            operation_id: Uuid::nil(),
            tenant_id: text("acme"),
            table_name: text("accounts"),
            record_id: text("7"),
            action: "update".to_owned(),
            field_name: field.and_then(text),
            old_value: old.and_then(text),
            new_value: new.and_then(text),
            actor: Actor::user(42),
            on_behalf_of: None,
            changed_at: DateTime::UNIX_EPOCH,
            recorded_at: DateTime::UNIX_EPOCH,
            request_id: None,
            reason: None,
            context: None,
        }
    }

    #[test]
    fn an_entry_is_one_line() {
        for (entry, rest) in [
            (
                entry(Some("name"), Some("\"a\""), Some("\"b\"")),
                " name: \"a\" -> \"b\"",
            ),
            (entry(Some("name"), None, Some("1")), " name: - -> 1"),
            (entry(None, None, Some("{}")), ": {}"),
            (entry(None, Some("{}"), None), ": was {}"),
            (entry(None, Some("1"), Some("2")), ": 1 -> 2"),
            (entry(None, None, None), ""),
        ] {
            let line = format!("1970-01-01T00:00:00.000000Z user:42 update accounts#7{rest}");
            assert_eq!(entry.to_string(), line);
            let full = AuditEntry {
                on_behalf_of: Some(Actor::user(43)),
                request_id: Some("req-7".to_owned()),
                reason: Some("a typo".to_owned()),
                ..entry
            };
            let line = line.replace("user:42 ", "user:42 for user:43 ");
            assert_eq!(
                full.to_string(),
                format!("{line}, request req-7, reason a typo")
            );
        }
        let target = AuditEntry {
            record_id: None,
            ..entry(None, None, None)
        };
        assert!(target.to_string().ends_with(" update accounts"));
    }

    #[test]
    fn no_stored_text_makes_a_line_of_its_own() {
        let hostile = "x\r\n\u{1b}[2J\u{202e}";
        let entry = AuditEntry {
            action: hostile.to_owned(),
            table_name: Some(hostile.to_owned()),
            record_id: Some(hostile.to_owned()),
            actor: Actor::parse(hostile),
            on_behalf_of: Some(Actor::parse(hostile)),
            request_id: Some(hostile.to_owned()),
            reason: Some(hostile.to_owned()),
            ..entry(Some(hostile), Some(hostile), Some(hostile))
        };
        let harmless = |c: char| !c.is_control() && c != '\u{202e}';
        assert!(entry.to_string().chars().all(harmless), "{entry}");
        // A change set has lines, which are its own.
        let shown = ChangeSet::of(vec![entry], FieldNames::NONE).to_string();
        assert_eq!(shown.lines().count(), 2, "{shown}");
        assert!(shown.chars().all(|c| c == '\n' || harmless(c)), "{shown}");
    }
}
