//! One run of a contract: who acts for whom at each step, and what has been found.

use audit_core::config::AuditConfigBuilder;
use audit_core::{Actor, AuditConfig, AuditContext};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::outputs::Outputs;
use super::{raw, sql};
use crate::backend::{AuditBackend, AuditConnection};
use crate::entity::{Entity, StoredEntity, TenantOf};
use crate::error::AuditError;
use crate::key::Key;
use crate::stamper::{Operation, Stamper};
use crate::stamps::Stamps;

/// One run of a contract.
pub(super) struct Run<E: Entity> {
    pub(super) config: AuditConfigBuilder,
    pub(super) operation: Uuid,
    pub(super) actors: [Actor; 2],
    pub(super) tenants: [String; 2],
    pub(super) findings: Vec<String>,
    /// Raw values that must show nowhere, by field.
    pub(super) values: Vec<raw::Value>,
    /// All that was shown along the way.
    pub(super) outputs: Outputs,
    _entity: core::marker::PhantomData<E>,
}

impl<E: Entity> Run<E> {
    pub(super) fn new(config: AuditConfigBuilder) -> Self {
        Self {
            // A further key is never the one that tokens are made with.
            config: config
                .token_key("contract", crate::testing::canary())
                .enabled(true),
            operation: Uuid::now_v7(),
            actors: [Actor::system(), Actor::system()],
            tenants: [String::new(), String::new()],
            findings: Vec::new(),
            values: Vec::new(),
            outputs: Outputs::default(),
            _entity: core::marker::PhantomData,
        }
    }

    pub(super) fn found(&mut self, finding: String) {
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Picks actors and tenants that fit the columns.
    pub(super) fn choose<DB>(&mut self, actors: Option<[Actor; 2]>, tenants: Option<[String; 2]>)
    where
        DB: AuditBackend,
        E: StoredEntity<DB>,
    {
        const UUIDS: [&str; 2] = [
            "01912f4c-7d0a-7c3e-9d6b-2f1e0a4b5c6d",
            "01912f4c-7d0a-7c3e-9d6b-2f1e0a4b5c6e",
        ];
        const NUMBERS: [&str; 2] = ["4711", "4712"];
        let fits = |actor: &Actor| {
            let stamper = Stamper {
                operation: Operation::SoftDelete,
                now: instant(0),
                actor,
            };
            let insert = Stamper {
                operation: Operation::Insert,
                ..stamper
            };
            let fit = |stamper| Stamps::new::<E, DB>(stamper).is_ok();
            fit(&stamper) && fit(&insert)
        };
        let candidates = ["user", "api_key", "service", "job", "system"]
            .iter()
            .flat_map(|kind| {
                [NUMBERS, UUIDS].map(|ids| ids.map(|id| Actor::parse(&format!("{kind}:{id}"))))
            });
        let chosen = actors.or_else(|| candidates.into_iter().find(|pair| pair.iter().all(fits)));
        match chosen {
            Some(actors) => self.actors = actors,
            None => self.found(
                "no actor that the contract makes up fits the stamp columns: set two with \
                 `.actors(..)`"
                    .to_owned(),
            ),
        }
        let texts = [["contract-own", "contract-other"], NUMBERS, UUIDS];
        let fits = |pair: &[&str; 2]| pair.iter().all(|text| E::Tenant::parse(text).is_ok());
        self.tenants = tenants
            .or_else(|| {
                texts
                    .into_iter()
                    .find(fits)
                    .map(|pair| pair.map(str::to_owned))
            })
            .unwrap_or_default();
    }

    /// The context of a step: actors take turns, and each step has a time of its own.
    pub(super) fn ctx(&self, step: u8) -> AuditContext {
        let now = instant(step);
        let config: AuditConfig = self.config.clone().clock(move || now).build();
        let actor = self.actors.get(usize::from(step % 2)).cloned();
        let ctx = config
            .context(actor.unwrap_or_else(Actor::system))
            .operation(self.operation)
            .request_id("audit-contract")
            .reason("audit contract");
        match self.tenants.first() {
            Some(tenant) if E::Tenant::PRESENT => ctx.tenant(tenant),
            _ => ctx,
        }
    }

    pub(super) fn key(&self, record: &E) -> Key<E> {
        Key::__new(record.id(), record.version())
    }

    /// The record as it is stored.
    pub(super) fn read<C>(&self, conn: &mut C, record: &E) -> Result<E, AuditError>
    where
        C: AuditConnection,
        E: StoredEntity<C::Backend>,
    {
        let id = record.id();
        sql::by_key(conn, &id)?.ok_or_else(|| AuditError::not_found::<E>(&id))
    }
}

/// The time of a step. Digits that nothing else has, so that a column of the app's own clock is not
/// taken for it.
pub(super) fn instant(step: u8) -> DateTime<Utc> {
    let first = DateTime::from_timestamp_micros(981_173_106_987_654).unwrap_or_default();
    first + TimeDelta::hours(i64::from(step))
}
