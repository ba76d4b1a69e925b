//! Deleting what is too old, in short transactions.

use core::fmt;
use core::ops::ControlFlow;
use std::time::Duration;

use audit_core::AuditContext;
use chrono::{DateTime, TimeDelta, Utc};

use super::condition::Whose;
use super::gate;
use super::lease::{Lease, clock};
use super::policy::Retention;
use super::report::{OnProgress, PurgeProgress, PurgeReport};
use super::run::{Pause, Run, Stop};
use super::window::Limits;
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::patience::patiently;
use crate::sql::Sql;
use crate::transaction::depth;

/// How far this process's clock may be ahead of the database's.
const CLOCK_AHEAD: TimeDelta = TimeDelta::days(1);

/// Deletes the rows of the trail that are older than a [`Retention`] keeps them.
///
/// It goes through the log in batches, each in a short transaction of its own, so that writers
/// hardly notice. It can be killed at any point and run again: what a batch deleted is deleted,
/// and nothing else is. Rows under a [hold](super::AuditHold) stay. A row goes once it is
/// older than its limit, not when it is exactly as old.
///
/// On PostgreSQL, a log by month (`migrate_by_month`) gets the months to come, and loses whole those
/// that are over and of which nothing stays, if the purge is of all tenants. What a hold or a longer
/// limit keeps of a month stays, and the rest is deleted row by row, as where others are at work on the log
/// for long. Months that are not over by the shortest of the limits are left alone, unless
/// [asked for](Self::within_months). No month is dropped that is not over by the database's clock.
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
    within_months: bool,
    batch_time: Option<Duration>,
    pause: Option<Duration>,
    progress: Option<OnProgress<'a>>,
    stop: Option<Stop<'a>>,
}

impl fmt::Debug for Purge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Purge")
            .field("retention", &self.retention)
            .field("dry_run", &self.dry_run)
            .field("within_months", &self.within_months)
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
            within_months: false,
            batch_time: None,
            pause: None,
            progress: None,
            stop: None,
        }
    }

    /// Only counts, by the same conditions.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// On a log by month, deletes also rows of months that are not over yet, one by one, as on a plain
    /// log. Without it a row goes with its month, up to a month later than its limit; with it a purge
    /// each day leaves little of a month to drop. For limits that are a duty. Elsewhere it changes
    /// nothing.
    pub fn within_months(mut self) -> Self {
        self.within_months = true;
        self
    }

    /// How long a transaction should take; the size of the batches follows. Default: 20 ms on
    /// PostgreSQL, 250 ms on SQLite and MySQL/MariaDB, which write an index page anew with each batch
    /// that touches it.
    pub fn batch_time(mut self, time: Duration) -> Self {
        self.batch_time = Some(time);
        self
    }

    /// How long to wait after each batch. Default: not at all; on SQLite with a rollback journal a
    /// quarter of the time that the batch took, so that others get in between: there is one writer at a
    /// time and no queue of those that wait. With a write-ahead log (`PRAGMA journal_mode = WAL`) a batch
    /// holds the lock for less of the time, and needs no pause.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = Some(pause);
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

    /// Asked while it waits: for its turn, or after a batch.
    pub(super) fn stop_when(mut self, stop: impl FnMut() -> bool + Send + 'a) -> Self {
        self.stop = Some(Box::new(stop));
        self
    }

    /// Runs it. On a plain connection of its own, outside of any transaction.
    ///
    /// # Errors
    /// [`AuditError::InTransaction`] inside a transaction of the caller's;
    /// [`AuditError::PurgeRunning`] while another purge is at work; [`AuditError::Retention`] where
    /// this process's clock is more than a day ahead of the database's, or there is something to delete
    /// and a [rule](Retention::table) keeps a table that nobody knows; what the database refuses.
    /// What was deleted before an error stays deleted, and its event is written if that is possible.
    pub fn run<C: AuditConnection>(
        self,
        conn: &mut C,
        ctx: &AuditContext,
    ) -> Result<PurgeReport, AuditError> {
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
            within_months: self.within_months,
        };
        let names = self.retention.names_to_know();
        refuse_fast_clock(conn, now)?;
        let target = self.batch_time.unwrap_or(match C::Backend::DIALECT {
            Dialect::Postgres => Duration::from_millis(20),
            Dialect::Sqlite | Dialect::Mysql => Duration::from_millis(250),
        });
        let pause = match self.pause {
            Some(time) => Pause::For(time),
            None if starves_writers(conn)? => Pause::Quarter,
            None => Pause::For(Duration::ZERO),
        };
        let mut run = Run::new(ctx, limits, target, pause);
        run.names = names;
        run.progress = self.progress;
        run.stop = self.stop;
        if self.dry_run {
            let finished = run.count(conn)?;
            return Ok(run.report(true, finished));
        }
        let lease = Lease::take(conn, || run.is_stopped())?;
        run.lease = Some(lease);
        let result = match gate::relax(conn) {
            Ok(relaxed) => {
                let result = run.purge(conn);
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

/// Whether batches without a pause would leave others no room. Whoever waits for SQLite's lock looks for
/// it ten times a second, and with a rollback journal it is free for some milliseconds between two
/// batches.
fn starves_writers<C: AuditConnection>(conn: &mut C) -> Result<bool, AuditError> {
    if C::Backend::DIALECT != Dialect::Sqlite {
        return Ok(false);
    }
    let sql = Sql::new("PRAGMA journal_mode");
    let mode = driver::load(conn, &sql, |row| C::Backend::read_text(row, 0))?;
    Ok(!matches!(mode.first(), Some(Some(mode)) if mode == "wal"))
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
