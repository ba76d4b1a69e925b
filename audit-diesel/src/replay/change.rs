//! A change set read as an entity's: its values typed, under the names that the fields have now.

use core::marker::PhantomData;

use audit_core::encode::decode_as;
use serde::de::DeserializeOwned;

use super::timeline::{Column, Kind, Timeline};
use super::value::Reading;
use crate::entity::Entity;
use crate::error::Unknown;
use crate::field_names::FieldNames;
use crate::trail::ChangeSet;

/// A change set of an entity's record. Made by [`ChangeSet::typed`].
pub struct TypedChange<E> {
    timeline: Timeline,
    _entity: PhantomData<fn() -> E>,
}

impl ChangeSet {
    /// Reads the change set as one of `E`'s: see [`TypedChange::old`] and [`TypedChange::new`].
    ///
    /// ```
    /// # use audit_diesel::{ChangeSet, Entity, Unknown};
    /// fn renamed<E: Entity>(set: &ChangeSet) -> Result<(String, String), Unknown> {
    ///     let change = set.typed::<E>();
    ///     Ok((change.old("name")?, change.new("name")?))
    /// }
    /// ```
    pub fn typed<E: Entity>(&self) -> TypedChange<E> {
        TypedChange {
            timeline: Timeline::of_set(E::META, self),
            _entity: PhantomData,
        }
    }
}

impl<E: Entity> TypedChange<E> {
    /// The value of a field before the change, by the name of its column, of the field, or by a
    /// former name: under whichever the row knows the field, also where it holds the record whole.
    ///
    /// # Errors
    /// Why there is none: [`Unknown::NotPart`] where the change did not touch the field or there was
    /// no record before; a mask is never taken for a value.
    pub fn old<T: DeserializeOwned>(&self, field: &str) -> Result<T, Unknown> {
        self.read(field, true)
    }

    /// The value of a field after the change.
    ///
    /// # Errors
    /// As [`TypedChange::old`].
    #[allow(clippy::new_ret_no_self, reason = "the new value, beside the old one")]
    pub fn new<T: DeserializeOwned>(&self, field: &str) -> Result<T, Unknown> {
        self.read(field, false)
    }

    /// The fields that the change set has rows of, by column; all of the record's where it holds the
    /// record whole.
    pub fn columns(&self) -> Vec<&'static str> {
        let fields = E::META.fields.iter().enumerate();
        fields
            .filter(|(index, _)| {
                let side = |old| self.reading(*index, old);
                [true, false]
                    .into_iter()
                    .any(|old| matches!(side(old), Some(Reading::Value(_) | Reading::Garbled)))
            })
            .map(|(_, field)| field.column)
            .collect()
    }

    fn read<T: DeserializeOwned>(&self, field: &str, old: bool) -> Result<T, Unknown> {
        let index = FieldNames::of(E::META).called(field);
        let index = index.ok_or(Unknown::NoField)?;
        let reading = self.reading(index, old).ok_or(Unknown::NotPart)?;
        let value = self.timeline.usable(index, reading)?;
        decode_as(&value.json).map_err(|_| Unknown::Type)
    }

    fn reading(&self, index: usize, old: bool) -> Option<&Reading> {
        self.timeline
            .items
            .iter()
            .find_map(|item| match &item.kind {
                Kind::Step(steps) => steps
                    .iter()
                    .find(|step| step.column == Column::Field(index))
                    .map(|step| if old { &step.old } else { &step.new }),
                Kind::Begin { whole, .. } | Kind::Seen(whole) if !old => whole.fields.get(index),
                Kind::End(Some(whole)) if old => whole.fields.get(index),
                _ => None,
            })
    }
}
