//! Who acts.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::context_error::{ContextError, ContextPart, validate_text};

/// Who did something: a kind and, for most kinds, an id.
///
/// Its text, which is what a column stores, is `kind` or `kind:id`, split at the first `:`; a kind
/// is `[a-z][a-z0-9_]*` and an id is not empty. Any other text reads as [`Actor::Unknown`] and is
/// written back as it was. There is no default: a write that does not know its actor must say so
/// with [`Actor::anonymous`].
///
/// ```
/// use audit_core::Actor;
///
/// let actor = Actor::user("u_42");
/// assert_eq!(actor.as_str(), "user:u_42");
/// assert_eq!((actor.kind(), actor.id()), ("user", Some("u_42")));
/// assert_eq!(Actor::parse("user:u_42"), actor);
///
/// let legacy = Actor::parse("Jane Doe");
/// assert_eq!((legacy.kind(), legacy.id()), ("unknown", Some("Jane Doe")));
/// assert_eq!(legacy.to_string(), "Jane Doe");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::expression::AsExpression, diesel::deserialize::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[non_exhaustive]
pub enum Actor {
    /// An actor with a kind.
    Known(KnownActor),
    /// Text that is no actor text, as it was stored.
    Unknown(String),
}

/// An actor with a kind. Made by the constructors of [`Actor`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KnownActor {
    /// `kind` or `kind:id`. A `String` because Diesel's `ToSql` borrows one.
    text: String,
}

/// The kind under which [`Actor::Unknown`] shows; no known actor can have it.
const UNKNOWN: &str = "unknown";

impl Actor {
    /// A person who is signed in.
    pub fn user(id: impl fmt::Display) -> Self {
        Self::parse(&format!("user:{id}"))
    }

    /// A program that signed in with an API key. The id names the key; never pass the key itself.
    pub fn api_key(id: impl fmt::Display) -> Self {
        Self::parse(&format!("api_key:{id}"))
    }

    /// Another service.
    pub fn service(id: impl fmt::Display) -> Self {
        Self::parse(&format!("service:{id}"))
    }

    /// A scheduled or queued job.
    pub fn job(id: impl fmt::Display) -> Self {
        Self::parse(&format!("job:{id}"))
    }

    /// The application itself, on nobody's behalf.
    pub fn system() -> Self {
        Self::Known(KnownActor {
            text: "system".into(),
        })
    }

    /// Somebody who is not signed in.
    pub fn anonymous() -> Self {
        Self::Known(KnownActor {
            text: "anonymous".into(),
        })
    }

    /// An actor of a kind of the app's own.
    ///
    /// # Errors
    /// A kind that is not `[a-z][a-z0-9_]*` or is `unknown`, and an id that is empty, has control
    /// characters, or makes the text longer than 255 bytes.
    ///
    /// ```
    /// use audit_core::Actor;
    ///
    /// assert_eq!(Actor::new("webhook", Some("stripe"))?.as_str(), "webhook:stripe");
    /// assert!(Actor::new("Web Hook", None).is_err());
    /// # Ok::<(), audit_core::ContextError>(())
    /// ```
    pub fn new(kind: &str, id: Option<&str>) -> Result<Self, ContextError> {
        if !is_kind(kind) {
            return Err(ContextError::ActorKind);
        }
        let actor = Self::from_parts(kind, id);
        actor.validate(ContextPart::Actor)?;
        Ok(actor)
    }

    /// The reverse of [`Actor::kind`] and [`Actor::id`]: for reading them from two columns.
    ///
    /// Never fails; what is no actor is [`Actor::Unknown`].
    ///
    /// ```
    /// use audit_core::Actor;
    ///
    /// assert_eq!(Actor::from_parts("user", Some("u_42")), Actor::user("u_42"));
    /// assert_eq!(Actor::from_parts("unknown", Some("Jane")), Actor::Unknown("Jane".into()));
    /// ```
    pub fn from_parts(kind: &str, id: Option<&str>) -> Self {
        match id {
            Some(id) if kind == UNKNOWN => Self::Unknown(id.into()),
            Some(id) => Self::parse(&format!("{kind}:{id}")),
            // A kind alone never holds a `:`; with one it would read as a kind and an id.
            None if is_kind(kind) => Self::parse(kind),
            None => Self::Unknown(kind.into()),
        }
    }

    /// Reads actor text. Never fails; what is no actor text is [`Actor::Unknown`].
    pub fn parse(text: &str) -> Self {
        let known = match text.split_once(':') {
            Some((kind, id)) => is_kind(kind) && !id.is_empty(),
            None => is_kind(text),
        };
        if known {
            Self::Known(KnownActor { text: text.into() })
        } else {
            Self::Unknown(text.into())
        }
    }

    /// The kind; `unknown` for [`Actor::Unknown`].
    pub fn kind(&self) -> &str {
        match self {
            Self::Known(known) => known.kind(),
            Self::Unknown(_) => UNKNOWN,
        }
    }

    /// The id, if there is one; the whole text of [`Actor::Unknown`].
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Known(known) => known.id(),
            Self::Unknown(text) => Some(text),
        }
    }

    /// The text that a column stores.
    pub fn as_str(&self) -> &str {
        self.text()
    }

    fn text(&self) -> &String {
        match self {
            Self::Known(known) => &known.text,
            Self::Unknown(text) => text,
        }
    }

    /// Says whether the actor may act.
    pub(crate) fn validate(&self, part: ContextPart) -> Result<(), ContextError> {
        if let Self::Unknown(text) = self {
            if text
                .split_once(':')
                .is_some_and(|(kind, id)| is_kind(kind) && id.is_empty())
            {
                return Err(ContextError::Empty(part));
            }
            // Once stored it would read as the known actor that it is not.
            if matches!(Self::parse(text), Self::Known(_)) {
                return Err(ContextError::Misread(part));
            }
        }
        validate_text(self.as_str(), part)
    }
}

impl KnownActor {
    /// The kind.
    pub fn kind(&self) -> &str {
        self.text
            .split_once(':')
            .map_or(&self.text, |(kind, _)| kind)
    }

    /// The id, if there is one.
    pub fn id(&self) -> Option<&str> {
        self.text.split_once(':').map(|(_, id)| id)
    }
}

fn is_kind(text: &str) -> bool {
    let first = |c: char| c.is_ascii_lowercase();
    let other = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.starts_with(first) && text.chars().all(other) && text != UNKNOWN
}

/// The text of [`Actor::as_str`].
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(known) => known.fmt(f),
            Self::Unknown(text) => f.debug_tuple("Unknown").field(text).finish(),
        }
    }
}

impl fmt::Debug for KnownActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Actor").field(&self.text).finish()
    }
}

/// As its text.
impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// From any text.
impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::parse(&text))
    }
}

#[cfg(feature = "diesel")]
mod with_diesel {
    use diesel::backend::Backend;
    use diesel::deserialize::{self, FromSql};
    use diesel::serialize::{self, Output, ToSql};
    use diesel::sql_types::Text;

    use super::Actor;

    impl<DB: Backend> ToSql<Text, DB> for Actor
    where
        String: ToSql<Text, DB>,
    {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
            self.text().to_sql(out)
        }
    }

    impl<DB: Backend> FromSql<Text, DB> for Actor
    where
        String: FromSql<Text, DB>,
    {
        fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
            String::from_sql(bytes).map(|text| Self::parse(&text))
        }
    }
}

#[cfg(test)]
mod tests;
