//! A trail that is switched off says so itself.

use std::sync::LazyLock;

use uuid::Uuid;

use super::{Write, write_rows};
use crate::audit_rows::AuditRow;
use crate::backend::{AuditBackend, AuditConnection};
use crate::driver;
use crate::entity::Entity;
use crate::error::AuditError;
use crate::statement::OperationPresent;

/// The operation of this process's events that the trail is switched off.
static PROCESS: LazyLock<Uuid> = LazyLock::new(Uuid::now_v7);

impl<E: Entity> Write<'_, E> {
    /// Leaves the event `audit.disabled` in the write's own transaction, unless the database has
    /// one of this process already. It is the database that is asked, each time: a flag of the
    /// process would be wrong after a rollback of the caller's, in a second database, and once the
    /// event has been purged.
    pub(super) fn note_disabled<C: AuditConnection>(&self, conn: &mut C) -> Result<(), AuditError> {
        let present = OperationPresent {
            operation: &PROCESS,
        };
        let noted = driver::load(conn, &present, |row| C::Backend::read_i64(row, 0))
            .map_err(AuditError::of_audit_table)?;
        if !noted.is_empty() {
            return Ok(());
        }
        let mut operation = self.operation_row("audit.disabled");
        operation.operation_id = *PROCESS;
        operation.table_name = None;
        let id = Uuid::now_v7();
        let event = AuditRow {
            id,
            change_id: id,
            tenant_id: None,
            record_id: None,
            field_name: None,
            old_value: None,
            new_value: None,
        };
        write_rows(conn, &operation, &[event])
    }
}
