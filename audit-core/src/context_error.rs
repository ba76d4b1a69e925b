//! What is wrong with a context, and the one check of its texts.

use core::fmt;

/// Most bytes of an actor's or a tenant's text.
pub const MAX_TEXT_BYTES: usize = 255;

/// Checks the text of an actor or a tenant.
pub(crate) fn validate_text(text: &str, part: ContextPart) -> Result<(), ContextError> {
    if text.is_empty() {
        Err(ContextError::Empty(part))
    } else if text.len() > MAX_TEXT_BYTES {
        Err(ContextError::TooLong(part))
    } else if text.chars().any(char::is_control) {
        Err(ContextError::ControlCharacter(part))
    } else {
        Ok(())
    }
}

/// A part of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContextPart {
    /// Who acts.
    Actor,
    /// For whom.
    OnBehalfOf,
    /// Whose data.
    Tenant,
}

impl fmt::Display for ContextPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Actor => "actor",
            Self::OnBehalfOf => "actor acted for",
            Self::Tenant => "tenant",
        })
    }
}

/// What is wrong with a context. Holds no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContextError {
    /// The part, or the id in it, is empty.
    Empty(ContextPart),
    /// The part is longer than 255 bytes.
    TooLong(ContextPart),
    /// The part has a control character (Unicode category Cc).
    ControlCharacter(ContextPart),
    /// An [`Actor::Unknown`](crate::Actor::Unknown) whose text reads as a known actor.
    Misread(ContextPart),
    /// A kind of actor that is not `[a-z][a-z0-9_]*`, or is `unknown`.
    ActorKind,
    /// The entity belongs to tenants, and the context names none.
    TenantMissing,
    /// A record of an entity that belongs to tenants was to be inserted for all of them.
    TenantForAll,
    /// The entity asks for a reason, and the context has none.
    ReasonMissing,
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(part) => write!(f, "the {part} of the context is empty; set one"),
            Self::TooLong(ContextPart::Tenant) => write!(
                f,
                "the tenant of the context is longer than {MAX_TEXT_BYTES} bytes, or than the 191 characters that MySQL/MariaDB can index; use a shorter id"
            ),
            Self::TooLong(part) => write!(
                f,
                "the {part} of the context is longer than {MAX_TEXT_BYTES} bytes; use a shorter id"
            ),
            Self::ControlCharacter(part) => write!(
                f,
                "the {part} of the context has a control character; use an id without any"
            ),
            Self::Misread(part) => write!(
                f,
                "the {part} of the context is marked unknown but reads as a known one; make it with `Actor::parse`"
            ),
            Self::TenantMissing => f.write_str(
                "the context has no tenant, and the entity belongs to tenants; set one with `.tenant(..)`, or ask for all of them by name with `.all_tenants()`",
            ),
            Self::TenantForAll => f.write_str(
                "a new record belongs to one tenant; set it with `.tenant(..)` in place of `.all_tenants()`",
            ),
            Self::ReasonMissing => f.write_str(
                "the entity asks for a reason of each write; set one with `.reason(..)`",
            ),
            Self::ActorKind => f.write_str(
                "the kind of an actor must be lowercase letters, digits and `_`, start with a letter and not be `unknown`",
            ),
        }
    }
}

impl core::error::Error for ContextError {}
