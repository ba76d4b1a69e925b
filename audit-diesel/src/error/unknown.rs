//! Why replay does not know a value.

use core::fmt;

/// Why a past value is not known. Nothing is ever put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unknown {
    /// Only what the field's mask left of it was stored.
    Masked,
    /// The field is skipped: nothing of it is ever stored.
    Skipped,
    /// The field is ignored: a change of it alone leaves no row.
    Ignored,
    /// The value was too long to store; its length and hash are in the trail.
    Truncated,
    /// The column was not recorded then: it came later, or was skipped.
    NotRecorded,
    /// The rows that would tell are gone, or were never written.
    BeyondRetention,
    /// What the rows before and after say does not fit: something changed the field without leaving
    /// a row (SQL by hand, or a time without the trail), and when is not known.
    Unrecorded,
    /// A stamp that writes of skipped or ignored columns alone set, too, without leaving a row.
    Stamp,
    /// What is stored is not a value: it could not be encoded then.
    Unreadable,
    /// There is a value, and it does not read as the type that was asked for.
    Type,
    /// The change has no such value: it did not touch the field, or there was no record on that side
    /// of it.
    NotPart,
    /// The entity has no field or column of that name.
    NoField,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Masked => "only a mask of it is stored",
            Self::Skipped => "the field is skipped",
            Self::Ignored => "changes of it alone are not recorded",
            Self::Truncated => "the value was too long to store",
            Self::NotRecorded => "the column was not recorded then",
            Self::BeyondRetention => "the rows that would tell are gone",
            Self::Unrecorded => "it was changed without leaving a row",
            Self::Stamp => "writes that leave no row set it, too",
            Self::Unreadable => "the value could not be encoded then",
            Self::Type => "the stored value does not read as that type",
            Self::NotPart => "the change has no such value",
            Self::NoField => "there is no such field",
        })
    }
}

impl core::error::Error for Unknown {}
