//! How the past values of an entity's fields are read, which the fields' types tell.

use diesel::query_source::Column;
use diesel::result::QueryResult;

use crate::backend::AuditBackend;
use crate::column::Binds;
use crate::columns_read::PastDecoder;
use crate::columns_walk::{ColumnWalk, Get, StoredPart};
use crate::entity::StoredEntity;

/// One decoder a field; `None` where the field's type cannot be read back.
pub(super) struct PastTypes(Vec<Option<PastDecoder>>);

impl PastTypes {
    pub(super) fn of<E: StoredEntity<DB>, DB: AuditBackend>() -> Self {
        let mut types = Self(Vec::with_capacity(E::META.fields.len()));
        // Nothing here fails: no record, no SQL.
        let _ = E::walk_columns(&mut types);
        types
    }

    /// The decoder of a field by its place in the entity.
    pub(super) fn get(&self, index: usize) -> Option<PastDecoder> {
        self.0.get(index).copied().flatten()
    }
}

impl<DB: AuditBackend, E> ColumnWalk<DB, E> for PastTypes {
    fn column<C: Column>(&mut self, field: Get<E, impl Binds<C, DB> + 'static>) -> QueryResult<()> {
        self.0.push(field.past_decoder());
        Ok(())
    }

    fn part<P: StoredPart<DB>>(&mut self, _: fn(&E) -> &P) -> QueryResult<()> {
        P::walk_columns(self)
    }
}
