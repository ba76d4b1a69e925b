//! One purge at a time: a lease in the database, which a purge that was killed does not keep.
//!
//! A lock of the session would do on two of the three databases, but not behind a pooler that hands
//! out a server connection per transaction. A lease that is renewed in the transaction of each batch
//! is also a fence: a purge that stood still too long and was replaced deletes nothing more.

use std::thread::sleep;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::AuditError;
use crate::patience::patiently;
use crate::sql::Sql;

/// How long a lease lasts without being renewed. By the database's clock.
const SECONDS: u64 = 10;

/// A purge's turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    holder: Uuid,
}

/// The database's clock, and that clock in ten seconds.
pub(super) fn clock(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Dialect::Postgres => (
            "clock_timestamp()",
            "clock_timestamp() + interval '10 seconds'",
        ),
        Dialect::Mysql => ("utc_timestamp(6)", "utc_timestamp(6) + INTERVAL 10 SECOND"),
        Dialect::Sqlite => (
            "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000",
            "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000 + 10000000",
        ),
    }
}

impl Lease {
    /// Takes the turn. Another purge that is at work is not waited for; one that has died is, until
    /// its lease has ended.
    pub(super) fn take<C: AuditConnection>(
        conn: &mut C,
        mut give_up: impl FnMut() -> bool,
    ) -> Result<Self, AuditError> {
        let lease = Self {
            holder: Uuid::now_v7(),
        };
        let begun = Instant::now();
        let mut beats = None;
        loop {
            if patiently(|| lease.claim(conn))? {
                return Ok(lease);
            }
            let now = beat(conn)?;
            if *beats.get_or_insert(now) != now
                || begun.elapsed().as_secs() > SECONDS + 2
                || give_up()
            {
                return Err(AuditError::PurgeRunning);
            }
            sleep(Duration::from_millis(100));
        }
    }

    /// Who has the turn.
    pub(super) fn holder(self) -> Uuid {
        self.holder
    }

    fn claim<C: AuditConnection>(&self, conn: &mut C) -> Result<bool, AuditError> {
        let (now, later) = clock(C::Backend::DIALECT);
        let mut sql = Sql::new("UPDATE audit_purge SET beats = beats + 1, holder = ");
        sql.id(self.holder)
            .push(", leased_until = ")
            .push(later)
            .push(" WHERE id = 1 AND (holder IS NULL OR holder = ")
            .id(self.holder)
            .push(" OR leased_until < ")
            .push(now)
            .push(")");
        Ok(driver::execute(conn, &sql).map_err(AuditError::of_audit_table)? == 1)
    }

    /// Goes on with the turn, as part of a batch's transaction.
    ///
    /// # Errors
    /// [`AuditError::PurgeRunning`] where another purge has taken over meanwhile.
    pub(super) fn renew<C: AuditConnection>(&self, conn: &mut C) -> Result<(), AuditError> {
        let (_, later) = clock(C::Backend::DIALECT);
        let mut sql = Sql::new("UPDATE audit_purge SET beats = beats + 1, leased_until = ");
        sql.push(later)
            .push(" WHERE id = 1 AND holder = ")
            .id(self.holder);
        match driver::execute(conn, &sql)? {
            1 => Ok(()),
            _ => Err(AuditError::PurgeRunning),
        }
    }

    /// Gives the turn back.
    pub(super) fn end<C: AuditConnection>(self, conn: &mut C) -> Result<(), AuditError> {
        let mut sql = Sql::new(
            "UPDATE audit_purge SET beats = beats + 1, holder = NULL, leased_until = NULL \
             WHERE id = 1 AND holder = ",
        );
        sql.id(self.holder);
        driver::execute(conn, &sql)?;
        Ok(())
    }
}

/// A number that a purge at work keeps raising.
fn beat<C: AuditConnection>(conn: &mut C) -> Result<i64, AuditError> {
    let sql = Sql::new("SELECT beats FROM audit_purge WHERE id = 1");
    let beats = driver::load(conn, &sql, |row| C::Backend::read_i64(row, 0))?;
    beats
        .first()
        .copied()
        .ok_or_else(|| AuditError::AuditTable {
            what: "the table `audit_purge` is empty: run `audit_diesel::migrate(&mut conn)`"
                .to_owned(),
        })
}

/// Takes the daily run of `slot`; false where another process has taken it.
pub(super) fn claim_slot<C: AuditConnection>(
    conn: &mut C,
    slot: DateTime<Utc>,
) -> Result<bool, AuditError> {
    let mut sql = Sql::new("UPDATE audit_purge SET slot = ");
    sql.at(slot)
        .push(" WHERE id = 1 AND (slot IS NULL OR slot <> ")
        .at(slot)
        .push(")");
    patiently(|| Ok(driver::execute(conn, &sql).map_err(AuditError::of_audit_table)? == 1))
}
