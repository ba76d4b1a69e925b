//! A removed record brought back from its last snapshot.

use audit_core::diff::FieldSet;
use audit_core::encode::{Decoded, to_json};
use audit_core::{AuditContext, Policy, Role};
use serde::Serialize;

use super::load;
use super::past::typed;
use super::revert::boxed;
use super::state::FieldState;
use super::timeline::{Kind, Timeline, Whole};
use super::types::PastTypes;
use super::value::{Reading, Value};
use crate::backend::AuditConnection;
use crate::columns_read::PastReader;
use crate::driver;
use crate::entity::{Entity, StoredEntity, TenantOf};
use crate::error::{AuditError, RevertError, Unknown};
use crate::field_names::FieldNames;
use crate::stamper::Operation;
use crate::statement::InsertWhole;
use crate::transaction::End;
use crate::write::{Recorder, Write, check_record_id};

/// Values for what the trail does not hold of a removed record: masked and skipped columns, values
/// that were too long, columns that came later.
///
/// ```
/// use audit_diesel::Refill;
/// let refill = Refill::new().null("search_text").set("password_hash", "!locked");
/// # let _ = refill;
/// ```
#[derive(Default, Clone)]
pub struct Refill {
    columns: Vec<(String, String)>,
}

/// Shows the columns, and no values.
impl core::fmt::Debug for Refill {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let columns = self.columns.iter().map(|(column, _)| column);
        f.debug_list().entries(columns).finish()
    }
}

impl Refill {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves a column null.
    #[must_use]
    pub fn null(self, column: &str) -> Self {
        self.set(column, &())
    }

    /// Gives a column a value of its field's type.
    #[must_use]
    pub fn set<T: Serialize + ?Sized>(mut self, column: &str, value: &T) -> Self {
        self.columns.push((column.to_owned(), to_json(value)));
        self
    }
}

pub(super) fn undelete<C, E>(
    conn: &mut C,
    ctx: &AuditContext,
    id: &E::Id,
    refill: &Refill,
) -> Result<E, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    check_record_id::<E>(ctx, id)?;
    // `updated_*` are this write's; everything else comes back as it was.
    let write = Write::<E>::open::<C::Backend>(ctx, Operation::Update)?;
    write.run(conn, |conn| {
        let refuse = |source| AuditError::revert::<E>(id, source);
        let there: Vec<E> = driver::entities(conn, &write.by_key(id), 0)?;
        if !there.is_empty() {
            return Err(refuse(RevertError::Exists));
        }
        let rows = load::entries::<C, E>(conn, write.tenant.as_ref(), id, 0, true)?;
        if rows.is_empty() {
            return Err(AuditError::not_found::<E>(id));
        }
        let timeline = Timeline::new(E::META, &rows, None, write.now);
        let types = PastTypes::of::<E, C::Backend>();
        let reads = |index, value: &Value| {
            let state = FieldState {
                value: Ok(value.clone()),
                mask: None,
            };
            typed(&types, index, &state).is_ok()
        };
        let values = match timeline.items.last().map(|item| &item.kind) {
            Some(Kind::End(Some(whole))) => timeline.whole_again(whole, refill, reads),
            _ => Err(RevertError::NoRemoval),
        };
        let mut values = values.and_then(boxed::<E, C::Backend>).map_err(refuse)?;
        let record = E::read(&mut PastReader::new(&mut values, ()))
            .map_err(diesel::result::Error::DeserializationError)?;
        // The snapshot is the trail's; the tenant and the key are the caller's.
        let tenant = |tenant: &E::Tenant| tenant.text();
        let same_tenant = match &write.tenant {
            Some(asked) => record.tenant().map(tenant).as_ref() == Some(&asked.text()),
            None => true,
        };
        if !same_tenant || E::record_id(&record.id()) != E::record_id(id) {
            return Err(AuditError::not_found::<E>(id));
        }
        let insert = InsertWhole {
            table: E::table(),
            record: &record,
            fields: all_but_written::<E>(),
            stamps: &write.stamps,
        };
        if driver::execute(conn, &insert)? != 1 {
            return Err(refuse(RevertError::Exists));
        }
        let stored = write.reread(conn, id)?;
        let mut recorder = Recorder::new(&write, "undelete");
        recorder.inserted(&stored)?;
        recorder.write(conn)?;
        Ok(End::Commit(stored))
    })
}

/// Every field but those that the write stamps.
fn all_but_written<E: Entity>() -> FieldSet {
    let mut fields = FieldSet::EMPTY;
    for (index, field) in E::META.fields.iter().enumerate() {
        if !matches!(field.role, Role::UpdatedAt | Role::UpdatedBy) {
            fields.insert(index);
        }
    }
    fields
}

impl Timeline {
    /// Every field of a record that was removed: as its snapshot has it, or refilled.
    pub(super) fn whole_again(
        &self,
        whole: &Whole,
        refill: &Refill,
        reads: impl Fn(usize, &Value) -> bool,
    ) -> Result<Vec<Option<Value>>, RevertError> {
        let mut given = vec![None; self.meta.fields.len()];
        for (column, json) in &refill.columns {
            let place = FieldNames::of(self.meta).called(column);
            let slot = place.and_then(|place| given.get_mut(place));
            *slot.ok_or_else(|| RevertError::NoField(column.clone()))? = Some(json);
        }
        let (mut unknown, mut known, mut misfits) = (Vec::new(), Vec::new(), Vec::new());
        let mut values = Vec::with_capacity(self.meta.fields.len());
        let fields = self.meta.fields.iter().zip(&whole.fields).zip(given);
        for (index, ((field, reading), given)) in fields.enumerate() {
            let masked = matches!(field.policy, Policy::Masked(_) | Policy::MaskedAt(_));
            let kept = match reading {
                _ if matches!(field.policy, Policy::Skipped) => Err(Unknown::Skipped),
                Reading::Absent => Err(Unknown::NotRecorded),
                Reading::Garbled => Err(Unknown::Unreadable),
                Reading::Value(value) if masked && (field.hide_null || !value.is_null()) => {
                    Err(Unknown::Masked)
                }
                // A variant that is gone, a type that was changed.
                Reading::Value(value) if !reads(index, value) => Err(Unknown::Type),
                Reading::Value(value) => value.clone().stored(),
            };
            values.push(match (kept, given) {
                (Ok(_), Some(_)) => {
                    known.push(field.column);
                    None
                }
                (Ok(value), None) => Some(match (field.role, &value.decoded) {
                    // As after every write: who still has the old version does not fit.
                    (Role::Version, Decoded::Int(version)) => {
                        Value::of_decoded(Decoded::Int(version + 1))
                    }
                    _ => value,
                }),
                (Err(_), Some(json)) => {
                    let value = Reading::of_json(Some(json)).value().cloned();
                    if !value.as_ref().is_some_and(|value| reads(index, value)) {
                        misfits.push(field.column);
                    }
                    value
                }
                (Err(reason), None) => {
                    unknown.push((field.column, reason));
                    None
                }
            });
        }
        if !known.is_empty() {
            return Err(RevertError::Known(known));
        }
        if !unknown.is_empty() {
            return Err(RevertError::Unknown(unknown));
        }
        if !misfits.is_empty() {
            return Err(RevertError::Misfit(misfits));
        }
        Ok(values)
    }
}
