//! What changed between two instants.

use core::fmt;

use audit_core::Policy;
use chrono::{DateTime, SecondsFormat, Utc};

use super::past::is_kept_data;
use super::state::{FieldState, Standing};
use super::timeline::Timeline;
use crate::error::Unknown;
use crate::field_names::FieldNames;
use crate::plain::Plain;

/// A record at one end of a [`Difference`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Presence {
    /// It was there.
    There,
    /// It was there, soft-deleted.
    SoftDeleted,
    /// It was not created yet.
    NotYet,
    /// It was removed.
    Deleted,
    /// The rows that would tell are gone.
    BeyondRetention,
}

/// What changed of a record between two instants, field by field; what changed and changed back is
/// no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub(crate) from: (DateTime<Utc>, Presence),
    pub(crate) to: (DateTime<Utc>, Presence),
    pub(crate) changed: Vec<FieldDifference>,
    pub(crate) unknown: Vec<(&'static str, Unknown)>,
    names: FieldNames,
}

/// A field that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldDifference {
    /// The column.
    pub column: &'static str,
    /// The value at the first instant.
    pub old: Side,
    /// The value at the second.
    pub new: Side,
}

/// A value at one end of a [`Difference`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Side {
    /// There was no record.
    NoRecord,
    /// JSON text, in the encoding of the trail ([`audit_core::encode`]).
    Value(String),
    /// A value of which only a mask is stored.
    Hidden(Unknown),
}

impl Difference {
    /// The record at the first instant.
    pub fn from(&self) -> Presence {
        self.from.1
    }

    /// The record at the second instant.
    pub fn to(&self) -> Presence {
        self.to.1
    }

    /// The business fields that differ, in the order of the entity. A masked field is here when a
    /// recorded change of it lies between the two, also where it may have changed back, and both
    /// ends had a value; the values are not shown.
    pub fn changed(&self) -> &[FieldDifference] {
        &self.changed
    }

    /// The business fields of which it is not known whether they differ, by column, and why.
    /// Skipped and ignored fields always are.
    pub fn unknown(&self) -> &[(&'static str, Unknown)] {
        &self.unknown
    }

    /// The difference of one field, by the name of its column or of the field, or by a former name.
    pub fn field(&self, name: &str) -> Option<&FieldDifference> {
        let column = self.names.column(name)?;
        self.changed.iter().find(|field| field.column == column)
    }

    /// True where nothing is known to differ and everything is known: skipped and ignored fields
    /// apart.
    pub fn is_empty(&self) -> bool {
        let out_of_sight =
            |(_, why): &(_, Unknown)| matches!(why, Unknown::Skipped | Unknown::Ignored);
        self.from.1 == self.to.1
            && self.from.1 != Presence::BeyondRetention
            && self.changed.is_empty()
            && self.unknown.iter().all(out_of_sight)
    }
}

impl Timeline {
    pub(crate) fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Difference {
        let (old, new) = (self.at(from), self.at(to));
        let (mut changed, mut unknown) = (Vec::new(), Vec::new());
        let places = (self.position(from), self.position(to));
        for (index, field) in self.meta.fields.iter().enumerate() {
            if field.role != audit_core::Role::Data {
                continue;
            }
            if !is_kept_data(field) {
                let reason = if matches!(field.policy, Policy::Skipped) {
                    Unknown::Skipped
                } else {
                    Unknown::Ignored
                };
                unknown.push((field.column, reason));
                continue;
            }
            match compare(side(&old, index), side(&new, index), || {
                let (from, to) = (places.0?, places.1?);
                let one = self.life(from) == self.life(to);
                one.then(|| self.mentioned(index, from, to))
            }) {
                Verdict::Same => {}
                Verdict::Differs(old, new) => changed.push(FieldDifference {
                    column: field.column,
                    old,
                    new,
                }),
                Verdict::Unknown(reason) => unknown.push((field.column, reason)),
            }
        }
        Difference {
            from: (from, presence(&old)),
            to: (to, presence(&new)),
            changed,
            unknown,
            names: FieldNames::of(self.meta),
        }
    }
}

enum Verdict {
    Same,
    Differs(Side, Side),
    Unknown(Unknown),
}

/// The field at one end.
enum End<'a> {
    NoRecord,
    Unknown(Unknown),
    Field(&'a FieldState),
}

fn side(standing: &Standing, index: usize) -> End<'_> {
    match standing {
        Standing::NotYet | Standing::Deleted => End::NoRecord,
        Standing::BeyondRetention => End::Unknown(Unknown::BeyondRetention),
        Standing::There(state) => state
            .fields
            .get(index)
            .map_or(End::Unknown(Unknown::NoField), End::Field),
    }
}

/// `moved` says whether a recorded change of the field lies between the two; `None` where they are
/// not of one record's life.
fn compare(old: End<'_>, new: End<'_>, moved: impl FnOnce() -> Option<bool>) -> Verdict {
    if let (End::Field(old), End::Field(new)) = (&old, &new) {
        match (&old.value, &new.value) {
            (Ok(old), Ok(new)) if old.same(new) => return Verdict::Same,
            (Err(Unknown::Masked), Err(Unknown::Masked)) => match moved() {
                None => return Verdict::Unknown(Unknown::Masked),
                // Without a mask it is not even known whether there was a value.
                Some(_) if old.mask.is_none() || new.mask.is_none() => {
                    return Verdict::Unknown(Unknown::Masked);
                }
                Some(false) if old.mask == new.mask => return Verdict::Same,
                Some(_) => {
                    let hidden = || Side::Hidden(Unknown::Masked);
                    return Verdict::Differs(hidden(), hidden());
                }
            },
            _ => {}
        }
    }
    match (old, new) {
        (End::NoRecord, End::NoRecord) => Verdict::Same,
        (old, new) => match (shown(&old), shown(&new)) {
            (Ok(old), Ok(new)) => Verdict::Differs(old, new),
            (Err(reason), _) | (_, Err(reason)) => Verdict::Unknown(reason),
        },
    }
}

fn shown(end: &End<'_>) -> Result<Side, Unknown> {
    match end {
        End::NoRecord => Ok(Side::NoRecord),
        End::Unknown(reason) => Err(*reason),
        End::Field(field) => match &field.value {
            Ok(value) => Ok(Side::Value(value.json.clone())),
            Err(Unknown::Masked) if field.mask.is_some() => Ok(Side::Hidden(Unknown::Masked)),
            Err(reason) => Err(*reason),
        },
    }
}

fn presence(standing: &Standing) -> Presence {
    match standing {
        Standing::NotYet => Presence::NotYet,
        Standing::Deleted => Presence::Deleted,
        Standing::BeyondRetention => Presence::BeyondRetention,
        Standing::There(state) if state.deleted == Some(true) => Presence::SoftDeleted,
        Standing::There(_) => Presence::There,
    }
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::There => "there",
            Self::SoftDeleted => "soft-deleted",
            Self::NotYet => "not created yet",
            Self::Deleted => "removed",
            Self::BeyondRetention => "beyond retention",
        })
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecord => f.write_str("-"),
            Self::Value(json) => Plain(json).fmt(f),
            Self::Hidden(reason) => write!(f, "<{reason}>"),
        }
    }
}

/// A line for the two instants, then one for each field that differs or may differ.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let (from, to) = (time(self.from.0), time(self.to.0));
        write!(f, "{from} {} -> {to} {}", self.from.1, self.to.1)?;
        for field in &self.changed {
            write!(f, "\n  {}: {} -> {}", field.column, field.old, field.new)?;
        }
        for (column, reason) in &self.unknown {
            write!(f, "\n  {column}: <{reason}>")?;
        }
        Ok(())
    }
}
