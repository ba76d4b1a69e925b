//! What of an entity an API may show.
//!
//! | | list | detail |
//! |---|---|---|
//! | key, data fields, `created_at` | yes | yes |
//! | `updated_at`, tenant, version | no | yes |
//! | `created_by`, `updated_by` | no | as `{"kind": …, "id": …}` |
//! | deleted flag, time and actor; skipped fields | no | no |
//!
//! Names are those that serde knows the fields under. Masked fields are shown masked; one whose
//! mask fails (`token` without a key) as `***`.

use crate::config::AuditConfig;

/// An entity as an element of a list; see the [module](self).
#[must_use]
pub struct ListView<'a, E>(pub(crate) View<'a, E>);

impl<E> Clone for ListView<'_, E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// An entity by itself; see the [module](self).
#[must_use]
pub struct DetailView<'a, E>(pub(crate) View<'a, E>);

impl<E> Clone for DetailView<'_, E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    List,
    Detail,
}

pub(crate) struct View<'a, E> {
    pub(crate) entity: &'a E,
    pub(crate) level: Level,
    pub(crate) clear: Vec<&'static str>,
    pub(crate) config: AuditConfig,
}

impl<E> Clone for View<'_, E> {
    fn clone(&self) -> Self {
        Self {
            clear: self.clear.clone(),
            config: self.config.clone(),
            ..*self
        }
    }
}

impl<'a, E> View<'a, E> {
    pub(crate) fn new(entity: &'a E, level: Level) -> Self {
        Self {
            entity,
            level,
            clear: Vec::new(),
            config: AuditConfig::default(),
        }
    }
}
