//! Readers of the fields of derived forms that are masked, or parts: those may hold masked fields,
//! which the macro cannot see. Their errors name the field, and no value.

use serde::de::{Deserialize, Deserializer, Error};

use super::INVALID;

/// Names the fields of a derived form whose readers say nothing else of what they could not read.
pub trait MaskedInput {
    /// As the client's JSON names them.
    const FIELDS: &'static [&'static str];
}

/// [`INVALID`] of the field `N` of the form `F`: without the name, nobody who reads the error
/// finds what to correct.
fn invalid<F: MaskedInput + ?Sized, const N: usize, E: Error>() -> E {
    match F::FIELDS.get(N) {
        Some(name) => E::custom(format_args!("field `{name}`: {INVALID}")),
        None => E::custom(INVALID),
    }
}

/// [`super::masked`] in a derived form, whose error names the field.
///
/// # Errors
/// As [`super::masked`].
pub fn masked_field<'de, F, const N: usize, T, D>(deserializer: D) -> Result<T, D::Error>
where
    F: MaskedInput + ?Sized,
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map_err(|_| invalid::<F, N, D::Error>())
}

/// [`super::masked_option`] in a derived form, whose error names the field.
///
/// # Errors
/// As [`super::masked`].
pub fn masked_option_field<'de, F, const N: usize, T, D>(
    deserializer: D,
) -> Result<Option<T>, D::Error>
where
    F: MaskedInput + ?Sized,
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    masked_field::<F, N, T, D>(deserializer).map(Some)
}

/// [`super::masked_double_option`] in a derived form, whose error names the field.
///
/// # Errors
/// As [`super::masked`].
pub fn masked_double_option_field<'de, F, const N: usize, T, D>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error>
where
    F: MaskedInput + ?Sized,
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    masked_field::<F, N, Option<T>, D>(deserializer).map(Some)
}
