//! What an event may be called, and what it may be about.

use core::fmt;

use audit_core::MaskFailure;

/// Most characters of an event's name: the width of the column `action` on MySQL/MariaDB, kept to
/// on every backend so that an app can move.
pub const MAX_EVENT_NAME: usize = 255;

/// Most characters of the kind of an event's target: the width of the column `table_name` on
/// MySQL/MariaDB, kept to on every backend.
pub const MAX_TARGET_KIND: usize = 100;

/// Names that only the framework gives.
const RESERVED: &str = "audit.";

/// Why an event cannot be recorded as it was given. Holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventError {
    /// The name is not of the form `word.word`.
    Name,
    /// The name is over 255 characters long.
    NameTooLong,
    /// The name begins with `audit.`.
    NameReserved,
    /// The target's kind is empty.
    TargetKindEmpty,
    /// The target's kind is over 100 characters long.
    TargetKindTooLong,
    /// The target's kind has a control character (Unicode category Cc).
    TargetKindControl,
    /// The target's id is empty.
    TargetIdEmpty,
    /// The target's id is over 255 characters long.
    TargetIdTooLong,
    /// A mask failed or panicked, so that a value could not be stored.
    Mask(MaskFailure),
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str(
                "the name of an event is two or more words joined by dots, each of lowercase \
                 letters, digits and `_` and starting with a letter, as in `stock.adjust`",
            ),
            Self::NameTooLong => write!(
                f,
                "the name is over {MAX_EVENT_NAME} characters long; use a shorter one"
            ),
            Self::NameReserved => f.write_str(
                "names that begin with `audit.` are the framework's own; use another first word",
            ),
            Self::TargetKindEmpty => {
                f.write_str("the kind of the target is empty; name one, or leave the target out")
            }
            Self::TargetKindTooLong => write!(
                f,
                "the kind of the target is over {MAX_TARGET_KIND} characters long; use a shorter one"
            ),
            Self::TargetKindControl => f.write_str(
                "the kind of the target has a control character; use a name without any",
            ),
            Self::TargetIdEmpty => f.write_str(
                "the id of the target is empty; give one, or name the kind alone with \
                 `.target_kind(..)`",
            ),
            Self::TargetIdTooLong => write!(
                f,
                "the id of the target is over {} characters long; use a shorter id, or a hash of it",
                audit_core::MAX_RECORD_ID
            ),
            Self::Mask(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for EventError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Mask(failure) => Some(failure),
            _ => None,
        }
    }
}

/// `[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+`, and none of the framework's names unless it is the
/// framework that asks.
pub(crate) fn check_name(name: &str, framework: bool) -> Result<(), EventError> {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !name.contains('.') || !name.split('.').all(is_word) {
        return Err(EventError::Name);
    }
    if name.len() > MAX_EVENT_NAME {
        return Err(EventError::NameTooLong);
    }
    if !framework && name.starts_with(RESERVED) {
        return Err(EventError::NameReserved);
    }
    Ok(())
}

/// A name that may be anything, for a message: it cannot forge a line of a log.
pub(crate) fn shown(name: &str) -> String {
    let escaped = name.chars().take(60).flat_map(char::escape_debug);
    escaped.collect()
}

pub(crate) fn check_target(kind: Option<&str>, id: Option<&str>) -> Result<(), EventError> {
    if let Some(kind) = kind {
        if kind.is_empty() {
            return Err(EventError::TargetKindEmpty);
        }
        if kind.chars().nth(MAX_TARGET_KIND).is_some() {
            return Err(EventError::TargetKindTooLong);
        }
        if kind.chars().any(char::is_control) {
            return Err(EventError::TargetKindControl);
        }
    }
    if let Some(id) = id {
        if id.is_empty() {
            return Err(EventError::TargetIdEmpty);
        }
        if id.chars().nth(audit_core::MAX_RECORD_ID).is_some() {
            return Err(EventError::TargetIdTooLong);
        }
    }
    Ok(())
}
