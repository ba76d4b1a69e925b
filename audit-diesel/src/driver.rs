//! Runs statements on a synchronous connection. All that is not a statement's text or a flow's
//! order is here, so that another kind of connection needs another driver and nothing else.

use diesel::connection::LoadConnection;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sql_types::Untyped;

use crate::backend::{AuditBackend, AuditConnection};
use crate::columns_read::{PastBox, PastReader, RowReader};
use crate::entity::StoredEntity;

/// A statement whose rows are read by position.
pub(crate) trait Statement<DB: AuditBackend>:
    QueryFragment<DB> + QueryId + Query<SqlType = Untyped>
{
}

impl<DB: AuditBackend, T> Statement<DB> for T where
    T: QueryFragment<DB> + QueryId + Query<SqlType = Untyped>
{
}

/// Runs a statement; the number of rows that it wrote.
pub(crate) fn execute<C, T>(conn: &mut C, statement: &T) -> QueryResult<usize>
where
    C: AuditConnection,
    T: QueryFragment<C::Backend> + QueryId,
{
    conn.execute_returning_count(statement)
}

/// Runs a query and reads each row with `read`.
pub(crate) fn load<C, T, R>(
    conn: &mut C,
    query: &T,
    mut read: impl for<'c, 'q> FnMut(
        &<C as LoadConnection>::Row<'c, 'q>,
    ) -> diesel::deserialize::Result<R>,
) -> QueryResult<Vec<R>>
where
    C: AuditConnection,
    T: Statement<C::Backend>,
{
    let mut rows = Vec::new();
    for row in LoadConnection::load(conn, query)? {
        rows.push(read(&row?).map_err(DieselError::DeserializationError)?);
    }
    Ok(rows)
}

/// Reads whole entities from the column `first` on.
pub(crate) fn entities<C, T, E>(conn: &mut C, query: &T, first: usize) -> QueryResult<Vec<E>>
where
    C: AuditConnection,
    T: Statement<C::Backend>,
    E: StoredEntity<C::Backend>,
{
    load(conn, query, |row| E::read(&mut RowReader::new(row, first)))
}

/// Reads the entity of each row twice: the one stays as it is stored, the other is to be edited.
/// Two reads ask less of an entity than `Clone` would.
pub(crate) fn entities_twice<C, T, E>(conn: &mut C, query: &T) -> QueryResult<Vec<(E, E)>>
where
    C: AuditConnection,
    T: Statement<C::Backend>,
    E: StoredEntity<C::Backend>,
{
    load(conn, query, |row| {
        Ok((
            E::read(&mut RowReader::new(row, 0))?,
            E::read(&mut RowReader::new(row, 0))?,
        ))
    })
}

/// Reads an entity of which past values take the place of some columns.
pub(crate) fn entity_with_past<C, T, E>(
    conn: &mut C,
    query: &T,
    past: &mut [Option<PastBox>],
) -> QueryResult<Option<E>>
where
    C: AuditConnection,
    T: Statement<C::Backend>,
    E: StoredEntity<C::Backend>,
{
    let found = load(conn, query, |row| {
        E::read(&mut PastReader::new(&mut *past, RowReader::new(row, 0)))
    })?;
    Ok(found.into_iter().next())
}

/// Reads `flags` booleans and then an entity from each row.
pub(crate) fn flagged<C, T, E, const N: usize>(
    conn: &mut C,
    query: &T,
) -> QueryResult<Vec<([bool; N], E)>>
where
    C: AuditConnection,
    T: Statement<C::Backend>,
    E: StoredEntity<C::Backend>,
{
    load(conn, query, |row| {
        let mut flags = [false; N];
        for (index, flag) in flags.iter_mut().enumerate() {
            *flag = C::Backend::read_bool(row, index)?;
        }
        Ok((flags, E::read(&mut RowReader::new(row, N))?))
    })
}
