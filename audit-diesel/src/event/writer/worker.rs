//! The thread that writes what is queued.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use audit_core::{Actor, AuditContext};

use super::attempt::{Trouble, attempt, discard};
use super::gap::Gap;
use super::state::{Next, Shared};
use super::told::LossCause;
use crate::backend::{AuditBackend, AuditConnection};
use crate::error::AuditError;
use crate::event::Event;
use crate::event::batch::{probe, write_batch};
use crate::log::AuditLog;

/// Least time after an attempt to tell of losses that failed.
const UNTOLD: Duration = Duration::from_secs(1);

pub(super) struct Worker<C, F> {
    shared: Arc<Shared>,
    factory: Arc<Mutex<F>>,
    conn: Option<C>,
    /// Losses that are made into events, whose writing has not succeeded yet.
    untold: Vec<Untold>,
    /// When to tell of losses again.
    gap_due: Instant,
    /// How long to wait after the next trouble.
    wait: Duration,
    /// The first rows of the queue were tried before, and may be in the log.
    again: bool,
}

struct Untold {
    tenant: Option<String>,
    gap: Gap,
    event: Arc<Event>,
}

impl<C, E, F> Worker<C, F>
where
    C: AuditConnection,
    F: FnMut() -> Result<C, E>,
{
    pub(super) fn new(shared: Arc<Shared>, factory: Arc<Mutex<F>>) -> Self {
        Self {
            wait: shared.limits.back_off.0,
            shared,
            factory,
            conn: None,
            untold: Vec::new(),
            gap_due: Instant::now(),
            again: false,
        }
    }

    /// Works until the writer is shut down. Panics of the app's code are caught where it is called;
    /// should one come from anywhere else, the queue is as it was, and work goes on.
    pub(super) fn run(mut self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            discard(self.conn.take());
            self.again = true;
            self.shared.landed(Some(Trouble::Panicked.text()));
            self.back_off();
        }
        self.shared.finish();
    }

    fn work(&mut self) {
        loop {
            let result = match self.shared.next(!self.untold.is_empty(), self.gap_due) {
                Next::Batch(batch) => {
                    if self.again {
                        self.shared.retrying();
                    }
                    let result = self.deal(&batch, self.again);
                    self.again = result.is_err();
                    result
                }
                Next::Gaps => {
                    let result = self.tell_gaps();
                    let mut interval = self.shared.limits.gap_interval;
                    if result.is_err() {
                        // The events come first: they may be taken where this one is not.
                        interval = interval.max(UNTOLD);
                    }
                    self.gap_due = Instant::now() + interval;
                    result
                }
                Next::End => {
                    // Of what was given up just now the database can still be told, if it answers.
                    if !self.again {
                        let _ = self.tell_gaps();
                    }
                    return;
                }
            };
            match result {
                Ok(()) => {
                    self.shared.landed(None);
                    self.wait = self.shared.limits.back_off.0;
                }
                Err(trouble) => {
                    self.shared.landed(Some(trouble.text()));
                    self.back_off();
                }
            }
        }
    }

    fn back_off(&mut self) {
        self.shared.pause(self.wait);
        self.wait = (self.wait * 2).min(self.shared.limits.back_off.1);
    }

    /// Writes the rows, which are the first of the queue. Where the database refuses some of them
    /// and takes others, those that it refuses are found by halving and counted as failed.
    ///
    /// # Errors
    /// What another attempt may overcome; the rows that are not dealt with are still in the queue.
    fn deal(&mut self, batch: &[Arc<Event>], again: bool) -> Result<(), Trouble> {
        let result = attempt(&mut self.conn, &self.factory, |conn| {
            write_batch(conn, batch, again)
        });
        let trouble = match result {
            Ok(()) => {
                self.shared.written(batch.len());
                return Ok(());
            }
            Err(trouble) if trouble.is_transient() || self.shared.is_abandoned() => {
                return Err(trouble);
            }
            Err(trouble) => trouble,
        };
        // A table without room, a standby, a missing grant refuse every row: those wait.
        if !self.takes_any() {
            discard(self.conn.take());
            return Err(trouble);
        }
        if batch.len() > 1 {
            let (first, second) = batch.split_at(batch.len() / 2);
            self.deal(first, true)?;
            return self.deal(second, true);
        }
        // Once more, should the refusal have been a passing one.
        let result = attempt(&mut self.conn, &self.factory, |conn| {
            write_batch(conn, batch, true)
        });
        match result {
            Ok(()) => self.shared.written(batch.len()),
            Err(trouble) if trouble.is_transient() => return Err(trouble),
            Err(Trouble::Refused(error)) => self.shared.failed(&LossCause::Refused(error)),
            Err(_) => self.shared.failed(&LossCause::Panicked),
        }
        Ok(())
    }

    /// Whether the database takes any event at all.
    fn takes_any(&mut self) -> bool {
        let ctx = AuditContext::new(Actor::system());
        let event = AuditLog::framework_event("audit.probe").prepare(&ctx, C::Backend::DIALECT);
        let result = event.map(|event| {
            attempt(&mut self.conn, &self.factory, |conn| probe(conn, &event)).is_ok()
        });
        result.unwrap_or(false)
    }

    /// Writes the events that tell of losses.
    fn tell_gaps(&mut self) -> Result<(), Trouble> {
        for (tenant, gap) in self.shared.take_gaps() {
            let dialect = C::Backend::DIALECT;
            let (tenant, event) = match gap.event(tenant.as_deref(), dialect) {
                Some(event) => (tenant, Some(event)),
                None => (None, gap.event(None, dialect)),
            };
            if let Some(event) = event.map(Arc::new) {
                self.untold.push(Untold { tenant, gap, event });
            }
        }
        while let Some(untold) = self.untold.last() {
            let event = core::slice::from_ref(&untold.event);
            let result = attempt(&mut self.conn, &self.factory, |conn| {
                write_batch(conn, event, true)
            });
            match result {
                Ok(()) => {
                    self.untold.pop();
                    self.shared.told_gap();
                }
                // Not under this tenant, perhaps.
                Err(Trouble::Refused(AuditError::Database(_))) if untold.tenant.is_some() => {
                    if let Some(untold) = self.untold.pop() {
                        self.shared.add_gap(None, &untold.gap);
                    }
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }
}
