//! The rows of one record and the record itself, put in order: what a replay reads. No database
//! here, so that every history can be tried in memory.

use audit_core::encode::{Decoded, decode};
use audit_core::{Actor, EntityMeta, FieldMeta, Role};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use uuid::Uuid;

use super::value::{Reading, Value};
use crate::field_names::FieldNames;
use crate::trail::{AuditEntry, ChangeSet};

/// The record as it is stored now.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    /// By field: JSON text, masked where the field is; `None` for a skipped field.
    pub(crate) values: Vec<Option<String>>,
    pub(crate) deleted: bool,
}

/// A record's history, oldest first.
#[derive(Debug)]
pub(crate) struct Timeline {
    pub(crate) meta: &'static EntityMeta,
    pub(crate) items: Vec<Item>,
}

/// One thing that happened to the record, or one look at it.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    /// From when on it holds; `None` where that is not known, so that no instant selects it.
    pub(crate) stamp: Option<DateTime<Utc>>,
    /// The change set; `None` where the trail has none of it.
    pub(crate) change: Option<Change>,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// An insert, or the return of a record that was removed.
    Begin { whole: Whole, again: bool },
    /// Some fields changed.
    Step(Vec<Step>),
    /// The last write, recorded or not, before the look at the whole record that comes next.
    Since,
    /// A look at the whole record.
    Seen(Whole),
    /// The record was removed; how it was then.
    End(Option<Whole>),
}

/// A record as it was seen whole.
#[derive(Debug)]
pub(crate) struct Whole {
    /// By field.
    pub(crate) fields: Vec<Reading>,
    /// Columns that the entity does not have any more; `None` for the record itself, which cannot
    /// tell of them.
    pub(crate) former: Option<Vec<(String, Value)>>,
    /// It was soft-deleted.
    pub(crate) deleted: Option<bool>,
}

/// One changed field.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) column: Column,
    pub(crate) old: Reading,
    pub(crate) new: Reading,
}

/// Which column a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    /// A field of the entity, by its place.
    Field(usize),
    /// A column that the entity does not have any more.
    Former(String),
}

/// What a change set says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) id: Uuid,
    pub(crate) action: String,
    pub(crate) actor: Actor,
    pub(crate) at: DateTime<Utc>,
    /// It soft-deleted (true) or restored (false) the record.
    pub(crate) deleted: Option<bool>,
}

impl Timeline {
    /// Puts a record's rows, which are in the log's order, and the record in order.
    ///
    /// `now` is when it was read: from then on it holds where the entity has no `updated_at`.
    pub(crate) fn new(
        meta: &'static EntityMeta,
        entries: &[AuditEntry],
        current: Option<Current>,
        now: DateTime<Utc>,
    ) -> Self {
        let mut timeline = Self {
            meta,
            items: Vec::new(),
        };
        // An event may have the record for its target; it says nothing of its fields.
        let rows = entries.iter().filter(|e| !e.action.contains('.'));
        for set in ChangeSet::group(rows.cloned()) {
            timeline.push_set(&set);
        }
        match current {
            Some(current) => {
                let whole = timeline.whole_now(current);
                timeline.push_look(&whole);
                timeline.push(Kind::Seen(whole), Some(now), None);
            }
            None => timeline.end_untold(timeline.items.len()),
        }
        timeline
    }

    /// One change set alone.
    pub(crate) fn of_set(meta: &'static EntityMeta, set: &ChangeSet) -> Self {
        let mut timeline = Self {
            meta,
            items: Vec::new(),
        };
        timeline.push_set(set);
        timeline
    }

    fn push_set(&mut self, set: &ChangeSet) {
        let Some(first) = set.first() else { return };
        let whole = first.field_name.is_none();
        let mut change = Change {
            id: first.change_id,
            action: first.action.clone(),
            actor: first.actor.clone(),
            at: first.changed_at,
            deleted: None,
        };
        let stamp = Some(change.at);
        let kind = match first.action.as_str() {
            "baseline" if whole => {
                let seen = self.whole_then(first.new_value.as_deref());
                self.push_look(&seen);
                Kind::Seen(seen)
            }
            "delete" if whole => {
                let seen = self.whole_then(first.old_value.as_deref());
                self.push_look(&seen);
                Kind::End(Some(seen))
            }
            action if whole => {
                self.end_untold(self.items.len());
                Kind::Begin {
                    whole: self.whole_then(first.new_value.as_deref()),
                    again: action != "insert",
                }
            }
            action => {
                change.deleted = match action {
                    "delete" => Some(true),
                    "restore" => Some(false),
                    _ => None,
                };
                Kind::Step(set.entries().iter().filter_map(|e| self.step(e)).collect())
            }
        };
        self.push(kind, stamp, Some(change));
    }

    fn push(&mut self, kind: Kind, stamp: Option<DateTime<Utc>>, change: Option<Change>) {
        self.items.push(Item {
            kind,
            stamp,
            change,
        });
    }

    /// What a look at the record tells of the time before it.
    fn push_look(&mut self, whole: &Whole) {
        let last = self.items.iter().rev().find_map(|item| item.stamp);
        let written = self.written_at(whole, last);
        self.part_lives(whole);
        if written.is_some() {
            self.push(Kind::Since, written, None);
        }
    }

    fn step(&self, entry: &AuditEntry) -> Option<Step> {
        let name = entry.field_name.as_deref()?;
        Some(Step {
            column: match FieldNames::of(self.meta).index(name) {
                Some(index) => Column::Field(index),
                None => Column::Former(name.to_owned()),
            },
            old: Reading::of_json(entry.old_value.as_deref()),
            new: Reading::of_json(entry.new_value.as_deref()),
        })
    }

    /// A snapshot of the trail's.
    fn whole_then(&self, json: Option<&str>) -> Whole {
        let mut columns = match json.map(decode) {
            Some(Ok(Decoded::Object(columns))) => columns,
            _ => {
                return Whole {
                    fields: vec![Reading::Garbled; self.meta.fields.len()],
                    former: None,
                    deleted: None,
                };
            }
        };
        let mut take = |name: &str| columns.remove(name).map(Value::of_decoded);
        let fields = self.meta.fields.iter();
        let mut fields: Vec<Option<Value>> = fields.map(|f| take(f.column)).collect();
        for (field, slot) in self.meta.fields.iter().zip(&mut fields) {
            for was in field.was {
                if slot.is_none() {
                    *slot = take(was);
                }
            }
        }
        let former = columns
            .into_iter()
            .map(|(name, value)| (name, Value::of_decoded(value)))
            .collect();
        let fields = fields
            .into_iter()
            .map(|value| value.map_or(Reading::Absent, Reading::Value))
            .collect();
        let mut whole = Whole {
            fields,
            former: Some(former),
            deleted: None,
        };
        whole.deleted = self.says_deleted(&whole);
        whole
    }

    fn whole_now(&self, current: Current) -> Whole {
        let values = current.values.iter();
        Whole {
            fields: values.map(|v| Reading::of_record(v.as_deref())).collect(),
            former: None,
            deleted: Some(current.deleted),
        }
    }

    fn says_deleted(&self, whole: &Whole) -> Option<bool> {
        let Some(field) = self.meta.soft_delete_field() else {
            return Some(false);
        };
        let value = self.reading(whole, field)?.value()?;
        let set = match &value.decoded {
            Decoded::Bool(set) => *set,
            Decoded::Int(number) => *number != 0,
            Decoded::Null => false,
            _ if field.role == Role::DeletedAt => true,
            _ => return None,
        };
        Some(set != (field.role == Role::ActiveFlag))
    }

    /// The place of a role among the fields.
    pub(crate) fn place(&self, role: Role) -> Option<usize> {
        self.meta.fields.iter().position(|f| f.role == role)
    }

    fn reading<'w>(&self, whole: &'w Whole, field: &FieldMeta) -> Option<&'w Reading> {
        let place = self
            .meta
            .fields
            .iter()
            .position(|f| f.column == field.column);
        whole.fields.get(place?)
    }

    fn stamp_of(&self, whole: &Whole, role: Role) -> Option<DateTime<Utc>> {
        let value = whole.fields.get(self.place(role)?)?.value()?;
        value.instant()
    }

    /// When the record was last written, silently (a skipped or ignored column) or not. A column
    /// that keeps less than microseconds may show the `last` recorded change earlier than it was.
    fn written_at(&self, whole: &Whole, last: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        let written = self.stamp_of(whole, Role::UpdatedAt)?;
        Some(match last {
            Some(last)
                if [0, 3]
                    .map(|digits| last.trunc_subsecs(digits))
                    .contains(&written) =>
            {
                last
            }
            _ => written,
        })
    }

    /// When the record that an item belongs to was created, if one of its snapshots tells.
    pub(crate) fn created_at(&self, at: usize) -> Option<DateTime<Utc>> {
        let (low, high) = self.life(at);
        let mut items = self.items.get(low..high)?.iter();
        items.find_map(|item| self.stamp_of(item.whole()?, Role::CreatedAt))
    }

    /// A record that was created at another time than the one before it is another record: between
    /// the two lies a removal that the trail does not tell.
    fn part_lives(&mut self, seen: &Whole) {
        let Some(last) = self.items.len().checked_sub(1) else {
            return;
        };
        let here = self.stamp_of(seen, Role::CreatedAt);
        let (Some(before), Some(here)) = (self.created_at(last), here) else {
            return;
        };
        if before == here || matches!(self.items.get(last), Some(item) if item.is_end()) {
            return;
        }
        let later = |item: &Item| {
            matches!(item.kind, Kind::Step(_)) && item.stamp.is_some_and(|at| at >= here)
        };
        let (low, high) = self.life(last);
        let items = self.items.get(low..high).unwrap_or_default();
        let place = low + items.len() - items.iter().rev().take_while(|item| later(item)).count();
        self.end_untold(place);
    }

    /// The record was gone before an item and no row tells of it: since the change before at the
    /// earliest, and for want of better from then on.
    fn end_untold(&mut self, place: usize) {
        let Some(last) = self.items.get(..place).and_then(<[Item]>::last) else {
            return;
        };
        if last.is_end() {
            return;
        }
        let end = Item {
            kind: Kind::End(None),
            stamp: last.stamp.map(|at| at + TimeDelta::microseconds(1)),
            change: None,
        };
        self.items.insert(place, end);
    }

    /// The items of one record's life around an item: from the end before it, which is not part of
    /// it, up to its own end, which is. (Every begin stands behind an end, or first.)
    pub(crate) fn life(&self, at: usize) -> (usize, usize) {
        let before = self.items.get(..at).unwrap_or_default();
        let after = self.items.get(at..).unwrap_or_default();
        let low = before
            .iter()
            .rposition(Item::is_end)
            .map_or(0, |end| end + 1);
        let high = after.iter().position(Item::is_end);
        (low, high.map_or(self.items.len(), |end| at + end + 1))
    }

    /// The last item, in the log's order, that holds at an instant: with it all that was committed
    /// before it, whatever the clocks said.
    pub(crate) fn position(&self, instant: DateTime<Utc>) -> Option<usize> {
        let holds = |item: &Item| item.stamp.is_some_and(|stamp| stamp <= instant);
        self.items.iter().rposition(holds)
    }
}

impl Item {
    pub(crate) fn whole(&self) -> Option<&Whole> {
        match &self.kind {
            Kind::Begin { whole, .. } | Kind::Seen(whole) => Some(whole),
            Kind::End(whole) => whole.as_ref(),
            Kind::Step(_) | Kind::Since => None,
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        matches!(self.kind, Kind::End(_))
    }

    pub(crate) fn steps(&self) -> &[Step] {
        match &self.kind {
            Kind::Step(steps) => steps,
            _ => &[],
        }
    }
}
