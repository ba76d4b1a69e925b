//! `audited_edit` and `audited_try_edit`.

use audit_core::{Audited, Role};

use super::update::{data_fields, write_values};
use super::{Recorder, Write, check_record_id, check_state};
use crate::backend::AuditConnection;
use crate::entity::{Entity, StoredEntity};
use crate::error::AuditError;
use crate::key::Key;
use crate::stamper::Operation;
use crate::statement::{Fields, column_signature};
use crate::transaction::End;

pub(super) fn edit<C, E, X>(
    conn: &mut C,
    ctx: &audit_core::AuditContext,
    key: Key<E>,
    edit: impl FnOnce(&mut E) -> Result<(), X>,
) -> Result<E, X>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    X: From<AuditError>,
{
    check_record_id::<E>(ctx, &key.id)?;
    let write = Write::<E>::open::<C::Backend>(ctx, Operation::Update)?;
    write.run(conn, |conn| {
        let (before, mut edited) = write.read_twice(conn, &key.id)?;
        check_state(&before, key.version, true)?;
        edit(&mut edited)?;
        refuse_reserved(&before, &edited)?;
        Ok(apply_edit(conn, &write, before, &edited)?)
    })
}

/// Writes the fields of `edited` that are not what `before` has.
pub(crate) fn apply_edit<C, E>(
    conn: &mut C,
    write: &Write<'_, E>,
    before: E,
    edited: &E,
) -> Result<End<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    let fields = data_fields(&before, edited);
    if fields.is_empty() {
        return Ok(End::Rollback(before));
    }
    let values = Fields {
        entity: edited,
        fields,
    };
    let (signature, _) = column_signature::<E, C::Backend>(&values)?;
    let hot = E::hot_texts().admit(signature);
    let after = write_values(conn, write, &before, &values, hot)?;
    let mut recorder = Recorder::new(write, "update");
    if !recorder.changed(&before, &after)? {
        return Ok(End::Rollback(before));
    }
    recorder.write(conn)?;
    Ok(End::Commit(after))
}

/// A stamp or a primary key that the closure changed.
pub(crate) fn refuse_reserved<E: Entity>(before: &E, edited: &E) -> Result<(), AuditError> {
    for index in Audited::diff(before, edited).differing().iter() {
        let Some(field) = E::META.fields.get(index) else {
            continue;
        };
        if field.role != Role::Data {
            return Err(AuditError::Reserved {
                entity: E::META.name,
                record: E::record_id(&before.id()),
                field: field.name,
            });
        }
    }
    Ok(())
}
