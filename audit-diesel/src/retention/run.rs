//! One run of a purge: through the log piece by piece, batch by batch.

use core::ops::ControlFlow;
use std::collections::{BTreeMap, BTreeSet};
use std::thread::sleep;
use std::time::{Duration, Instant};

use audit_core::AuditContext;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use uuid::Uuid;

use super::event::{self, Event};
use super::gate;
use super::known;
use super::lease::Lease;
use super::partition::{self, Stretch};
use super::report::{GroupCount, OnProgress, PurgeProgress, PurgeReport, Tally};
use super::window::{self, Limits, Window};
use crate::backend::AuditConnection;
use crate::error::AuditError;
use crate::patience::patiently;
use crate::transaction::{End, atomic_event};

/// Rows of the first batch; the next ones follow the measured time.
const FIRST_BATCH: i64 = 1_000;

/// Most rows of a batch, and of a stretch that is only read.
const MOST_ROWS: i64 = 20_000;
const MOST_READ: i64 = 200_000;

/// How often a purge that only reads goes on with its turn, well within its lease.
const BEAT: Duration = Duration::from_secs(3);

/// How often a purge that waits looks whether it is to end.
const LOOK: Duration = Duration::from_millis(100);

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

/// How long it waits after a batch.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pause {
    For(Duration),
    /// Of the time that the batch took.
    Quarter,
}

/// A piece of the log to go through, and its first and last number.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) stretch: Stretch,
    pub(super) first: i64,
    last: i64,
}

impl Leg {
    fn places(&self) -> u64 {
        (self.last - self.first + 1).max(0).unsigned_abs()
    }
}

/// Asked whether a run is to end while it waits.
pub(super) type Stop<'c> = Box<dyn FnMut() -> bool + Send + 'c>;

pub(super) struct Run<'c> {
    pub(super) ctx: &'c AuditContext,
    pub(super) operation: Uuid,
    pub(super) limits: Limits,
    pub(super) lease: Option<Lease>,
    pub(super) tally: Tally,
    /// The names of tables that must be known before anything goes.
    pub(super) names: BTreeSet<String>,
    pub(super) progress: Option<OnProgress<'c>>,
    pub(super) stop: Option<Stop<'c>>,
    target: Duration,
    pause: Pause,
    begun: Instant,
    /// When it last went on with its turn.
    beat: Instant,
    /// Others were at work on the log for as long as it waits: no further month is tried.
    pub(super) crowded: bool,
    /// Places gone through, and those that there are.
    done: u64,
    total: u64,
}

impl<'c> Run<'c> {
    pub(super) fn new(
        ctx: &'c AuditContext,
        limits: Limits,
        target: Duration,
        pause: Pause,
    ) -> Self {
        Self {
            ctx,
            operation: ctx.operation_ref().unwrap_or_else(Uuid::now_v7),
            limits,
            lease: None,
            tally: Tally::default(),
            names: BTreeSet::new(),
            progress: None,
            stop: None,
            target,
            pause,
            begun: Instant::now(),
            beat: Instant::now(),
            crowded: false,
            done: 0,
            total: 0,
        }
    }

    fn pace(&self, most: i64) -> Pace {
        Pace {
            rows: FIRST_BATCH,
            most,
            target: self.target,
        }
    }

    /// The pieces that are to be gone through, and those that are not: nothing can be too old in them,
    /// or they are months that are not over.
    fn legs<C: AuditConnection>(
        &mut self,
        conn: &mut C,
    ) -> Result<(Vec<Leg>, Vec<Stretch>), AuditError> {
        let latest = self.limits.cutoffs.latest;
        let (mut legs, mut young) = (Vec::new(), Vec::new());
        for stretch in partition::stretches(conn)? {
            let too_young = |from| latest.is_none_or(|latest| from >= latest);
            let waits =
                stretch.month.is_some() && !stretch.ends_by(latest) && !self.limits.within_months;
            let is_young = stretch.from.is_some_and(too_young);
            if waits && !is_young {
                self.tally.waiting.extend(stretch.month.clone());
            }
            if waits || is_young {
                young.push(stretch);
                continue;
            }
            let bounds = window::bounds(conn, &stretch)?;
            if bounds.is_none() && stretch.month.is_none() {
                continue;
            }
            let (first, last) = bounds.unwrap_or((0, -1));
            let leg = Leg {
                stretch,
                first,
                last,
            };
            self.total += leg.places();
            legs.push(leg);
        }
        Ok((legs, young))
    }

    /// Counts without deleting. True where it came to the end.
    pub(super) fn count<C: AuditConnection>(&mut self, conn: &mut C) -> Result<bool, AuditError> {
        let (legs, young) = self.legs(conn)?;
        let mut pace = self.pace(MOST_READ);
        for leg in &legs {
            let mut at = leg.first - 1;
            while at < leg.last {
                let begun = Instant::now();
                let (window, groups) = self.look(conn, leg, at, pace.rows)?;
                self.tally.add(groups);
                pace.follow(begun.elapsed());
                if self.goes_on(&mut at, window).is_break() {
                    return Ok(self.done >= self.total);
                }
            }
        }
        self.look_at_young(conn, &young)?;
        Ok(true)
    }

    /// Deletes. True where it came to the end.
    pub(super) fn purge<C: AuditConnection>(&mut self, conn: &mut C) -> Result<bool, AuditError> {
        self.tally.created = partition::add_months(conn)?;
        let (legs, young) = self.legs(conn)?;
        for leg in &legs {
            let flow = if self.drop_month(conn, leg)? {
                self.done += leg.places();
                self.show()
            } else {
                self.purge_rows(conn, leg)?
            };
            if flow.is_break() {
                return Ok(self.done >= self.total);
            }
        }
        self.look_at_young(conn, &young)?;
        Ok(true)
    }

    /// Deletes what of a piece may go, batch by batch.
    fn purge_rows<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        leg: &Leg,
    ) -> Result<ControlFlow<()>, AuditError> {
        let (mut reads, mut deletes) = (self.pace(MOST_READ), self.pace(MOST_ROWS));
        let mut at = leg.first - 1;
        // The last window had nothing to delete: look before a transaction is opened.
        let mut quiet = true;
        while at < leg.last {
            let begun = Instant::now();
            let window;
            let mut took = Duration::ZERO;
            if quiet {
                self.keep_turn(conn)?;
                let groups;
                (window, groups) = self.look(conn, leg, at, reads.rows)?;
                if groups.iter().any(|group| group.old > 0) {
                    quiet = false;
                    continue;
                }
                self.tally.add(groups);
                reads.follow(begun.elapsed());
            } else {
                window = Window::next(conn, at, leg.last, deletes.rows, &leg.stretch)?;
                let begun = Instant::now();
                let (deleted, measure) = self.batch(conn, window, leg)?;
                took = begun.elapsed();
                deletes.follow(measure);
                quiet = deleted == 0;
            }
            if self.goes_on(&mut at, window).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if !quiet && self.rest(conn, took)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Waits after a batch that took so long, for no longer than it is not stopped, and without losing
    /// its turn.
    fn rest<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        took: Duration,
    ) -> Result<ControlFlow<()>, AuditError> {
        let pause = match self.pause {
            Pause::For(time) => time,
            Pause::Quarter => took / 4,
        };
        let begun = Instant::now();
        while let Some(left) = pause.checked_sub(begun.elapsed()).filter(|d| !d.is_zero()) {
            if self.is_stopped() {
                return Ok(ControlFlow::Break(()));
            }
            sleep(left.min(LOOK));
            self.keep_turn(conn)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    pub(super) fn is_stopped(&mut self) -> bool {
        self.stop.as_mut().is_some_and(|stop| stop())
    }

    /// Refuses the names that nobody knows, now that there is something to delete.
    pub(super) fn refuse_unknown_names<C: AuditConnection>(
        &mut self,
        conn: &mut C,
    ) -> Result<(), AuditError> {
        if !self.names.is_empty() {
            known::refuse_unknown_rules(conn, &self.names, self.lease.is_some())?;
            self.names.clear();
        }
        Ok(())
    }

    /// Counts what the next window has. Most have nothing that could go, and are only glanced at.
    fn look<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        leg: &Leg,
        after: i64,
        rows: i64,
    ) -> Result<(Window, Vec<GroupCount>), AuditError> {
        let window = Window::look(after, leg.last, rows);
        let Some(glance) = window::glance(conn, window, &leg.stretch, &self.limits)? else {
            let window = window.over_gap(conn, leg.last, &leg.stretch)?;
            return Ok((window, Vec::new()));
        };
        self.tally.see(glance.oldest);
        if glance.old == 0 {
            return Ok((window, Vec::new()));
        }
        let shapes = window::shapes(conn, self.limits.now, None)?;
        let groups = window::count(conn, window, &leg.stretch, &self.limits, &shapes)?;
        if groups.iter().any(|group| group.old > 0) {
            self.refuse_unknown_names(conn)?;
        }
        Ok((window, groups))
    }

    /// The oldest row that is left may be one that was not looked at.
    fn look_at_young<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        young: &[Stretch],
    ) -> Result<(), AuditError> {
        for stretch in young {
            if self.tally.oldest.is_some() {
                break;
            }
            // A month says itself, nearly, how old its oldest row is; what lies before the first does not.
            self.tally.oldest = match stretch.from {
                Some(_) => window::first(conn, stretch, &self.limits)?,
                None => window::oldest(conn, stretch, &self.limits)?,
            };
        }
        Ok(())
    }

    /// Goes on with the turn while nothing is deleted.
    pub(super) fn keep_turn<C: AuditConnection>(&mut self, conn: &mut C) -> Result<(), AuditError> {
        if self.beat.elapsed() > BEAT
            && let Some(lease) = self.lease
        {
            patiently(|| lease.renew(conn))?;
            self.beat = Instant::now();
        }
        Ok(())
    }

    /// Deletes what of a stretch may go, in one transaction; how many rows, and the time that the
    /// next batch follows.
    fn batch<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        window: Window,
        leg: &Leg,
    ) -> Result<(u64, Duration), AuditError> {
        let (groups, took, work) = patiently(|| {
            let begun = Instant::now();
            let mut work = Duration::ZERO;
            let groups = self.try_batch(conn, window, leg, &mut work)?;
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
        leg: &Leg,
        work: &mut Duration,
    ) -> Result<Vec<GroupCount>, AuditError> {
        let Some(lease) = self.lease else {
            return Ok(Vec::new());
        };
        gate::before_batch(conn)?;
        atomic_event(conn, self.ctx, self.operation, |conn| {
            gate::begin_batch(conn, lease)?;
            let shapes = window::shapes(conn, self.limits.now, Some(lease))?;
            let begun = Instant::now();
            let groups = window::count(conn, window, &leg.stretch, &self.limits, &shapes)?;
            let old: u64 = groups.iter().map(|group| group.old).sum();
            let Some(cutoff) = self.limits.cutoffs.latest.filter(|_| old > 0) else {
                *work = begun.elapsed();
                return Ok(End::Rollback(groups));
            };
            gate::open(conn, lease, cutoff)?;
            let deleted = window::delete(conn, window, &leg.stretch, &self.limits, &shapes)?;
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

    /// The window is done with.
    fn goes_on(&mut self, at: &mut i64, window: Window) -> ControlFlow<()> {
        self.done += (window.up_to - *at).max(0).unsigned_abs();
        *at = window.up_to;
        self.show()
    }

    fn show(&mut self) -> ControlFlow<()> {
        let Some(callback) = &mut self.progress else {
            return ControlFlow::Continue(());
        };
        callback(&PurgeProgress {
            done: self.done.min(self.total),
            total: self.total,
            deleted: self.tally.deleted,
            held: self.tally.held,
            elapsed: self.begun.elapsed(),
        })
    }

    /// With the first rows deleted: a run that is killed later is seen by it.
    pub(super) fn tell_start<C: AuditConnection>(&self, conn: &mut C) -> Result<(), AuditError> {
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
    pub(super) fn tell<C: AuditConnection>(
        &self,
        conn: &mut C,
        finished: bool,
    ) -> Result<(), AuditError> {
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
            .map(|(tenant, tables)| {
                let mut after = json!({
                    "cutoff": self.cutoff_text(),
                    "finished": finished,
                    "tables": tables,
                });
                if tenant.is_none() && !self.tally.dropped.is_empty() {
                    after["partitions"] = json!(self.tally.dropped);
                }
                Event {
                    tenant: tenant.map(str::to_owned),
                    after: Some(after),
                    ..Event::default()
                }
            })
            .collect();
        atomic_event(conn, self.ctx, self.operation, |conn| {
            event::write(conn, self.ctx, self.operation, "audit.purge", events)?;
            Ok(End::Commit(()))
        })
    }

    fn cutoff_text(&self) -> Option<String> {
        let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        self.limits.cutoffs.default.map(text)
    }

    pub(super) fn report(&self, dry_run: bool, finished: bool) -> PurgeReport {
        PurgeReport {
            dry_run,
            finished,
            operation: self.operation,
            now: self.limits.now,
            cutoff: self.limits.cutoffs.default,
            counts: self.tally.list(),
            oldest: self.tally.oldest,
            partitions_dropped: self.tally.dropped.clone(),
            partitions_waiting: self.tally.waiting.clone(),
            partitions_created: self.tally.created.clone(),
            batches: self.tally.batches,
            longest: self.tally.longest,
            took: self.begun.elapsed(),
        }
    }
}
