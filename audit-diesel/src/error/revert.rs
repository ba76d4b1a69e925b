//! Why a record was not reverted.

use core::fmt;

use uuid::Uuid;

use super::unknown::Unknown;

/// Why a record was not reverted, or not brought back. Names columns, never values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevertError {
    /// The record has no change set of that id, or retention has removed it.
    NoChange(Uuid),
    /// The change set is the record's insert or its return.
    Insert,
    /// The change set is the record's removal.
    Removal,
    /// The change set is a baseline, which changed nothing.
    Baseline,
    /// These columns, or with a soft delete the deletion itself, were changed again since.
    ChangedSince(Vec<&'static str>),
    /// These columns would be needed, and their values are not known.
    Unknown(Vec<(&'static str, Unknown)>),
    /// The record was not created yet at that instant.
    NotYet,
    /// The record had been removed at that instant.
    Deleted,
    /// The record was soft-deleted at that instant.
    SoftDeleted,
    /// The trail does not reach back to that instant.
    BeyondRetention,
    /// It was another record at that instant, which had the same key.
    AnotherRecord,
    /// The record to bring back is there.
    Exists,
    /// The trail holds no removal of the record that nothing came after.
    NoRemoval,
    /// A value was given for columns that the trail holds itself.
    Known(Vec<&'static str>),
    /// The values given for these columns do not read as the types of their fields.
    Misfit(Vec<&'static str>),
    /// A value was given for a column that the entity does not have.
    NoField(String),
}

impl fmt::Display for RevertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, columns: &[&'static str]| {
            for (index, column) in columns.iter().enumerate() {
                write!(f, "{}`{column}`", if index == 0 { "" } else { ", " })?;
            }
            Ok(())
        };
        match self {
            Self::NoChange(id) => write!(
                f,
                "its trail has no change set {id}: it is another record's, or retention removed it"
            ),
            Self::Insert => f.write_str(
                "the change set brought the record into being: use `audited_delete` or \
                 `audited_soft_delete`",
            ),
            Self::Removal => {
                f.write_str("the change set removed the record: use `audited_undelete`")
            }
            Self::Baseline => f.write_str("a baseline changed nothing"),
            Self::ChangedSince(columns) => {
                f.write_str("changed again since: ")?;
                list(f, columns)?;
                f.write_str(
                    "; revert the later change sets first, or write the values with `audited_edit`",
                )
            }
            Self::Unknown(columns) => {
                f.write_str("not known: ")?;
                for (index, (column, reason)) in columns.iter().enumerate() {
                    write!(
                        f,
                        "{}`{column}` ({reason})",
                        if index == 0 { "" } else { ", " }
                    )?;
                }
                Ok(())
            }
            Self::NotYet => f.write_str("it was not created yet at that instant"),
            Self::Deleted => {
                f.write_str("it had been removed at that instant: use `audited_delete`")
            }
            Self::SoftDeleted => f.write_str(
                "it was soft-deleted at that instant: revert to one before, or use \
                 `audited_soft_delete`",
            ),
            Self::BeyondRetention => f.write_str("its trail does not reach back to that instant"),
            Self::AnotherRecord => {
                f.write_str("another record had this key at that instant, which was removed since")
            }
            Self::Exists => f.write_str("it is there: nothing to bring back"),
            Self::NoRemoval => f.write_str("its trail does not end with a removal"),
            Self::Known(columns) => {
                f.write_str("the trail holds, so that no value may be given: ")?;
                list(f, columns)
            }
            Self::Misfit(columns) => {
                f.write_str("a value was given that does not read as its field's type: ")?;
                list(f, columns)
            }
            Self::NoField(name) => write!(f, "it has no column {name:?}"),
        }
    }
}

impl std::error::Error for RevertError {}
