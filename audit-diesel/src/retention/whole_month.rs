//! Dropping a month of which no row stays, in place of deleting its rows.

use std::thread::sleep;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::condition::Whose;
use super::gate;
use super::partition::{self, Dropped};
use super::report::GroupCount;
use super::run::{Leg, Run};
use super::window::{self, Window};
use crate::backend::AuditConnection;
use crate::error::AuditError;
use crate::patience::patiently;
use crate::transaction::{End, atomic_event};

/// Most rows of a month that are counted in one statement.
const MOST_COUNTED: i64 = 5_000_000;

/// How long it is tried to drop a month that others are at work on.
const ROOM: Duration = Duration::from_secs(8);

impl Run<'_> {
    /// Drops a piece that is a whole month of which no row stays. False where it is not, or where
    /// others are at work on it for too long: then its rows are deleted.
    ///
    /// The rows are counted before, in statements of their own, so that the transaction is short.
    /// What it was counted by (the holds, and that nobody was writing) is looked at again in it.
    pub(super) fn drop_month<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        leg: &Leg,
    ) -> Result<bool, AuditError> {
        let Some(month) = leg.stretch.month.as_deref() else {
            return Ok(false);
        };
        let is_over = leg.stretch.ends_by(self.limits.cutoffs.latest);
        if !is_over || self.crowded || self.limits.whose != Whose::All {
            return Ok(false);
        }
        let begun = Instant::now();
        while begun.elapsed() < ROOM {
            let last = window::bounds(conn, &leg.stretch)?.map_or(-1, |(_, last)| last);
            if !partition::writers_end(conn)? {
                break;
            }
            let holds = partition::active_holds(conn, self.limits.now)?;
            let Some(groups) = self.all_go(conn, leg, last, !holds.is_empty())? else {
                return Ok(false);
            };
            if !groups.is_empty() {
                self.refuse_unknown_names(conn)?;
            }
            let mut dropped = Dropped::Busy;
            while dropped == Dropped::Busy && begun.elapsed() < ROOM {
                let tried = Instant::now();
                dropped = patiently(|| self.try_drop(conn, month, last, &holds, &groups))?;
                self.tally.longest = self.tally.longest.max(tried.elapsed());
                if dropped == Dropped::Busy {
                    sleep(Duration::from_millis(250));
                }
            }
            if dropped == Dropped::Gone {
                self.tally.batches += u64::from(!groups.is_empty());
                self.tally.add(groups);
                self.tally.dropped.push(month.to_owned());
                return Ok(true);
            }
        }
        self.crowded = true;
        Ok(false)
    }

    /// What a piece has up to a number, where all of that may go.
    fn all_go<C: AuditConnection>(
        &mut self,
        conn: &mut C,
        leg: &Leg,
        last: i64,
        held: bool,
    ) -> Result<Option<Vec<GroupCount>>, AuditError> {
        let by_every_rule = !held && leg.stretch.ends_by(self.limits.cutoffs.earliest);
        let mut all = Vec::new();
        // Not from the leg's first row: one with a lower number may have been on its way then.
        let mut at = 0;
        while at < last {
            self.keep_turn(conn)?;
            let window = Window::look(at, last, MOST_COUNTED);
            let groups = if by_every_rule {
                window::count_all(conn, window, &leg.stretch, &self.limits)?
            } else {
                let shapes = window::shapes(conn, self.limits.now, None)?;
                window::count(conn, window, &leg.stretch, &self.limits, &shapes)?
            };
            if groups.iter().any(|group| group.oldest.is_some()) {
                return Ok(None);
            }
            at = match groups.is_empty() {
                true => window.over_gap(conn, last, &leg.stretch)?.up_to,
                false => window.up_to,
            };
            all.extend(groups);
        }
        Ok(Some(all))
    }

    fn try_drop<C: AuditConnection>(
        &self,
        conn: &mut C,
        month: &str,
        last: i64,
        holds: &[Uuid],
        groups: &[GroupCount],
    ) -> Result<Dropped, AuditError> {
        let Some(lease) = self.lease else {
            return Ok(Dropped::Busy);
        };
        atomic_event(conn, self.ctx, self.operation, |conn| {
            gate::begin_batch(conn, lease)?;
            // Also tells whether it is still our turn.
            window::shapes(conn, self.limits.now, Some(lease))?;
            if partition::active_holds(conn, self.limits.now)? != holds {
                return Ok(End::Commit(Dropped::Written));
            }
            let dropped = partition::drop_month(conn, month, last)?;
            if dropped == Dropped::Gone && self.tally.deleted == 0 && !groups.is_empty() {
                self.tell_start(conn)?;
            }
            Ok::<_, AuditError>(End::Commit(dropped))
        })
    }
}
