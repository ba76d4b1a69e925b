//! A first snapshot of records that have no trail yet.

use core::fmt;
use core::ops::ControlFlow;
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use audit_core::AuditContext;
use uuid::Uuid;

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::entity::{Entity, StoredEntity, TenantOf};
use crate::error::AuditError;
use crate::exact;
use crate::patience::patiently;
use crate::sql::Sql;
use crate::stamper::Operation;
use crate::statement::SelectAfter;
use crate::transaction::{End, depth};
use crate::write::{Recorder, Write};

/// Rows of a batch where nothing else is asked for.
const BATCH: usize = 500;

/// Most rows of a batch: their keys are binds of one statement.
const MOST: usize = 5_000;

type Callback<'a> = Box<dyn FnMut(&BaselineProgress) -> ControlFlow<()> + 'a>;

/// How [`AuditedBaseline::audited_baseline`] works.
#[must_use]
pub struct BaselineOptions<'a> {
    batch: usize,
    progress: Option<Callback<'a>>,
}

impl fmt::Debug for BaselineOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaselineOptions")
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}

impl Default for BaselineOptions<'_> {
    fn default() -> Self {
        Self {
            batch: BATCH,
            progress: None,
        }
    }
}

impl<'a> BaselineOptions<'a> {
    /// Batches of 500 records, no callback.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many records are locked and read at a time, at most 5,000.
    pub fn batch(mut self, records: usize) -> Self {
        self.batch = records.clamp(1, MOST);
        self
    }

    /// Called after each batch, outside of any transaction. `Break` ends the run there.
    pub fn progress(
        mut self,
        callback: impl FnMut(&BaselineProgress) -> ControlFlow<()> + 'a,
    ) -> Self {
        self.progress = Some(Box::new(callback));
        self
    }
}

/// How far a baseline is.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct BaselineProgress {
    /// Records looked at.
    pub read: u64,
    /// Snapshots written.
    pub written: u64,
    /// Since the start.
    pub elapsed: Duration,
}

/// What a baseline has done.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BaselineReport {
    /// It came to the end of the table; otherwise its callback stopped it.
    pub finished: bool,
    /// The operation that all its rows share.
    pub operation: Uuid,
    /// Records looked at.
    pub read: u64,
    /// Snapshots written: of the records that had no trail.
    pub written: u64,
    /// All of it.
    pub took: Duration,
}

/// Beginning the trail of a table that had none.
pub trait AuditedBaseline: Entity {
    /// Records each record that has no trail yet as it is now: one row of the action `baseline`
    /// with the whole masked record, as an insert leaves one.
    ///
    /// Run it once when a table with rows in it becomes audited, so that the first change of an old
    /// record does not leave the rest of it unknown. It goes through the table in the order of the
    /// primary key, soft-deleted records included, in transactions of its own. Each locks the
    /// records that it reads, so that no change comes between a record and its snapshot, and a
    /// record that was changed before has its trail and gets none. Broken off, it is run again: what
    /// has a trail is skipped. Events about a record are no trail of it; what came before its
    /// deletion is none either.
    ///
    /// Records of the context's tenant, or with [`AuditContext::all_tenants`] of all.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use audit_diesel::prelude::*;
    /// # use chrono::{DateTime, Utc};
    /// # use diesel::prelude::*;
    /// # use diesel::connection::SimpleConnection;
    /// # diesel::table! { notes (id) { id -> BigInt, text -> Text,
    /// #   created_at -> TimestamptzSqlite, created_by -> Text,
    /// #   updated_at -> TimestamptzSqlite, updated_by -> Text, } }
    /// # #[derive(Audited, Queryable, Selectable, Identifiable)]
    /// # #[diesel(table_name = notes)]
    /// # pub struct Note { id: i64, text: String, created_at: DateTime<Utc>, created_by: Actor,
    /// #   updated_at: DateTime<Utc>, updated_by: Actor }
    /// use audit_diesel::BaselineOptions;
    /// # let mut conn = SqliteConnection::establish(":memory:").unwrap();
    /// # audit_diesel::migrate(&mut conn)?;
    /// # conn.batch_execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL,
    /// #   created_at TEXT NOT NULL, created_by TEXT NOT NULL, updated_at TEXT NOT NULL,
    /// #   updated_by TEXT NOT NULL);
    /// #   INSERT INTO notes VALUES (1, 'old', '2020-01-01 00:00:00+00:00', 'user:1',
    /// #   '2020-01-01 00:00:00+00:00', 'user:1')").unwrap();
    /// let ctx = AuditContext::new(Actor::job("migration")).reason("notes are audited from now on");
    /// let report = Note::audited_baseline(&mut conn, &ctx, BaselineOptions::new())?;
    /// assert_eq!((report.read, report.written), (1, 1));
    /// assert_eq!(Note::history(&mut conn, &ctx, 1)?[0].entries()[0].action, "baseline");
    /// let again = Note::audited_baseline(&mut conn, &ctx, BaselineOptions::new())?;
    /// assert_eq!((again.read, again.written), (1, 0));
    /// # }
    /// # Ok::<(), audit_diesel::AuditError>(())
    /// ```
    ///
    /// # Errors
    /// [`AuditError::InTransaction`] inside a transaction of the caller's;
    /// [`AuditError::SwitchedOff`] while the trail is; [`AuditError::Context`];
    /// what the database refuses. What was written before stays written.
    fn audited_baseline<C>(
        conn: &mut C,
        ctx: &AuditContext,
        options: BaselineOptions<'_>,
    ) -> Result<BaselineReport, AuditError>
    where
        C: AuditConnection,
        Self: StoredEntity<C::Backend>,
    {
        baseline::<Self, C>(conn, ctx, options)
    }
}

impl<E: Entity> AuditedBaseline for E {}

fn baseline<E, C>(
    conn: &mut C,
    ctx: &AuditContext,
    mut options: BaselineOptions<'_>,
) -> Result<BaselineReport, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    let begun = Instant::now();
    if depth(conn)? > 0 {
        return Err(AuditError::InTransaction { call: "a baseline" });
    }
    if !ctx.config_ref().is_enabled() {
        return Err(AuditError::SwitchedOff { call: "a baseline" });
    }
    let operation = ctx.operation_ref().unwrap_or_else(Uuid::now_v7);
    let ctx = ctx.clone().operation(operation);
    let mut report = BaselineReport {
        finished: false,
        operation,
        read: 0,
        written: 0,
        took: Duration::ZERO,
    };
    let mut after = None;
    loop {
        let batch = batch::<E, C>(conn, &ctx, after.as_ref(), options.batch)?;
        report.read += batch.read as u64;
        report.written += batch.written as u64;
        if batch.read > 0
            && let Some(callback) = &mut options.progress
        {
            let progress = BaselineProgress {
                read: report.read,
                written: report.written,
                elapsed: begun.elapsed(),
            };
            if callback(&progress).is_break() {
                break;
            }
        }
        if batch.read < options.batch {
            report.finished = true;
            break;
        }
        after = batch.last;
    }
    report.took = begun.elapsed();
    Ok(report)
}

struct Batch<E: Entity> {
    read: usize,
    written: usize,
    last: Option<E::Id>,
}

fn batch<E, C>(
    conn: &mut C,
    ctx: &AuditContext,
    after: Option<&E::Id>,
    limit: usize,
) -> Result<Batch<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    patiently(|| try_batch::<E, C>(conn, ctx, after, limit))
}

fn try_batch<E, C>(
    conn: &mut C,
    ctx: &AuditContext,
    after: Option<&E::Id>,
    limit: usize,
) -> Result<Batch<E>, AuditError>
where
    C: AuditConnection,
    E: StoredEntity<C::Backend>,
{
    let write = Write::<E>::open::<C::Backend>(ctx, Operation::Update)?;
    write.run(conn, |conn| {
        let query = SelectAfter::<E> {
            table: E::table(),
            after,
            tenant: write.tenant.as_ref(),
            limit: limit as i64,
        };
        let records: Vec<E> = driver::entities(conn, &query, 0)?;
        let known = with_trail(conn, &records)?;
        let mut recorder = Recorder::new(&write, "baseline");
        let mut written = 0;
        for record in &records {
            let key = (
                record.tenant().map(TenantOf::text),
                E::record_id(&record.id()),
            );
            if !known.contains(&key) {
                crate::write::check_record_id::<E>(ctx, &record.id())?;
                recorder.inserted(record)?;
                written += 1;
            }
        }
        recorder.write(conn)?;
        Ok::<_, AuditError>(End::Commit(Batch {
            read: records.len(),
            written,
            last: records.last().map(Entity::id),
        }))
    })
}

/// Those of the records that have a trail, by tenant and id. Asked after they were locked: what a
/// writer has committed meanwhile counts.
fn with_trail<E, C>(
    conn: &mut C,
    records: &[E],
) -> Result<HashSet<(Option<String>, String)>, AuditError>
where
    C: AuditConnection,
    E: Entity,
{
    let mut tenants: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for record in records {
        let tenant = record.tenant().map(TenantOf::text);
        tenants
            .entry(tenant)
            .or_default()
            .push(E::record_id(&record.id()));
    }
    let mut known = HashSet::new();
    for (tenant, ids) in tenants {
        let mut sql = Sql::new(
            "SELECT record_id, max(CASE WHEN action = 'delete' THEN seq ELSE 0 END), \
             max(CASE WHEN action = 'delete' THEN 0 ELSE seq END) FROM audit_log WHERE table_name = ",
        );
        sql.text(E::META.name);
        match &tenant {
            Some(tenant) => {
                sql.push(" AND tenant_id");
                let Ok(()) = exact::is(&mut sql, C::Backend::DIALECT, "tenant_id", tenant);
            }
            None => {
                sql.push(" AND tenant_id IS NULL");
            }
        }
        sql.push(" AND record_id IN (");
        for (index, id) in ids.iter().enumerate() {
            if index > 0 {
                sql.push(", ");
            }
            sql.text(id);
        }
        // The name of an event contains a dot.
        sql.push(") AND action NOT LIKE '%.%' GROUP BY record_id");
        if C::Backend::DIALECT == Dialect::Mysql {
            sql.push(", CAST(record_id AS BINARY)");
        }
        let found = driver::load(conn, &sql.unprepared(), |row| {
            Ok((
                C::Backend::read_text(row, 0)?,
                C::Backend::read_i64(row, 1)?,
                C::Backend::read_i64(row, 2)?,
            ))
        })
        .map_err(AuditError::of_audit_table)?;
        known.extend(
            found
                .into_iter()
                .filter(|(_, deleted, other)| other > deleted)
                .filter_map(|(id, ..)| Some((tenant.clone(), id?))),
        );
    }
    Ok(known)
}
