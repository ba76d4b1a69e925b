//! What generated forms need at run time.

pub(crate) mod named;

use core::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};

/// A field of a form that code sets and that is never read from input: a password hash, say.
///
/// It starts unset. A required one that is left unset makes the insert fail before any SQL.
/// `Debug` never shows the value.
///
/// ```
/// use audit_core::Server;
///
/// let hash: Server<String> = "$argon2id$…".into();
/// assert_eq!(format!("{hash:?}"), "Server(***)");
/// assert_eq!(hash.into_set().as_deref(), Some("$argon2id$…"));
/// assert_eq!(Server::<String>::default().into_set(), None);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Server<T>(Option<T>);

impl<T> Server<T> {
    /// A value that code has set.
    pub const fn set(value: T) -> Self {
        Self(Some(value))
    }

    /// A value that code has not set.
    pub const fn unset() -> Self {
        Self(None)
    }

    /// The value, if it was set.
    pub fn into_set(self) -> Option<T> {
        self.0
    }

    /// The value, if it was set.
    pub const fn as_set(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

/// Unset, whatever `T` is.
impl<T> Default for Server<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<T> for Server<T> {
    fn from(value: T) -> Self {
        Self(Some(value))
    }
}

impl From<&str> for Server<String> {
    fn from(value: &str) -> Self {
        Self(Some(value.into()))
    }
}

impl From<&str> for Server<Option<String>> {
    fn from(value: &str) -> Self {
        Self(Some(Some(value.into())))
    }
}

impl From<String> for Server<Option<String>> {
    fn from(value: String) -> Self {
        Self(Some(Some(value)))
    }
}

impl<T> fmt::Debug for Server<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Server(***)"
        } else {
            "Server(unset)"
        })
    }
}

/// Reads a nullable field of a *changes* form: null is `Some(None)`, a value `Some(Some(_))`.
///
/// With `#[serde(default)]` beside it, an absent field is `None`.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Changes {
///     #[serde(default, deserialize_with = "audit_core::form_input::double_option")]
///     email: Option<Option<String>>,
/// }
/// let email = |json| serde_json::from_str::<Changes>(json).unwrap().email;
/// assert_eq!(email("{}"), None);
/// assert_eq!(email(r#"{"email":null}"#), Some(None));
/// assert_eq!(email(r#"{"email":"a@b.c"}"#), Some(Some("a@b.c".into())));
/// ```
///
/// # Errors
/// Those of `T`.
pub fn double_option<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Reads a required field of a *changes* form: a value is `Some`.
///
/// With `#[serde(default)]` beside it, an absent field is `None`. Null is an error unless `T` takes
/// it, where serde's own `Option` would make `None` of it, i.e. quietly leave the field as it is.
///
/// # Errors
/// Those of `T`.
pub fn some<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// What readers of masked fields and of parts say instead of the inner error, which may quote the
/// value.
const INVALID: &str = "invalid value (not shown: it may hold a masked value)";

/// Reads a masked field.
///
/// # Errors
/// A fixed text in the place of any error of `T`.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct New {
///     #[serde(deserialize_with = "audit_core::form_input::masked")]
///     pin: u16,
/// }
/// let error = serde_json::from_str::<New>(r#"{"pin":"0815-geheim"}"#).err().unwrap();
/// assert!(!error.to_string().contains("geheim"));
/// ```
pub fn masked<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map_err(|_| D::Error::custom(INVALID))
}

/// [`some`] for a masked field.
///
/// # Errors
/// As [`masked`].
pub fn masked_option<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    masked(deserializer).map(Some)
}

/// [`double_option`] for a masked field.
///
/// # Errors
/// As [`masked`].
pub fn masked_double_option<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    double_option(deserializer).map_err(|_| D::Error::custom(INVALID))
}

#[cfg(test)]
mod tests;
