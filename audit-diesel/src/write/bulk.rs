//! The `_many` and `_where` forms: rows are locked and read first, in key order, written by the
//! keys that were read, and recorded one by one.

use std::collections::{HashMap, HashSet};

use audit_core::diff::FieldSet;

use super::edit::refuse_reserved;
use super::insert::read_back;
use super::lifecycle::{action, is_there};
use super::update::data_fields;
use super::{Recorder, Write, check_record_id, check_state};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::entity::{Entity, StoredEntity};
use crate::error::AuditError;
use crate::form::ChangesForm;
use crate::key::Key;
use crate::stamper::Operation;
use crate::statement::{
    Delete, Fields, FormValues, NoValues, PutValues, SelectMany, SelectWhere, Update, UpdateEach,
    Visible, column_signature, padded,
};
use crate::transaction::End;

/// Records of one statement: 1,024 keys of up to 31 columns stay under SQLite's 32,766 binds.
const CHUNK: usize = 1024;

/// Which records a bulk write is about.
pub(super) enum Target<'a, E: Entity, P> {
    Keys(Vec<Key<E>>),
    Where(&'a P),
}

/// A filter that no one asks with, for the forms that take keys.
pub(super) type NoFilter = ();

/// What to do to each record.
pub(super) trait Change<E: Entity, DB: AuditBackend, X> {
    /// How the change is called in the trail.
    fn action(&self) -> &'static str;
    /// Which records a filter sees.
    fn visible(&self) -> Visible;
    /// A deleted record is refused.
    fn live_only(&self) -> bool;
    /// Makes `wanted` of what is stored; `None` where that leaves nothing to write.
    fn plan(&mut self, before: &E, wanted: &mut E) -> Result<Option<FieldSet>, X>;
    /// The same columns and values for every record, where that is so.
    fn same_values(&self) -> Option<&impl PutValues<E, DB>>;
}

/// A record that is held locked, and what is to become of it.
struct Held<E> {
    before: E,
    wanted: E,
    /// The business columns to write; empty for a soft delete or a restore.
    fields: Option<FieldSet>,
}

/// Runs a bulk write; the records as they are stored then, in the order of the keys or, for a
/// filter, of the primary key.
pub(super) fn change_many<C, E, P, X, H>(
    conn: &mut C,
    ctx: &audit_core::AuditContext,
    operation: Operation,
    target: Target<'_, E, P>,
    mut change: H,
) -> Result<Vec<E>, X>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    P: diesel::query_builder::QueryFragment<C::Backend>,
    X: From<AuditError>,
    H: Change<E, C::Backend, X>,
{
    let target = checked(ctx, target)?;
    let write = Write::<E>::open::<C::Backend>(ctx, operation)?;
    if matches!(&target, Target::Keys(keys) if keys.is_empty()) {
        return Ok(Vec::new());
    }
    // Records whose UPDATE turned out to change nothing (`1.0` for `1.00`): the transaction is
    // taken back and run again without them, so that no stamp is left of it.
    let mut untouched: HashSet<String> = HashSet::new();
    loop {
        let ended = write.run(conn, |conn| {
            let held = hold(conn, &write, &target, &mut change, &untouched)?;
            let mut stored = Vec::with_capacity(held.len());
            let mut found_untouched = false;
            let mut rest = held.into_iter().peekable();
            while rest.peek().is_some() {
                let chunk: Vec<Held<E>> = rest.by_ref().take(CHUNK).collect();
                let (records, more) = write_chunk(conn, &write, &change, chunk)?;
                found_untouched |= !more.is_empty();
                untouched.extend(more);
                stored.extend(records);
            }
            Ok::<_, X>(if found_untouched {
                End::Rollback(None)
            } else {
                End::Commit(Some(stored))
            })
        })?;
        if let Some(stored) = ended {
            return Ok(in_order(&target, stored));
        }
    }
}

/// Refuses keys that the trail cannot name. A key that comes twice counts once; with two versions
/// one of them is stale.
fn checked<'t, E: Entity, P>(
    ctx: &audit_core::AuditContext,
    target: Target<'t, E, P>,
) -> Result<Target<'t, E, P>, AuditError> {
    let Target::Keys(keys) = target else {
        return Ok(target);
    };
    let mut places: HashMap<String, usize> = HashMap::with_capacity(keys.len());
    let mut unique: Vec<Key<E>> = Vec::with_capacity(keys.len());
    for key in keys {
        check_record_id::<E>(ctx, &key.id)?;
        let place = *places.entry(E::record_id(&key.id)).or_insert(unique.len());
        match unique.get_mut(place) {
            None => unique.push(key),
            Some(first) => match (first.version, key.version) {
                (Some(a), Some(b)) if a != b => {
                    ctx.poison();
                    return Err(AuditError::conflict::<E>(&key.id));
                }
                (a, b) => first.version = a.or(b),
            },
        }
    }
    Ok(Target::Keys(unique))
}

/// Locks and reads the records, and asks what is to become of each.
fn hold<C, E, P, X, H>(
    conn: &mut C,
    write: &Write<'_, E>,
    target: &Target<'_, E, P>,
    change: &mut H,
    untouched: &HashSet<String>,
) -> Result<Vec<Held<E>>, X>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    P: diesel::query_builder::QueryFragment<C::Backend>,
    X: From<AuditError>,
    H: Change<E, C::Backend, X>,
{
    let (pairs, versions) = read_locked(conn, write, target, change.visible())?;
    let mut held = Vec::with_capacity(pairs.len());
    for (before, mut wanted) in pairs {
        let record = E::record_id(&before.id());
        let version = versions.get(&record).copied().flatten();
        check_state(&before, version, change.live_only())?;
        let fields = if untouched.contains(&record) {
            None
        } else {
            change.plan(&before, &mut wanted)?
        };
        held.push(Held {
            before,
            wanted,
            fields,
        });
    }
    Ok(held)
}

type Versions = HashMap<String, Option<i64>>;

/// The records, each twice, locked in key order, and the versions that the keys name.
#[allow(clippy::type_complexity, reason = "two columns of one answer")]
fn read_locked<C, E, P>(
    conn: &mut C,
    write: &Write<'_, E>,
    target: &Target<'_, E, P>,
    visible: Visible,
) -> Result<(Vec<(E, E)>, Versions), AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    P: diesel::query_builder::QueryFragment<C::Backend>,
{
    let tenant = write.tenant.as_ref();
    let keys = match target {
        Target::Where(filter) => {
            let query = SelectWhere::<E, P> {
                table: E::table(),
                filter,
                tenant,
                visible,
            };
            return Ok((driver::entities_twice(conn, &query)?, Versions::new()));
        }
        Target::Keys(keys) => keys,
    };
    // All bulk writes of the process take their locks in one order over all chunks.
    let mut named: Vec<(String, &Key<E>)> = keys
        .iter()
        .map(|key| (E::record_id(&key.id), key))
        .collect();
    named.sort_by(
        |(a, _), (b, _)| match (a.parse::<i64>(), b.parse::<i64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => a.cmp(b),
        },
    );
    let mut pairs = Vec::with_capacity(keys.len());
    for chunk in named.chunks(CHUNK) {
        let ids: Vec<&E::Id> = chunk.iter().map(|(_, key)| &key.id).collect();
        let query = SelectMany::<E> {
            table: E::table(),
            ids: padded(&ids).into_iter().copied().collect(),
            tenant,
            lock: true,
        };
        pairs.extend(driver::entities_twice(conn, &query)?);
    }
    let found: HashSet<String> = pairs
        .iter()
        .map(|(e, _): &(E, E)| E::record_id(&e.id()))
        .collect();
    if let Some((_, key)) = named.iter().find(|(record, _)| !found.contains(record)) {
        return Err(AuditError::not_found::<E>(&key.id));
    }
    Ok((
        pairs,
        named
            .into_iter()
            .map(|(record, key)| (record, key.version))
            .collect(),
    ))
}

/// Writes and records one chunk: the records as they are stored then, and those that the write
/// did not change after all.
fn write_chunk<C, E, X, H>(
    conn: &mut C,
    write: &Write<'_, E>,
    change: &H,
    chunk: Vec<Held<E>>,
) -> Result<(Vec<E>, Vec<String>), AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    H: Change<E, C::Backend, X>,
{
    let ids: Vec<E::Id> = chunk
        .iter()
        .filter(|held| held.fields.is_some())
        .map(|held| held.before.id())
        .collect();
    let mut after: HashMap<String, E> = if ids.is_empty() {
        HashMap::new()
    } else {
        match change.same_values() {
            Some(values) => write_same(conn, write, values, &ids)?,
            None => write_each(conn, write, &chunk, &ids)?,
        }
        .into_iter()
        .map(|record| (E::record_id(&record.id()), record))
        .collect()
    };
    let mut recorder = Recorder::new(write, change.action());
    let mut stored = Vec::with_capacity(chunk.len());
    let mut untouched = Vec::new();
    for held in chunk {
        let Some(fields) = held.fields else {
            stored.push(held.before);
            continue;
        };
        let record = E::record_id(&held.before.id());
        let Some(after) = after.remove(&record) else {
            return Err(AuditError::not_found::<E>(&held.before.id()));
        };
        if fields.is_empty() {
            recorder.flipped(&held.before, &after)?;
        } else if !recorder.changed(&held.before, &after)? {
            untouched.push(record);
        }
        stored.push(after);
    }
    if untouched.is_empty() {
        recorder.write(conn)?;
    }
    Ok((stored, untouched))
}

/// One UPDATE that sets the same values in all rows.
fn write_same<C, E, V>(
    conn: &mut C,
    write: &Write<'_, E>,
    values: &V,
    ids: &[E::Id],
) -> Result<Vec<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    V: PutValues<E, C::Backend>,
{
    let statement = Update {
        table: E::table(),
        values,
        stamps: &write.stamps,
        ids: padded(ids),
        tenant: write.tenant.as_ref(),
        hot: false,
    };
    if C::Backend::DIALECT == Dialect::Postgres {
        let rows = driver::flagged::<_, _, E, 1>(conn, &statement)?;
        return returned(conn, write, ids, rows);
    }
    if driver::execute(conn, &statement)? != ids.len() {
        return Err(lost::<E>());
    }
    read_back(conn, write, ids)
}

/// Each row has values of its own. PostgreSQL: one UPDATE for all that change the same columns;
/// elsewhere one for each.
fn write_each<C, E>(
    conn: &mut C,
    write: &Write<'_, E>,
    chunk: &[Held<E>],
    ids: &[E::Id],
) -> Result<Vec<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    if C::Backend::DIALECT != Dialect::Postgres {
        for (held, fields) in chunk.iter().filter_map(|held| Some((held, held.fields?))) {
            let values = Fields {
                entity: &held.wanted,
                fields,
            };
            let (signature, _) = column_signature::<E, C::Backend>(&values)?;
            let id = held.before.id();
            let statement = Update {
                table: E::table(),
                values: &values,
                stamps: &write.stamps,
                ids: vec![&id],
                tenant: write.tenant.as_ref(),
                hot: E::hot_texts().admit(signature),
            };
            if driver::execute(conn, &statement)? != 1 {
                return Err(lost::<E>());
            }
        }
        return read_back(conn, write, ids);
    }
    let mut by_fields: HashMap<FieldSet, Vec<(E::Id, &E)>> = HashMap::new();
    for (held, fields) in chunk.iter().filter_map(|held| Some((held, held.fields?))) {
        by_fields
            .entry(fields)
            .or_default()
            .push((held.before.id(), &held.wanted));
    }
    let mut stored = Vec::with_capacity(ids.len());
    for (fields, rows) in by_fields {
        // PostgreSQL takes 65,535 binds; 128 columns and a key stay under it.
        for rows in rows.chunks(480) {
            let statement = UpdateEach {
                table: E::table(),
                fields,
                rows,
                stamps: &write.stamps,
                tenant: write.tenant.as_ref(),
            };
            let ids: Vec<E::Id> = rows.iter().map(|(id, _)| id.clone()).collect();
            let found = driver::flagged::<_, _, E, 1>(conn, &statement)?;
            stored.extend(returned(conn, write, &ids, found)?);
        }
    }
    Ok(stored)
}

/// What RETURNING gave, or where an AFTER ROW trigger may have changed it, what is stored.
fn returned<C, E>(
    conn: &mut C,
    write: &Write<'_, E>,
    ids: &[E::Id],
    rows: Vec<([bool; 1], E)>,
) -> Result<Vec<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    if rows.len() != ids.len() {
        return Err(lost::<E>());
    }
    if rows.iter().any(|([again], _)| *again) {
        return read_back(conn, write, ids);
    }
    Ok(rows.into_iter().map(|(_, record)| record).collect())
}

/// Fewer rows were written than were held locked: a rule, a policy or a trigger refused some.
fn lost<E: Entity>() -> AuditError {
    AuditError::NotFound {
        entity: E::META.name,
        record: "one of several".to_owned(),
    }
}

/// By the keys' order; a filter's records already are by the primary key.
fn in_order<E: Entity, P>(target: &Target<'_, E, P>, stored: Vec<E>) -> Vec<E> {
    let Target::Keys(keys) = target else {
        return stored;
    };
    let mut by_id: HashMap<String, E> = stored
        .into_iter()
        .map(|record| (E::record_id(&record.id()), record))
        .collect();
    keys.iter()
        .filter_map(|key| by_id.remove(&E::record_id(&key.id)))
        .collect()
}

/// `audited_update_many` and `audited_update_where`.
pub(super) struct ByForm<'a, F>(pub(super) FormValues<'a, F>);

impl<E, DB, F, X> Change<E, DB, X> for ByForm<'_, F>
where
    E: StoredEntity<DB>,
    DB: AuditBackend,
    F: ChangesForm<E, DB>,
{
    fn action(&self) -> &'static str {
        "update"
    }

    fn visible(&self) -> Visible {
        Visible::Live
    }

    fn live_only(&self) -> bool {
        true
    }

    fn plan(&mut self, before: &E, wanted: &mut E) -> Result<Option<FieldSet>, X> {
        self.0.0.apply(wanted);
        let fields = data_fields(before, wanted);
        Ok((!fields.is_empty()).then_some(fields))
    }

    fn same_values(&self) -> Option<&impl PutValues<E, DB>> {
        Some(&self.0)
    }
}

/// `audited_edit_many`, `audited_try_edit_many` and their `_where` forms.
pub(super) struct ByEdit<F>(pub(super) F);

impl<E, DB, F, X> Change<E, DB, X> for ByEdit<F>
where
    E: StoredEntity<DB>,
    DB: AuditBackend,
    F: FnMut(&mut E) -> Result<(), X>,
    X: From<AuditError>,
{
    fn action(&self) -> &'static str {
        "update"
    }

    fn visible(&self) -> Visible {
        Visible::Live
    }

    fn live_only(&self) -> bool {
        true
    }

    fn plan(&mut self, before: &E, wanted: &mut E) -> Result<Option<FieldSet>, X> {
        (self.0)(wanted)?;
        refuse_reserved(before, wanted)?;
        let fields = data_fields(before, wanted);
        Ok((!fields.is_empty()).then_some(fields))
    }

    fn same_values(&self) -> Option<&impl PutValues<E, DB>> {
        None::<&NoValues>
    }
}

/// Soft delete and restore.
pub(super) struct Flip(pub(super) Operation);

impl<E: StoredEntity<DB>, DB: AuditBackend, X> Change<E, DB, X> for Flip {
    fn action(&self) -> &'static str {
        action(self.0)
    }

    fn visible(&self) -> Visible {
        if self.0 == Operation::SoftDelete {
            Visible::Live
        } else {
            Visible::Deleted
        }
    }

    fn live_only(&self) -> bool {
        false
    }

    fn plan(&mut self, before: &E, _: &mut E) -> Result<Option<FieldSet>, X> {
        Ok((!is_there(before, self.0)).then_some(FieldSet::EMPTY))
    }

    fn same_values(&self) -> Option<&impl PutValues<E, DB>> {
        Some(&NoValues)
    }
}

/// Hard deletes; the records as they last were.
pub(super) fn delete_many<C, E, P>(
    conn: &mut C,
    ctx: &audit_core::AuditContext,
    target: Target<'_, E, P>,
) -> Result<Vec<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
    P: diesel::query_builder::QueryFragment<C::Backend>,
{
    let target = checked(ctx, target)?;
    let write = Write::<E>::open::<C::Backend>(ctx, Operation::Update)?;
    if matches!(&target, Target::Keys(keys) if keys.is_empty()) {
        return Ok(Vec::new());
    }
    let stored = write.run(conn, |conn| {
        let (pairs, versions) = read_locked(conn, &write, &target, Visible::All)?;
        let records: Vec<E> = pairs.into_iter().map(|(record, _)| record).collect();
        for record in &records {
            let version = versions.get(&E::record_id(&record.id())).copied().flatten();
            check_state(record, version, false)?;
        }
        for chunk in records.chunks(CHUNK) {
            let ids: Vec<E::Id> = chunk.iter().map(Entity::id).collect();
            let statement = Delete::<E> {
                table: E::table(),
                ids: padded(&ids),
                tenant: write.tenant.as_ref(),
            };
            if driver::execute(conn, &statement)? != ids.len() {
                return Err(lost::<E>());
            }
            let mut recorder = Recorder::new(&write, "delete");
            for record in chunk {
                recorder.removed(record)?;
            }
            recorder.write(conn)?;
        }
        Ok(End::Commit(records))
    })?;
    Ok(in_order(&target, stored))
}
