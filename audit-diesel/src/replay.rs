//! A record as it was, what changed between two instants, and the way back: replay of the trail.
//!
//! [`timeline`] and [`state`] are the algorithm, on values in memory; [`load`] reads them.

mod between;
mod change;
mod load;
mod past;
mod revert;
mod state;
mod timeline;
mod types;
mod undelete;
mod value;

use audit_core::AuditContext;
use chrono::{DateTime, Utc};

pub use between::{Difference, FieldDifference, Presence, Side};
pub use change::TypedChange;
pub use past::{LastChange, Past, PastField};
pub use revert::Revert;
pub use undelete::Refill;

use crate::backend::AuditConnection;
use crate::entity::Entity;
use crate::entity::StoredEntity;
use crate::error::AuditError;
use crate::key::IntoKey;
use state::Standing;

/// How a record stood at an instant.
///
/// ```
/// # use audit_diesel::{AsOf, Entity};
/// fn tell<E: Entity>(then: AsOf<E>) -> String {
///     match then {
///         AsOf::NotYet => "it was not created yet".into(),
///         AsOf::Deleted => "it had been removed".into(),
///         AsOf::BeyondRetention => "the trail does not reach back that far".into(),
///         AsOf::Record(past) if past.is_deleted() => format!("soft-deleted: {past}"),
///         AsOf::Record(past) => past.to_string(),
///     }
/// }
/// ```
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one answer, taken apart where it is asked for"
)]
pub enum AsOf<E: Entity> {
    /// It was not created yet.
    NotYet,
    /// It had been removed (a hard delete; a soft-deleted record is a [`AsOf::Record`]).
    Deleted,
    /// The rows that would tell are gone, or were never written: retention has removed them, or the
    /// trail began later.
    BeyondRetention,
    /// It was there; soft-deleted where [`Past::is_deleted`] says so.
    Record(Past<E>),
}

impl<E: Entity> AsOf<E> {
    /// The record, if it was there.
    pub fn record(self) -> Option<Past<E>> {
        match self {
            Self::Record(past) => Some(past),
            Self::NotYet | Self::Deleted | Self::BeyondRetention => None,
        }
    }
}

/// Replaying an entity's trail.
///
/// Rows are ordered by `seq`, which follows the commits, never by a clock. A record is *as of* an
/// instant what the last change, in that order, that is stamped at or before the instant left of
/// it: also where a clock stood still or went back. Rows count only with the record's own stamps:
/// where the record was written for the last time before the instant, it is what it is now.
///
/// A record without any row is told by its stamps alone; one that is gone without a row counts as
/// removed right after its last recorded change. Two things no replay can see: that a record of the
/// same key lived before the oldest row that is left, and a change whose row retention has removed
/// from between rows that it left, which takes a clock that was set back across the cutoff (where
/// the rows around it do not fit, the fields are
/// [`Unknown::Unrecorded`](crate::Unknown::Unrecorded)).
///
/// ```
/// use audit_diesel::prelude::*;
/// use chrono::{DateTime, TimeDelta, Utc};
/// use diesel::prelude::*;
/// # use diesel::connection::SimpleConnection;
/// # diesel::table! {
/// #     use diesel::sql_types::*;
/// #     use audit_diesel::sql_types::UtcTime;
/// #     books (id) {
/// #         id -> BigInt, title -> Text, price -> BigInt, created_at -> UtcTime, created_by -> Text,
/// #         updated_at -> UtcTime, updated_by -> Text,
/// #     }
/// # }
///
/// #[derive(Audited, Queryable, Selectable, Identifiable)]
/// #[diesel(table_name = books)]
/// #[audit(new = NewBook)]
/// struct Book {
///     id: i64,
///     title: String,
///     price: i64,
///     created_at: DateTime<Utc>,
///     created_by: Actor,
///     updated_at: DateTime<Utc>,
///     updated_by: Actor,
/// }
///
/// # let conn = &mut diesel::SqliteConnection::establish(":memory:")?;
/// # audit_diesel::migrate(conn)?;
/// # conn.batch_execute("CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL,
/// #     price BIGINT NOT NULL, created_at BIGINT NOT NULL, created_by TEXT NOT NULL,
/// #     updated_at BIGINT NOT NULL, updated_by TEXT NOT NULL)")?;
/// let ctx = AuditContext::new(Actor::user("u_42"));
/// let book = Book::audited_insert(conn, &ctx, NewBook { title: "Emma".into(), price: 900 })?;
/// let then = book.created_at;
/// # std::thread::sleep(std::time::Duration::from_millis(2));
/// let edited = Book::audited_edit(conn, &ctx, book.id, |book| book.price = 1)?;
///
/// let past = Book::as_of(conn, &ctx, book.id, then)?.record().expect("it was there");
/// assert_eq!(past.get::<i64>("price")?, 900);
/// let before = Book::as_of(conn, &ctx, book.id, then - TimeDelta::days(1))?;
/// assert!(before.record().is_none());
///
/// let changed = Book::diff_between(conn, &ctx, book.id, then, edited.updated_at)?;
/// assert_eq!(changed.changed().len(), 1);
///
/// let book = Book::audited_revert(conn, &ctx, book.id, Revert::To(then))?;
/// assert_eq!(book.price, 900);
///
/// Book::audited_delete(conn, &ctx, book.id)?;
/// let book = Book::audited_undelete(conn, &ctx, book.id)?;
/// assert_eq!((book.title.as_str(), book.created_at), ("Emma", then));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Implemented for every entity; nothing to do for an app.
pub trait AuditedReplay: Entity {
    /// The record as it was at an instant; of a removed one, too.
    ///
    /// A version in the key is not looked at: the past has its own.
    ///
    /// # Errors
    /// [`AuditError::Context`] without a tenant where the entity has one, and
    /// [`AuditError::NotFound`] where there is neither a record nor a row of one.
    fn as_of<C>(
        conn: &mut C,
        ctx: &AuditContext,
        key: impl IntoKey<Self>,
        instant: DateTime<Utc>,
    ) -> Result<AsOf<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        let id = key.into_key().id;
        let timeline = load::timeline::<C, Self>(conn, ctx, &id)?;
        Ok(match timeline.at(instant) {
            Standing::NotYet => AsOf::NotYet,
            Standing::Deleted => AsOf::Deleted,
            Standing::BeyondRetention => AsOf::BeyondRetention,
            Standing::There(state) => {
                let record = Self::record_id(&id);
                AsOf::Record(Past::new::<C::Backend>(record, instant, state))
            }
        })
    }

    /// What changed of a record between two instants, field by field.
    ///
    /// # Errors
    /// As [`AuditedReplay::as_of`], and [`AuditError::Instants`] where the first instant is after
    /// the second.
    fn diff_between<C>(
        conn: &mut C,
        ctx: &AuditContext,
        key: impl IntoKey<Self>,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Difference, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        if from > to {
            return Err(AuditError::Instants { from, to });
        }
        let id = key.into_key().id;
        Ok(load::timeline::<C, Self>(conn, ctx, &id)?.between(from, to))
    }

    /// Takes back one change set of a record, or everything since an instant: an audited write of
    /// the fields that differ, with its stamps, its rows and the optimistic lock of every other.
    /// Where nothing differs, nothing is written.
    ///
    /// - Business fields only: no stamp, no key. Skipped and ignored fields stay as they are, for
    ///   their history is not kept.
    /// - A change set whose fields were changed again since is refused and names them: taking it back
    ///   would take the later change along. Revert that one first, or use [`Revert::To`].
    /// - Where a value would be needed that the trail does not hold (masked, too long, not recorded
    ///   then, not of the field's type any more), it is refused and names the fields.
    /// - The change set of a soft delete is taken back by a restore, that of a restore by a soft
    ///   delete. An insert and a removal are refused and name the helper for it; so is an instant at
    ///   which the record was not there or soft-deleted.
    ///
    /// # Errors
    /// [`AuditError::Revert`] as said above; [`AuditError::NotFound`], [`AuditError::Deleted`] of a
    /// record that is soft-deleted now (a soft delete's own change set apart),
    /// [`AuditError::Conflict`].
    fn audited_revert<C>(
        conn: &mut C,
        ctx: &AuditContext,
        key: impl IntoKey<Self>,
        revert: Revert,
    ) -> Result<Self, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        revert::revert(conn, ctx, key.into_key(), revert)
    }

    /// Brings a removed record back from its last snapshot, under its old primary key.
    ///
    /// It comes back as it was, soft-deleted where it was, with the stamps of its creation (and
    /// deletion) from the snapshot; `updated_*` are this write's, and a version goes on by one.
    /// The trail shows the action `undelete` with the whole (masked) record.
    ///
    /// Refused where a column's value is not in the snapshot: masked (unless it was null), skipped,
    /// too long, or of a column that came later. [`AuditedReplay::audited_undelete_with`] takes
    /// values for those. Columns that the database computes (`GENERATED`) are none of the trail's
    /// to write; the database refuses them.
    ///
    /// # Errors
    /// [`AuditError::Revert`] where the record is there, its trail does not end with a removal, or a
    /// value is not known, naming the columns; [`AuditError::NotFound`] where there is no trail of
    /// it.
    fn audited_undelete<C>(
        conn: &mut C,
        ctx: &AuditContext,
        id: impl Into<Self::Id>,
    ) -> Result<Self, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        Self::audited_undelete_with(conn, ctx, id, Refill::new())
    }

    /// [`AuditedReplay::audited_undelete`] with values for the columns that the trail does not hold.
    ///
    /// # Errors
    /// As there, and [`AuditError::Revert`] for a value of a column that the trail holds.
    fn audited_undelete_with<C>(
        conn: &mut C,
        ctx: &AuditContext,
        id: impl Into<Self::Id>,
        refill: Refill,
    ) -> Result<Self, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        undelete::undelete(conn, ctx, &id.into(), &refill)
    }
}

impl<E: Entity> AuditedReplay for E {}

#[cfg(test)]
#[allow(
    clippy::cast_sign_loss,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code"
)]
mod tests;
