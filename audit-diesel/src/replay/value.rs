//! One value of a field, as the trail or the record itself shows it.

use audit_core::Actor;
use audit_core::encode::{Decoded, decode, to_json, truncate};
use audit_core::mask::looks_masked;
use chrono::{DateTime, Utc};

use crate::error::Unknown;

/// What is known of one field at one place of a history.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    /// A stored value: masked where the field is.
    Value(Value),
    /// The record was shown whole, and this column was not there.
    Absent,
    /// The stored text is not JSON of the trail's.
    Garbled,
}

/// A value as JSON text, and read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    pub(crate) json: String,
    /// Other spellings, for a stamp that follows from a row's time or actor: the type of the
    /// column, which this module does not know, says which of them is the column's.
    pub(crate) others: Vec<String>,
    pub(crate) decoded: Decoded,
    /// From the record itself, not from the trail: what looks like a mask is a value.
    pub(crate) sure: bool,
}

impl Reading {
    pub(crate) fn of_json(json: Option<&str>) -> Self {
        match json.map(|json| (json, decode(json))) {
            None => Self::Absent,
            Some((_, Err(_))) => Self::Garbled,
            Some((json, Ok(decoded))) => Self::Value(Value {
                json: json.to_owned(),
                others: Vec::new(),
                decoded,
                sure: false,
            }),
        }
    }

    /// A column of the record as it is stored now.
    pub(crate) fn of_record(json: Option<&str>) -> Self {
        match Self::of_json(json) {
            Self::Value(value) => Self::Value(Value {
                sure: true,
                ..value
            }),
            other => other,
        }
    }

    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Garbled => None,
        }
    }
}

impl Value {
    pub(crate) fn of_decoded(decoded: Decoded) -> Self {
        let mut json = String::new();
        decoded.encode(&mut json);
        Self {
            json,
            others: Vec::new(),
            decoded,
            sure: false,
        }
    }

    pub(crate) fn null() -> Self {
        Self::of_decoded(Decoded::Null)
    }

    pub(crate) fn of_bool(value: bool) -> Self {
        Self::of_decoded(Decoded::Bool(value))
    }

    pub(crate) fn is_truncated(&self) -> bool {
        matches!(self.decoded, Decoded::Truncated { .. })
    }

    /// The value, where it is one: not what is left of a long value or of one that could not be
    /// encoded.
    pub(crate) fn stored(self) -> Result<Self, Unknown> {
        match self.decoded {
            Decoded::Truncated { .. } => Err(Unknown::Truncated),
            Decoded::Error(_) => Err(Unknown::Unreadable),
            // The field may have had a mask then that it does not have now: no row tells.
            _ if self.looks_masked() => Err(Unknown::Masked),
            _ => Ok(self),
        }
    }

    /// It may be what a mask has left.
    pub(crate) fn looks_masked(&self) -> bool {
        matches!(&self.decoded, Decoded::Text(text) if !self.sure && looks_masked(text))
    }

    pub(crate) fn is_null(&self) -> bool {
        self.decoded == Decoded::Null
    }

    /// The time of a write, for a column whose type is one of several.
    pub(crate) fn of_time(time: DateTime<Utc>) -> Self {
        Self::of_spellings(vec![to_json(&time), to_json(&time.naive_utc())])
    }

    /// The actor of a write, for a column that holds the whole text or the id alone.
    pub(crate) fn of_actor(actor: &Actor, kinds: &[&str]) -> Self {
        let whole = to_json(actor.as_str());
        let mut id = Vec::new();
        if let Some(text) = actor.id() {
            id.push(to_json(text));
            if let Some(number) = text.parse::<i64>().ok().filter(|n| n.to_string() == text) {
                id.push(number.to_string());
            }
        }
        Self::of_spellings(if kinds.is_empty() {
            std::iter::once(whole).chain(id.into_iter().rev()).collect()
        } else {
            id.push(whole);
            id
        })
    }

    fn of_spellings(mut all: Vec<String>) -> Self {
        let json = if all.is_empty() {
            "null".to_owned()
        } else {
            all.remove(0)
        };
        Self {
            decoded: decode(&json).unwrap_or(Decoded::Null),
            json,
            others: all,
            sure: true,
        }
    }

    /// The instant that the value is, where it is one; without a zone it is UTC.
    pub(crate) fn instant(&self) -> Option<DateTime<Utc>> {
        let Decoded::Text(text) = &self.decoded else {
            return None;
        };
        instant(text)
    }

    /// True for the same value, also where one of the two was too long to store, and where a
    /// database has spelt a number or the keys of an object in its own way.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (&self.decoded, &other.decoded) {
            (Decoded::Truncated { .. }, Decoded::Truncated { .. }) => self.decoded == other.decoded,
            (Decoded::Truncated { .. }, _) => is_truncation(self, other),
            (_, Decoded::Truncated { .. }) => is_truncation(other, self),
            (one, two) => same(one, two),
        }
    }
}

fn is_truncation(short: &Value, whole: &Value) -> bool {
    decode(&truncate(whole.json.clone(), 0)).is_ok_and(|cut| cut == short.decoded)
}

fn is_number(value: &Decoded) -> bool {
    matches!(
        value,
        Decoded::Int(_) | Decoded::UInt(_) | Decoded::Float(_) | Decoded::Number(_)
    )
}

/// A time with a zone and one without.
fn is_one_instant(one: &str, two: &str) -> bool {
    one.ends_with('Z') != two.ends_with('Z')
        && matches!((instant(one), instant(two)), (Some(a), Some(b)) if a == b)
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc));
    zoned.ok().or_else(|| {
        let naive = text.parse::<chrono::NaiveDateTime>();
        naive.ok().map(|naive| naive.and_utc())
    })
}

#[allow(
    clippy::float_cmp,
    clippy::cast_precision_loss,
    reason = "a number that a database spells as an integer is the same double"
)]
fn same(one: &Decoded, two: &Decoded) -> bool {
    match (one, two) {
        (Decoded::Float(a), Decoded::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        (Decoded::Float(a), Decoded::Int(b)) | (Decoded::Int(b), Decoded::Float(a)) => {
            *a == *b as f64
        }
        (Decoded::Float(a), Decoded::UInt(b)) | (Decoded::UInt(b), Decoded::Float(a)) => {
            *a == *b as f64
        }
        (Decoded::Number(a), Decoded::Float(b)) | (Decoded::Float(b), Decoded::Number(a)) => {
            a.parse::<f64>().is_ok_and(|a| a == *b)
        }
        (Decoded::Some(a), Decoded::Some(b)) => same(a, b),
        (Decoded::List(a), Decoded::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Decoded::Object(a), Decoded::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
        }
        // A column that has become one of another type since.
        (Decoded::Text(text), number) | (number, Decoded::Text(text)) if is_number(number) => text
            .parse::<f64>()
            .is_ok_and(|n| same(&Decoded::Float(n), number)),
        (Decoded::Bool(bool), Decoded::Int(int)) | (Decoded::Int(int), Decoded::Bool(bool)) => {
            i128::from(*bool) == *int
        }
        (Decoded::Text(a), Decoded::Text(b)) => a == b || is_one_instant(a, b),
        (one, two) => one == two,
    }
}
