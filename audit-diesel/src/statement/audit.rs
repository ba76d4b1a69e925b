//! The INSERT of an operation's audit rows, and the statement by which SQLite's writer takes its
//! lock.

use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;

use crate::audit_rows::{AuditInsert, AuditRow, Columns, OperationRow, lock_key};
use crate::backend::{AuditBackend, Dialect};

impl<'a> AuditInsert<'a> {
    pub(crate) fn new<DB: AuditBackend>(operation: &'a OperationRow, rows: &'a [AuditRow]) -> Self {
        let mut columns = Columns::default();
        if DB::DIALECT == Dialect::Postgres {
            for row in rows {
                columns.push(row);
            }
        }
        Self {
            operation,
            rows,
            columns,
            lock_key: lock_key(operation.operation_id),
        }
    }
}

impl QueryId for AuditInsert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: AuditBackend> QueryFragment<DB> for AuditInsert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        DB::audit_insert(&mut out, self)
    }
}

/// Cuts an operation's rows into statements.
///
/// SQLite and MySQL/MariaDB have a text per number of rows, and Diesel's statement cache never
/// forgets one: up to sixteen rows go in one exact text, more in pieces of 64 and again up to
/// sixteen, so that there are seventeen texts at most. No piece is larger than four megabytes
/// (MariaDB's `max_allowed_packet` is sixteen by default), unless a single row is.
pub(crate) fn row_pieces(rows: &[AuditRow], dialect: Dialect) -> Vec<&[AuditRow]> {
    pieces(rows, AuditRow::bytes, dialect)
}

/// [`row_pieces`] of anything that is a row.
pub(crate) fn pieces<T>(rows: &[T], bytes_of: impl Fn(&T) -> usize, dialect: Dialect) -> Vec<&[T]> {
    const PACKET: usize = 4 << 20;
    let mut pieces = Vec::new();
    let mut rest = rows;
    while !rest.is_empty() {
        let wanted = match (dialect, rest.len()) {
            (Dialect::Postgres, n) => n.min(5_000),
            (_, n @ 0..=16) => n,
            (_, 17..=63) => 16,
            _ => 64,
        };
        let mut bytes = 0;
        let fits = rest
            .iter()
            .take(wanted)
            .take_while(|row| {
                bytes += bytes_of(row);
                bytes <= PACKET
            })
            .count()
            .max(1);
        let fits = match dialect {
            Dialect::Postgres => fits,
            // Keep to the few texts when bytes cut a piece short.
            _ if fits < wanted => fits.min(16),
            _ => fits,
        };
        let (piece, after) = rest.split_at(fits);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// SQLite: an empty DELETE takes the write lock, at any depth, and waits for it as the busy
/// timeout says. A deferred transaction that has read cannot: it is told so at once.
pub(crate) struct TakeWriteLock;

impl QueryId for TakeWriteLock {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<DB: AuditBackend> QueryFragment<DB> for TakeWriteLock {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("DELETE FROM audit_log WHERE 0");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::sql_types::JsonText;

    fn rows(n: usize, bytes: usize) -> Vec<AuditRow> {
        (0..n)
            .map(|_| AuditRow {
                id: Uuid::nil(),
                change_id: Uuid::nil(),
                tenant_id: None,
                record_id: None,
                field_name: None,
                old_value: None,
                new_value: Some(JsonText("x".repeat(bytes))),
            })
            .collect()
    }

    fn lengths(n: usize, bytes: usize, dialect: Dialect) -> Vec<usize> {
        row_pieces(&rows(n, bytes), dialect)
            .iter()
            .map(|p| p.len())
            .collect()
    }

    #[test]
    fn few_texts_serve_any_number_of_rows() {
        assert_eq!(lengths(0, 1, Dialect::Sqlite), Vec::<usize>::new());
        assert_eq!(lengths(16, 1, Dialect::Sqlite), [16]);
        assert_eq!(lengths(100, 1, Dialect::Mysql), [64, 16, 16, 4]);
        assert_eq!(lengths(100, 1, Dialect::Postgres), [100]);
    }

    #[test]
    fn a_piece_stays_under_the_packet_limit() {
        for dialect in [Dialect::Sqlite, Dialect::Mysql, Dialect::Postgres] {
            let pieces = lengths(200, 1 << 20, dialect);
            assert_eq!(pieces.iter().sum::<usize>(), 200);
            assert!(pieces.iter().all(|n| *n <= 3), "{pieces:?}");
        }
        assert_eq!(
            lengths(2, 8 << 20, Dialect::Mysql),
            [1, 1],
            "a row larger than that goes alone"
        );
    }
}
