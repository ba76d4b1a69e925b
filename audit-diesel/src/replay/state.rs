//! What a timeline says of one instant: the fold behind `as_of`.

use audit_core::{FieldMeta, Policy, Role};
use chrono::{DateTime, Utc};

use super::timeline::{Change, Column, Item, Kind, Timeline, Whole};
use super::value::{Reading, Value};
use crate::error::Unknown;

/// How a record stood at an instant.
#[derive(Debug)]
pub(crate) enum Standing {
    NotYet,
    Deleted,
    BeyondRetention,
    There(State),
}

/// The record at an instant.
#[derive(Debug)]
pub(crate) struct State {
    /// By field.
    pub(crate) fields: Vec<FieldState>,
    /// Columns that the entity does not have any more.
    pub(crate) former: Vec<(String, FieldState)>,
    /// Soft-deleted; `None` where that is not known.
    pub(crate) deleted: Option<bool>,
    /// The last recorded change before, in the log's order.
    pub(crate) last: Option<Change>,
}

/// One field at an instant.
#[derive(Debug, Clone)]
pub(crate) struct FieldState {
    pub(crate) value: Result<Value, Unknown>,
    /// The mask that is stored in its place.
    pub(crate) mask: Option<String>,
}

impl FieldState {
    fn unknown(reason: Unknown) -> Self {
        Self {
            value: Err(reason),
            mask: None,
        }
    }
}

impl Timeline {
    /// How the record stood at an instant.
    pub(crate) fn at(&self, instant: DateTime<Utc>) -> Standing {
        let Some(place) = self.position(instant) else {
            return self.before_all(instant);
        };
        let Some(item) = self.items.get(place) else {
            return Standing::NotYet;
        };
        if !item.is_end() {
            return Standing::There(self.state(place));
        }
        match self.items.get(place + 1).map(|item| &item.kind) {
            None | Some(Kind::Begin { .. } | Kind::End(_)) => Standing::Deleted,
            // It came back without a row that tells when.
            Some(_) => match self.created_at(place + 1) {
                Some(created) if created > instant => Standing::Deleted,
                _ => Standing::BeyondRetention,
            },
        }
    }

    /// Before all that survives: not yet created, or changed by rows that are gone.
    fn before_all(&self, instant: DateTime<Utc>) -> Standing {
        let first = match self.items.first() {
            Some(item) => &item.kind,
            None => return Standing::NotYet,
        };
        if matches!(first, Kind::Begin { again: false, .. }) {
            return Standing::NotYet;
        }
        match self.created_at(0) {
            Some(created) if created > instant => Standing::NotYet,
            _ => Standing::BeyondRetention,
        }
    }

    /// The record right after an item.
    pub(crate) fn state(&self, place: usize) -> State {
        let life = self.life(place);
        let deleted = self.deleted(place, life);
        let fields = self.meta.fields.iter().enumerate();
        let fields = fields
            .map(|(index, field)| self.field(index, field, place, life, deleted))
            .collect();
        let former = self.former_names(life).into_iter().map(|name| {
            let column = Column::Former(name.clone());
            (name, self.recorded(&column, place, life))
        });
        let before = self.items.get(life.0..=place).unwrap_or_default();
        State {
            fields,
            former: former.collect(),
            deleted,
            last: before.iter().rev().find_map(|item| item.change.clone()),
        }
    }

    fn field(
        &self,
        index: usize,
        field: &FieldMeta,
        place: usize,
        life: (usize, usize),
        deleted: Option<bool>,
    ) -> FieldState {
        if matches!(field.policy, Policy::Skipped) {
            return FieldState::unknown(Unknown::Skipped);
        }
        let column = Column::Field(index);
        if let Some(look) = self.sealed(place)
            && (field.role != Role::Data || matches!(field.policy, Policy::Ignored))
        {
            let reading = look.fields.get(index).cloned();
            return masked(field, settle(reading, None));
        }
        let is_flag = self.meta.soft_delete_field().map(|f| f.column) == Some(field.column);
        match field.role {
            Role::Data if matches!(field.policy, Policy::Ignored) => {
                FieldState::unknown(Unknown::Ignored)
            }
            Role::Data => masked(field, self.recorded(&column, place, life)),
            Role::Key | Role::Tenant | Role::CreatedAt | Role::CreatedBy => {
                self.constant(index, life)
            }
            Role::UpdatedAt | Role::UpdatedBy | Role::Version => {
                self.written(index, field, place, life)
            }
            _ if is_flag => self.recorded(&column, place, life),
            _ => self.deletion(index, field, place, life, deleted),
        }
    }

    /// A field whose every change is recorded: what the nearest rows on both sides say.
    fn recorded(&self, column: &Column, place: usize, (low, high): (usize, usize)) -> FieldState {
        let before = self.items.get(low..=place).unwrap_or_default().iter().rev();
        let after = self.items.get(place + 1..high).unwrap_or_default().iter();
        let earlier = before.filter_map(|item| after_item(item, column)).next();
        let later = after.filter_map(|item| before_item(item, column)).next();
        settle(earlier, later)
    }

    /// The look at the record that tells of every column, skipped ones apart, since nothing was
    /// written between an item and the look: the record as it is now, or since its last stamp.
    fn sealed(&self, place: usize) -> Option<&Whole> {
        let next = self.items.get(place + 1);
        match (&self.items.get(place)?.kind, next) {
            (Kind::Since, Some(look)) => look.whole(),
            (Kind::Seen(whole), None) => Some(whole),
            _ => None,
        }
    }
    /// A field that never changes in a record's life: any snapshot tells.
    fn constant(&self, index: usize, (low, high): (usize, usize)) -> FieldState {
        let mut items = self.items.get(low..high).unwrap_or_default().iter();
        let value = items.find_map(|item| item.whole()?.fields.get(index)?.value());
        match value {
            Some(value) => FieldState {
                value: Ok(value.clone()),
                mask: None,
            },
            None => FieldState::unknown(Unknown::BeyondRetention),
        }
    }

    /// A stamp that every write sets, recorded or not.
    fn written(
        &self,
        index: usize,
        field: &FieldMeta,
        place: usize,
        life: (usize, usize),
    ) -> FieldState {
        // Who writes a skipped or an ignored column alone sets the stamp and leaves no row.
        let silent = |f: &FieldMeta| {
            f.role == Role::Data && matches!(f.policy, Policy::Skipped | Policy::Ignored)
        };
        if self.meta.fields.iter().any(silent) {
            return FieldState::unknown(Unknown::Stamp);
        }
        let Some(item) = self.items.get(place) else {
            return FieldState::unknown(Unknown::Stamp);
        };
        // A write after it that left no row, at a time that is not known.
        if matches!(self.items.get(place + 1), Some(next) if matches!(next.kind, Kind::Since)) {
            return FieldState::unknown(Unknown::Stamp);
        }
        let value = match (&item.kind, &item.change, field.role) {
            (Kind::Begin { whole, .. } | Kind::Seen(whole), _, _) => {
                whole.fields.get(index).and_then(Reading::value).cloned()
            }
            (_, Some(change), Role::UpdatedAt) => Some(Value::of_time(change.at)),
            (_, Some(change), Role::UpdatedBy) => Some(Value::of_actor(&change.actor, field.kinds)),
            (_, _, Role::Version) => self.version(index, place, life),
            _ => None,
        };
        FieldState {
            value: value.ok_or(Unknown::Stamp),
            mask: None,
        }
    }

    /// Counted from the nearest snapshots; both sides must agree.
    fn version(&self, index: usize, place: usize, (low, high): (usize, usize)) -> Option<Value> {
        let number = |item: &Item| match item.whole()?.fields.get(index)?.value()?.decoded {
            audit_core::encode::Decoded::Int(version) => Some(version),
            _ => None,
        };
        let (mut up, mut down) = (None, None);
        let mut writes = 0;
        for item in self.items.get(low..=place)?.iter().rev() {
            if let Some(version) = number(item) {
                up = Some(version + writes);
                break;
            }
            writes += i128::from(matches!(item.kind, Kind::Step(_)));
        }
        writes = 0;
        for item in self.items.get(place + 1..high)? {
            if let Some(version) = number(item) {
                down = Some(version - writes);
                break;
            }
            writes += i128::from(matches!(item.kind, Kind::Step(_)));
        }
        let version = match (up, down) {
            (Some(up), Some(down)) if up != down => return None,
            (up, down) => up.or(down)?,
        };
        Some(Value::of_decoded(audit_core::encode::Decoded::Int(version)))
    }

    /// A stamp of the soft delete, beside the field that its rows are about.
    fn deletion(
        &self,
        index: usize,
        field: &FieldMeta,
        place: usize,
        (low, _): (usize, usize),
        deleted: Option<bool>,
    ) -> FieldState {
        let known = |value| FieldState {
            value: Ok(value),
            mask: None,
        };
        let Some(deleted) = deleted else {
            return FieldState::unknown(Unknown::Unrecorded);
        };
        match field.role {
            Role::DeletedFlag => return known(Value::of_bool(deleted)),
            Role::ActiveFlag => return known(Value::of_bool(!deleted)),
            _ if !deleted => return known(Value::null()),
            _ => {}
        }
        for item in self.items.get(low..=place).unwrap_or_default().iter().rev() {
            if let Some(change) = &item.change
                && change.deleted == Some(true)
            {
                return known(match field.role {
                    Role::DeletedAt => Value::of_time(change.at),
                    _ => Value::of_actor(&change.actor, field.kinds),
                });
            }
            if let Some(value) = item.whole().and_then(|w| w.fields.get(index)?.value()) {
                return known(value.clone());
            }
        }
        FieldState::unknown(Unknown::BeyondRetention)
    }

    /// Whether the record was soft-deleted after an item; `None` where the rows before and after do
    /// not fit.
    fn deleted(&self, place: usize, (low, high): (usize, usize)) -> Option<bool> {
        if let Some(deleted) = self.sealed(place).and_then(|look| look.deleted) {
            return Some(deleted);
        }
        let told = |item: &Item| item.change.as_ref().and_then(|change| change.deleted);
        let seen = |item: &Item| item.whole().and_then(|whole| whole.deleted);
        let before = self.items.get(low..=place).unwrap_or_default().iter().rev();
        let mut before = before.filter_map(|item| told(item).or(seen(item)));
        let after = self.items.get(place + 1..high).unwrap_or_default().iter();
        let mut after = after.filter_map(|item| told(item).map(|now| !now).or(seen(item)));
        match (before.next(), after.next()) {
            (Some(before), Some(after)) if before != after => None,
            (None, None) => Some(false),
            (before, after) => before.or(after),
        }
    }

    fn former_names(&self, (low, high): (usize, usize)) -> Vec<String> {
        let mut names = Vec::new();
        for item in self.items.get(low..high).unwrap_or_default() {
            let steps = item.steps().iter().filter_map(|step| match &step.column {
                Column::Former(name) => Some(name),
                Column::Field(_) => None,
            });
            let whole = item.whole().and_then(|whole| whole.former.as_deref());
            let whole = whole.unwrap_or_default().iter().map(|(name, _)| name);
            for name in steps.chain(whole) {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        names
    }

    /// True where a recorded change between two places is about the field.
    pub(crate) fn mentioned(&self, index: usize, from: usize, to: usize) -> bool {
        let items = self.items.get(from + 1..=to).unwrap_or_default();
        let mut steps = items.iter().flat_map(Item::steps);
        steps.any(|step| step.column == Column::Field(index))
    }
}

/// What two neighbours say of the time between them.
fn settle(earlier: Option<Reading>, later: Option<Reading>) -> FieldState {
    let value = match (earlier, later) {
        (Some(Reading::Garbled), _) | (None, Some(Reading::Garbled)) => Err(Unknown::Unreadable),
        (Some(Reading::Absent), _) | (None, Some(Reading::Absent)) => Err(Unknown::NotRecorded),
        (Some(Reading::Value(one)), Some(Reading::Value(two))) => {
            if one.same(&two) {
                // The record itself has all of a value that was too long to store, and no mask.
                Ok(if one.is_truncated() || two.sure {
                    two
                } else {
                    one
                })
            } else if one.looks_masked() {
                Err(Unknown::Masked)
            } else {
                Err(Unknown::Unrecorded)
            }
        }
        (Some(Reading::Value(value)), _) | (None, Some(Reading::Value(value))) => Ok(value),
        (None, None) => Err(Unknown::BeyondRetention),
    };
    match value {
        Ok(value) => {
            let json = value.json.clone();
            let value = value.stored();
            let mask = (value == Err(Unknown::Masked)).then_some(json);
            FieldState { value, mask }
        }
        Err(reason) => FieldState::unknown(reason),
    }
}

/// The value right after an item, if it tells.
fn after_item(item: &Item, column: &Column) -> Option<Reading> {
    match &item.kind {
        Kind::Step(steps) => {
            let mut steps = steps.iter().rev();
            steps
                .find(|step| step.column == *column)
                .map(|step| step.new.clone())
        }
        _ => in_whole(item, column),
    }
}

/// The value right before an item, if it tells.
fn before_item(item: &Item, column: &Column) -> Option<Reading> {
    match &item.kind {
        Kind::Step(steps) => {
            let mut steps = steps.iter();
            steps
                .find(|step| step.column == *column)
                .map(|step| step.old.clone())
        }
        _ => in_whole(item, column),
    }
}

fn in_whole(item: &Item, column: &Column) -> Option<Reading> {
    let whole = item.whole()?;
    match column {
        Column::Field(index) => whole.fields.get(*index).cloned(),
        Column::Former(name) => {
            let found = whole
                .former
                .as_ref()?
                .iter()
                .find(|(former, _)| former == name);
            Some(found.map_or(Reading::Absent, |(_, value)| Reading::Value(value.clone())))
        }
    }
}

/// Takes the value of a masked field away, unless there was none.
fn masked(field: &FieldMeta, state: FieldState) -> FieldState {
    let is_masked = matches!(field.policy, Policy::Masked(_) | Policy::MaskedAt(_));
    match state.value {
        Ok(value) if is_masked && (field.hide_null || !value.is_null()) => FieldState {
            value: Err(Unknown::Masked),
            mask: Some(value.json),
        },
        // What could not be compared is a mask all the same.
        Err(Unknown::Unrecorded | Unknown::Truncated) if is_masked => {
            FieldState::unknown(Unknown::Masked)
        }
        value => FieldState {
            value,
            mask: state.mask,
        },
    }
}
