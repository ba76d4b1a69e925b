//! Deleting what is too old, in short transactions.

use core::fmt;
use core::ops::ControlFlow;
use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use audit_core::AuditContext;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::condition::Whose;
use super::event::{self, Event};
use super::gate;
use super::lease::{Lease, clock};
use super::patience::patiently;
use super::policy::Retention;
use super::report::{PurgeProgress, PurgeReport, Tally};
use super::sql::Sql;
use super::window::{self, Limits, Window};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::transaction::{End, atomic, depth};

/// Rows of the first batch; the next ones follow the measured time.
const FIRST_BATCH: i64 = 1_000;

/// Most rows of a batch, and of a stretch that is only read.
const MOST_ROWS: i64 = 20_000;
const MOST_READ: i64 = 200_000;

/// How far this process's clock may be ahead of the database's.
const CLOCK_AHEAD: TimeDelta = TimeDelta::days(1);

type Callback<'a> = Box<dyn FnMut(&PurgeProgress) -> ControlFlow<()> + Send + 'a>;

/// Deletes the rows of the trail that are older than a [`Retention`] keeps them.
///
/// It goes through the log in batches, each in a short transaction of its own, so that writers
/// hardly notice. It can be killed at any point and run again: what a batch deleted is deleted,
/// and nothing else is. Rows under a [hold](super::AuditHold) stay. A row goes once it is
/// older than its limit, not when it is exactly as old.
///
/// The tenant of the context decides whose rows: its own, those without a tenant where it has none,
/// or all with [`AuditContext::all_tenants`].
///
/// A run that deletes leaves the event `audit.purge.start` with its first batch, and each that
/// finishes the event `audit.purge`, with the cutoff and the rows deleted by table; one per tenant
/// that lost rows. So an auditor can tell a purge from tampering. A dry run leaves none.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use audit_diesel::prelude::*;
/// use audit_diesel::retention::{Purge, Retention};
/// # use diesel::Connection;
/// # fn main() -> Result<(), AuditError> {
/// # let mut conn = diesel::SqliteConnection::establish(":memory:").unwrap();
/// # audit_diesel::migrate(&mut conn)?;
/// let ctx = AuditContext::new(Actor::job("audit-purge")).all_tenants();
/// let report = Purge::new(Retention::from_env()?).dry_run().run(&mut conn, &ctx)?;
/// println!("{} rows would go, {} are held", report.deleted(), report.held());
///
/// let report = Purge::new(Retention::from_env()?)
///     .progress(|p| {
///         eprint!("\r{} of {}", p.done, p.total);
///         std::ops::ControlFlow::Continue(())
///     })
///     .run(&mut conn, &ctx)?;
/// assert!(report.finished);
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
#[must_use = "a purge deletes nothing until it is run"]
pub struct Purge<'a> {
    retention: Retention,
    dry_run: bool,
    batch_time: Option<Duration>,
    pause: Duration,
    progress: Option<Callback<'a>>,
    give_up: Option<Box<dyn FnMut() -> bool + Send + 'a>>,
}

impl fmt::Debug for Purge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Purge")
            .field("retention", &self.retention)
            .field("dry_run", &self.dry_run)
            .field("batch_time", &self.batch_time)
            .field("pause", &self.pause)
            .finish_non_exhaustive()
    }
}

impl<'a> Purge<'a> {
    /// A purge by these rules.
    pub fn new(retention: Retention) -> Self {
        Self {
            retention,
            dry_run: false,
            batch_time: None,
            pause: Duration::ZERO,
            progress: None,
            give_up: None,
        }
    }

    /// Only counts, by the same conditions.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// How long a transaction should take; the size of the batches follows. Default: 20 ms on
    /// PostgreSQL, 250 ms on SQLite and MySQL/MariaDB, which write an index page anew with each batch
    /// that touches it.
    pub fn batch_time(mut self, time: Duration) -> Self {
        self.batch_time = Some(time);
        self
    }

    /// How long to wait after each batch. Default: not at all.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Called after each batch, outside of any transaction. `Break` ends the run there.
    pub fn progress(
        mut self,
        callback: impl FnMut(&PurgeProgress) -> ControlFlow<()> + Send + 'a,
    ) -> Self {
        self.progress = Some(Box::new(callback));
        self
    }

    /// Asked while it waits for its turn.
    pub(super) fn give_up_when(mut self, stop: impl FnMut() -> bool + Send + 'a) -> Self {
        self.give_up = Some(Box::new(stop));
        self
    }

    /// Runs it. On a plain connection of its own, outside of any transaction.
    ///
    /// # Errors
    /// [`AuditError::InTransaction`] inside a transaction of the caller's;
    /// [`AuditError::PurgeRunning`] while another purge is at work; [`AuditError::Retention`] where
    /// this process's clock is more than a day ahead of the database's; what the database refuses.
    /// What was deleted before an error stays deleted, and its event is written if that is possible.
    pub fn run<C: AuditConnection>(
        mut self,
        conn: &mut C,
        ctx: &AuditContext,
    ) -> Result<PurgeReport, AuditError> {
        let begun = Instant::now();
        ctx.validate().map_err(|source| AuditError::Context {
            entity: "audit_log",
            source,
        })?;
        if depth(conn)? > 0 {
            return Err(AuditError::InTransaction { call: "a purge" });
        }
        let now = ctx.now();
        let limits = Limits {
            cutoffs: self.retention.cutoffs(now)?,
            whose: Whose::of(ctx),
            now,
        };
        refuse_fast_clock(conn, now)?;
        let mut run = Run {
            ctx,
            operation: ctx.operation_ref().unwrap_or_else(Uuid::now_v7),
            limits,
            lease: None,
            begun,
            target: self.batch_time.unwrap_or(match C::Backend::DIALECT {
                Dialect::Postgres => Duration::from_millis(20),
                Dialect::Sqlite | Dialect::Mysql => Duration::from_millis(250),
            }),
            pause: self.pause,
            tally: Tally::default(),
        };
        if self.dry_run {
            let finished = run.count(conn, &mut self.progress)?;
            return Ok(run.report(true, finished));
        }
        let mut give_up = self.give_up.take();
        let lease = Lease::take(conn, || give_up.as_mut().is_some_and(|stop| stop()))?;
        run.lease = Some(lease);
        let result = match gate::relax(conn) {
            Ok(relaxed) => {
                let result = run.purge(conn, &mut self.progress);
                gate::restore(conn, relaxed).and(result)
            }
            Err(error) => Err(error),
        };
        // Whatever happened, what was deleted is told, and the turn given back.
        let finished = *result.as_ref().unwrap_or(&false);
        let told = if finished || run.tally.deleted > 0 {
            patiently(|| run.tell(conn, finished))
        } else {
            Ok(())
        };
        let ended = patiently(|| lease.end(conn));
        result?;
        told?;
        ended?;
        Ok(run.report(false, finished))
    }
}

/// A clock that runs ahead would delete what should stay.
fn refuse_fast_clock<C: AuditConnection>(
    conn: &mut C,
    now: DateTime<Utc>,
) -> Result<(), AuditError> {
    let mut sql = Sql::new("SELECT ");
    sql.push(clock(C::Backend::DIALECT).0);
    let theirs = driver::load(conn, &sql, |row| C::Backend::read_time(row, 0))?;
    match theirs.first() {
        Some(theirs) if now > *theirs + CLOCK_AHEAD => Err(AuditError::Retention {
            what: format!(
                "the clock of this process is more than a day ahead of the database's (by {} \
                 hours), so that rows would go too early: set the clock; nothing was deleted",
                (now - *theirs).num_hours()
            ),
        }),
        _ => Ok(()),
    }
}

/// How many rows the next batch takes, by how long the last one took.
#[derive(Debug)]
struct Pace {
    rows: i64,
    most: i64,
    target: Duration,
}

impl Pace {
    /// Most of a short batch's time is the same for any number of rows, and a busy machine makes
    /// single ones slow: it grows as soon as there is room, and shrinks by no more than a third.
    fn follow(&mut self, took: Duration) {
        let ratio = self.target.as_secs_f64() / took.as_secs_f64().max(1e-6);
        let next = match ratio {
            1.1.. => self.rows as f64 * ratio.min(3.0),
            0.75..1.1 => return,
            _ => self.rows as f64 * ratio.max(0.67),
        };
        self.rows = (next as i64).clamp(50, self.most);
    }
}

struct Run<'c> {
    ctx: &'c AuditContext,
    operation: Uuid,
    limits: Limits,
    lease: Option<Lease>,
    begun: Instant,
    target: Duration,
    pause: Duration,
    tally: Tally,
}

impl Run<'_> {
    fn pace(&self, most: i64) -> Pace {
        Pace {
            rows: FIRST_BATCH,
            most,
            target: self.target,
        }
    }

    /// Counts without deleting. True where it came to the end.
    fn count<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        progress: &mut Option<Callback<'_>>,
    ) -> Result<bool, AuditError> {
        let Some((first, last)) = window::bounds(conn)? else {
            return Ok(true);
        };
        let mut pace = self.pace(MOST_READ);
        let mut at = first - 1;
        while at < last {
            let begun = Instant::now();
            let window = Window::next(conn, at, last, pace.rows)?;
            self.look(conn, window)?;
            pace.follow(begun.elapsed());
            at = window.up_to;
            if self.show(progress, first, last, at).is_break() {
                return Ok(at >= last);
            }
        }
        Ok(true)
    }

    /// Deletes. True where it came to the end.
    fn purge<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        progress: &mut Option<Callback<'_>>,
    ) -> Result<bool, AuditError> {
        let Some((first, last)) = window::bounds(conn)? else {
            return Ok(true);
        };
        let (mut reads, mut deletes) = (self.pace(MOST_READ), self.pace(MOST_ROWS));
        let mut at = first - 1;
        // The last stretch had nothing to delete: look before a transaction is opened.
        let mut quiet = true;
        while at < last {
            let begun = Instant::now();
            let pace = if quiet { &mut reads } else { &mut deletes };
            let window = Window::next(conn, at, last, pace.rows)?;
            if quiet {
                if !self.is_quiet(conn, window)? {
                    quiet = false;
                    continue;
                }
                pace.follow(begun.elapsed());
            } else {
                let (deleted, took) = self.batch(conn, window)?;
                deletes.follow(took);
                quiet = deleted == 0;
            }
            at = window.up_to;
            if self.show(progress, first, last, at).is_break() {
                return Ok(at >= last);
            }
            if !quiet && !self.pause.is_zero() {
                sleep(self.pause);
            }
        }
        Ok(true)
    }

    /// Counts what a stretch has.
    fn look<C: AuditConnection>(&mut self, conn: &mut C, window: Window) -> Result<(), AuditError> {
        let shapes = window::shapes(conn, self.limits.now, None)?;
        let groups = window::count(conn, window, &self.limits, &shapes)?;
        self.tally.add(groups);
        Ok(())
    }

    /// True where a stretch has nothing to delete; then it is counted, too.
    fn is_quiet<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        window: Window,
    ) -> Result<bool, AuditError> {
        let shapes = window::shapes(conn, self.limits.now, None)?;
        let groups = window::count(conn, window, &self.limits, &shapes)?;
        let quiet = groups.iter().all(|group| group.old == 0);
        if quiet {
            self.tally.add(groups);
        }
        Ok(quiet)
    }

    /// Deletes what of a stretch may go, in one transaction; how many rows, and the time that the
    /// next batch follows.
    fn batch<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        window: Window,
    ) -> Result<(u64, Duration), AuditError> {
        let (groups, took, work) = patiently(|| {
            let begun = Instant::now();
            let mut work = Duration::ZERO;
            let groups = self.try_batch(conn, window, &mut work)?;
            Ok((groups, begun.elapsed(), work))
        })?;
        let deleted = groups.iter().map(|group| group.old).sum();
        self.tally.add(groups);
        if deleted > 0 {
            self.tally.batches += 1;
            self.tally.longest = self.tally.longest.max(took);
        }
        // What a transaction costs whatever its rows are is no reason to take fewer; that it is far
        // too long is.
        let measure = if took > self.target * 2 { took } else { work };
        Ok((deleted, measure))
    }

    fn try_batch<C: AuditConnection>(
        &self,
        conn: &mut C,
        window: Window,
        work: &mut Duration,
    ) -> Result<Vec<super::report::GroupCount>, AuditError> {
        let Some(lease) = self.lease else {
            return Ok(Vec::new());
        };
        gate::before_batch(conn)?;
        atomic(conn, self.ctx, self.operation, |conn| {
            gate::begin_batch(conn, lease)?;
            let shapes = window::shapes(conn, self.limits.now, Some(lease))?;
            let begun = Instant::now();
            let groups = window::count(conn, window, &self.limits, &shapes)?;
            let old: u64 = groups.iter().map(|group| group.old).sum();
            let Some(cutoff) = self.limits.cutoffs.latest.filter(|_| old > 0) else {
                *work = begun.elapsed();
                return Ok(End::Rollback(groups));
            };
            gate::open(conn, lease, cutoff)?;
            let deleted = window::delete(conn, window, &self.limits, &shapes)?;
            *work = begun.elapsed();
            gate::close(conn)?;
            if deleted != old {
                return Err(AuditError::AuditTable {
                    what: format!(
                        "a purge was to delete {old} rows of `audit_log` and deleted {deleted}: \
                         something else deletes there, or a rule or trigger swallows deletes; the \
                         batch was taken back"
                    ),
                });
            }
            if self.tally.deleted == 0 {
                self.tell_start(conn)?;
            }
            Ok(End::Commit(groups))
        })
    }

    fn show(
        &self,
        progress: &mut Option<Callback<'_>>,
        first: i64,
        last: i64,
        at: i64,
    ) -> ControlFlow<()> {
        let Some(callback) = progress else {
            return ControlFlow::Continue(());
        };
        callback(&PurgeProgress {
            done: (at - first + 1).max(0).unsigned_abs(),
            total: (last - first + 1).unsigned_abs(),
            deleted: self.tally.deleted,
            held: self.tally.held,
            elapsed: self.begun.elapsed(),
        })
    }

    /// With the first rows deleted: a run that is killed later is seen by it.
    fn tell_start<C: AuditConnection>(&self, conn: &mut C) -> Result<(), AuditError> {
        let start = Event {
            tenant: self.limits.whose.tenant().map(str::to_owned),
            after: Some(json!({ "cutoff": self.cutoff_text() })),
            ..Event::default()
        };
        event::write(
            conn,
            self.ctx,
            self.operation,
            "audit.purge.start",
            vec![start],
        )
    }

    /// What was deleted, one event a tenant, so that nobody reads of another's rows.
    fn tell<C: AuditConnection>(&self, conn: &mut C, finished: bool) -> Result<(), AuditError> {
        let mut tenants: BTreeMap<Option<&str>, Vec<serde_json::Value>> = BTreeMap::new();
        let own = self.limits.whose.tenant();
        tenants.insert(own, Vec::new());
        for ((tenant, table), (deleted, held)) in &self.tally.counts {
            if *deleted > 0 || tenant.as_deref() == own {
                let tables = tenants.entry(tenant.as_deref()).or_default();
                tables.push(json!({ "table": table, "deleted": deleted, "held": held }));
            }
        }
        let events: Vec<Event> = tenants
            .into_iter()
            .map(|(tenant, tables)| Event {
                tenant: tenant.map(str::to_owned),
                after: Some(json!({
                    "cutoff": self.cutoff_text(),
                    "finished": finished,
                    "tables": tables,
                })),
                ..Event::default()
            })
            .collect();
        atomic(conn, self.ctx, self.operation, |conn| {
            event::write(conn, self.ctx, self.operation, "audit.purge", events)?;
            Ok(End::Commit(()))
        })
    }

    fn cutoff_text(&self) -> Option<String> {
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        self.limits.cutoffs.default.map(text)
    }

    fn report(&self, dry_run: bool, finished: bool) -> PurgeReport {
        PurgeReport {
            dry_run,
            finished,
            operation: self.operation,
            now: self.limits.now,
            cutoff: self.limits.cutoffs.default,
            counts: self.tally.list(),
            oldest: self.tally.oldest,
            partitions: self.tally.partitions.clone(),
            batches: self.tally.batches,
            longest: self.tally.longest,
            took: self.begun.elapsed(),
        }
    }
}
