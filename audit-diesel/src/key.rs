//! How a record is named in a call: by its primary key, and its version where it has one.

use core::fmt;

use crate::entity::Entity;

/// A primary key, with the version that the caller saw where the entity has one.
pub struct Key<E: Entity> {
    pub(crate) id: E::Id,
    pub(crate) version: Option<i64>,
}

impl<E: Entity> Key<E> {
    #[doc(hidden)]
    pub fn __new(id: E::Id, version: Option<i64>) -> Self {
        Self { id, version }
    }

    /// The primary key.
    pub fn id(&self) -> &E::Id {
        &self.id
    }
}

/// The key of a record that was loaded. Implemented for every entity; nothing to do for an app.
pub trait AuditedKey: Entity {
    /// The primary key, and where the entity has a `version`, the one that was loaded: a write by
    /// it is refused once the record has changed.
    fn key(&self) -> Key<Self> {
        Key {
            id: self.id(),
            version: self.version(),
        }
    }
}

impl<E: Entity> AuditedKey for E {}

impl<E: Entity> Clone for Key<E> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            version: self.version,
        }
    }
}

/// Shows the record id of the trail; the version, where there is one, behind `@`.
impl<E: Entity> fmt::Debug for Key<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}", E::META.name, E::record_id(&self.id))?;
        if let Some(version) = self.version {
            write!(f, "@{version}")?;
        }
        f.write_str(")")
    }
}

/// What the helpers take as a record's name.
///
/// A bare id is one for an entity without a `version`; with one, it takes `record.key()`,
/// `Entity::key(id, version)` or, to go round the lock on purpose, `Entity::key_any_version(id)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a `{E}`",
    label = "expected a key of `{E}`",
    note = "an entity with a `version` takes `record.key()` or `{E}::key(id, version)`; `{E}::key_any_version(id)` goes round the optimistic lock",
    note = "an entity without one takes its primary key's type"
)]
pub trait IntoKey<E: Entity> {
    /// The key.
    fn into_key(self) -> Key<E>;
}

impl<E: Entity> IntoKey<E> for Key<E> {
    fn into_key(self) -> Key<E> {
        self
    }
}

impl<E: Entity> IntoKey<E> for &Key<E> {
    fn into_key(self) -> Key<E> {
        self.clone()
    }
}
