//! A stretch of the log by `seq`: where it ends, what of it is too old, and the DELETE of that.
//!
//! The log lies on disk in the order of `seq`, nearly that of time. Going through it in this order
//! touches each page once, whatever the tenants, tables and rules are.

use chrono::{DateTime, Utc};

use super::condition::{Shape, Whose, push_before, push_held, push_too_old, shapes_query};
use super::lease::Lease;
use super::never::{is_never, never};
use super::partition::Stretch;
use super::policy::Cutoffs;
use super::report::GroupCount;
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::sql::Sql;

/// What may go at one instant.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) cutoffs: Cutoffs,
    pub(super) whose: Whose,
    /// Holds that have run out by now hold nothing.
    pub(super) now: DateTime<Utc>,
    /// Months that are not over are purged too.
    pub(super) within_months: bool,
}

/// Rows after `after`, up to and including `up_to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) after: i64,
    pub(super) up_to: i64,
}

/// How far behind the last row of a window the rest of its change set is looked for. Other
/// transactions may have drawn numbers in between.
const REST: i64 = 256;

impl Window {
    /// The next `rows` places after `after`. For looking only: it may cut a change set in two.
    pub(super) fn look(after: i64, end: i64, rows: i64) -> Self {
        let up_to = after.saturating_add(rows.max(1)).min(end);
        Self { after, up_to }
    }

    /// The next `rows` rows after `after`, and the rest of the last one's change set.
    ///
    /// Two statements, with the numbers bound: in one, MySQL/MariaDB reads the whole log for the
    /// second half, since a range that a subquery bounds is none to it.
    pub(super) fn next<C: AuditConnection>(
        conn: &mut C,
        after: i64,
        end: i64,
        rows: i64,
        stretch: &Stretch,
    ) -> Result<Self, AuditError> {
        let mut sql = Sql::new("SELECT seq, change_id FROM audit_log WHERE seq > ");
        sql.int(after).push(" AND seq <= ").int(end);
        stretch.push(&mut sql);
        sql.push(" ORDER BY seq LIMIT 1 OFFSET ")
            .int(rows.max(1) - 1);
        let found = driver::load(conn, &sql, |row| {
            Ok((
                C::Backend::read_i64(row, 0)?,
                C::Backend::read_uuid(row, 1)?,
            ))
        })
        .map_err(AuditError::of_audit_table)?;
        let Some((last, change)) = found.first().copied() else {
            return Ok(Self { after, up_to: end });
        };
        let mut sql = Sql::new("SELECT max(seq) FROM audit_log WHERE seq >= ");
        sql.int(last)
            .push(" AND seq <= ")
            .int(last.saturating_add(REST))
            .push(" AND change_id = ")
            .id(change);
        stretch.push(&mut sql);
        let rest = driver::load(conn, &sql, |row| C::Backend::read_i64(row, 0))?;
        Ok(Self {
            after,
            up_to: rest.first().copied().unwrap_or(last),
        })
    }

    /// As far as to the next row, where it has none: numbers may leave wide gaps.
    pub(super) fn over_gap<C: AuditConnection>(
        self,
        conn: &mut C,
        end: i64,
        stretch: &Stretch,
    ) -> Result<Self, AuditError> {
        let mut sql = Sql::new("SELECT coalesce(min(seq), ");
        sql.int(end.saturating_add(1))
            .push(") FROM audit_log WHERE seq > ")
            .int(self.up_to);
        stretch.push(&mut sql);
        let next = driver::load(conn, &sql, |row| C::Backend::read_i64(row, 0))?;
        let next = next.first().map_or(end, |next| next.saturating_sub(1));
        Ok(Self {
            up_to: next.clamp(self.up_to, end.max(self.up_to)),
            ..self
        })
    }

    fn push(self, sql: &mut Sql, stretch: &Stretch, limits: &Limits, dialect: Dialect) {
        sql.push("audit_log.seq > ")
            .int(self.after)
            .push(" AND audit_log.seq <= ")
            .int(self.up_to);
        stretch.push(sql);
        limits.whose.push(sql, dialect, "audit_log.tenant_id");
    }
}

/// The first and the last number of a stretch; nothing in an empty one.
pub(super) fn bounds<C: AuditConnection>(
    conn: &mut C,
    stretch: &Stretch,
) -> Result<Option<(i64, i64)>, AuditError> {
    let mut sql =
        Sql::new("SELECT coalesce(min(seq), 0), coalesce(max(seq), -1) FROM audit_log WHERE 1 = 1");
    stretch.push(&mut sql);
    let found = driver::load(conn, &sql, |row| {
        Ok((C::Backend::read_i64(row, 0)?, C::Backend::read_i64(row, 1)?))
    })
    .map_err(AuditError::of_audit_table)?;
    Ok(found.first().copied().filter(|(first, last)| first <= last))
}

/// The kinds of holds that are active. In the transaction of a batch, `turn` is whose it is.
///
/// # Errors
/// [`AuditError::PurgeRunning`] on PostgreSQL, where it is another's turn by now.
pub(super) fn shapes<C: AuditConnection>(
    conn: &mut C,
    now: DateTime<Utc>,
    turn: Option<Lease>,
) -> Result<Vec<Shape>, AuditError> {
    let dialect = C::Backend::DIALECT;
    let mut sql = shapes_query(dialect, now, turn.is_some());
    let fence = turn.filter(|_| dialect == Dialect::Postgres);
    if let Some(lease) = fence {
        sql.push(" UNION ALL SELECT -1::bigint FROM audit_purge WHERE id = 1 AND holder = ")
            .id(lease.holder());
    }
    let mut found = driver::load(conn, &sql, |row| C::Backend::read_i64(row, 0))
        .map_err(AuditError::of_audit_table)?;
    let rows = found.len();
    found.retain(|code| *code >= 0);
    if fence.is_some() && found.len() == rows {
        return Err(AuditError::PurgeRunning);
    }
    found.sort_unstable();
    Ok(found.into_iter().map(Shape::of).collect())
}

/// What can be told of a window at a glance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glance {
    /// Rows that are too old by some rule.
    pub(super) old: u64,
    /// When the oldest of the others changed.
    pub(super) oldest: Option<DateTime<Utc>>,
}

/// Glances at a window; `None` where it has no row.
pub(super) fn glance<C: AuditConnection>(
    conn: &mut C,
    window: Window,
    stretch: &Stretch,
    limits: &Limits,
) -> Result<Option<Glance>, AuditError> {
    let dialect = C::Backend::DIALECT;
    let mut sql = Sql::new("SELECT count(CASE WHEN ");
    push_before(&mut sql, limits.cutoffs.latest);
    sql.push(" THEN 1 END), min(CASE WHEN ");
    push_before(&mut sql, limits.cutoffs.latest);
    sql.push(" THEN ")
        .push(never(dialect))
        .push(" ELSE audit_log.changed_at END) FROM audit_log WHERE ");
    window.push(&mut sql, stretch, limits, dialect);
    sql.push(" HAVING count(*) > 0");
    let found = driver::load(conn, &sql, |row| {
        Ok(Glance {
            old: C::Backend::read_i64(row, 0)?.unsigned_abs(),
            oldest: Some(C::Backend::read_time(row, 1)?).filter(|time| !is_never(time)),
        })
    })
    .map_err(AuditError::of_audit_table)?;
    Ok(found.first().copied())
}

/// All rows of a window, by tenant and table, of which it is known that they may go.
pub(super) fn count_all<C: AuditConnection>(
    conn: &mut C,
    window: Window,
    stretch: &Stretch,
    limits: &Limits,
) -> Result<Vec<GroupCount>, AuditError> {
    let dialect = C::Backend::DIALECT;
    let mut sql = Sql::new(
        "SELECT audit_log.tenant_id, audit_log.table_name, count(*) FROM audit_log WHERE ",
    );
    window.push(&mut sql, stretch, limits, dialect);
    sql.push(" GROUP BY audit_log.tenant_id, audit_log.table_name");
    let rows = driver::load(conn, &sql, |row| {
        Ok(GroupCount {
            group: (
                C::Backend::read_text(row, 0)?,
                C::Backend::read_text(row, 1)?,
            ),
            old: C::Backend::read_i64(row, 2)?.unsigned_abs(),
            held: 0,
            oldest: None,
        })
    });
    rows.map_err(AuditError::of_audit_table)
}

/// What a window has, by tenant and table. Groups that have nothing to report are among them for
/// their oldest row.
pub(super) fn count<C: AuditConnection>(
    conn: &mut C,
    window: Window,
    stretch: &Stretch,
    limits: &Limits,
    shapes: &[Shape],
) -> Result<Vec<GroupCount>, AuditError> {
    let dialect = C::Backend::DIALECT;
    let mut sql = Sql::new(
        "SELECT w.tenant_id, w.table_name, count(CASE WHEN w.verdict = 1 THEN 1 END), \
         count(CASE WHEN w.verdict = 2 THEN 1 END), min(CASE WHEN w.verdict = 1 THEN ",
    );
    sql.push(never(dialect)).push(
        " ELSE w.changed_at END) FROM (SELECT audit_log.tenant_id, audit_log.table_name, \
         audit_log.changed_at, CASE WHEN NOT (",
    );
    push_too_old(&mut sql, dialect, &limits.cutoffs);
    sql.push(") THEN 0 WHEN ");
    push_held(&mut sql, dialect, shapes, limits.now);
    sql.push(" THEN 2 ELSE 1 END AS verdict FROM audit_log WHERE ");
    window.push(&mut sql, stretch, limits, dialect);
    sql.push(") w GROUP BY w.tenant_id, w.table_name");
    if dialect == Dialect::Mysql {
        sql.push(", CAST(w.tenant_id AS BINARY), CAST(w.table_name AS BINARY)");
    }
    let rows = driver::load(conn, &sql, |row| {
        let number = |index| -> diesel::deserialize::Result<u64> {
            Ok(C::Backend::read_i64(row, index)?.unsigned_abs())
        };
        let oldest = C::Backend::read_time(row, 4)?;
        Ok(GroupCount {
            group: (
                C::Backend::read_text(row, 0)?,
                C::Backend::read_text(row, 1)?,
            ),
            old: number(2)?,
            held: number(3)?,
            oldest: Some(oldest).filter(|time| !is_never(time)),
        })
    });
    rows.map_err(AuditError::of_audit_table)
}

/// Deletes what of a window may go; how many rows that were.
pub(super) fn delete<C: AuditConnection>(
    conn: &mut C,
    window: Window,
    stretch: &Stretch,
    limits: &Limits,
    shapes: &[Shape],
) -> Result<u64, AuditError> {
    let dialect = C::Backend::DIALECT;
    let mut sql = Sql::new("DELETE FROM audit_log WHERE ");
    window.push(&mut sql, stretch, limits, dialect);
    sql.push(" AND ");
    push_too_old(&mut sql, dialect, &limits.cutoffs);
    if !shapes.is_empty() {
        sql.push(" AND NOT ");
        push_held(&mut sql, dialect, shapes, limits.now);
    }
    let deleted = driver::execute(conn, &sql).map_err(AuditError::of_audit_table)?;
    Ok(deleted as u64)
}

/// When the first row of a stretch changed, of whom the purge looks at.
pub(super) fn first<C: AuditConnection>(
    conn: &mut C,
    stretch: &Stretch,
    limits: &Limits,
) -> Result<Option<DateTime<Utc>>, AuditError> {
    let mut sql = Sql::new("SELECT audit_log.changed_at FROM audit_log WHERE 1 = 1");
    stretch.push(&mut sql);
    limits
        .whose
        .push(&mut sql, C::Backend::DIALECT, "audit_log.tenant_id");
    sql.push(" ORDER BY audit_log.seq LIMIT 1");
    let found = driver::load(conn, &sql, |row| C::Backend::read_time(row, 0))
        .map_err(AuditError::of_audit_table)?;
    Ok(found.first().copied())
}

/// When the oldest row of a stretch changed; a full read of it.
pub(super) fn oldest<C: AuditConnection>(
    conn: &mut C,
    stretch: &Stretch,
    limits: &Limits,
) -> Result<Option<DateTime<Utc>>, AuditError> {
    let dialect = C::Backend::DIALECT;
    let mut sql = Sql::new("SELECT coalesce(min(audit_log.changed_at), ");
    sql.push(never(dialect))
        .push(") FROM audit_log WHERE 1 = 1");
    stretch.push(&mut sql);
    limits.whose.push(&mut sql, dialect, "audit_log.tenant_id");
    let found = driver::load(conn, &sql, |row| C::Backend::read_time(row, 0))
        .map_err(AuditError::of_audit_table)?;
    Ok(found.into_iter().find(|time| !is_never(time)))
}
