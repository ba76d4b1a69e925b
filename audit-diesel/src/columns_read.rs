//! Where an entity's columns are read from: a row of the database, past values of the trail, or a
//! row of which the trail overrides some. The derive writes one line a column for all three.

use core::any::Any;
use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use audit_core::encode::{DecodeError, decode_as};
use diesel::deserialize;
use diesel::query_source::Column;
use diesel::row::Row;
use serde::de::DeserializeOwned;

use crate::backend::AuditBackend;
use crate::column::Stored;

/// The columns of one record, in the order of its fields.
pub trait ReadColumns<DB: AuditBackend> {
    /// The next column.
    fn next<C: Column, T: Stored<C, DB>>(&mut self) -> deserialize::Result<T> {
        self.next_as::<C, T, T>(Ok)
    }

    /// The next column, which the database gives as another type than the field's
    /// (`deserialize_as`).
    fn next_as<C: Column, S: Stored<C, DB>, T: 'static>(
        &mut self,
        convert: fn(S) -> deserialize::Result<T>,
    ) -> deserialize::Result<T>;
}

/// A row of the database.
pub(crate) struct RowReader<'a, 'r, DB, R> {
    row: &'a R,
    first: usize,
    index: usize,
    _row: PhantomData<(&'r (), DB)>,
}

impl<'a, 'r, DB: AuditBackend, R: Row<'r, DB>> RowReader<'a, 'r, DB, R> {
    /// Starts at the column `first`.
    pub(crate) fn new(row: &'a R, first: usize) -> Self {
        Self {
            row,
            first,
            index: 0,
            _row: PhantomData,
        }
    }
}

impl<'r, DB: AuditBackend, R: Row<'r, DB>> ReadColumns<DB> for RowReader<'_, 'r, DB, R> {
    fn next_as<C: Column, S: Stored<C, DB>, T: 'static>(
        &mut self,
        convert: fn(S) -> deserialize::Result<T>,
    ) -> deserialize::Result<T> {
        let index = self.first + self.index;
        self.index += 1;
        convert(S::load(self.row, index)?)
    }
}

/// Past values, typed, by field; a field without one is read from `rest`.
pub(crate) struct PastReader<'a, R> {
    values: &'a mut [Option<PastBox>],
    index: usize,
    rest: R,
}

impl<'a, R> PastReader<'a, R> {
    pub(crate) fn new(values: &'a mut [Option<PastBox>], rest: R) -> Self {
        Self {
            values,
            index: 0,
            rest,
        }
    }
}

impl<'r, DB, R> ReadColumns<DB> for PastReader<'_, RowReader<'_, 'r, DB, R>>
where
    DB: AuditBackend,
    R: Row<'r, DB>,
{
    fn next_as<C: Column, S: Stored<C, DB>, T: 'static>(
        &mut self,
        convert: fn(S) -> deserialize::Result<T>,
    ) -> deserialize::Result<T> {
        let past = take(self.values, &mut self.index);
        self.rest.index = self.index - 1;
        match past {
            Some(value) => unbox(value),
            None => self.rest.next_as::<C, S, T>(convert),
        }
    }
}

impl<DB: AuditBackend> ReadColumns<DB> for PastReader<'_, ()> {
    fn next_as<C: Column, S: Stored<C, DB>, T: 'static>(
        &mut self,
        _: fn(S) -> deserialize::Result<T>,
    ) -> deserialize::Result<T> {
        take(self.values, &mut self.index)
            .ok_or_else(|| Box::new(NoPastValue).into())
            .and_then(unbox)
    }
}

fn take(values: &mut [Option<PastBox>], index: &mut usize) -> Option<PastBox> {
    let value = values.get_mut(*index).and_then(Option::take);
    *index += 1;
    value
}

fn unbox<T: 'static>(value: PastBox) -> deserialize::Result<T> {
    match value.downcast::<T>() {
        Ok(value) => Ok(*value),
        Err(_) => Err(Box::new(NoPastValue)),
    }
}

/// Who builds a record from past values has one of the right type for each field.
#[derive(Debug)]
struct NoPastValue;

impl fmt::Display for NoPastValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column has no past value")
    }
}

impl core::error::Error for NoPastValue {}

/// A past value of a field, as the field's type.
pub(crate) type PastBox = Box<dyn Any>;

/// Reads a past value from the trail's JSON text.
pub(crate) type PastDecoder = fn(&str) -> Result<PastBox, DecodeError>;

/// Asks of a type, without a bound on it, whether serde can read it: an entity may have fields that
/// it cannot. Of two methods of one name the compiler takes the one that is found first, with
/// fewer references taken off: [`ViaSerde`] wherever it applies.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T> Probe<T> {
    /// The question, of the type of the field that `get` finds.
    pub const fn of<E>(_: fn(&E) -> &T) -> Self {
        Self(PhantomData)
    }
}

/// The answer of a type that serde reads.
pub trait ViaSerde {
    /// How it is read.
    fn past_decoder(&self) -> Option<PastDecoder>;
}

impl<T: DeserializeOwned + 'static> ViaSerde for &Probe<T> {
    fn past_decoder(&self) -> Option<PastDecoder> {
        Some(|json| Ok(Box::new(decode_as::<T>(json)?)))
    }
}

/// The answer of every other type.
pub trait ViaNothing {
    /// Not at all.
    fn past_decoder(&self) -> Option<PastDecoder>;
}

impl<T> ViaNothing for Probe<T> {
    fn past_decoder(&self) -> Option<PastDecoder> {
        None
    }
}

/// [`Probe`] of a type that is stored as its `Display` text (`via = "display"`).
#[derive(Debug)]
pub struct DisplayProbe<T>(PhantomData<T>);

impl<T> DisplayProbe<T> {
    /// The question, of the type of the field that `get` finds.
    pub const fn of<E>(_: fn(&E) -> &T) -> Self {
        Self(PhantomData)
    }
}

/// The answer of a type that reads its own text.
pub trait ViaFromStr {
    /// How it is read.
    fn past_decoder(&self) -> Option<PastDecoder>;
}

impl<T: FromStr + 'static> ViaFromStr for &DisplayProbe<T> {
    fn past_decoder(&self) -> Option<PastDecoder> {
        Some(|json| match decode_as::<String>(json)?.parse::<T>() {
            Ok(value) => Ok(Box::new(value)),
            Err(_) => Err(DecodeError::Type),
        })
    }
}

/// The answer of a type that reads its own text and may be absent.
pub trait ViaOptionalFromStr {
    /// How it is read.
    fn past_decoder(&self) -> Option<PastDecoder>;
}

impl<T: FromStr + 'static> ViaOptionalFromStr for &DisplayProbe<Option<T>> {
    fn past_decoder(&self) -> Option<PastDecoder> {
        Some(|json| {
            let text = decode_as::<Option<String>>(json)?;
            match text.map(|text| text.parse::<T>()).transpose() {
                Ok(value) => Ok(Box::new(value)),
                Err(_) => Err(DecodeError::Type),
            }
        })
    }
}

impl<T> ViaNothing for DisplayProbe<T> {
    fn past_decoder(&self) -> Option<PastDecoder> {
        None
    }
}

/// A field by its name.
#[doc(hidden)]
#[macro_export]
macro_rules! __get {
    ($field:ident) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ViaNothing as _, ViaSerde as _};
        let get: fn(&Self) -> &_ = |e| &e.$field;
        let probe = $crate::__private::Probe::of(get);
        $crate::__private::Get::new(get, (&&probe).past_decoder())
    }};
}

/// [`__get`] of a field that is stored as its `Display` text.
#[doc(hidden)]
#[macro_export]
macro_rules! __get_text {
    ($field:ident) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ViaFromStr as _, ViaNothing as _, ViaOptionalFromStr as _};
        let get: fn(&Self) -> &_ = |e| &e.$field;
        let probe = $crate::__private::DisplayProbe::of(get);
        $crate::__private::Get::new(get, (&&probe).past_decoder())
    }};
}

/// A deleted flag by its field's name.
#[doc(hidden)]
#[macro_export]
macro_rules! __deleted {
    ($field:ident) => {
        $crate::__private::Flag::new($crate::__private::get!($field), true)
    };
}

/// An active flag by its field's name.
#[doc(hidden)]
#[macro_export]
macro_rules! __active {
    ($field:ident) => {
        $crate::__private::Flag::new($crate::__private::get!($field), false)
    };
}

/// A version by its field's name.
#[doc(hidden)]
#[macro_export]
macro_rules! __version {
    ($field:ident) => {
        $crate::__private::Version::new($crate::__private::get!($field))
    };
}

/// The next column, of a field that Diesel reads as another type.
#[doc(hidden)]
#[macro_export]
macro_rules! __next_as {
    ($row:ident, $column:ty, $stored:ty, $type:ty) => {
        $row.next_as::<$column, $stored, $type>(|stored| {
            ::core::result::Result::Ok(::core::convert::TryInto::try_into(stored)?)
        })
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has no `FromStr`.
    struct Unread;

    struct Texts {
        always: u32,
        maybe: Option<u32>,
        never: Unread,
        never_either: Option<Unread>,
    }

    impl Texts {
        fn past() -> [Option<PastDecoder>; 4] {
            [
                crate::__get_text!(always).past_decoder(),
                crate::__get_text!(maybe).past_decoder(),
                crate::__get_text!(never).past_decoder(),
                crate::__get_text!(never_either).past_decoder(),
            ]
        }
    }

    #[test]
    fn past_texts_are_read_where_their_type_reads_them() {
        let [Some(always), Some(maybe), None, None] = Texts::past() else {
            panic!("{:?}", Texts::past());
        };
        assert_eq!(unbox::<u32>(always("\"5\"").unwrap()).unwrap(), 5);
        assert!(always("null").is_err() && always("\"x\"").is_err());
        for (json, value) in [("\"5\"", Some(5)), ("null", None)] {
            assert_eq!(unbox::<Option<u32>>(maybe(json).unwrap()).unwrap(), value);
        }
        assert!(maybe("\"x\"").is_err());
    }
}
