//! The history of one record, typed on its entity.

use audit_core::AuditContext;

use crate::backend::AuditConnection;
use crate::entity::Entity;
use crate::error::AuditError;
use crate::field_names::FieldNames;
use crate::key::IntoKey;
use crate::log::AuditLog;
use crate::trail::ChangeSet;

/// Reading an entity's trail.
pub trait AuditedRead: Entity {
    /// The change sets of one record, oldest first; of a deleted record too. They know the fields
    /// by former names as well: [`ChangeSet::field`].
    ///
    /// [`LogQuery::record_of`](crate::LogQuery::record_of) asks for less of it: pages, a range of
    /// time, a field.
    ///
    /// # Errors
    /// [`AuditError::Context`] without a tenant where the entity has one.
    fn history<C: AuditConnection>(
        conn: &mut C,
        ctx: &AuditContext,
        key: impl IntoKey<Self>,
    ) -> Result<Vec<ChangeSet>, AuditError> {
        let rows = AuditLog::query(ctx)
            .record_of::<Self>(key)
            .oldest_first()
            .load(conn)?;
        Ok(ChangeSet::group_named(rows, FieldNames::of(Self::META)))
    }
}

impl<E: Entity> AuditedRead for E {}
