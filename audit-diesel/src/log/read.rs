//! Runs a query: whole, or a page of it.

use super::cursor::{Cursor, Position};
use super::filters::Filters;
use super::select::{Count, Piece, Select};
use super::shape::Shape;
use super::sole_tenant::sole_tenant;
use crate::backend::{AuditBackend, AuditConnection};
use crate::driver;
use crate::error::AuditError;
use crate::trail::{AuditEntry, read_entry};

/// Rows of the log, and where they go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The rows, in the query's order.
    pub entries: Vec<AuditEntry>,
    /// Where the next page starts; `None` where there was no further row.
    pub next: Option<Cursor>,
}

/// A query that was checked.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) filters: Filters,
    pub(super) shape: Shape,
    pub(super) newest_first: bool,
}

impl Plan {
    /// The rows behind a place, or from the start; at most so many, or all.
    pub(super) fn fetch<C: AuditConnection>(
        &self,
        conn: &mut C,
        behind: Option<Position>,
        limit: Option<usize>,
    ) -> Result<Vec<AuditEntry>, AuditError> {
        let pieces: &[Piece] = match behind {
            None => &[Piece::All],
            Some(place) if self.shape.by_time() => {
                &[Piece::Ties(place.at, place.seq), Piece::Later(place.at)]
            }
            Some(place) => &[Piece::Behind(place.seq)],
        };
        // Whoever reads all of it gains nothing by the order of the index, nor does who reads by
        // another one (the probes of an operation's sets).
        let sole = match limit {
            Some(_) if self.shape == Shape::Record => sole_tenant(conn, &self.filters)?,
            _ => None,
        };
        let mut rows: Vec<AuditEntry> = Vec::new();
        for piece in pieces {
            let left = limit.map(|limit| limit - rows.len());
            if left == Some(0) {
                break;
            }
            let select = Select {
                filters: &self.filters,
                sole: sole.as_ref(),
                shape: self.shape,
                newest_first: self.newest_first,
                piece: *piece,
                limit: left.map(|n| i64::try_from(n).unwrap_or(i64::MAX)),
            };
            let found = driver::load(conn, &select, |row| read_entry::<C::Backend, _>(row))
                .map_err(AuditError::of_audit_table)?;
            if rows.is_empty() {
                rows = found;
            } else {
                rows.extend(found);
            }
        }
        Ok(rows)
    }

    pub(super) fn count<C: AuditConnection>(&self, conn: &mut C) -> Result<u64, AuditError> {
        let count = Count {
            filters: &self.filters,
            shape: self.shape,
        };
        let rows = driver::load(conn, &count, |row| C::Backend::read_i64(row, 0))
            .map_err(AuditError::of_audit_table)?;
        Ok(rows.first().map_or(0, |n| n.unsigned_abs()))
    }
}
