//! The helpers: what each does, step by step. Their statements are values of
//! [`crate::statement`]; a [`crate::driver`] runs them.

mod bulk;
mod delete;
mod disabled;
mod edit;
mod insert;
mod lifecycle;
mod prepared;
mod rows;
mod update;

use audit_core::AuditContext;
use diesel::expression::{AppearsOnTable, Expression};
use diesel::query_builder::QueryFragment;
use diesel::sql_types::BoolOrNullableBool;

use crate::backend::{AuditBackend, AuditConnection};
use crate::entity::{Entity, StoredEntity};
use crate::error::AuditError;
use crate::form::{ChangesForm, NewForm};
use crate::key::IntoKey;
use crate::stamper::Operation;
use crate::statement::FormValues;

pub(crate) use edit::{apply_edit, refuse_reserved};
pub(crate) use lifecycle::{action as flip_action, flip, is_there as is_flipped};
pub(crate) use prepared::{Write, check_record_id, check_state, check_tenant_width, tenant_of};
pub(crate) use rows::{Recorder, write_rows};
pub(crate) use update::write_stamps;

/// Entities with a soft delete: a deleted or active flag, or a deletion time. Written by the
/// derive.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no soft delete",
    label = "no deleted flag, active flag or deletion time",
    note = "add `is_deleted: bool`, `deleted_at: Option<DateTime<Utc>>` and `deleted_by: Option<Actor>` to `{Self}`, or use `audited_delete`, which removes the row"
)]
pub trait SoftDelete: Entity {}

/// The audited writes of an entity, on a synchronous connection.
///
/// Each opens a transaction, or a savepoint inside one of yours, and leaves the change and its
/// audit rows, or nothing. Each takes the context of who acts; there is no default. Each returns
/// the record as it is stored now (a hard delete: as it last was).
///
/// Implemented for every entity; nothing to do for an app.
pub trait AuditedWrite: Entity {
    /// Inserts a record.
    ///
    /// # Errors
    /// [`AuditError::Incomplete`] and [`AuditError::Context`] before any SQL; what the database
    /// refuses.
    fn audited_insert<C, F>(conn: &mut C, ctx: &AuditContext, form: F) -> Result<Self, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
        F: NewForm<Self, C::Backend>,
    {
        insert::insert_one(conn, ctx, form)
    }

    /// Inserts records, in one transaction; the results are in the order of the forms.
    ///
    /// # Errors
    /// As [`AuditedWrite::audited_insert`]; then none is inserted.
    fn audited_insert_many<C, F>(
        conn: &mut C,
        ctx: &AuditContext,
        forms: impl IntoIterator<Item = F>,
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
        F: NewForm<Self, C::Backend>,
    {
        insert::insert_many(conn, ctx, forms.into_iter().collect())
    }

    /// Writes what a form sets. Where that is what is stored already, nothing is written, stamped
    /// or recorded.
    ///
    /// # Errors
    /// [`AuditError::NotFound`], [`AuditError::Deleted`], [`AuditError::Conflict`].
    fn audited_update<C, F>(
        conn: &mut C,
        ctx: &AuditContext,
        key: impl IntoKey<Self>,
        form: F,
    ) -> Result<Self, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
        F: ChangesForm<Self, C::Backend>,
    {
        update::update(conn, ctx, key.into_key(), &form)
    }

    /// Hands the locked record to a closure and writes the columns that it changed.
    ///
    /// # Errors
    /// As [`AuditedWrite::audited_update`], and [`AuditError::Reserved`] where the closure changed a
    /// field that the server alone writes.
    fn audited_edit<C>(
        conn: &mut C,
        ctx: &AuditContext,
        key: impl IntoKey<Self>,
        edit: impl FnOnce(&mut Self),
    ) -> Result<Self, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        edit::edit(conn, ctx, key.into_key(), |record| {
            edit(record);
            Ok::<_, AuditError>(())
        })
    }

    /// [`AuditedWrite::audited_edit`] with a closure that may refuse: then nothing is written.
    ///
    /// # Errors
    /// As [`AuditedWrite::audited_edit`], and the closure's own.
    fn audited_try_edit<C, X>(
        conn: &mut C,
        ctx: &AuditContext,
        key: impl IntoKey<Self>,
        edit: impl FnOnce(&mut Self) -> Result<(), X>,
    ) -> Result<Self, X>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
        X: From<AuditError>,
    {
        edit::edit(conn, ctx, key.into_key(), edit)
    }

    /// Marks a record as deleted. A deleted one is returned as it is: the first deleter stays.
    ///
    /// # Errors
    /// [`AuditError::NotFound`], [`AuditError::Conflict`].
    fn audited_soft_delete<C>(
        conn: &mut C,
        ctx: &AuditContext,
        key: impl IntoKey<Self>,
    ) -> Result<Self, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend> + SoftDelete,
    {
        lifecycle::flip(conn, ctx, key.into_key(), Operation::SoftDelete)
    }

    /// Takes a soft delete back. A live record is returned as it is.
    ///
    /// # Errors
    /// [`AuditError::NotFound`], [`AuditError::Conflict`].
    fn audited_restore<C>(
        conn: &mut C,
        ctx: &AuditContext,
        key: impl IntoKey<Self>,
    ) -> Result<Self, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend> + SoftDelete,
    {
        lifecycle::flip(conn, ctx, key.into_key(), Operation::Restore)
    }

    /// Removes a record, soft-deleted or not; the trail keeps its masked last state.
    ///
    /// # Errors
    /// [`AuditError::NotFound`], [`AuditError::Conflict`].
    fn audited_delete<C>(
        conn: &mut C,
        ctx: &AuditContext,
        key: impl IntoKey<Self>,
    ) -> Result<Self, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        delete::delete(conn, ctx, key.into_key())
    }

    /// [`AuditedWrite::audited_update`] of several records, all or none; the results are in the
    /// order of the keys, each once.
    ///
    /// # Errors
    /// As for one record, for the first that is refused.
    fn audited_update_many<C, F>(
        conn: &mut C,
        ctx: &AuditContext,
        keys: impl IntoIterator<Item = impl IntoKey<Self>>,
        form: F,
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
        F: ChangesForm<Self, C::Backend>,
    {
        let change = bulk::ByForm(FormValues(&form));
        bulk::change_many(conn, ctx, Operation::Update, named(keys), change)
    }

    /// [`AuditedWrite::audited_update`] of all live records that a filter finds, all or none; the
    /// results are in the order of the primary key.
    ///
    /// # Errors
    /// As for one record, for the first that is refused.
    fn audited_update_where<C, P, F>(
        conn: &mut C,
        ctx: &AuditContext,
        filter: P,
        form: F,
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
        P: Predicate<Self, C::Backend>,
        F: ChangesForm<Self, C::Backend>,
    {
        let change = bulk::ByForm(FormValues(&form));
        bulk::change_many(
            conn,
            ctx,
            Operation::Update,
            bulk::Target::Where(&filter),
            change,
        )
    }

    /// [`AuditedWrite::audited_edit`] of several records, all or none; the results are in the order
    /// of the keys, each once. The closure may see a record again, as it is stored, where the
    /// write of another turned out to change nothing.
    ///
    /// # Errors
    /// As for one record, for the first that is refused.
    fn audited_edit_many<C>(
        conn: &mut C,
        ctx: &AuditContext,
        keys: impl IntoIterator<Item = impl IntoKey<Self>>,
        mut edit: impl FnMut(&mut Self),
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        Self::audited_try_edit_many(conn, ctx, keys, |record| {
            edit(record);
            Ok::<_, AuditError>(())
        })
    }

    /// [`AuditedWrite::audited_edit`] of all live records that a filter finds, all or none.
    ///
    /// # Errors
    /// As for one record, for the first that is refused.
    fn audited_edit_where<C, P>(
        conn: &mut C,
        ctx: &AuditContext,
        filter: P,
        mut edit: impl FnMut(&mut Self),
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
        P: Predicate<Self, C::Backend>,
    {
        Self::audited_try_edit_where(conn, ctx, filter, |record| {
            edit(record);
            Ok::<_, AuditError>(())
        })
    }

    /// [`AuditedWrite::audited_edit_many`] with a closure that may refuse: then nothing is written
    /// to any record.
    ///
    /// # Errors
    /// As for one record, and the closure's own.
    fn audited_try_edit_many<C, X>(
        conn: &mut C,
        ctx: &AuditContext,
        keys: impl IntoIterator<Item = impl IntoKey<Self>>,
        edit: impl FnMut(&mut Self) -> Result<(), X>,
    ) -> Result<Vec<Self>, X>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
        X: From<AuditError>,
    {
        bulk::change_many(
            conn,
            ctx,
            Operation::Update,
            named(keys),
            bulk::ByEdit(edit),
        )
    }

    /// [`AuditedWrite::audited_edit_where`] with a closure that may refuse: then nothing is written
    /// to any record.
    ///
    /// # Errors
    /// As for one record, and the closure's own.
    fn audited_try_edit_where<C, P, X>(
        conn: &mut C,
        ctx: &AuditContext,
        filter: P,
        edit: impl FnMut(&mut Self) -> Result<(), X>,
    ) -> Result<Vec<Self>, X>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
        P: Predicate<Self, C::Backend>,
        X: From<AuditError>,
    {
        let target = bulk::Target::Where(&filter);
        bulk::change_many(conn, ctx, Operation::Update, target, bulk::ByEdit(edit))
    }

    /// [`AuditedWrite::audited_soft_delete`] of several records, all or none; the results are in the
    /// order of the keys, each once.
    ///
    /// # Errors
    /// As for one record, for the first that is refused.
    fn audited_soft_delete_many<C>(
        conn: &mut C,
        ctx: &AuditContext,
        keys: impl IntoIterator<Item = impl IntoKey<Self>>,
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend> + SoftDelete,
    {
        let operation = Operation::SoftDelete;
        bulk::change_many(conn, ctx, operation, named(keys), bulk::Flip(operation))
    }

    /// [`AuditedWrite::audited_soft_delete`] of all live records that a filter finds, all or none.
    ///
    /// # Errors
    /// As for one record, for the first that is refused.
    fn audited_soft_delete_where<C, P>(
        conn: &mut C,
        ctx: &AuditContext,
        filter: P,
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend> + SoftDelete,
        P: Predicate<Self, C::Backend>,
    {
        let operation = Operation::SoftDelete;
        let target = bulk::Target::Where(&filter);
        bulk::change_many(conn, ctx, operation, target, bulk::Flip(operation))
    }

    /// [`AuditedWrite::audited_restore`] of several records, all or none; the results are in the
    /// order of the keys, each once.
    ///
    /// # Errors
    /// As for one record, for the first that is refused.
    fn audited_restore_many<C>(
        conn: &mut C,
        ctx: &AuditContext,
        keys: impl IntoIterator<Item = impl IntoKey<Self>>,
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend> + SoftDelete,
    {
        let operation = Operation::Restore;
        bulk::change_many(conn, ctx, operation, named(keys), bulk::Flip(operation))
    }

    /// [`AuditedWrite::audited_restore`] of all deleted records that a filter finds, all or none.
    ///
    /// # Errors
    /// As for one record, for the first that is refused.
    fn audited_restore_where<C, P>(
        conn: &mut C,
        ctx: &AuditContext,
        filter: P,
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend> + SoftDelete,
        P: Predicate<Self, C::Backend>,
    {
        let operation = Operation::Restore;
        let target = bulk::Target::Where(&filter);
        bulk::change_many(conn, ctx, operation, target, bulk::Flip(operation))
    }

    /// [`AuditedWrite::audited_delete`] of several records, all or none; the results are in the
    /// order of the keys, each once.
    ///
    /// # Errors
    /// As for one record, for the first that is refused.
    fn audited_delete_many<C>(
        conn: &mut C,
        ctx: &AuditContext,
        keys: impl IntoIterator<Item = impl IntoKey<Self>>,
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        bulk::delete_many(conn, ctx, named(keys))
    }

    /// [`AuditedWrite::audited_delete`] of all records that a filter finds, soft-deleted or not,
    /// all or none.
    ///
    /// # Errors
    /// As for one record, for the first that is refused.
    fn audited_delete_where<C, P>(
        conn: &mut C,
        ctx: &AuditContext,
        filter: P,
    ) -> Result<Vec<Self>, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
        P: Predicate<Self, C::Backend>,
    {
        bulk::delete_many(conn, ctx, bulk::Target::Where(&filter))
    }
}

impl<E: Entity> AuditedWrite for E {}

/// A Diesel condition on an entity's table, as `.filter(..)` takes it. Implemented for all of
/// them.
pub trait Predicate<E: Entity, DB: AuditBackend>:
    Expression<SqlType: BoolOrNullableBool> + AppearsOnTable<E::Table> + QueryFragment<DB>
{
}

impl<E, DB, P> Predicate<E, DB> for P
where
    E: Entity,
    DB: AuditBackend,
    P: Expression<SqlType: BoolOrNullableBool> + AppearsOnTable<E::Table> + QueryFragment<DB>,
{
}

fn named<E: Entity, K: IntoKey<E>>(
    keys: impl IntoIterator<Item = K>,
) -> bulk::Target<'static, E, bulk::NoFilter> {
    bulk::Target::Keys(keys.into_iter().map(IntoKey::into_key).collect())
}
