//! What a batch does at the start of its transaction: it waits for holds that are being placed, and
//! opens DELETE on the log for itself.

use chrono::{DateTime, Utc};

use super::lease::Lease;
use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::driver;
use crate::error::{AuditError, FailureKind};
use crate::sql::Sql;

/// PostgreSQL's advisory lock between batches (shared) and changes of holds (exclusive).
const HOLDS: &str = "hashtextextended('audit_diesel.hold', 0)";

/// What [`relax`] changed: the statements that put it back.
pub(super) struct Relaxed(String);

/// The settings of SQLite that a purge in WAL runs with. A commit need not wait for the disk: what a
/// loss of power takes back is purged again, and the database stays whole, as SQLite's documentation
/// of `synchronous` has it. Batches touch the same pages of the indexes again and again: they are
/// written back to the file every 64 MiB of the log and not every four, and kept in 32 MiB of memory.
const RELAXED: [(&str, &str); 3] = [
    ("synchronous", "1"),
    ("wal_autocheckpoint", "16384"),
    ("cache_size", "-32768"),
];

/// Sets what makes many transactions in a row cheaper on SQLite, for this connection.
pub(super) fn relax<C: AuditConnection>(conn: &mut C) -> Result<Relaxed, AuditError> {
    let mut back = String::new();
    if C::Backend::DIALECT != Dialect::Sqlite {
        return Ok(Relaxed(back));
    }
    let journal = driver::load(conn, &Sql::new("PRAGMA main.journal_mode"), |row| {
        C::Backend::read_text(row, 0)
    })?;
    if journal
        .first()
        .is_none_or(|mode| mode.as_deref() != Some("wal"))
    {
        return Ok(Relaxed(back));
    }
    for (name, value) in RELAXED {
        let read = Sql::new(format!("PRAGMA {name}"));
        let before = driver::load(conn, &read, |row| C::Backend::read_i64(row, 0))?;
        // `synchronous = OFF` is the app's own choice.
        let Some(before) = before.first().filter(|before| **before != 0) else {
            continue;
        };
        back.push_str(&format!("PRAGMA {name} = {before};"));
        conn.batch_execute(&format!("PRAGMA {name} = {value}"))?;
    }
    Ok(Relaxed(back))
}

/// Puts back what [`relax`] changed.
pub(super) fn restore<C: AuditConnection>(
    conn: &mut C,
    relaxed: Relaxed,
) -> Result<(), AuditError> {
    if !relaxed.0.is_empty() {
        conn.batch_execute(&relaxed.0)?;
    }
    Ok(())
}

/// Before BEGIN: the isolation that the next transaction needs, whatever the server's default is.
pub(super) fn before_batch<C: AuditConnection>(conn: &mut C) -> Result<(), AuditError> {
    if C::Backend::DIALECT == Dialect::Mysql {
        // With it, reading the holds with a lock keeps new ones out until the end of the batch.
        conn.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
    }
    Ok(())
}

/// The first statements of a batch. Once they are through, no hold is added or released before the
/// batch has ended. SQLite has one writer at a time; MySQL/MariaDB locks as it reads the holds.
///
/// PostgreSQL goes on with the turn and opens the gate in the same round trip; whether the turn was
/// still ours, [`super::window::shapes`] tells.
pub(super) fn begin_batch<C: AuditConnection>(
    conn: &mut C,
    lease: Lease,
) -> Result<(), AuditError> {
    if C::Backend::DIALECT == Dialect::Postgres {
        // Each statement sees what was committed before it. A purge that a crash of the server takes
        // back is run again, so its commits need not wait for the disk.
        conn.batch_execute(&format!(
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = off; \
             SELECT pg_advisory_xact_lock_shared({HOLDS}); \
             UPDATE audit_purge SET beats = beats + 1, \
                leased_until = clock_timestamp() + interval '10 seconds' \
                WHERE id = 1 AND holder = '{}'; \
             SELECT set_config('audit_log.purge', pg_current_xact_id()::text, true)",
            lease.holder()
        ))?;
    }
    Ok(())
}

/// In the transaction that changes a hold: waits for the batch that is at work. One that comes
/// after waits for the hold.
pub(super) fn lock_holds<C: AuditConnection>(conn: &mut C) -> Result<(), AuditError> {
    if C::Backend::DIALECT == Dialect::Postgres {
        conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({HOLDS})"))?;
    }
    Ok(())
}

/// Goes on with the turn, and opens DELETE for rows before `cutoff` in this transaction.
pub(super) fn open<C: AuditConnection>(
    conn: &mut C,
    lease: Lease,
    cutoff: DateTime<Utc>,
) -> Result<(), AuditError> {
    if C::Backend::DIALECT != Dialect::Postgres {
        lease.renew(conn)?;
    }
    let mut sql = match C::Backend::DIALECT {
        // Open since `begin_batch`.
        Dialect::Postgres => return Ok(()),
        Dialect::Mysql => {
            Sql::new("INSERT INTO audit_log_gate (connection_id, cutoff) VALUES (connection_id(), ")
        }
        Dialect::Sqlite => Sql::new("INSERT INTO audit_log_gate (id, cutoff) VALUES (1, "),
    };
    sql.at(cutoff).push(")");
    match driver::execute(conn, &sql).map_err(AuditError::of_audit_table) {
        Ok(_) => Ok(()),
        Err(AuditError::Database(failure)) if failure.kind == FailureKind::UniqueViolation => {
            Err(AuditError::AuditTable {
                what: "the purge gate `audit_log_gate` was left open by hand: run `DELETE FROM \
                       audit_log_gate`"
                    .to_owned(),
            })
        }
        Err(error) => Err(error),
    }
}

/// Closes it again, before the commit.
pub(super) fn close<C: AuditConnection>(conn: &mut C) -> Result<(), AuditError> {
    match C::Backend::DIALECT {
        Dialect::Postgres => {}
        Dialect::Mysql => {
            conn.batch_execute("DELETE FROM audit_log_gate WHERE connection_id = connection_id()")?;
        }
        Dialect::Sqlite => conn.batch_execute("DELETE FROM audit_log_gate")?,
    }
    Ok(())
}
