//! The months of a log that PostgreSQL keeps in partitions: which there are, making those to come,
//! dropping those of which nothing stays.
//!
//! The functions that do it lie in the database (`migrations/postgres_by_month`), since only the
//! owner of the log may do what they do, and the purge should not be run as its owner.

use std::thread::sleep;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::never::{is_never, never};
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::sql::Sql;

/// How many months are made ahead of the present one.
const AHEAD: i64 = 3;

/// How long writers that were at work are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A piece of the log in time: a partition, what lies between two, or all of it.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    /// The partition that this is, whole; `None` for rows of the partition that takes all others'.
    pub(super) month: Option<String>,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) to: Option<DateTime<Utc>>,
}

impl Stretch {
    const ALL: Self = Self {
        month: None,
        from: None,
        to: None,
    };

    /// True where all of it lies before a cutoff; `None` is never reached.
    pub(super) fn ends_by(&self, cutoff: Option<DateTime<Utc>>) -> bool {
        self.to.zip(cutoff).is_some_and(|(to, cutoff)| to <= cutoff)
    }

    /// ` AND ..`, by which the planner sees which partition is meant.
    pub(super) fn push(&self, sql: &mut Sql) {
        if let Some(from) = self.from {
            sql.push(" AND audit_log.changed_at >= ").at(from);
        }
        if let Some(to) = self.to {
            sql.push(" AND audit_log.changed_at < ").at(to);
        }
    }
}

/// True where the log is partitioned by the functions of the migration.
fn is_by_month<C: AuditConnection>(conn: &mut C) -> Result<bool, AuditError> {
    if C::Backend::DIALECT != Dialect::Postgres {
        return Ok(false);
    }
    let sql = Sql::new(
        "SELECT count(*) FROM pg_catalog.pg_class c WHERE c.oid = to_regclass('audit_log') \
            AND c.relkind = 'p' AND to_regprocedure('audit_log_months()') IS NOT NULL",
    );
    let found = driver::load(conn, &sql, |row| C::Backend::read_i64(row, 0))?;
    Ok(found.first() == Some(&1))
}

/// The log in pieces, in the order of time, each in one partition. One piece, where it has none.
pub(super) fn stretches<C: AuditConnection>(conn: &mut C) -> Result<Vec<Stretch>, AuditError> {
    if !is_by_month(conn)? {
        return Ok(vec![Stretch::ALL]);
    }
    let mut sql = Sql::new("SELECT c.relname::text, coalesce(m.from_time, ");
    sql.push(never(Dialect::Postgres))
        .push("), coalesce(m.to_time, ")
        .push(never(Dialect::Postgres))
        .push(
            ") FROM audit_log_months() m JOIN pg_catalog.pg_class c ON c.oid = m.part \
             WHERE NOT m.is_default ORDER BY m.to_time",
        );
    let months = driver::load(conn, &sql, |row| {
        let end = |index| -> diesel::deserialize::Result<Option<DateTime<Utc>>> {
            Ok(Some(C::Backend::read_time(row, index)?).filter(|time| !is_never(time)))
        };
        Ok(Stretch {
            month: C::Backend::read_text(row, 0)?,
            from: end(1)?,
            to: end(2)?,
        })
    })?;
    Ok(with_gaps(months))
}

/// What lies before, between and behind the months is in the partition for all else.
fn with_gaps(months: Vec<Stretch>) -> Vec<Stretch> {
    let mut all = Vec::new();
    // Where the last piece ended; `None` while nothing has come, or where it had no end.
    let mut end = None;
    let mut open = true;
    for month in months {
        let gap = match end {
            None => month.from.is_some(),
            Some(end) => month.from.is_some_and(|from| end < from),
        };
        if open && gap {
            all.push(Stretch {
                month: None,
                from: end,
                to: month.from,
            });
        }
        end = month.to;
        open = end.is_some();
        all.push(month);
    }
    if open {
        all.push(Stretch {
            month: None,
            from: end,
            to: None,
        });
    }
    all
}

/// Makes the months to come; the names of those that were missing. None where readers of the log
/// make no room: it is tried again with the next purge.
pub(super) fn add_months<C: AuditConnection>(conn: &mut C) -> Result<Vec<String>, AuditError> {
    if !is_by_month(conn)? {
        return Ok(Vec::new());
    }
    let allowed = Sql::new(
        "SELECT has_function_privilege('audit_log_add_months(int)', 'EXECUTE') \
            AND has_function_privilege('audit_log_drop_month(text, bigint)', 'EXECUTE')",
    );
    let allowed = driver::load(conn, &allowed, |row| C::Backend::read_bool(row, 0))?;
    if allowed.first() != Some(&true) {
        return Err(AuditError::AuditTable {
            what:
                "the user of this connection may not add and drop the months of `audit_log`: run \
                   `GRANT EXECUTE ON FUNCTION audit_log_add_months(int), \
                   audit_log_drop_month(text, bigint) TO` that user; nothing was deleted"
                    .to_owned(),
        });
    }
    let mut sql = Sql::new("SELECT made FROM audit_log_add_months(");
    sql.int(AHEAD).push("::int) made");
    let made = driver::load(conn, &sql, |row| C::Backend::read_text(row, 0))?;
    Ok(made.into_iter().flatten().collect())
}

/// What became of a month that was to be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    Gone,
    /// Rows were written to it since they were counted.
    Written,
    /// Others were at work on the log.
    Busy,
}

/// Drops a month, in the transaction that has opened DELETE, unless rows came after `last_seq`.
pub(super) fn drop_month<C: AuditConnection>(
    conn: &mut C,
    month: &str,
    last_seq: i64,
) -> Result<Dropped, AuditError> {
    let mut sql = Sql::new("SELECT audit_log_drop_month(");
    sql.text(month).push(", ").int(last_seq).push(")");
    let answer = driver::load(conn, &sql, |row| C::Backend::read_text(row, 0))?;
    match answer.into_iter().flatten().next().as_deref() {
        Some("dropped") => Ok(Dropped::Gone),
        Some("written") => Ok(Dropped::Written),
        Some("busy") => Ok(Dropped::Busy),
        _ => Err(AuditError::AuditTable {
            what: format!(
                "the partition `{month}` of `audit_log` is not there any more: something else drops \
                 partitions"
            ),
        }),
    }
}

/// Waits until every transaction that is writing to the log now has ended; false where one goes on
/// for too long.
///
/// What they will have written is seen by whoever counts afterwards, and what others write gets
/// higher numbers than any that is there now: numbers are drawn behind the lock that is looked for here.
pub(super) fn writers_end<C: AuditConnection>(conn: &mut C) -> Result<bool, AuditError> {
    let begun = Instant::now();
    let mut before: Option<Vec<String>> = None;
    loop {
        let now = writers(conn)?;
        let left: Vec<String> = match before {
            None => now,
            Some(before) => before.into_iter().filter(|w| now.contains(w)).collect(),
        };
        if left.is_empty() {
            return Ok(true);
        }
        if begun.elapsed() > PATIENCE {
            return Ok(false);
        }
        before = Some(left);
        sleep(Duration::from_millis(20));
    }
}

fn writers<C: AuditConnection>(conn: &mut C) -> Result<Vec<String>, AuditError> {
    let sql = Sql::new(
        "SELECT l.virtualtransaction FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' \
            AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d \
                WHERE d.datname = current_database()) \
            AND l.relation = to_regclass('audit_log')::oid AND l.mode = 'RowExclusiveLock' \
            AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()",
    );
    let found = driver::load(conn, &sql, |row| C::Backend::read_text(row, 0))?;
    Ok(found.into_iter().flatten().collect())
}

/// The holds that are active: as long as these are the same, what was counted holds.
pub(super) fn active_holds<C: AuditConnection>(
    conn: &mut C,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, AuditError> {
    let mut sql = Sql::new("SELECT h.id FROM audit_hold h WHERE ");
    super::condition::push_active(&mut sql, now);
    sql.push(" ORDER BY h.id");
    driver::load(conn, &sql, |row| C::Backend::read_uuid(row, 0))
        .map_err(AuditError::of_audit_table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(day * 86_400, 0)
    }

    fn month(from: Option<i64>, to: Option<i64>) -> Stretch {
        Stretch {
            month: Some("m".to_owned()),
            from: from.and_then(at),
            to: to.and_then(at),
        }
    }

    #[test]
    fn together_the_pieces_are_all_of_time_and_each_instant_is_in_one() {
        let months = [
            vec![],
            vec![month(None, Some(10))],
            vec![month(None, None)],
            vec![month(Some(5), Some(10)), month(Some(10), Some(20))],
            vec![
                month(None, Some(10)),
                month(Some(12), Some(20)),
                month(Some(20), None),
            ],
            vec![month(Some(5), Some(6)), month(Some(8), Some(9))],
        ];
        for months in months {
            let all = with_gaps(months.clone());
            for day in 0..30 {
                let holds = |piece: &&Stretch| {
                    piece.from.is_none_or(|from| from <= at(day).unwrap())
                        && piece.to.is_none_or(|to| at(day).unwrap() < to)
                };
                let of: Vec<&Stretch> = all.iter().filter(holds).collect();
                assert_eq!(of.len(), 1, "{months:?}: {all:?}");
                let whole = months.iter().any(|month| holds(&month));
                assert_eq!(of[0].month.is_some(), whole, "{months:?}: {all:?}");
            }
        }
    }
}
