//! `audited_update`.

use audit_core::diff::FieldSet;
use audit_core::{Audited, Role};

use super::{Recorder, Write, check_record_id, check_state};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::entity::{Entity, StoredEntity};
use crate::error::AuditError;
use crate::form::ChangesForm;
use crate::key::Key;
use crate::stamper::Operation;
use crate::statement::{FormValues, NoValues, PutValues, Update, UpdateBoth, column_signature};
use crate::transaction::End;

pub(super) fn update<C, E, F>(
    conn: &mut C,
    ctx: &audit_core::AuditContext,
    key: Key<E>,
    form: &F,
) -> Result<E, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    F: ChangesForm<E, C::Backend>,
{
    check_record_id::<E>(ctx, &key.id)?;
    let write = Write::<E>::open::<C::Backend>(ctx, Operation::Update)?;
    let values = FormValues(form);
    let (signature, columns) = column_signature::<E, C::Backend>(&values)?;
    write.run(conn, |conn| {
        if columns == 0 {
            let stored = write.reread(conn, &key.id)?;
            check_state(&stored, key.version, true)?;
            return Ok(End::Rollback(stored));
        }
        let hot = E::hot_texts().admit(signature);
        let images = if C::Backend::DIALECT == Dialect::Postgres {
            both_images(conn, &write, &key, &values, hot)?
        } else {
            let (before, mut wanted) = write.read_twice(conn, &key.id)?;
            check_state(&before, key.version, true)?;
            form.apply(&mut wanted);
            if data_fields(&before, &wanted).is_empty() {
                Err(before)
            } else {
                let after = write_values(conn, &write, &before, &values, hot)?;
                Ok((before, after))
            }
        };
        let (before, after) = match images {
            Ok(images) => images,
            Err(stored) => {
                check_state(&stored, key.version, true)?;
                return Ok(End::Rollback(stored));
            }
        };
        let mut recorder = Recorder::new(&write, "update");
        if !recorder.changed(&before, &after)? {
            // Written, and yet nothing differs (`1.0` for `1.00`): no stamp is left of it.
            return Ok(End::Rollback(before));
        }
        recorder.write(conn)?;
        Ok(End::Commit(after))
    })
}

/// PostgreSQL: locked read and UPDATE in one statement. `Err` is the record as it is stored, where
/// the UPDATE was left out.
#[allow(clippy::type_complexity, reason = "both images, or the one that stays")]
pub(super) fn both_images<C, E, V>(
    conn: &mut C,
    write: &Write<'_, E>,
    key: &Key<E>,
    values: &V,
    hot: bool,
) -> Result<Result<(E, E), E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    V: PutValues<E, C::Backend>,
{
    let statement = UpdateBoth {
        table: E::table(),
        operation: write.operation,
        values,
        stamps: &write.stamps,
        id: &key.id,
        tenant: write.tenant.as_ref(),
        version: key.version,
        hot,
    };
    let (mut before, mut after) = (None, None);
    for ([is_new, again], record) in driver::flagged::<_, _, E, 2>(conn, &statement)? {
        if is_new {
            after = Some((again, record));
        } else {
            before = Some(record);
        }
    }
    let Some(before) = before else {
        return Err(AuditError::not_found::<E>(&key.id));
    };
    match after {
        None => Ok(Err(before)),
        // An AFTER ROW trigger may have changed the row once more.
        Some((true, _)) => Ok(Ok((before, write.reread(conn, &key.id)?))),
        Some((false, after)) => Ok(Ok((before, after))),
    }
}

/// [`write_values`] of the stamps alone.
pub(crate) fn write_stamps<C, E>(
    conn: &mut C,
    write: &Write<'_, E>,
    before: &E,
) -> Result<E, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    write_values(conn, write, before, &NoValues, true)
}

/// UPDATE of a record that is held locked; the record as it is stored then.
pub(super) fn write_values<C, E, V>(
    conn: &mut C,
    write: &Write<'_, E>,
    before: &E,
    values: &V,
    hot: bool,
) -> Result<E, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    V: PutValues<E, C::Backend>,
{
    let id = before.id();
    let statement = Update {
        table: E::table(),
        values,
        stamps: &write.stamps,
        ids: vec![&id],
        tenant: write.tenant.as_ref(),
        hot,
    };
    if C::Backend::DIALECT == Dialect::Postgres {
        let found = driver::flagged::<_, _, E, 1>(conn, &statement)?;
        return match found.into_iter().next() {
            None => Err(AuditError::not_found::<E>(&id)),
            Some(([true], _)) => write.reread(conn, &id),
            Some(([false], after)) => Ok(after),
        };
    }
    if driver::execute(conn, &statement)? != 1 {
        return Err(AuditError::not_found::<E>(&id));
    }
    write.reread(conn, &id)
}

/// The business fields whose typed values differ, whatever their policy.
pub(super) fn data_fields<E: Entity>(before: &E, after: &E) -> FieldSet {
    let mut data = FieldSet::EMPTY;
    for index in Audited::diff(before, after).differing().iter() {
        if E::META
            .fields
            .get(index)
            .is_none_or(|field| field.role == Role::Data)
        {
            data.insert(index);
        }
    }
    data
}
