//! The purge once a day, in the process.

use core::fmt;
use core::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use audit_core::AuditContext;
use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Utc};

use super::lease::claim_slot;
use super::policy::Retention;
use super::purge::Purge;
use super::report::PurgeReport;
use super::schedule::next_run;
use crate::backend::{AuditBackend, AuditConnection, Dialect};

/// How often the clock is looked at: it may be set meanwhile, and machines sleep.
const LOOK: Duration = Duration::from_millis(200);

/// A clock that went back by more than this has been set.
const SET_BACK: TimeDelta = TimeDelta::minutes(30);

/// What became of a day's run.
#[derive(Debug)]
#[non_exhaustive]
pub enum JobOutcome {
    /// It purged; see [`PurgeReport::finished`] for whether to the end.
    Purged(PurgeReport),
    /// Another process has taken this day's run.
    Skipped,
    /// No connection, or the purge failed. The next run is the next day's.
    Failed(Box<dyn std::error::Error + Send + Sync>),
    /// The connection's factory or the purge panicked. The next run is the next day's.
    Panicked,
}

type OnOutcome = Box<dyn FnMut(DateTime<Utc>, &JobOutcome) + Send>;

/// Purges once a day, at three o'clock in a time zone, in a thread of its own.
///
/// Several processes may run the same job: the database gives each day's run to one of them. A day
/// whose clocks go forward over the time has its run at the next valid instant, a day that has the
/// time twice has one. A run that was missed because no process was up is not made up for; the next
/// one deletes what it would have.
///
/// Rules for targets of events want [`Retention::allow_unknown_tables`] where there may be none of
/// them in the log: else a run fails as soon as it has something to delete.
///
/// The clock is that of the context's [`AuditConfig`](crate::AuditConfig). A panic in the
/// connection's factory, the purge or the callback is caught, and the job goes on.
///
/// ```no_run
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use audit_diesel::prelude::*;
/// use audit_diesel::retention::{Retention, RetentionJob};
/// use diesel::{Connection, SqliteConnection};
///
/// let ctx = AuditContext::new(Actor::job("audit-purge")).all_tenants();
/// // With the crate chrono-tz: `chrono_tz::Europe::Berlin` in place of `Utc`.
/// let job = RetentionJob::new(Retention::from_env()?, ctx, chrono::Utc)
///     .on_outcome(|slot, outcome| eprintln!("audit purge of {slot}: {outcome:?}"))
///     .start(|| SqliteConnection::establish("app.sqlite"))?;
/// // .. when the process ends:
/// job.stop();
/// # Ok(()) }
/// # #[cfg(not(feature = "sqlite"))] fn main() {}
/// ```
#[must_use = "a job does nothing until it is started"]
pub struct RetentionJob<Z> {
    retention: Retention,
    ctx: AuditContext,
    zone: Z,
    at: NaiveTime,
    pause: Option<Duration>,
    within_months: bool,
    on_outcome: Option<OnOutcome>,
}

impl<Z> fmt::Debug for RetentionJob<Z> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetentionJob")
            .field("retention", &self.retention)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl<Z> RetentionJob<Z>
where
    Z: TimeZone + Send + 'static,
{
    /// A job that purges by these rules, as this actor, at 03:00 in `zone`.
    pub fn new(retention: Retention, ctx: AuditContext, zone: Z) -> Self {
        Self {
            retention,
            ctx,
            zone,
            at: NaiveTime::MIN + TimeDelta::hours(3),
            pause: None,
            within_months: false,
            on_outcome: None,
        }
    }

    /// At another time of the day.
    pub fn at(mut self, time: NaiveTime) -> Self {
        self.at = time;
        self
    }

    /// How long the purge waits after each batch. Default: 5 ms; on SQLite as
    /// [`Purge::pause`] says. A stop does not wait for it.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = Some(pause);
        self
    }

    /// On a log by month, also deletes rows of months that are not over: see
    /// [`Purge::within_months`].
    pub fn within_months(mut self) -> Self {
        self.within_months = true;
        self
    }

    /// Called after each run with the time that it was due and what became of it: for logs and
    /// alarms.
    pub fn on_outcome(
        mut self,
        callback: impl FnMut(DateTime<Utc>, &JobOutcome) + Send + 'static,
    ) -> Self {
        self.on_outcome = Some(Box::new(callback));
        self
    }

    /// Starts the thread. Each run opens a connection by `connect` and closes it at its end.
    ///
    /// # Errors
    /// Where the system starts no thread.
    pub fn start<C, E>(
        self,
        connect: impl FnMut() -> Result<C, E> + Send + 'static,
    ) -> std::io::Result<RunningJob>
    where
        C: AuditConnection,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let now = self.ctx.config_ref().now();
        let shared = Arc::new(Shared::default());
        shared.set_next(next_run(&self.zone, self.at, now));
        let theirs = shared.clone();
        let thread = Builder::new()
            .name("audit-retention".to_owned())
            .spawn(move || self.work(connect, now, &theirs))?;
        Ok(RunningJob {
            shared,
            thread: Some(thread),
        })
    }

    fn work<C, E>(
        mut self,
        mut connect: impl FnMut() -> Result<C, E>,
        mut last: DateTime<Utc>,
        shared: &Shared,
    ) where
        C: AuditConnection,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let clock = self.ctx.config_ref().clone();
        while !shared.wait() {
            let now = clock.now();
            if now < last - SET_BACK {
                shared.set_next(next_run(&self.zone, self.at, now));
            }
            last = now;
            let Some(slot) = shared.state().next.filter(|slot| *slot <= now) else {
                continue;
            };
            let run = catch_unwind(AssertUnwindSafe(|| self.run(&mut connect, slot, shared)));
            let outcome = Arc::new(match run {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(error)) => JobOutcome::Failed(error),
                Err(_) => JobOutcome::Panicked,
            });
            // However long the run took and however far the clock has jumped, once is enough.
            last = clock.now();
            shared.ran(
                outcome.clone(),
                next_run(&self.zone, self.at, last.max(slot)),
            );
            if let Some(callback) = &mut self.on_outcome {
                // What it panicked with has been printed by the panic's hook.
                let _ = catch_unwind(AssertUnwindSafe(|| callback(slot, &outcome)));
            }
        }
    }

    fn run<C, E>(
        &self,
        connect: &mut impl FnMut() -> Result<C, E>,
        slot: DateTime<Utc>,
        shared: &Shared,
    ) -> Result<JobOutcome, Box<dyn std::error::Error + Send + Sync>>
    where
        C: AuditConnection,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut conn = connect().map_err(Into::into)?;
        if !claim_slot(&mut conn, slot)? {
            return Ok(JobOutcome::Skipped);
        }
        let stop = || shared.stop.load(Ordering::Relaxed);
        let mut purge = Purge::new(self.retention.clone());
        if self.within_months {
            purge = purge.within_months();
        }
        purge = match (self.pause, C::Backend::DIALECT) {
            (Some(pause), _) => purge.pause(pause),
            (None, Dialect::Sqlite) => purge,
            (None, Dialect::Postgres | Dialect::Mysql) => purge.pause(Duration::from_millis(5)),
        };
        let report = purge
            .stop_when(stop)
            .progress(|_| {
                if stop() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
            .run(&mut conn, &self.ctx)?;
        Ok(JobOutcome::Purged(report))
    }
}

/// A job that was started. Dropping it stops it.
#[derive(Debug)]
#[must_use = "the job stops when this is dropped"]
pub struct RunningJob {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl RunningJob {
    /// Stops the job and waits for its end: at once, or after the batch that is at work.
    pub fn stop(mut self) {
        self.end();
    }

    /// When it runs next.
    pub fn next_run(&self) -> Option<DateTime<Utc>> {
        self.shared.state().next
    }

    /// What became of the last run; `None` before the first.
    pub fn last_outcome(&self) -> Option<Arc<JobOutcome>> {
        self.shared.state().last.clone()
    }

    fn end(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        // Under the lock, so that the thread is not between its look and its wait.
        drop(self.shared.state());
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // It catches every panic of its own.
            let _ = thread.join();
        }
    }
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        self.end();
    }
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    next: Option<DateTime<Utc>>,
    last: Option<Arc<JobOutcome>>,
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_next(&self, next: Option<DateTime<Utc>>) {
        self.state().next = next;
    }

    fn ran(&self, outcome: Arc<JobOutcome>, next: Option<DateTime<Utc>>) {
        let mut state = self.state();
        state.last = Some(outcome);
        state.next = next;
    }

    /// Waits a little; true where the job is to end.
    fn wait(&self) -> bool {
        let state = self.state();
        if self.stop.load(Ordering::Relaxed) {
            return true;
        }
        let waited = self.wake.wait_timeout(state, LOOK);
        drop(waited);
        self.stop.load(Ordering::Relaxed)
    }
}
