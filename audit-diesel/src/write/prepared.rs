//! What every write starts from: its context, checked and made into the values that it binds.

use audit_core::{AuditContext, ContextError, ContextPart};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::entity::{Entity, StoredEntity, TenantOf};
use crate::error::AuditError;
use crate::stamper::{Operation, Stamper};
use crate::stamps::Stamps;
use crate::statement::SelectByKey;
use crate::transaction::{End, atomic};

/// Characters of `audit_log.tenant_id` on MySQL/MariaDB, whose index keys end at 3,072 bytes.
const MYSQL_TENANT: usize = 191;

/// One write's context, checked and made into the values that it binds.
pub(crate) struct Write<'c, E: Entity> {
    pub(crate) ctx: &'c AuditContext,
    pub(crate) operation: Operation,
    pub(crate) operation_id: Uuid,
    pub(crate) now: DateTime<Utc>,
    /// `None` where the entity has no tenant, or for all of them.
    pub(crate) tenant: Option<E::Tenant>,
    pub(crate) stamps: Stamps,
}

impl<'c, E: Entity> Write<'c, E> {
    /// # Errors
    /// What is wrong with the context, before any SQL.
    pub(crate) fn open<DB>(ctx: &'c AuditContext, operation: Operation) -> Result<Self, AuditError>
    where
        DB: AuditBackend,
        E: StoredEntity<DB>,
    {
        let write = Self::prepare::<DB>(ctx, operation);
        if write.is_err() {
            // An operation of several writes does not go on without one of them.
            ctx.poison();
        }
        write
    }

    fn prepare<DB>(ctx: &'c AuditContext, operation: Operation) -> Result<Self, AuditError>
    where
        DB: AuditBackend,
        E: StoredEntity<DB>,
    {
        let entity = E::META.name;
        let refuse = |source| AuditError::Context { entity, source };
        ctx.validate().map_err(refuse)?;
        if E::META.require_reason && ctx.reason_ref().is_none() {
            return Err(refuse(ContextError::ReasonMissing));
        }
        let tenant = tenant_of::<E>(ctx)?;
        if E::Tenant::PRESENT && tenant.is_none() && operation == Operation::Insert {
            return Err(refuse(ContextError::TenantForAll));
        }
        let now = ctx.now();
        let stamps = Stamps::new::<E, DB>(&Stamper {
            operation,
            now,
            actor: ctx.actor_ref(),
        })?;
        Ok(Self {
            ctx,
            operation,
            operation_id: ctx.operation_ref().unwrap_or_else(Uuid::now_v7),
            now,
            tenant,
            stamps,
        })
    }

    pub(crate) fn run<C, T, X>(
        &self,
        conn: &mut C,
        body: impl FnOnce(&mut C) -> Result<End<T>, X>,
    ) -> Result<T, X>
    where
        C: AuditConnection,
        X: From<AuditError>,
    {
        self.check_limits::<C::Backend>()
            .inspect_err(|_| self.ctx.poison())?;
        atomic(conn, self.ctx, self.operation_id, body)
    }

    /// What only this database's audit table is too narrow for, before any SQL.
    fn check_limits<DB: AuditBackend>(&self) -> Result<(), AuditError> {
        if DB::DIALECT != Dialect::Mysql {
            return Ok(());
        }
        let tenant = self.tenant.as_ref().map(TenantOf::text);
        check_tenant_width(DB::DIALECT, tenant.as_deref()).map_err(|source| AuditError::Context {
            entity: E::META.name,
            source,
        })
    }

    /// The record as it is stored, locked.
    pub(crate) fn reread<C>(&self, conn: &mut C, id: &E::Id) -> Result<E, AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend>,
    {
        let query = self.by_key(id);
        let found: Vec<E> = driver::entities(conn, &query, 0)?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| AuditError::not_found::<E>(id))
    }

    /// The record twice, locked: as it is stored, and to be edited.
    pub(crate) fn read_twice<C>(&self, conn: &mut C, id: &E::Id) -> Result<(E, E), AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend>,
    {
        let query = self.by_key(id);
        let found = driver::entities_twice(conn, &query)?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| AuditError::not_found::<E>(id))
    }

    pub(crate) fn by_key<'a>(&'a self, id: &'a E::Id) -> SelectByKey<'a, E> {
        SelectByKey {
            table: E::table(),
            id,
            tenant: self.tenant.as_ref(),
            lock: true,
        }
    }
}

/// The tenant that a context acts for on an entity: `None` where the entity has none, or where all
/// are asked for by name.
pub(crate) fn tenant_of<E: Entity>(ctx: &AuditContext) -> Result<Option<E::Tenant>, AuditError> {
    if !E::Tenant::PRESENT || ctx.is_all_tenants() {
        return Ok(None);
    }
    let entity = E::META.name;
    let text = ctx.tenant_ref().ok_or_else(|| AuditError::Context {
        entity,
        source: ContextError::TenantMissing,
    })?;
    let column = E::META
        .with_role(audit_core::Role::Tenant)
        .map_or("", |field| field.column);
    E::Tenant::parse(text)
        .map(Some)
        .map_err(|source| AuditError::Misfit {
            entity,
            column,
            source,
        })
}

/// Refuses a tenant that the database's column cannot hold.
pub(crate) fn check_tenant_width(
    dialect: Dialect,
    tenant: Option<&str>,
) -> Result<(), ContextError> {
    match tenant {
        Some(tenant) if dialect == Dialect::Mysql && tenant.chars().count() > MYSQL_TENANT => {
            Err(ContextError::TooLong(ContextPart::Tenant))
        }
        _ => Ok(()),
    }
}

/// Refuses a key that the trail cannot name, before any SQL.
pub(crate) fn check_record_id<E: Entity>(ctx: &AuditContext, id: &E::Id) -> Result<(), AuditError> {
    let text = E::record_id(id);
    if text.len() > audit_core::MAX_RECORD_ID && text.chars().count() > audit_core::MAX_RECORD_ID {
        ctx.poison();
        return Err(AuditError::RecordId {
            entity: E::META.name,
        });
    }
    Ok(())
}

/// Refuses a record that was deleted, or that is not at the key's version any more.
pub(crate) fn check_state<E: Entity>(
    record: &E,
    version: Option<i64>,
    live_only: bool,
) -> Result<(), AuditError> {
    if live_only && record.is_deleted() {
        return Err(AuditError::deleted::<E>(&record.id()));
    }
    match (version, record.version()) {
        (Some(expected), Some(found)) if expected != found => {
            Err(AuditError::conflict::<E>(&record.id()))
        }
        _ => Ok(()),
    }
}
