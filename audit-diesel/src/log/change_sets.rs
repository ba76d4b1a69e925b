//! Pages of whole change sets.

use std::collections::HashMap;

use uuid::Uuid;

use super::cursor::{Cursor, Position};
use super::filters::{Filters, Tenant};
use super::read::Plan;
use super::shape::Shape;
use super::stream::Reader;
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::error::AuditError;
use crate::trail::{AuditEntry, ChangeSet};

/// Change sets, and where they go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangePage {
    /// The change sets, in the query's order; the rows of each in the order of the entity's fields.
    pub change_sets: Vec<ChangeSet>,
    /// Where the next page starts; `None` where there was no further row.
    pub next: Option<Cursor>,
}

/// Rows of a change that a probe for its end reads at once.
const PROBE: usize = 32;

/// The rows of at least `wanted` change sets where there are so many, and the place behind them.
///
/// Other writers' rows may lie between those of a change, so a page ends at the first place from
/// `wanted` sets on where no set goes on behind it.
pub(super) fn read<C: AuditConnection>(
    conn: &mut C,
    plan: &Plan,
    start: Option<Position>,
    wanted: usize,
) -> Result<(Vec<Vec<AuditEntry>>, Option<Position>), AuditError> {
    let mut reader = Reader::new(plan.clone(), start, None, wanted.saturating_mul(4) + 1);
    let mut sets = Sets::default();
    let mut border: Option<Position> = None;
    // A row up to which a set of the page is known to reach.
    let mut reach: Option<Position> = None;
    let mut next = None;
    while let Some(row) = reader.peek(conn)? {
        let place = Position::of(row);
        if let Some(border) = border
            && sets.list.len() >= wanted
            && !sets.by_change.contains_key(&row.change_id)
            && !reach.is_some_and(|reach| plan.is_before(border, reach))
        {
            reach = sets.furthest(conn, plan, border, place)?;
            if !reach.is_some_and(|reach| plan.is_before(border, reach)) {
                next = Some(border);
                break;
            }
        }
        let Some(row) = reader.next(conn)? else {
            break;
        };
        border = Some(place);
        sets.push(row);
    }
    Ok((sets.finish(plan.newest_first), next))
}

#[derive(Default)]
struct Sets {
    list: Vec<Vec<AuditEntry>>,
    by_change: HashMap<Uuid, usize>,
    /// The set that each operation was last seen in: its rows are written one set after the other,
    /// so no other set of it can go on.
    last_of: HashMap<Uuid, usize>,
}

impl Sets {
    fn push(&mut self, row: AuditEntry) {
        let operation = row.operation_id;
        let index = *self.by_change.entry(row.change_id).or_insert_with(|| {
            self.list.push(Vec::new());
            self.list.len() - 1
        });
        self.last_of.insert(operation, index);
        if let Some(set) = self.list.get_mut(index) {
            set.push(row);
        }
    }

    fn finish(self, newest_first: bool) -> Vec<Vec<AuditEntry>> {
        self.list
            .into_iter()
            .map(|mut rows| {
                if newest_first {
                    rows.reverse();
                }
                rows
            })
            .collect()
    }

    /// The last row of a set that goes on behind the border, if one does. `next` is the row there.
    fn furthest<C: AuditConnection>(
        &self,
        conn: &mut C,
        plan: &Plan,
        border: Position,
        next: Position,
    ) -> Result<Option<Position>, AuditError> {
        // SQLite has one writer at a time, a record's rows are written under its lock, and an
        // operation's by one connection. A change has one time.
        let apart = C::Backend::DIALECT != Dialect::Sqlite
            && match plan.shape {
                Shape::Operation => false,
                Shape::Record => plan.filters.tenant == Tenant::Any,
                Shape::Actor | Shape::Tenant => border.at == next.at,
                Shape::Everything => true,
            };
        if !apart {
            return Ok(None);
        }
        let mut furthest: Option<Position> = None;
        for (operation, set) in &self.last_of {
            let Some(last) = self.list.get(*set).and_then(|rows| rows.last()) else {
                continue;
            };
            if plan.shape.by_time() && last.changed_at != border.at {
                continue;
            }
            let probe = Plan {
                filters: Filters {
                    operation: Some(*operation),
                    ..plan.filters.clone()
                },
                shape: Shape::Operation,
                newest_first: plan.newest_first,
            };
            let mut place = Position::of(last);
            loop {
                let rows = probe.fetch(conn, Some(place), Some(PROBE))?;
                let same = rows
                    .iter()
                    .take_while(|row| row.change_id == last.change_id)
                    .count();
                if let Some(row) = rows.get(same.wrapping_sub(1)) {
                    place = Position::of(row);
                }
                if same < PROBE {
                    break;
                }
            }
            if furthest.is_none_or(|furthest| plan.is_before(furthest, place)) {
                furthest = Some(place);
            }
        }
        Ok(furthest)
    }
}

impl Plan {
    /// True where the first place comes before the second in the plan's order.
    fn is_before(&self, one: Position, other: Position) -> bool {
        let key = |place: Position| (self.shape.by_time().then_some(place.at), place.seq);
        if self.newest_first {
            key(one) > key(other)
        } else {
            key(one) < key(other)
        }
    }
}
