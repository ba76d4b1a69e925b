//! What is wrong with an event.

use core::fmt;

use audit_core::MaskFailure;

/// Most characters of an event's name: the width of the column `action` on MySQL/MariaDB, kept to
/// on every backend so that an app can move.
pub const MAX_EVENT_NAME: usize = 255;

/// Most characters of the kind of an event's target: the width of the column `table_name` on
/// MySQL/MariaDB, kept to on every backend.
pub const MAX_TARGET_KIND: usize = 100;

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
