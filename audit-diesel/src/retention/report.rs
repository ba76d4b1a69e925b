//! What a purge has done, and how far it is.

use core::ops::ControlFlow;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What a purge has deleted, or a dry run would have.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PurgeReport {
    /// Nothing was deleted: it only counted.
    pub dry_run: bool,
    /// It came to the end. Otherwise it was stopped, and the next run goes on where it ended.
    pub finished: bool,
    /// The operation whose events tell of it.
    pub operation: Uuid,
    /// What the limits were counted back from.
    pub now: DateTime<Utc>,
    /// Rows before this were too old where no rule said otherwise; `None` where they stay for ever.
    pub cutoff: Option<DateTime<Utc>>,
    /// Rows deleted (a dry run: to delete) and rows too old but held, by tenant and table.
    pub counts: Vec<PurgeCount>,
    /// When the oldest row changed that was left; `None` where none was. Of a month that need not
    /// be looked at, it is the first row that was written.
    pub oldest: Option<DateTime<Utc>>,
    /// Whole months dropped in place of deleting their rows, by the names of their partitions: of a
    /// log that PostgreSQL keeps by month.
    pub partitions_dropped: Vec<String>,
    /// Months that were left alone, since they are not over by the limits: they may hold rows that
    /// are too old, which [`Purge::within_months`](super::Purge::within_months) deletes.
    pub partitions_waiting: Vec<String>,
    /// The months to come that were made, likewise.
    pub partitions_created: Vec<String>,
    /// Transactions that deleted.
    pub batches: u64,
    /// The longest transaction, from BEGIN to the answer to COMMIT.
    pub longest: Duration,
    /// All of it.
    pub took: Duration,
}

/// How many rows of one table of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurgeCount {
    /// The tenant; `None` for rows without one.
    pub tenant: Option<String>,
    /// The table's audit name; `None` for events without a target.
    pub table: Option<String>,
    /// Deleted, or to delete.
    pub deleted: u64,
    /// Too old, and kept by a hold.
    pub held: u64,
}

impl PurgeReport {
    /// Rows deleted, or to delete.
    pub fn deleted(&self) -> u64 {
        self.counts.iter().map(|count| count.deleted).sum()
    }

    /// Rows too old that a hold keeps.
    pub fn held(&self) -> u64 {
        self.counts.iter().map(|count| count.held).sum()
    }
}

/// How far a purge is: given to its callback after each batch.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PurgeProgress {
    /// Places of the log gone through, of [`Self::total`]. Rows are one each, and gaps count.
    pub done: u64,
    /// Places of the log to go through.
    pub total: u64,
    /// Rows deleted so far.
    pub deleted: u64,
    /// Rows too old that a hold keeps, so far.
    pub held: u64,
    /// Since the start.
    pub elapsed: Duration,
}

/// Called with how far it is; `Break` ends the run there.
pub(super) type OnProgress<'a> = Box<dyn FnMut(&PurgeProgress) -> ControlFlow<()> + Send + 'a>;

/// Tenant and table.
pub(super) type Group = (Option<String>, Option<String>);

/// What is summed up on the way.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) counts: BTreeMap<Group, (u64, u64)>,
    pub(super) oldest: Option<DateTime<Utc>>,
    pub(super) deleted: u64,
    pub(super) held: u64,
    pub(super) batches: u64,
    pub(super) longest: Duration,
    pub(super) dropped: Vec<String>,
    pub(super) waiting: Vec<String>,
    pub(super) created: Vec<String>,
}

/// What a window of the log has of one group.
#[derive(Debug)]
pub(super) struct GroupCount {
    pub(super) group: Group,
    pub(super) old: u64,
    pub(super) held: u64,
    /// The oldest row that stays.
    pub(super) oldest: Option<DateTime<Utc>>,
}

impl Tally {
    pub(super) fn add(&mut self, groups: Vec<GroupCount>) {
        for count in groups {
            if count.old > 0 || count.held > 0 {
                let sum = self.counts.entry(count.group).or_default();
                sum.0 += count.old;
                sum.1 += count.held;
            }
            self.deleted += count.old;
            self.held += count.held;
            self.see(count.oldest);
        }
    }

    /// A row that stays.
    pub(super) fn see(&mut self, time: Option<DateTime<Utc>>) {
        self.oldest = match (self.oldest, time) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    pub(super) fn list(&self) -> Vec<PurgeCount> {
        let row = |((tenant, table), (deleted, held)): (&Group, &(u64, u64))| PurgeCount {
            tenant: tenant.clone(),
            table: table.clone(),
            deleted: *deleted,
            held: *held,
        };
        self.counts.iter().map(row).collect()
    }
}
