//! The way back: what a revert would write, and when it must not.

use audit_core::{AuditContext, Policy};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::load;
use super::past::{is_kept_data, typed};
use super::state::{FieldState, Standing};
use super::timeline::{Column, Item, Kind, Timeline};
use super::types::PastTypes;
use super::value::{Reading, Value};
use crate::backend::AuditConnection;
use crate::columns_read::PastBox;
use crate::driver;
use crate::entity::{Entity, StoredEntity};
use crate::error::{AuditError, RevertError, Unknown};
use crate::key::Key;
use crate::stamper::Operation;
use crate::transaction::End;
use crate::write::{
    Recorder, Write, apply_edit, check_record_id, check_state, flip_action, is_flipped,
    refuse_reserved, write_stamps,
};

/// What [`crate::AuditedReplay::audited_revert`] takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revert {
    /// One change set, by its `change_id`. What was changed after it stays.
    ChangeSet(Uuid),
    /// Everything since an instant: the record becomes what [`crate::AuditedReplay::as_of`] says.
    To(DateTime<Utc>),
}

impl AuditError {
    pub(crate) fn revert<E: Entity>(id: &E::Id, source: RevertError) -> Self {
        Self::Revert {
            entity: E::META.name,
            record: E::record_id(id),
            source,
        }
    }
}

/// The values to write, by field; `None` for a field that stays.
type Values = Vec<Option<Value>>;

/// What taking back one change set comes to.
#[derive(Debug)]
pub(super) enum Undo {
    Fields(Values),
    SoftDelete,
    Restore,
}

impl Timeline {
    /// What taking back a change set comes to. The timeline ends with the record as it is now.
    pub(super) fn undo(&self, change: Uuid) -> Result<Undo, RevertError> {
        let is_it = |item: &Item| item.change.as_ref().is_some_and(|it| it.id == change);
        let place = self.items.iter().position(is_it);
        let place = place.ok_or(RevertError::NoChange(change))?;
        let last = self.items.len() - 1;
        let Some(item) = self.items.get(place) else {
            return Err(RevertError::NoChange(change));
        };
        match (&item.kind, item.change.as_ref().and_then(|c| c.deleted)) {
            (Kind::Begin { .. }, _) => return Err(RevertError::Insert),
            (Kind::End(_), _) => return Err(RevertError::Removal),
            (Kind::Seen(_) | Kind::Since, _) => return Err(RevertError::Baseline),
            _ if self.life(place) != self.life(last) => return Err(RevertError::AnotherRecord),
            (Kind::Step(_), Some(deleted)) => {
                let flips = |item: &Item| item.change.as_ref().is_some_and(|c| c.deleted.is_some());
                if self.items.iter().skip(place + 1).any(flips) {
                    let flag = self.meta.soft_delete_field().map_or("", |f| f.column);
                    return Err(RevertError::ChangedSince(vec![flag]));
                }
                return Ok(if deleted {
                    Undo::Restore
                } else {
                    Undo::SoftDelete
                });
            }
            (Kind::Step(_), None) => {}
        }
        let (mut unknown, mut since) = (Vec::new(), Vec::new());
        let mut values: Values = vec![None; self.meta.fields.len()];
        for step in item.steps() {
            // A column that is gone holds nothing any more that could be taken back.
            let Column::Field(index) = step.column else {
                continue;
            };
            let Some(field) = self.meta.fields.get(index).filter(|f| is_kept_data(f)) else {
                continue;
            };
            let old = match self.usable(index, &step.old) {
                Ok(old) => old,
                Err(reason) => {
                    unknown.push((field.column, reason));
                    continue;
                }
            };
            let now = self.now(index).and_then(Reading::value);
            if now.is_some_and(|now| now.same(&old)) {
                continue;
            }
            let left = now
                .zip(step.new.value())
                .is_some_and(|(now, new)| now.same(new));
            // Two masks may look the same where the values do not.
            let masked = !matches!(field.policy, Policy::Plain);
            if !left || (masked && self.mentioned(index, place, last)) {
                since.push(field.column);
            } else if let Some(slot) = values.get_mut(index) {
                *slot = Some(old);
            }
        }
        if !unknown.is_empty() {
            return Err(RevertError::Unknown(unknown));
        }
        if !since.is_empty() {
            return Err(RevertError::ChangedSince(since));
        }
        Ok(Undo::Fields(values))
    }

    /// What the record lacks to be what it was at an instant.
    pub(super) fn back_to(&self, instant: DateTime<Utc>) -> Result<Values, RevertError> {
        let state = match self.at(instant) {
            Standing::NotYet => return Err(RevertError::NotYet),
            Standing::Deleted => return Err(RevertError::Deleted),
            Standing::BeyondRetention => return Err(RevertError::BeyondRetention),
            Standing::There(state) => state,
        };
        let place = self.position(instant).ok_or(RevertError::BeyondRetention)?;
        let last = self.items.len() - 1;
        if self.life(place) != self.life(last) {
            return Err(RevertError::AnotherRecord);
        }
        match state.deleted {
            Some(true) => return Err(RevertError::SoftDeleted),
            Some(false) => {}
            None => {
                let flag = self.meta.soft_delete_field().map_or("", |f| f.column);
                return Err(RevertError::Unknown(vec![(flag, Unknown::Unrecorded)]));
            }
        }
        let mut unknown = Vec::new();
        let mut values: Values = Vec::with_capacity(self.meta.fields.len());
        for (index, (field, then)) in self.meta.fields.iter().zip(&state.fields).enumerate() {
            let mut value = None;
            if is_kept_data(field) {
                match &then.value {
                    Ok(then) => {
                        let now = self.now(index).and_then(Reading::value);
                        value = (!now.is_some_and(|now| now.same(then))).then(|| then.clone());
                    }
                    Err(_) if self.unmoved(index, place, then) => {}
                    Err(reason) => unknown.push((field.column, *reason)),
                }
            }
            values.push(value);
        }
        if unknown.is_empty() {
            Ok(values)
        } else {
            Err(RevertError::Unknown(unknown))
        }
    }

    /// The field as it is now.
    fn now(&self, index: usize) -> Option<&Reading> {
        self.items.last()?.whole()?.fields.get(index)
    }

    /// A stored value of a field, where it is one: not a mask, nor what is left of a long one.
    pub(super) fn usable(&self, index: usize, reading: &Reading) -> Result<Value, Unknown> {
        let field = self.meta.fields.get(index).ok_or(Unknown::NoField)?;
        if matches!(field.policy, Policy::Skipped) {
            return Err(Unknown::Skipped);
        }
        let value = match reading {
            Reading::Value(value) => value.clone().stored()?,
            Reading::Absent => return Err(Unknown::NotRecorded),
            Reading::Garbled => return Err(Unknown::Unreadable),
        };
        let masked = matches!(field.policy, Policy::Masked(_) | Policy::MaskedAt(_));
        if masked && (field.hide_null || !value.is_null()) {
            return Err(Unknown::Masked);
        }
        Ok(value)
    }

    /// A field whose value is not known, but nothing has changed it since.
    fn unmoved(&self, index: usize, place: usize, then: &FieldState) -> bool {
        if self.mentioned(index, place, self.items.len() - 1) {
            return false;
        }
        let now = self.now(index).and_then(Reading::value);
        match then.value {
            Err(Unknown::Masked) => then
                .mask
                .as_ref()
                .is_some_and(|mask| now.is_some_and(|now| now.json == *mask)),
            // A column that came later, and that nobody has changed since it did.
            Err(Unknown::Truncated | Unknown::NotRecorded) => true,
            _ => false,
        }
    }
}

/// Past values as the types of their fields.
pub(super) fn boxed<E, DB>(values: Values) -> Result<Vec<Option<PastBox>>, RevertError>
where
    DB: crate::backend::AuditBackend,
    E: StoredEntity<DB>,
{
    let types = PastTypes::of::<E, DB>();
    let mut unknown = Vec::new();
    let mut boxes = Vec::with_capacity(values.len());
    for (index, (field, value)) in E::META.fields.iter().zip(values).enumerate() {
        boxes.push(match value {
            None => None,
            Some(value) => {
                let state = FieldState {
                    value: Ok(value),
                    mask: None,
                };
                match typed(&types, index, &state) {
                    Ok(value) => Some(value),
                    Err(reason) => {
                        unknown.push((field.column, reason));
                        None
                    }
                }
            }
        });
    }
    if unknown.is_empty() {
        Ok(boxes)
    } else {
        Err(RevertError::Unknown(unknown))
    }
}

pub(super) fn revert<C, E>(
    conn: &mut C,
    ctx: &AuditContext,
    key: Key<E>,
    revert: Revert,
) -> Result<E, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    check_record_id::<E>(ctx, &key.id)?;
    let operation = match revert {
        Revert::To(_) => Operation::Update,
        Revert::ChangeSet(change) => {
            operation_of::<C, E>(conn, ctx, &key, change).inspect_err(|_| ctx.poison())?
        }
    };
    let write = Write::<E>::open::<C::Backend>(ctx, operation)?;
    write.run(conn, |conn| {
        let before = write.reread(conn, &key.id)?;
        check_state(&before, key.version, operation == Operation::Update)?;
        let refuse = |source| AuditError::revert::<E>(&key.id, source);
        let rows = load::entries::<C, E>(conn, write.tenant.as_ref(), &key.id, 0, true)?;
        let now = load::current(&before, ctx);
        let timeline = Timeline::new(E::META, &rows, Some(now), write.now);
        let values = match revert {
            Revert::To(instant) => timeline.back_to(instant).map_err(refuse)?,
            Revert::ChangeSet(change) => match timeline.undo(change).map_err(refuse)? {
                Undo::Fields(values) => values,
                Undo::SoftDelete | Undo::Restore => {
                    return flip(conn, &write, before);
                }
            },
        };
        if values.iter().all(Option::is_none) {
            return Ok(End::Rollback(before));
        }
        let mut values = boxed::<E, C::Backend>(values).map_err(refuse)?;
        let edited = driver::entity_with_past(conn, &write.by_key(&key.id), &mut values)?;
        let edited = edited.ok_or_else(|| AuditError::not_found::<E>(&key.id))?;
        refuse_reserved(&before, &edited)?;
        apply_edit(conn, &write, before, &edited)
    })
}

/// What a revert of a change set does to the record. The change set does not change any more, so
/// that this can be known before the write begins.
fn operation_of<C, E>(
    conn: &mut C,
    ctx: &AuditContext,
    key: &Key<E>,
    change: Uuid,
) -> Result<Operation, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    let tenant = crate::write::tenant_of::<E>(ctx)?;
    let rows = load::entries::<C, E>(conn, tenant.as_ref(), &key.id, 0, false)?;
    let first = rows.iter().find(|row| row.change_id == change);
    Ok(
        match first.map(|row| (row.action.as_str(), &row.field_name)) {
            Some(("delete", Some(_))) => Operation::Restore,
            Some(("restore", Some(_))) => Operation::SoftDelete,
            _ => Operation::Update,
        },
    )
}

/// The other half of a soft delete or a restore, of a record that is held locked.
fn flip<C, E>(conn: &mut C, write: &Write<'_, E>, before: E) -> Result<End<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    if is_flipped(&before, write.operation) {
        return Ok(End::Rollback(before));
    }
    let after = write_stamps(conn, write, &before)?;
    let mut recorder = Recorder::new(write, flip_action(write.operation));
    recorder.flipped(&before, &after)?;
    recorder.write(conn)?;
    Ok(End::Commit(after))
}
