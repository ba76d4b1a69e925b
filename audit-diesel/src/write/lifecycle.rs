//! `audited_soft_delete` and `audited_restore`: the same step, there and back.

use super::update::{both_images, write_values};
use super::{Recorder, Write, check_record_id, check_state};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::entity::{Entity, StoredEntity};
use crate::error::AuditError;
use crate::key::Key;
use crate::stamper::Operation;
use crate::statement::NoValues;
use crate::transaction::End;

pub(crate) fn flip<C, E>(
    conn: &mut C,
    ctx: &audit_core::AuditContext,
    key: Key<E>,
    operation: Operation,
) -> Result<E, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    check_record_id::<E>(ctx, &key.id)?;
    let write = Write::<E>::open::<C::Backend>(ctx, operation)?;
    write.run(conn, |conn| {
        let images = if C::Backend::DIALECT == Dialect::Postgres {
            both_images(conn, &write, &key, &NoValues, true)?
        } else {
            let before = write.reread(conn, &key.id)?;
            check_state(&before, key.version, false)?;
            if is_there(&before, operation) {
                Err(before)
            } else {
                let after = write_values(conn, &write, &before, &NoValues, true)?;
                Ok((before, after))
            }
        };
        match images {
            Err(stored) => {
                check_state(&stored, key.version, false)?;
                Ok(End::Rollback(stored))
            }
            Ok((before, after)) => {
                let mut recorder = Recorder::new(&write, action(operation));
                recorder.flipped(&before, &after)?;
                recorder.write(conn)?;
                Ok(End::Commit(after))
            }
        }
    })
}

/// The record is already as the operation would leave it.
pub(crate) fn is_there<E: Entity>(record: &E, operation: Operation) -> bool {
    record.is_deleted() == (operation == Operation::SoftDelete)
}

pub(crate) fn action(operation: Operation) -> &'static str {
    if operation == Operation::SoftDelete {
        "delete"
    } else {
        "restore"
    }
}
