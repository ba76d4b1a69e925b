//! How long the trail is kept: limits, legal holds, the purge, and its daily job.
//!
//! A [`Retention`] says how long rows are kept, by tenant and table. A [`Purge`] deletes what is
//! older, except what an [`AuditHold`] covers; a [`RetentionJob`] does so once a day.

mod condition;
mod event;
mod gate;
mod hold;
mod job;
mod known;
mod lease;
mod never;
mod partition;
mod policy;
mod purge;
mod report;
mod run;
mod schedule;
mod whole_month;
mod window;

pub use hold::{AuditHold, NewHold};
pub use job::{JobOutcome, RetentionJob, RunningJob};
pub use policy::{DEFAULT_DAYS, Keep, MAX_DAYS, MAX_OVERRIDES, RETENTION_DAYS, Retention};
pub use purge::Purge;
pub use report::{PurgeCount, PurgeProgress, PurgeReport};
