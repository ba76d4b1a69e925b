//! A record as it was: what is known of each field, and of the others why not.

use core::fmt;
use core::marker::PhantomData;

use audit_core::encode::decode_as;
use audit_core::{Actor, FieldMeta, Role};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::state::{FieldState, State};
use super::types::PastTypes;
use crate::columns_read::{PastBox, PastReader};
use crate::entity::{Entity, StoredEntity};
use crate::error::Unknown;
use crate::field_names::FieldNames;
use crate::plain::Plain;

/// A record as it was at an instant.
///
/// Every field is known or unknown, with the reason; see [`Unknown`]. Stamps are not recorded as
/// changes, so they follow from the rows: `created_*` and the tenant from any snapshot of the
/// record, `deleted_*` from the row of the soft delete, `updated_*` and the version from the last
/// row before. The latter are unknown where the entity has a skipped or an ignored field, except
/// since the record's last write: who writes such a field alone sets them and leaves no row.
///
/// ```
/// # use audit_diesel::{AsOf, Past, Unknown, Entity};
/// fn show<E: Entity>(past: &Past<E>) -> String {
///     match past.get::<String>("name") {
///         Ok(name) => name,
///         Err(Unknown::Masked) => past.mask("name").unwrap_or("***").to_owned(),
///         Err(reason) => format!("unknown: {reason}"),
///     }
/// }
/// ```
pub struct Past<E> {
    record: String,
    instant: DateTime<Utc>,
    state: State,
    /// Makes the entity of typed values, one a field; only a backend knows how.
    build: fn(&mut [Option<PastBox>]) -> Option<E>,
    types: PastTypes,
    _entity: PhantomData<fn() -> E>,
}

/// One field of a [`Past`].
#[derive(Debug, Clone, Copy)]
pub struct PastField<'a> {
    name: &'a str,
    column: &'a str,
    state: &'a FieldState,
}

/// The last recorded change of a record before an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastChange {
    /// The change set.
    pub change_id: Uuid,
    /// What it was; see [`crate::AuditEntry::action`].
    pub action: String,
    /// Who made it.
    pub actor: Actor,
    /// When, by the application's clock.
    pub changed_at: DateTime<Utc>,
}

impl<E: Entity> Past<E> {
    pub(crate) fn new<DB>(record: String, instant: DateTime<Utc>, state: State) -> Self
    where
        DB: crate::backend::AuditBackend,
        E: StoredEntity<DB>,
    {
        let types = PastTypes::of::<E, DB>();
        Self {
            record,
            instant,
            state,
            build: |values| E::read(&mut PastReader::new(values, ())).ok(),
            types,
            _entity: PhantomData,
        }
    }

    /// The record's id, as the trail has it.
    pub fn record_id(&self) -> &str {
        &self.record
    }

    /// The instant that was asked for.
    pub fn instant(&self) -> DateTime<Utc> {
        self.instant
    }

    /// The record was soft-deleted then. False also where that is not known; the field of the flag
    /// then says why.
    pub fn is_deleted(&self) -> bool {
        self.state.deleted == Some(true)
    }

    /// The last recorded change of the record until then; `None` where no row of it is left.
    pub fn last_change(&self) -> Option<LastChange> {
        self.state.last.as_ref().map(|change| LastChange {
            change_id: change.id,
            action: change.action.clone(),
            actor: change.actor.clone(),
            changed_at: change.at,
        })
    }

    /// The value of a field, by the name of its column or of the field, or by a former name
    /// (`#[audit(was = "..")]`).
    ///
    /// # Errors
    /// Why it is not known.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, Unknown> {
        self.field(name).ok_or(Unknown::NoField)?.get()
    }

    /// The value of a field as JSON text, in the encoding of the trail
    /// ([`audit_core::encode`]); `null` where it was null.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn json(&self, name: &str) -> Result<&str, Unknown> {
        self.field(name).ok_or(Unknown::NoField)?.json()
    }

    /// What the mask of a field left of its value, as JSON text.
    pub fn mask(&self, name: &str) -> Option<&str> {
        self.field(name)?.mask()
    }

    /// A field by the name of its column or of the field, or by a former name.
    pub fn field(&self, name: &str) -> Option<PastField<'_>> {
        self.fields().nth(FieldNames::of(E::META).called(name)?)
    }

    /// All fields, in the order of the entity.
    pub fn fields(&self) -> impl Iterator<Item = PastField<'_>> {
        let fields = E::META.fields.iter().zip(&self.state.fields);
        fields.map(|(meta, state)| PastField {
            name: meta.name,
            column: meta.column,
            state,
        })
    }

    /// Columns that the record had and the entity does not have any more, as they were last
    /// recorded before.
    pub fn former_columns(&self) -> impl Iterator<Item = PastField<'_>> {
        self.state.former.iter().map(|(name, state)| PastField {
            name,
            column: name,
            state,
        })
    }

    /// The record itself, where every field of it is known.
    ///
    /// # Errors
    /// The fields that are not, by column, and why. [`Unknown::Type`] also where the type of a
    /// field cannot be read back at all: it has no `Deserialize` (with `via = "display"`: no
    /// `FromStr`), or is generic.
    pub fn into_entity(self) -> Result<E, Vec<(&'static str, Unknown)>> {
        let mut values = Vec::with_capacity(E::META.fields.len());
        let mut unknown = Vec::new();
        for (index, (meta, state)) in E::META.fields.iter().zip(&self.state.fields).enumerate() {
            match typed(&self.types, index, state) {
                Ok(value) => values.push(Some(value)),
                Err(reason) => {
                    values.push(None);
                    unknown.push((meta.column, reason));
                }
            }
        }
        if !unknown.is_empty() {
            return Err(unknown);
        }
        (self.build)(&mut values).ok_or_else(Vec::new)
    }
}

/// A past value as its field's type.
pub(crate) fn typed(
    types: &PastTypes,
    index: usize,
    state: &FieldState,
) -> Result<PastBox, Unknown> {
    let value = state.value.as_ref().map_err(|reason| *reason)?;
    let decoder = types.get(index).ok_or(Unknown::Type)?;
    let mut texts = std::iter::once(&value.json).chain(&value.others);
    texts
        .find_map(|json| decoder(json).ok())
        .ok_or(Unknown::Type)
}

impl<'a> PastField<'a> {
    /// The name of the field.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The name of the column.
    pub fn column(&self) -> &'a str {
        self.column
    }

    /// The value.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn get<T: DeserializeOwned>(&self) -> Result<T, Unknown> {
        let value = self.state.value.as_ref().map_err(|reason| *reason)?;
        let mut texts = std::iter::once(&value.json).chain(&value.others);
        texts
            .find_map(|json| decode_as(json).ok())
            .ok_or(Unknown::Type)
    }

    /// The value as JSON text, in the encoding of the trail.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn json(&self) -> Result<&'a str, Unknown> {
        match &self.state.value {
            Ok(value) => Ok(&value.json),
            Err(reason) => Err(*reason),
        }
    }

    /// What the field's mask left of the value, as JSON text.
    pub fn mask(&self) -> Option<&'a str> {
        self.state.mask.as_deref()
    }

    /// Why the value is not known.
    pub fn unknown(&self) -> Option<Unknown> {
        self.state.value.as_ref().err().copied()
    }
}

/// The JSON text of a known value, the mask of a masked one, or why it is not known, in brackets.
impl fmt::Display for PastField<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.state.value, &self.state.mask) {
            (Ok(value), _) => Plain(&value.json).fmt(f),
            (Err(_), Some(mask)) => Plain(mask).fmt(f),
            (Err(reason), None) => write!(f, "<{reason}>"),
        }
    }
}

/// A line for the record and the instant, then one a field.
impl<E: Entity> fmt::Display for Past<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = self.instant.to_rfc3339_opts(SecondsFormat::Micros, true);
        let (table, record) = (E::META.name, Plain(&self.record));
        write!(f, "{table}#{record} as of {instant}")?;
        if self.is_deleted() {
            f.write_str(", deleted")?;
        }
        for field in self.fields() {
            write!(f, "\n  {}: {field}", field.column)?;
        }
        for field in self.former_columns() {
            write!(f, "\n  {} (a former column): {field}", Plain(field.column))?;
        }
        Ok(())
    }
}

/// As `Display`: masked.
impl<E: Entity> fmt::Debug for Past<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// True for a field that a replay may write: business data that the trail keeps.
pub(crate) fn is_kept_data(field: &FieldMeta) -> bool {
    use audit_core::Policy;
    field.role == Role::Data && !matches!(field.policy, Policy::Skipped | Policy::Ignored)
}
