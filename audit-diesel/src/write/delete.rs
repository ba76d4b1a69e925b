//! `audited_delete`: the hard one.

use super::{Recorder, Write, check_record_id, check_state};
use crate::backend::AuditConnection;
use crate::driver;
use crate::entity::StoredEntity;
use crate::error::AuditError;
use crate::key::Key;
use crate::stamper::Operation;
use crate::statement::Delete;
use crate::transaction::End;

pub(super) fn delete<C, E>(
    conn: &mut C,
    ctx: &audit_core::AuditContext,
    key: Key<E>,
) -> Result<E, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    check_record_id::<E>(ctx, &key.id)?;
    let write = Write::<E>::open::<C::Backend>(ctx, Operation::Update)?;
    write.run(conn, |conn| {
        let last = write.reread(conn, &key.id)?;
        check_state(&last, key.version, false)?;
        let id = last.id();
        let statement = Delete::<E> {
            table: E::table(),
            ids: vec![&id],
            tenant: write.tenant.as_ref(),
        };
        if driver::execute(conn, &statement)? != 1 {
            return Err(AuditError::not_found::<E>(&id));
        }
        let mut recorder = Recorder::new(&write, "delete");
        recorder.removed(&last)?;
        recorder.write(conn)?;
        Ok(End::Commit(last))
    })
}
