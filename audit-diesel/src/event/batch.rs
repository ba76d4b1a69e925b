//! Events into the log, several at once and never twice.

use std::collections::HashSet;
use std::sync::Arc;

use audit_core::{Actor, AuditContext};
use uuid::Uuid;

use super::Event;
use crate::audit_rows::EventInsert;
use crate::backend::{AuditBackend, AuditConnection};
use crate::driver;
use crate::error::AuditError;
use crate::statement::{IdsPresent, pieces};
use crate::transaction::{End, atomic_event};

/// Writes events in one transaction, in their order.
///
/// After a failure of which it is not known what the database made (`again`), those that are there
/// already are left out. A first attempt that is still committing when it is asked is met by the
/// unique `id`: the caller comes back then.
pub(crate) fn write_batch<C: AuditConnection>(
    conn: &mut C,
    events: &[Arc<Event>],
    again: bool,
) -> Result<(), AuditError> {
    let Some(first) = events.first() else {
        return Ok(());
    };
    in_transaction(conn, first.row.id, |conn| {
        let written = if again {
            present(conn, events)?
        } else {
            HashSet::new()
        };
        let missing: Vec<_> = events
            .iter()
            .filter(|event| !written.contains(&event.row.id))
            .map(AsRef::as_ref)
            .collect();
        insert(conn, &missing)?;
        Ok(End::Commit(()))
    })
}

/// Whether the database takes an event at all: one is written and taken back.
pub(crate) fn probe<C: AuditConnection>(conn: &mut C, event: &Event) -> Result<(), AuditError> {
    in_transaction(conn, event.row.id, |conn| {
        insert(conn, &[event])?;
        Ok(End::Rollback(()))
    })
}

fn in_transaction<C: AuditConnection>(
    conn: &mut C,
    operation: Uuid,
    body: impl FnOnce(&mut C) -> Result<End<()>, AuditError>,
) -> Result<(), AuditError> {
    // For the transaction alone: each event has the context it was given.
    let ctx = AuditContext::new(Actor::system());
    atomic_event(conn, &ctx, operation, body)
}

fn present<C: AuditConnection>(
    conn: &mut C,
    events: &[Arc<Event>],
) -> Result<HashSet<Uuid>, AuditError> {
    let ids: Vec<Uuid> = events.iter().map(|event| event.row.id).collect();
    let found = driver::load(conn, &IdsPresent { ids: &ids }, |row| {
        C::Backend::read_uuid(row, 0)
    });
    Ok(found
        .map_err(AuditError::of_audit_table)?
        .into_iter()
        .collect())
}

fn insert<C: AuditConnection>(conn: &mut C, events: &[&Event]) -> Result<(), AuditError> {
    for piece in pieces(events, |event| event.bytes(), C::Backend::DIALECT) {
        let rows: Vec<_> = piece.iter().map(|e| (&e.operation, &e.row)).collect();
        let insert = EventInsert::new::<C::Backend>(&rows);
        let taken = driver::execute(conn, &insert).map_err(AuditError::of_audit_table)?;
        if taken != rows.len() {
            return Err(AuditError::swallowed(taken, rows.len()));
        }
    }
    Ok(())
}
