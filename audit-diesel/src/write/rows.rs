//! From what changed to the rows of `audit_log`, and into it.

use std::borrow::Cow;

use audit_core::__private::field_json;
use audit_core::diff::FieldChange;
use audit_core::{AuditConfig, snapshot};
use uuid::Uuid;

use super::Write;
use crate::audit_rows::{AuditInsert, AuditRow, OperationRow};
use crate::backend::{AuditBackend, AuditConnection};
use crate::driver;
use crate::entity::{Entity, StoredEntity, TenantOf};
use crate::error::AuditError;
use crate::sql_types::JsonText;
use crate::statement::row_pieces;

/// Gathers the audit rows of one write, and writes them all at once.
pub(crate) struct Recorder<'w, 'c, E: Entity> {
    write: &'w Write<'c, E>,
    action: &'static str,
    rows: Vec<AuditRow>,
}

impl<'w, 'c, E: Entity> Recorder<'w, 'c, E> {
    pub(crate) fn new(write: &'w Write<'c, E>, action: &'static str) -> Self {
        Self {
            write,
            action,
            rows: Vec::new(),
        }
    }

    fn config(&self) -> &AuditConfig {
        self.write.ctx.config_ref()
    }

    fn push(&mut self, record: &E, rows: impl IntoIterator<Item = RowDraft>) {
        let tenant_id = record.tenant().map(TenantOf::text);
        let record_id = E::record_id(&record.id());
        let mut change_id = None;
        for (field_name, old, new) in rows {
            let id = Uuid::now_v7();
            self.rows.push(AuditRow {
                id,
                change_id: *change_id.get_or_insert(id),
                tenant_id: tenant_id.clone(),
                record_id: Some(record_id.clone()),
                field_name,
                old_value: old.map(JsonText),
                new_value: new.map(JsonText),
            });
        }
    }

    /// A new record: its whole masked state.
    pub(crate) fn inserted(&mut self, record: &E) -> Result<(), AuditError> {
        let new = snapshot(record, self.config()).map_err(AuditError::mask::<E>)?;
        self.push(record, [(None, None, Some(new))]);
        Ok(())
    }

    /// A removed record: its last whole masked state.
    pub(crate) fn removed(&mut self, record: &E) -> Result<(), AuditError> {
        let old = snapshot(record, self.config()).map_err(AuditError::mask::<E>)?;
        self.push(record, [(None, Some(old), None)]);
        Ok(())
    }

    /// The changed fields. False where no business column differs, recorded or not.
    pub(crate) fn changed(&mut self, before: &E, after: &E) -> Result<bool, AuditError> {
        let changes = before
            .diff(after)
            .changes(self.config())
            .map_err(AuditError::mask::<E>)?;
        self.push(after, changes.rows.into_iter().map(draft));
        Ok(changes.touched)
    }

    /// A soft delete or a restore: the flag (without one, the deletion time), and whatever else a
    /// trigger has changed with it.
    pub(crate) fn flipped(&mut self, before: &E, after: &E) -> Result<(), AuditError> {
        let flag = E::META.soft_delete_field().map(|field| {
            (
                Some(field.column),
                Some(field_json(before, field, self.config())),
                Some(field_json(after, field, self.config())),
            )
        });
        let changes = before
            .diff(after)
            .changes(self.config())
            .map_err(AuditError::mask::<E>)?;
        self.push(
            after,
            flag.into_iter().chain(changes.rows.into_iter().map(draft)),
        );
        Ok(())
    }

    /// Writes the rows. The database answers how many it took; fewer than asked is an error, so
    /// that nothing is lost without a word.
    pub(crate) fn write<C>(self, conn: &mut C) -> Result<(), AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend>,
    {
        if self.rows.is_empty() {
            return Ok(());
        }
        if !self.config().is_enabled() {
            return self.write.note_disabled(conn);
        }
        let operation = self.write.operation_row(self.action);
        write_rows(conn, &operation, &self.rows)
    }
}

type RowDraft = (Option<&'static str>, Option<String>, Option<String>);

fn draft(change: FieldChange) -> RowDraft {
    (
        Some(change.field.column),
        Some(change.old),
        Some(change.new),
    )
}

impl<E: Entity> Write<'_, E> {
    pub(super) fn operation_row(&self, action: &'static str) -> OperationRow {
        OperationRow::new(
            self.ctx,
            self.operation_id,
            Cow::Borrowed(action),
            Some(E::META.name.to_owned()),
            self.now,
        )
    }
}

/// Writes an operation's rows, in pieces, and checks that each was taken.
pub(crate) fn write_rows<C: AuditConnection>(
    conn: &mut C,
    operation: &OperationRow,
    rows: &[AuditRow],
) -> Result<(), AuditError> {
    for piece in row_pieces(rows, C::Backend::DIALECT) {
        let insert = AuditInsert::new::<C::Backend>(operation, piece);
        let taken = driver::execute(conn, &insert).map_err(AuditError::of_audit_table)?;
        if taken != piece.len() {
            return Err(AuditError::swallowed(taken, piece.len()));
        }
    }
    Ok(())
}
