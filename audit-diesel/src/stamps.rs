//! The stamps of one write: made before any SQL, of types that only the entity knows, and bound by
//! its statements.

use core::any::Any;
use core::slice;

use audit_core::StampMisfit;
use diesel::query_source::Column;
use diesel::result::{Error as DieselError, QueryResult};

use crate::backend::AuditBackend;
use crate::column::{Binds, Sink};
use crate::columns_walk::{ColumnWalk, Get, StoredPart};
use crate::entity::StoredEntity;
use crate::error::AuditError;
use crate::stamper::Stamper;

/// A stamp's value, as the field's type; none where the operation leaves the column as it is.
type Value = Option<Box<dyn Any + Send + Sync>>;

/// The stamps of one write, in the order of the entity's fields.
///
/// Boxed, because a list of their types would be one more generated line a stamp; an update sets two.
pub(crate) struct Stamps(Vec<Value>);

impl Stamps {
    /// # Errors
    /// An actor that one of the columns cannot hold.
    pub(crate) fn new<E: StoredEntity<DB>, DB: AuditBackend>(
        stamper: &Stamper<'_>,
    ) -> Result<Self, AuditError> {
        let mut maker = Maker {
            meta: E::META,
            stamper,
            values: Vec::new(),
            misfit: None,
        };
        E::walk_columns(&mut maker)?;
        match maker.misfit {
            Some(misfit) => Err(misfit),
            None => Ok(Self(maker.values)),
        }
    }

    /// Hands the stamps that are set to `sink`. `E` is the entity that they were made for.
    pub(crate) fn put<'b, E, DB, S>(&'b self, sink: &mut S) -> QueryResult<()>
    where
        E: StoredEntity<DB>,
        DB: AuditBackend,
        S: Sink<'b, DB>,
    {
        E::walk_columns(&mut Setter {
            values: self.0.iter(),
            sink,
        })
    }
}

struct Maker<'a> {
    meta: &'static audit_core::EntityMeta,
    stamper: &'a Stamper<'a>,
    values: Vec<Value>,
    /// The first one.
    misfit: Option<AuditError>,
}

impl<DB: AuditBackend, E> ColumnWalk<DB, E> for Maker<'_> {
    fn column<C: Column>(&mut self, _: Get<E, impl Binds<C, DB> + 'static>) -> QueryResult<()> {
        Ok(())
    }

    fn part<P: StoredPart<DB>>(&mut self, _: fn(&E) -> &P) -> QueryResult<()> {
        Ok(())
    }

    fn stamp<C: Column, T: Binds<C, DB> + Send + Sync + 'static>(
        &mut self,
        _: Get<E, T>,
        make: impl FnOnce(&Stamper<'_>, &[&str]) -> Result<Option<T>, StampMisfit>,
    ) -> QueryResult<()> {
        let field = self.meta.fields.iter().find(|f| f.column == C::NAME);
        match make(self.stamper, field.map_or(&[], |f| f.kinds)) {
            Ok(value) => self.values.push(value.map(|value| Box::new(value) as _)),
            Err(source) => {
                self.misfit.get_or_insert(AuditError::Misfit {
                    entity: self.meta.name,
                    column: C::NAME,
                    source,
                });
            }
        }
        Ok(())
    }
}

struct Setter<'b, 's, S> {
    values: slice::Iter<'b, Value>,
    sink: &'s mut S,
}

impl<'b, DB: AuditBackend, E, S: Sink<'b, DB>> ColumnWalk<DB, E> for Setter<'b, '_, S> {
    fn column<C: Column>(&mut self, _: Get<E, impl Binds<C, DB> + 'static>) -> QueryResult<()> {
        Ok(())
    }

    fn part<P: StoredPart<DB>>(&mut self, _: fn(&E) -> &P) -> QueryResult<()> {
        Ok(())
    }

    fn stamp<C: Column, T: Binds<C, DB> + Send + Sync + 'static>(
        &mut self,
        _: Get<E, T>,
        _: impl FnOnce(&Stamper<'_>, &[&str]) -> Result<Option<T>, StampMisfit>,
    ) -> QueryResult<()> {
        let Some(Some(value)) = self.values.next() else {
            return Ok(());
        };
        match value.downcast_ref::<T>() {
            Some(value) => self.sink.put::<C, T>(value),
            // Only if another entity's stamps were put.
            None => Err(DieselError::QueryBuilderError(
                format!("the stamp `{}` was made for another column", C::NAME).into(),
            )),
        }
    }
}
