//! The types that stamp columns may have.
//!
//! An app implements these traits for its own newtypes and enums; the derive checks through them,
//! so aliases work. A write holds the values, hence `Send + Sync + 'static`.

use core::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::actor::Actor;

/// An actor or a tenant that does not fit a column. Says what was expected, never what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampMisfit {
    expected: String,
}

impl StampMisfit {
    /// A misfit; `expected` names what fits ("a tenant that is a UUID"), never a value.
    pub fn new(expected: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
        }
    }

    /// What was expected.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

impl fmt::Display for StampMisfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)
    }
}

impl core::error::Error for StampMisfit {}

/// A time column of a stamp. Times without a zone are UTC.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold the time of a stamp",
    label = "not a time",
    note = "use `chrono::DateTime<Utc>` or `NaiveDateTime` (in UTC), `time::OffsetDateTime` or `PrimitiveDateTime` (feature `time`), an `Option` of one, or implement `TimeStamp` for `{Self}`",
    note = "if the field is not a stamp, say so with `#[audit(not_a_stamp)]`"
)]
pub trait TimeStamp: Sized + Send + Sync + 'static {
    /// The column's value for an instant.
    fn from_instant(instant: DateTime<Utc>) -> Self;
    /// The instant, if there is one.
    fn to_instant(&self) -> Option<DateTime<Utc>>;
}

impl TimeStamp for DateTime<Utc> {
    fn from_instant(instant: DateTime<Utc>) -> Self {
        instant
    }
    fn to_instant(&self) -> Option<DateTime<Utc>> {
        Some(*self)
    }
}

impl TimeStamp for NaiveDateTime {
    fn from_instant(instant: DateTime<Utc>) -> Self {
        instant.naive_utc()
    }
    fn to_instant(&self) -> Option<DateTime<Utc>> {
        Some(self.and_utc())
    }
}

impl<T: TimeStamp> TimeStamp for Option<T> {
    fn from_instant(instant: DateTime<Utc>) -> Self {
        Some(T::from_instant(instant))
    }
    fn to_instant(&self) -> Option<DateTime<Utc>> {
        self.as_ref().and_then(T::to_instant)
    }
}

#[cfg(feature = "time")]
mod with_time {
    use chrono::{DateTime, Utc};
    use time::{OffsetDateTime, PrimitiveDateTime};

    use super::TimeStamp;

    /// Years beyond 9999, which `time` does not have, become its last or first instant.
    impl TimeStamp for OffsetDateTime {
        fn from_instant(instant: DateTime<Utc>) -> Self {
            let nanos = i128::from(instant.timestamp()) * 1_000_000_000
                + i128::from(instant.timestamp_subsec_nanos());
            Self::from_unix_timestamp_nanos(nanos).unwrap_or(if nanos < 0 {
                PrimitiveDateTime::MIN.assume_utc()
            } else {
                PrimitiveDateTime::MAX.assume_utc()
            })
        }
        fn to_instant(&self) -> Option<DateTime<Utc>> {
            DateTime::from_timestamp(self.unix_timestamp(), self.nanosecond())
        }
    }

    /// In UTC.
    impl TimeStamp for PrimitiveDateTime {
        fn from_instant(instant: DateTime<Utc>) -> Self {
            let time = OffsetDateTime::from_instant(instant);
            Self::new(time.date(), time.time())
        }
        fn to_instant(&self) -> Option<DateTime<Utc>> {
            self.assume_utc().to_instant()
        }
    }
}

/// An actor column of a stamp.
///
/// `Actor`, and `String` without kinds, hold the whole actor text. `Uuid` (feature `uuid`), `i32`
/// and `i64`, and `String` with kinds, hold the id alone, so the column takes only actors of the
/// kinds listed in `#[audit(kinds(..))]`; numbers and UUIDs without a list take `user`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold the actor of a stamp",
    label = "not an actor",
    note = "use `Actor`, `String`, `Uuid` (feature `uuid`), `i32`, `i64`, an `Option` of one, or implement `ActorStamp` for `{Self}`",
    note = "if the field is not a stamp, say so with `#[audit(not_a_stamp)]`"
)]
pub trait ActorStamp: Sized + Send + Sync + 'static {
    /// The column's value for an actor. `kinds` are those of `#[audit(kinds(..))]`, else empty.
    ///
    /// # Errors
    /// An actor that the column cannot hold.
    fn from_actor(actor: &Actor, kinds: &[&str]) -> Result<Self, StampMisfit>;

    /// The actor that the column names, if it names one. An id alone under several kinds is
    /// [`Actor::Unknown`].
    fn to_actor(&self, kinds: &[&str]) -> Option<Actor>;
}

/// The kinds of an id-only column that lists none.
const DEFAULT_KINDS: &[&str] = &["user"];

/// The id of an actor of one of `kinds`.
fn id_of<'a>(actor: &'a Actor, kinds: &[&str], what: &str) -> Result<&'a str, StampMisfit> {
    match actor {
        Actor::Known(known) if kinds.contains(&known.kind()) => {
            known.id().ok_or_else(|| misfit(kinds, what))
        }
        _ => Err(misfit(kinds, what)),
    }
}

fn misfit(kinds: &[&str], what: &str) -> StampMisfit {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
    StampMisfit::new(format!(
        "an actor of kind {} with {what}",
        kinds.join(" or ")
    ))
}

fn from_id(id: &str, kinds: &[&str]) -> Actor {
    match kinds {
        [kind] => Actor::from_parts(kind, Some(id)),
        _ => Actor::Unknown(id.into()),
    }
}

impl ActorStamp for Actor {
    fn from_actor(actor: &Actor, kinds: &[&str]) -> Result<Self, StampMisfit> {
        if kinds.is_empty() || kinds.contains(&actor.kind()) {
            Ok(actor.clone())
        } else {
            Err(misfit(kinds, "or without an id"))
        }
    }
    fn to_actor(&self, _: &[&str]) -> Option<Actor> {
        Some(self.clone())
    }
}

impl ActorStamp for String {
    fn from_actor(actor: &Actor, kinds: &[&str]) -> Result<Self, StampMisfit> {
        if kinds.is_empty() {
            return Ok(actor.as_str().into());
        }
        id_of(actor, kinds, "an id").map(Into::into)
    }
    fn to_actor(&self, kinds: &[&str]) -> Option<Actor> {
        Some(if kinds.is_empty() {
            Actor::parse(self)
        } else {
            from_id(self, kinds)
        })
    }
}

/// Id-only columns: the id must be the number's one spelling, so that stamp and trail agree.
macro_rules! actor_number {
    ($($type:ty),+) => {$(
        impl ActorStamp for $type {
            fn from_actor(actor: &Actor, kinds: &[&str]) -> Result<Self, StampMisfit> {
                let kinds = if kinds.is_empty() { DEFAULT_KINDS } else { kinds };
                let what = concat!(
                    "an id that is an `", stringify!($type), "` in decimal, without leading zeros",
                );
                let id = id_of(actor, kinds, what)?;
                canonical(id).ok_or_else(|| misfit(kinds, what))
            }
            fn to_actor(&self, kinds: &[&str]) -> Option<Actor> {
                let kinds = if kinds.is_empty() { DEFAULT_KINDS } else { kinds };
                Some(from_id(&self.to_string(), kinds))
            }
        }
    )+};
}
actor_number!(i32, i64);

/// The value of which `text` is the one canonical spelling.
fn canonical<T: core::str::FromStr + fmt::Display>(text: &str) -> Option<T> {
    text.parse::<T>()
        .ok()
        .filter(|value| value.to_string() == text)
}

/// UUIDs in any of their spellings (RFC 9562 §4); the trail keeps the actor's own text.
#[cfg(feature = "uuid")]
impl ActorStamp for uuid::Uuid {
    fn from_actor(actor: &Actor, kinds: &[&str]) -> Result<Self, StampMisfit> {
        let kinds = if kinds.is_empty() {
            DEFAULT_KINDS
        } else {
            kinds
        };
        let id = id_of(actor, kinds, "an id that is a UUID")?;
        Self::try_parse(id).map_err(|_| misfit(kinds, "an id that is a UUID"))
    }
    fn to_actor(&self, kinds: &[&str]) -> Option<Actor> {
        let kinds = if kinds.is_empty() {
            DEFAULT_KINDS
        } else {
            kinds
        };
        Some(from_id(&self.to_string(), kinds))
    }
}

impl<T: ActorStamp> ActorStamp for Option<T> {
    fn from_actor(actor: &Actor, kinds: &[&str]) -> Result<Self, StampMisfit> {
        T::from_actor(actor, kinds).map(Some)
    }
    fn to_actor(&self, kinds: &[&str]) -> Option<Actor> {
        self.as_ref().and_then(|actor| actor.to_actor(kinds))
    }
}

/// A column that can be empty: `deleted_at` and `deleted_by` of a record that is not deleted.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be empty, but a record that is not deleted has no deletion time and actor",
    label = "this stamp must be an `Option`",
    note = "use `Option<{Self}>`, and a nullable column"
)]
pub trait Cleared: Sized {
    /// The empty value.
    fn cleared() -> Self;
}

impl<T> Cleared for Option<T> {
    fn cleared() -> Self {
        None
    }
}

/// A flag column of a stamp.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold a deleted flag",
    label = "not a flag",
    note = "use `bool`, or implement `FlagStamp` for `{Self}`",
    note = "if the field is not a stamp, say so with `#[audit(not_a_stamp)]`"
)]
pub trait FlagStamp: Sized + Send + Sync + 'static {
    /// The column's value for a flag.
    fn from_flag(flag: bool) -> Self;
    /// The flag.
    fn to_flag(&self) -> bool;
}

impl FlagStamp for bool {
    fn from_flag(flag: bool) -> Self {
        flag
    }
    fn to_flag(&self) -> bool {
        *self
    }
}

/// A tenant column.
///
/// The law `T::from_tenant(text)?.canonical() == text` keeps one tenant from having two names: the
/// log, which holds the canonical text, is searched with the context's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold a tenant",
    label = "not a tenant",
    note = "use `String`, `Uuid` (feature `uuid`), `i32`, `i64`, or implement `TenantStamp` for `{Self}`",
    note = "if the field is not a stamp, say so with `#[audit(not_a_stamp)]`"
)]
pub trait TenantStamp: Sized {
    /// True where the column is text, which a backend's collation may compare loosely.
    const TEXT: bool;

    /// The column's value for the context's tenant.
    ///
    /// # Errors
    /// Text that is no such value, or not in its canonical spelling (`" 7"`, `"007"`, `"+7"`, a
    /// UUID in capitals).
    fn from_tenant(tenant: &str) -> Result<Self, StampMisfit>;

    /// The one text of this tenant.
    fn canonical(&self) -> String;
}

impl TenantStamp for String {
    const TEXT: bool = true;
    fn from_tenant(tenant: &str) -> Result<Self, StampMisfit> {
        Ok(tenant.into())
    }
    fn canonical(&self) -> String {
        self.clone()
    }
}

macro_rules! canonical_tenant {
    ($($type:ty => $expected:literal),+) => {$(
        impl TenantStamp for $type {
            const TEXT: bool = false;
            fn from_tenant(tenant: &str) -> Result<Self, StampMisfit> {
                canonical(tenant).ok_or_else(|| StampMisfit::new($expected))
            }
            fn canonical(&self) -> String {
                self.to_string()
            }
        }
    )+};
}
canonical_tenant!(
    i32 => "a tenant that is an `i32` in decimal, without leading zeros",
    i64 => "a tenant that is an `i64` in decimal, without leading zeros"
);
#[cfg(feature = "uuid")]
canonical_tenant!(uuid::Uuid => "a tenant that is a UUID in lowercase with hyphens");

/// A column for the optimistic lock.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold a version",
    label = "not a version",
    note = "use `i32` or `i64`, or implement `VersionStamp` for `{Self}`",
    note = "if the field is not a stamp, say so with `#[audit(not_a_stamp)]`"
)]
pub trait VersionStamp: Sized + Send + Sync + 'static {
    /// The version of a new record.
    fn first() -> Self;
    /// The version as a number.
    fn to_i64(&self) -> i64;
}

impl VersionStamp for i32 {
    fn first() -> Self {
        1
    }
    fn to_i64(&self) -> i64 {
        (*self).into()
    }
}

impl VersionStamp for i64 {
    fn first() -> Self {
        1
    }
    fn to_i64(&self) -> i64 {
        *self
    }
}

#[cfg(test)]
mod tests;
