//! A view written into a serializer, field by field, in one walk.

use core::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::actor::Actor;
use crate::config::AuditConfig;
use crate::encode::{Decoded, ValueRef, decode};
use crate::entity::Audited;
use crate::mask;
use crate::meta::{FieldMeta, Policy, Role};
use crate::view::{DetailView, Level, ListView, View};
use crate::walk::{FieldWalk, Recorded, ShownBy};

macro_rules! view {
    ($name:ident, $level:ident) => {
        impl<'a, E: Audited> $name<'a, E> {
            /// A view of `entity`, on the default configuration.
            pub fn new(entity: &'a E) -> Self {
                Self(View::new(entity, Level::$level))
            }

            /// Sets the configuration, for the key of the mask `token`.
            pub fn config(mut self, config: AuditConfig) -> Self {
                self.0.config = config;
                self
            }

            /// Shows the clear value of a masked field, given its Rust name.
            ///
            /// A name that is no field's, and that of a field that the view does not show, have
            /// no effect.
            pub fn clear(mut self, field: &'static str) -> Self {
                self.0.clear.push(field);
                self
            }
        }

        /// A map of serde names to values.
        impl<E: Audited> Serialize for $name<'_, E> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        /// Shows no values.
        impl<E: Audited> fmt::Debug for $name<'_, E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), E::META.type_name)
            }
        }
    };
}

view!(ListView, List);
view!(DetailView, Detail);

impl<E: Audited> View<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let map = serializer.serialize_map(None)?;
        let mut writer = Writer {
            map,
            fields: E::META.fields.iter(),
            level: self.level,
            clear: &self.clear,
            config: &self.config,
            error: None,
        };
        E::walk(self.entity, self.entity, &mut writer);
        match writer.error {
            Some(error) => Err(error),
            None => writer.map.end(),
        }
    }
}

/// How a field is shown.
enum Shown {
    Clear,
    Masked(&'static FieldMeta),
    Actor,
}

/// Writes the fields of an entity straight into the caller's serializer.
struct Writer<'v, M: SerializeMap> {
    map: M,
    fields: core::slice::Iter<'static, FieldMeta>,
    level: Level,
    clear: &'v [&'static str],
    config: &'v AuditConfig,
    error: Option<M::Error>,
}

impl<M: SerializeMap> Writer<'_, M> {
    /// The next field, and how it is shown, if it is.
    fn next(&mut self) -> Option<(&'static FieldMeta, Shown)> {
        let field = self.fields.next()?;
        let detail = self.level == Level::Detail;
        let shown = match (field.role, field.policy) {
            (_, Policy::Skipped) => return None,
            (Role::Data, Policy::Masked(_) | Policy::MaskedAt(_))
                if !self.clear.contains(&field.name) =>
            {
                Shown::Masked(field)
            }
            (Role::Data | Role::Key | Role::CreatedAt, _) => Shown::Clear,
            (Role::UpdatedAt | Role::Tenant | Role::Version, _) if detail => Shown::Clear,
            (Role::CreatedBy | Role::UpdatedBy, _) if detail => Shown::Actor,
            _ => return None,
        };
        // After an error, the walk goes on but writes nothing.
        self.error.is_none().then_some((field, shown))
    }

    fn show<T: Serialize>(&mut self, clear: &T, value: ValueRef<'_>) {
        let Some((field, shown)) = self.next() else {
            return;
        };
        let name = field.serde_name;
        let result = match shown {
            Shown::Clear => self.map.serialize_entry(name, clear),
            Shown::Masked(field) => self
                .map
                .serialize_entry(name, &masked(field, value, self.config)),
            Shown::Actor => self.map.serialize_entry(name, &actor(value, field.kinds)),
        };
        self.error = result.err();
    }

    /// [`Self::show`] of a value without `Serialize`.
    fn show_text(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Display(text) => self.show(&Text(text), value),
            // An absent one.
            ValueRef::Value(_) => self.show(&(), value),
        }
    }
}

/// The masked form of a value.
fn masked(field: &FieldMeta, value: ValueRef<'_>, config: &AuditConfig) -> Decoded {
    let mut json = String::new();
    let result = match &field.policy {
        Policy::Masked(mask) => {
            mask::apply(field.name, mask, value, field.hide_null, config, &mut json)
        }
        Policy::MaskedAt(masks) => mask::apply_at(field.name, masks, value, config, &mut json),
        Policy::Plain | Policy::Ignored | Policy::Skipped => Ok(()),
    };
    let hidden = || Decoded::Text(mask::HIDDEN.into());
    result.map_or_else(
        |_| hidden(),
        |()| decode(&json).unwrap_or_else(|_| hidden()),
    )
}

/// Kind and id of an actor.
struct ActorView(Actor);

impl Serialize for ActorView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("kind", self.0.kind())?;
        map.serialize_entry("id", &self.0.id())?;
        map.end()
    }
}

/// The actor in a stamp column: its text, or an id alone in a column that says whose ids it takes.
fn actor(value: ValueRef<'_>, kinds: &[&str]) -> Option<ActorView> {
    let mut text = String::new();
    if !value.text(&mut text) {
        return None;
    }
    let actor = match (Actor::parse(&text), kinds) {
        (actor, []) if !is_plain_id(&text) => actor,
        // A column that does not say takes users.
        (_, []) => Actor::user(text),
        (actor, kinds) if actor.id().is_some() && kinds.contains(&actor.kind()) => actor,
        (_, [kind]) => Actor::from_parts(kind, Some(&text)),
        (_, _) => Actor::Unknown(text),
    };
    Some(ActorView(actor))
}

fn is_plain_id(text: &str) -> bool {
    text.parse::<i64>().is_ok() || uuid::Uuid::try_parse(text).is_ok()
}

/// A value that is shown as its `Display` text.
struct Text<'a>(&'a dyn fmt::Display);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

impl<'a, M: SerializeMap> FieldWalk<'a> for Writer<'_, M> {
    fn field<T: PartialEq + Recorded>(&mut self, value: &'a T, _: &'a T) {
        self.show(value, ValueRef::Value(value));
    }
    fn field_by<T: Recorded>(&mut self, value: &'a T, _: &'a T, _: fn(&T, &T) -> bool) {
        self.show(value, ValueRef::Value(value));
    }
    fn display<T: PartialEq>(&mut self, value: &'a T, _: &'a T, shown: ShownBy<T>) {
        self.show_text(shown(value));
    }
    fn display_by<T>(&mut self, value: &'a T, _: &'a T, shown: ShownBy<T>, _: fn(&T, &T) -> bool) {
        self.show_text(shown(value));
    }
    fn skipped<T: PartialEq>(&mut self, _: &'a T, _: &'a T) {
        self.fields.next();
    }
    fn skipped_by<T>(&mut self, _: &'a T, _: &'a T, _: fn(&T, &T) -> bool) {
        self.fields.next();
    }
}

#[cfg(test)]
mod tests;
