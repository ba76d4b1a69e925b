//! What became of a request.

use audit_diesel::AuditContext;
use uuid::Uuid;

use crate::input::Seen;
use crate::requests::{Kind, Request};

/// A request that was tried.
pub(crate) struct Handled<'f> {
    pub(crate) line: usize,
    pub(crate) request: &'f Request,
    /// Under which its audit rows are, if there are any.
    pub(crate) operation: Uuid,
    pub(crate) ctx: AuditContext,
    /// The record that it is about, unless it is to create one.
    pub(crate) target: Option<Record>,
    pub(crate) seen: Seen,
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    Done(Done),
    /// Why not.
    Refused(String),
}

pub(crate) struct Done {
    pub(crate) record: Record,
    pub(crate) effect: Effect,
}

/// A record by its entity and primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) id: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Written, with this many audit rows.
    Recorded(i64),
    /// Written and stamped; only fields changed that the trail leaves out.
    Unrecorded,
    /// The record was so already.
    Nothing,
}

impl Handled<'_> {
    pub(crate) fn done(&self) -> Option<&Done> {
        match &self.outcome {
            Outcome::Done(done) => Some(done),
            Outcome::Refused(_) => None,
        }
    }

    /// The record that the request wrote to.
    pub(crate) fn written(&self) -> Option<Record> {
        self.done()
            .filter(|done| done.effect != Effect::Nothing)
            .map(|done| done.record)
    }
}
