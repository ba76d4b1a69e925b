//! `audited_insert` and `audited_insert_many`.

use audit_core::KeySource;

use super::{Recorder, Write, check_record_id};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::entity::StoredEntity;
use crate::error::AuditError;
use crate::form::NewForm;
use crate::stamper::Operation;
use crate::statement::{Insert, NewValues, SelectInserted, SelectMany, column_signature, padded};
use crate::transaction::End;

/// Rows of one INSERT: well under every backend's limit of binds (65,535 on PostgreSQL and MySQL,
/// 32,766 on SQLite) at 128 columns.
const PIECE: usize = 200;

pub(super) fn insert_one<C, E, F>(
    conn: &mut C,
    ctx: &audit_core::AuditContext,
    form: F,
) -> Result<E, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    F: NewForm<E, C::Backend>,
{
    let write = Write::<E>::open::<C::Backend>(ctx, Operation::Insert)?;
    let row = prepared::<E, C, F>(ctx, form)?;
    write.run(conn, |conn| {
        let mut stored = insert_rows(conn, &write, core::slice::from_ref(&row))?;
        let Some(record) = stored.pop() else {
            return Err(not_read_back::<E>());
        };
        let mut recorder = Recorder::new(&write, "insert");
        recorder.inserted(&record)?;
        recorder.write(conn)?;
        Ok(End::Commit(record))
    })
}

pub(super) fn insert_many<C, E, F>(
    conn: &mut C,
    ctx: &audit_core::AuditContext,
    forms: Vec<F>,
) -> Result<Vec<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    F: NewForm<E, C::Backend>,
{
    let write = Write::<E>::open::<C::Backend>(ctx, Operation::Insert)?;
    let mut rows = Vec::with_capacity(forms.len());
    let mut signatures = Vec::with_capacity(forms.len());
    for form in forms {
        signatures.push(column_signature::<E, C::Backend>(&NewValues(&form))?.0);
        rows.push(prepared::<E, C, F>(ctx, form)?);
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    write.run(conn, |conn| {
        let mut stored = Vec::with_capacity(rows.len());
        let mut start = 0;
        while let Some(signature) = signatures.get(start) {
            // One statement sets the same columns in all its rows.
            let length = signatures
                .iter()
                .skip(start)
                .take(PIECE)
                .take_while(|other| *other == signature)
                .count();
            let piece = rows.get(start..start + length).unwrap_or_default();
            let records = insert_rows(conn, &write, piece)?;
            let mut recorder = Recorder::new(&write, "insert");
            for record in &records {
                recorder.inserted(record)?;
            }
            recorder.write(conn)?;
            stored.extend(records);
            start += length;
        }
        Ok(End::Commit(stored))
    })
}

/// Refuses an unfinished form, and makes the key that is the adapter's.
fn prepared<E, C, F>(
    ctx: &audit_core::AuditContext,
    form: F,
) -> Result<(F, Option<E::Id>), AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    F: NewForm<E, C::Backend>,
{
    if let Some(field) = form.missing() {
        ctx.poison();
        return Err(AuditError::Incomplete {
            entity: E::META.name,
            field,
        });
    }
    if let Some(id) = form.client_id() {
        check_record_id::<E>(ctx, &id)?;
    }
    Ok((form, E::new_id()))
}

/// Inserts rows that set the same columns; the records as they are stored, in the same order.
fn insert_rows<C, E, F>(
    conn: &mut C,
    write: &Write<'_, E>,
    rows: &[(F, Option<E::Id>)],
) -> Result<Vec<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    F: NewForm<E, C::Backend>,
{
    let statement = |rows| Insert {
        table: E::table(),
        rows,
        tenant: write.tenant.as_ref(),
        stamps: &write.stamps,
    };
    if C::Backend::DIALECT == Dialect::Postgres {
        let found = driver::flagged::<_, _, E, 1>(conn, &statement(rows))?;
        let again = found.iter().any(|([again], _)| *again);
        let records: Vec<E> = found.into_iter().map(|(_, record)| record).collect();
        if records.len() != rows.len() {
            return Err(not_read_back::<E>());
        }
        if !again {
            return Ok(records);
        }
        let ids: Vec<E::Id> = records.iter().map(|record| record.id()).collect();
        return read_back(conn, write, &ids);
    }
    let ids: Option<Vec<E::Id>> = rows
        .iter()
        .map(|(form, id)| id.clone().or_else(|| form.client_id()))
        .collect();
    if let Some(ids) = ids {
        let taken = driver::execute(conn, &statement(rows))?;
        if taken != rows.len() {
            return Err(not_read_back::<E>());
        }
        return read_back(conn, write, &ids);
    }
    // The database makes the keys, and tells of the last one only.
    rows.chunks(1)
        .map(|row| {
            if driver::execute(conn, &statement(row))? != 1 {
                return Err(not_read_back::<E>());
            }
            let found: Vec<E> =
                driver::entities(conn, &SelectInserted::<E> { table: E::table() }, 0)?;
            let record = found.into_iter().next().ok_or_else(not_read_back::<E>)?;
            if E::META.key_source == KeySource::Database && !is_integer_key(&record) {
                return Err(not_read_back::<E>());
            }
            Ok(record)
        })
        .collect()
}

/// The records of `ids`, in that order.
pub(super) fn read_back<C, E>(
    conn: &mut C,
    write: &Write<'_, E>,
    ids: &[E::Id],
) -> Result<Vec<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    if let [id] = ids {
        return Ok(vec![write.reread(conn, id)?]);
    }
    let query = SelectMany::<E> {
        table: E::table(),
        ids: padded(ids),
        tenant: write.tenant.as_ref(),
        lock: true,
    };
    let found: Vec<E> = driver::entities(conn, &query, 0)?;
    let mut by_id: std::collections::HashMap<String, E> = found
        .into_iter()
        .map(|record| (E::record_id(&record.id()), record))
        .collect();
    ids.iter()
        .map(|id| {
            by_id
                .remove(&E::record_id(id))
                .ok_or_else(|| AuditError::not_found::<E>(id))
        })
        .collect()
}

/// MySQL's `LAST_INSERT_ID()` keeps an older value where a table makes its key otherwise.
fn is_integer_key<E: crate::entity::Entity>(record: &E) -> bool {
    E::record_id(&record.id()).parse::<i64>().is_ok()
}

fn not_read_back<E: crate::entity::Entity>() -> AuditError {
    AuditError::AuditTable {
        what: format!(
            "the inserted record of `{}` could not be read back by the key that the database made: \
             outside PostgreSQL such keys are i32 or i64 (AUTOINCREMENT, AUTO_INCREMENT); use \
             `#[audit(id = \"uuid_v7\")]` or `#[audit(id = \"client\")]` for other types",
            E::META.name
        ),
    }
}
