//! A visit of an entity's columns without a record of it: what each is, how a record's value of it
//! is found, how its past values are read, and which stamp it is. The derive writes one line a
//! column; who visits decides what it is for.

use audit_core::{ActorStamp, Cleared, FlagStamp, StampMisfit, TimeStamp, VersionStamp};
use diesel::deserialize;
use diesel::query_source::Column;
use diesel::result::QueryResult;

use crate::backend::AuditBackend;
use crate::column::{Binds, Sink};
use crate::columns_read::{PastDecoder, ReadColumns};
use crate::stamper::Stamper;

/// A field of `E`, of the type `T`. Made by generated code.
#[derive(Debug)]
pub struct Get<E, T> {
    get: fn(&E) -> &T,
    past: Option<PastDecoder>,
}

impl<E, T> Get<E, T> {
    /// The field that `get` finds; `past` reads its past values, where its type can be read back.
    pub const fn new(get: fn(&E) -> &T, past: Option<PastDecoder>) -> Self {
        Self { get, past }
    }

    /// How its past values are read.
    pub(crate) fn past_decoder(&self) -> Option<PastDecoder> {
        self.past
    }
}

/// A deleted or active flag.
///
/// This alone asks for the trait, for who reads the flag and for who writes it: a type that is no
/// flag is one mistake, since the compiler shows equal messages at one place once.
#[derive(Debug)]
pub struct Flag<E, T> {
    field: Get<E, T>,
    when_deleted: bool,
    from_flag: fn(bool) -> T,
    to_flag: fn(&T) -> bool,
}

impl<E, T> Flag<E, T> {
    /// The flag in this field, and what it is of a record that is deleted.
    pub const fn new(field: Get<E, T>, when_deleted: bool) -> Self
    where
        T: FlagStamp,
    {
        Self {
            field,
            when_deleted,
            from_flag: T::from_flag,
            to_flag: T::to_flag,
        }
    }

    /// True where the flag says that the record is deleted.
    pub fn of(&self, record: &E) -> bool {
        (self.to_flag)((self.field.get)(record)) == self.when_deleted
    }
}

/// A version, as [`Flag`] is a flag.
#[derive(Debug)]
pub struct Version<E, T> {
    field: Get<E, T>,
    first: fn() -> T,
    to_i64: fn(&T) -> i64,
}

impl<E, T> Version<E, T> {
    /// The version in this field.
    pub const fn new(field: Get<E, T>) -> Self
    where
        T: VersionStamp,
    {
        Self {
            field,
            first: T::first,
            to_i64: T::to_i64,
        }
    }

    /// What a record has in it.
    pub fn of(&self, record: &E) -> i64 {
        (self.to_i64)((self.field.get)(record))
    }
}

/// Visits the columns of `E`, one call a field.
pub trait ColumnWalk<DB: AuditBackend, E> {
    /// A column that is no stamp.
    fn column<C: Column>(&mut self, field: Get<E, impl Binds<C, DB> + 'static>) -> QueryResult<()>;

    /// The columns of an embedded part.
    fn part<P: StoredPart<DB>>(&mut self, get: fn(&E) -> &P) -> QueryResult<()>;

    /// A stamp, and what makes its value in one write: `None` where the operation leaves the column
    /// as it is. The names are the actor kinds that the column takes.
    fn stamp<C: Column, T: Binds<C, DB> + Send + Sync + 'static>(
        &mut self,
        field: Get<E, T>,
        _: impl FnOnce(&Stamper<'_>, &[&str]) -> Result<Option<T>, StampMisfit>,
    ) -> QueryResult<()> {
        self.column::<C>(field)
    }

    /// `created_at`
    fn created_at<C: Column>(
        &mut self,
        field: Get<E, impl TimeStamp + Binds<C, DB>>,
    ) -> QueryResult<()> {
        self.stamp::<C, _>(field, |stamper, _| Ok(stamper.created_at()))
    }

    /// `created_by`
    fn created_by<C: Column>(
        &mut self,
        field: Get<E, impl ActorStamp + Binds<C, DB>>,
    ) -> QueryResult<()> {
        self.stamp::<C, _>(field, |stamper, kinds| stamper.created_by(kinds))
    }

    /// `updated_at`
    fn updated_at<C: Column>(
        &mut self,
        field: Get<E, impl TimeStamp + Binds<C, DB>>,
    ) -> QueryResult<()> {
        self.stamp::<C, _>(field, |stamper, _| Ok(stamper.updated_at()))
    }

    /// `updated_by`
    fn updated_by<C: Column>(
        &mut self,
        field: Get<E, impl ActorStamp + Binds<C, DB>>,
    ) -> QueryResult<()> {
        self.stamp::<C, _>(field, |stamper, kinds| stamper.updated_by(kinds))
    }

    /// `deleted_at`
    fn deleted_at<C: Column>(
        &mut self,
        field: Get<E, impl TimeStamp + Cleared + Binds<C, DB>>,
    ) -> QueryResult<()> {
        self.stamp::<C, _>(field, |stamper, _| Ok(stamper.deleted_at()))
    }

    /// `deleted_by`
    fn deleted_by<C: Column>(
        &mut self,
        field: Get<E, impl ActorStamp + Cleared + Binds<C, DB>>,
    ) -> QueryResult<()> {
        self.stamp::<C, _>(field, |stamper, kinds| stamper.deleted_by(kinds))
    }

    /// The deleted or the active flag.
    fn flag<C: Column>(
        &mut self,
        flag: Flag<E, impl Binds<C, DB> + Send + Sync + 'static>,
    ) -> QueryResult<()> {
        let (when_deleted, from_flag) = (flag.when_deleted, flag.from_flag);
        self.stamp::<C, _>(flag.field, |stamper, _| {
            Ok(stamper.flag(when_deleted).map(from_flag))
        })
    }

    /// The version.
    fn version<C: Column>(
        &mut self,
        version: Version<E, impl Binds<C, DB> + Send + Sync + 'static>,
    ) -> QueryResult<()> {
        self.stamp::<C, _>(version.field, |stamper, _| {
            Ok(stamper.version(version.first))
        })
    }
}

/// A struct of several columns inside an entity. Written by `#[derive(AuditedPart)]`.
pub trait StoredPart<DB: AuditBackend>: Sized + 'static {
    /// Reads the part from the next columns of a row.
    fn read<R: ReadColumns<DB>>(row: &mut R) -> deserialize::Result<Self>;
    /// Shows every column and its type, in the order of the fields.
    fn walk_columns<W: ColumnWalk<DB, Self>>(w: &mut W) -> QueryResult<()>;
    /// Hands every column and its value to `sink`.
    fn put_fields<'b, S: Sink<'b, DB>>(&'b self, sink: &mut S) -> QueryResult<()> {
        Self::walk_columns(&mut ValuesOf { record: self, sink })
    }
}

/// Hands a record's values to a sink.
pub(crate) struct ValuesOf<'b, 's, E, S> {
    pub(crate) record: &'b E,
    pub(crate) sink: &'s mut S,
}

impl<'b, DB: AuditBackend, E, S: Sink<'b, DB>> ColumnWalk<DB, E> for ValuesOf<'b, '_, E, S> {
    fn column<C: Column>(&mut self, field: Get<E, impl Binds<C, DB> + 'static>) -> QueryResult<()> {
        self.sink.put::<C, _>((field.get)(self.record))
    }

    fn part<P: StoredPart<DB>>(&mut self, get: fn(&E) -> &P) -> QueryResult<()> {
        get(self.record).put_fields(self.sink)
    }
}
