//! The business columns that a statement sets, and what tells one set of them from another.

use audit_core::diff::FieldSet;
use diesel::query_source::Column;
use diesel::result::QueryResult;

use super::sinks::Only;
use crate::backend::AuditBackend;
use crate::column::{Binds, Sink};
use crate::entity::{Entity, StoredEntity};
use crate::form::{ChangesForm, NewForm};

/// The business columns that a statement sets; the stamps come on top.
pub(crate) trait PutValues<E: Entity, DB: AuditBackend> {
    fn put_values<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()>;
}

/// What a *changes* form sets.
pub(crate) struct FormValues<'a, F>(pub(crate) &'a F);

/// What a *new* form sets.
pub(crate) struct NewValues<'a, F>(pub(crate) &'a F);

/// No business column: a soft delete or a restore.
pub(crate) struct NoValues;

/// Some fields of a record.
pub(crate) struct Fields<'a, E> {
    pub(crate) entity: &'a E,
    pub(crate) fields: FieldSet,
}

impl<DB: AuditBackend, E: Entity, F: ChangesForm<E, DB>> PutValues<E, DB> for FormValues<'_, F> {
    fn put_values<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()> {
        self.0.put_values(sink)
    }
}

impl<DB: AuditBackend, E: Entity, F: NewForm<E, DB>> PutValues<E, DB> for NewValues<'_, F> {
    fn put_values<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()> {
        self.0.put_values(sink)
    }
}

impl<E: Entity, DB: AuditBackend> PutValues<E, DB> for NoValues {
    fn put_values<'b, S: Sink<'b, DB>>(&'b self, _: &mut S) -> QueryResult<()> {
        Ok(())
    }
}

impl<DB: AuditBackend, E: StoredEntity<DB>> PutValues<E, DB> for Fields<'_, E> {
    fn put_values<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()> {
        self.entity.put_fields(&mut Only {
            sink,
            fields: self.fields,
            index: 0,
        })
    }
}

/// Counts the columns and tells one set of them from another.
struct Signature {
    hash: u64,
    count: usize,
}

impl<'b, DB: AuditBackend> Sink<'b, DB> for Signature {
    fn put<C: Column, U: Binds<C, DB> + ?Sized>(&mut self, _: &'b U) -> QueryResult<()> {
        // FNV-1a, with a byte that no column name ends in between two names.
        for byte in C::NAME.bytes().chain([0xff]) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.count += 1;
        Ok(())
    }
}

/// A hash of the columns that `values` sets, and how many they are.
pub(crate) fn column_signature<E: Entity, DB: AuditBackend>(
    values: &impl super::PutValues<E, DB>,
) -> QueryResult<(u64, usize)> {
    let mut signature = Signature {
        hash: 0xcbf2_9ce4_8422_2325,
        count: 0,
    };
    values.put_values(&mut signature)?;
    Ok((signature.hash, signature.count))
}
