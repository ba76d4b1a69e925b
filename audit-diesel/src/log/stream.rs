//! All rows of a query, one after the other, in constant memory.

use std::collections::VecDeque;

use super::cursor::Position;
use super::read::Plan;
use crate::backend::AuditConnection;
use crate::error::AuditError;
use crate::trail::AuditEntry;

/// Most rows that are read at once.
const ROWS: usize = 1_000;

/// The text that is wanted in memory at once: where rows are large, fewer are read.
const BYTES: usize = 2 << 20;

/// The rows of a query, read in pieces of up to a thousand; see
/// [`LogQuery::stream`](super::LogQuery::stream).
pub struct LogStream<'c, C> {
    conn: &'c mut C,
    reader: Reader,
}

impl<C> core::fmt::Debug for LogStream<'_, C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LogStream").finish_non_exhaustive()
    }
}

impl<'c, C: AuditConnection> LogStream<'c, C> {
    pub(super) fn new(conn: &'c mut C, reader: Reader) -> Self {
        Self { conn, reader }
    }
}

impl<C: AuditConnection> Iterator for LogStream<'_, C> {
    type Item = Result<AuditEntry, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.reader.next(self.conn).transpose()
    }
}

impl<C: AuditConnection> core::iter::FusedIterator for LogStream<'_, C> {}

/// Goes through a query's rows, a piece at a time.
pub(super) struct Reader {
    plan: Plan,
    buffer: VecDeque<AuditEntry>,
    place: Option<Position>,
    /// How many rows may still be read from the database.
    left: usize,
    piece: usize,
    ended: bool,
}

impl Reader {
    pub(super) fn new(
        plan: Plan,
        place: Option<Position>,
        limit: Option<usize>,
        piece: usize,
    ) -> Self {
        Self {
            plan,
            buffer: VecDeque::new(),
            place,
            left: limit.unwrap_or(usize::MAX),
            piece: piece.clamp(1, ROWS),
            ended: false,
        }
    }

    /// The next row, which stays the next.
    pub(super) fn peek<C: AuditConnection>(
        &mut self,
        conn: &mut C,
    ) -> Result<Option<&AuditEntry>, AuditError> {
        if self.buffer.is_empty() && !self.ended {
            self.fill(conn).inspect_err(|_| self.ended = true)?;
        }
        Ok(self.buffer.front())
    }

    pub(super) fn next<C: AuditConnection>(
        &mut self,
        conn: &mut C,
    ) -> Result<Option<AuditEntry>, AuditError> {
        self.peek(conn)?;
        Ok(self.buffer.pop_front())
    }

    fn fill<C: AuditConnection>(&mut self, conn: &mut C) -> Result<(), AuditError> {
        let wanted = self.piece.min(self.left);
        let rows = if wanted == 0 {
            Vec::new()
        } else {
            self.plan.fetch(conn, self.place, Some(wanted))?
        };
        self.ended = rows.len() < wanted || wanted == 0;
        self.left -= rows.len();
        self.place = rows.last().map(Position::of).or(self.place);
        let bytes: usize = rows.iter().map(AuditEntry::bytes).sum();
        if let Some(each) = bytes.checked_div(rows.len()) {
            self.piece = (BYTES / each.max(1)).clamp(1, ROWS);
        }
        self.buffer = rows.into();
        Ok(())
    }
}

/// So many rows are read first, when nothing is known yet of their size.
pub(super) const FIRST: usize = 100;
