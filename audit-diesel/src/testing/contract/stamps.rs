//! What each helper does to stamps, tenant, version and trail.

use audit_core::{AuditContext, AuditedForm, Role};

use super::run::Run;
use super::sql::{self, Tenant};
use crate::backend::AuditConnection;
use crate::entity::{Entity, StoredEntity, TenantOf};
use crate::error::AuditError;
use crate::form::ChangesForm;
use crate::key::Key;
use crate::stamper::{Operation, Stamper};
use crate::stamps::Stamps;
use crate::trail::{AuditEntry, ChangeSet};
use crate::write::{AuditedWrite, flip};

fn called(operation: Operation) -> &'static str {
    match operation {
        Operation::Insert => "insert",
        Operation::Update => "update",
        Operation::SoftDelete => "soft delete",
        Operation::Restore => "restore",
    }
}

/// The stamps that an operation sets or clears, and may touch.
fn sets(operation: Operation, role: Role) -> bool {
    match role {
        Role::Data => true,
        Role::UpdatedAt | Role::UpdatedBy | Role::Version => true,
        Role::DeletedAt | Role::DeletedBy | Role::DeletedFlag | Role::ActiveFlag => {
            matches!(operation, Operation::SoftDelete | Operation::Restore)
        }
        _ => operation == Operation::Insert,
    }
}

impl<E: Entity> Run<E> {
    /// Compares the stored stamps with those of the context, and with those from before.
    pub(super) fn stamped<C>(
        &mut self,
        conn: &mut C,
        ctx: &AuditContext,
        operation: Operation,
        record: &E,
        before: Option<&E>,
    ) -> Result<(), AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend>,
    {
        let name = called(operation);
        let id = record.id();
        let stamps = || {
            Stamps::new::<E, C::Backend>(&Stamper {
                operation,
                now: ctx.config_ref().now(),
                actor: ctx.actor_ref(),
            })
        };
        let mut columns = sql::Names::default();
        stamps()?.put::<E, C::Backend, _>(&mut columns)?;
        for column in columns.0 {
            if !sql::holds::<C, E, _>(conn, &id, column, stamps()?)? {
                self.found(format!(
                    "after the {name}, `{column}` does not hold the stamp of the context: look for \
                     a trigger, a default or a type that keeps less of it"
                ));
            }
        }
        if operation == Operation::Insert {
            self.of_tenant(conn, record)?;
        }
        let Some(before) = before else {
            return Ok(());
        };
        for index in before.diff(record).differing().iter() {
            let Some(field) = E::META.fields.get(index) else {
                continue;
            };
            if !sets(operation, field.role) {
                self.found(format!(
                    "the {name} changed `{}`, which it must leave as it is: look for a trigger",
                    field.column
                ));
            }
        }
        if let (Some(was), Some(is)) = (before.version(), record.version())
            && was.checked_add(1) != Some(is)
        {
            self.found(format!(
                "the {name} did not count the version up by one: look for a trigger"
            ));
        }
        Ok(())
    }

    fn of_tenant<C>(&mut self, conn: &mut C, record: &E) -> Result<(), AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend>,
    {
        let Some(field) = E::META.with_role(Role::Tenant) else {
            return Ok(());
        };
        let own = self.tenants.first().map_or("", String::as_str);
        match E::Tenant::parse(own) {
            Err(_) => self.found(
                "no tenant that the contract makes up fits the column: set two with `.tenants(..)`"
                    .to_owned(),
            ),
            Ok(tenant) => {
                if !sql::holds::<C, E, _>(conn, &record.id(), field.column, Tenant::<E>(tenant))? {
                    self.found(format!(
                        "after the insert, `{}` is not the tenant of the context: look for a \
                         trigger or a default",
                        field.column
                    ));
                }
            }
        }
        Ok(())
    }

    /// Writes that have to be refused.
    pub(super) fn refused<C, U>(
        &mut self,
        conn: &mut C,
        record: &E,
        changes: &dyn Fn() -> U,
    ) -> Result<(), AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend>,
        U: ChangesForm<E, C::Backend> + AuditedForm<Entity = E>,
    {
        if E::Tenant::PRESENT {
            let other = self.tenants.get(1).cloned().unwrap_or_default();
            let ctx = self.ctx(1).tenant(other);
            for (what, done) in [
                (
                    "update",
                    E::audited_update(conn, &ctx, self.key(record), changes()).map(drop),
                ),
                (
                    "delete",
                    E::audited_delete(conn, &ctx, self.key(record)).map(drop),
                ),
            ] {
                match done {
                    Err(AuditError::NotFound { .. }) => {}
                    Err(error) => self.outputs.error("a write of another tenant", &error),
                    Ok(()) => self.found(format!(
                        "another tenant's {what} reached the record: the tenant column is not \
                         compared, or is the same"
                    )),
                }
            }
        }
        if let Some(version) = record.version() {
            let key = Key::__new(record.id(), version.checked_sub(1));
            let ctx = self.ctx(1);
            match E::audited_update(conn, &ctx, key, changes()) {
                Err(error) => self.outputs.error("a stale update", &error),
                Ok(_) => self.found("a stale version was written over".to_owned()),
            }
        }
        Ok(())
    }

    /// Soft delete, what a deleted record takes, and restore; the record as it is then.
    pub(super) fn soft_delete<C, U>(
        &mut self,
        conn: &mut C,
        live: E,
        changes: &dyn Fn() -> U,
    ) -> Result<E, AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend>,
        U: ChangesForm<E, C::Backend> + AuditedForm<Entity = E>,
    {
        let ctx = self.ctx(2);
        let deleted = flip::<C, E>(conn, &ctx, self.key(&live), Operation::SoftDelete)?;
        self.stamped(conn, &ctx, Operation::SoftDelete, &deleted, Some(&live))?;
        if !deleted.is_deleted() {
            self.found(
                "after the soft delete, the record is not deleted: look for a trigger".into(),
            );
        }

        let ctx = self.ctx(3);
        let again = flip::<C, E>(conn, &ctx, self.key(&deleted), Operation::SoftDelete)?;
        if !deleted.diff(&again).differing().is_empty() {
            self.found(
                "a second soft delete changed the record: the first deleter must stay".into(),
            );
        }
        let mut last = again;
        match E::audited_update(conn, &ctx, self.key(&last), changes()) {
            Err(error) => {
                self.outputs.error("the update of a deleted record", &error);
                if !matches!(error, AuditError::Deleted { .. }) {
                    self.found(format!(
                        "the update of a deleted record failed otherwise: {error}"
                    ));
                }
            }
            Ok(updated) => {
                self.found("a deleted record was updated".to_owned());
                last = updated;
            }
        }

        let ctx = self.ctx(5);
        let restored = flip::<C, E>(conn, &ctx, self.key(&last), Operation::Restore)?;
        self.stamped(conn, &ctx, Operation::Restore, &restored, Some(&last))?;
        if restored.is_deleted() {
            self.found("after the restore, the record is deleted: look for a trigger".into());
        }
        Ok(restored)
    }

    /// The trail of what was done.
    pub(super) fn trail(&mut self, rows: &[AuditEntry]) {
        let sets = ChangeSet::group(rows.iter().cloned());
        let mut expected = vec![(0, "insert"), (1, "update")];
        if E::META.has_soft_delete() {
            expected.extend([(2, "delete"), (5, "restore")]);
        }
        expected.push((7, "delete"));
        let actions = |sets: &mut dyn Iterator<Item = &str>| sets.collect::<Vec<_>>().join(", ");
        let found = actions(
            &mut sets
                .iter()
                .filter_map(|s| s.first())
                .map(|e| e.action.as_str()),
        );
        let wanted = actions(&mut expected.iter().map(|(_, action)| *action));
        if found != wanted {
            self.found(format!(
                "the trail holds `{found}` and should hold `{wanted}`"
            ));
            return;
        }
        for (set, (step, action)) in sets.iter().zip(expected) {
            let ctx = self.ctx(step);
            for row in set.entries() {
                if row.actor != *ctx.actor_ref() || row.changed_at != ctx.config_ref().now() {
                    self.found(format!(
                        "the trail of the {action} has not the actor and the time of the context"
                    ));
                }
                if row.request_id.as_deref() != ctx.request_id_ref()
                    || row.reason.as_deref() != ctx.reason_ref()
                {
                    self.found(format!(
                        "the trail of the {action} has not the request and the reason of the context"
                    ));
                }
            }
        }
    }
}
