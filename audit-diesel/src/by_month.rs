//! The audit log in one partition a month, on PostgreSQL.

use diesel::pg::Pg;

use crate::backend::{AuditBackend, AuditConnection};
use crate::check::check;
use crate::driver;
use crate::error::{AuditError, FailureKind};
use crate::migrate::{LOCK, make};
use crate::sql::Sql;

/// The SQL of [`migrate_by_month`]: to read, or to copy into a migration of your own behind those of
/// [`migrations`](crate::migrations).
///
/// ```
/// assert!(audit_diesel::MIGRATION_BY_MONTH.contains("PARTITION BY RANGE (changed_at)"));
/// ```
pub const MIGRATION_BY_MONTH: &str =
    include_str!("../migrations/postgres_by_month/0003_audit_log_by_month/up.sql");

/// Makes the audit log, or the one that is there, one of partitions, one a month (UTC), and ends
/// with [`check`]. Run it again at will, in place of [`migrate`](crate::migrate), which keeps such a log as it is too.
///
/// A [purge](crate::retention::Purge) of all tenants then drops a month of which no row stays, in
/// place of deleting its rows, and leaves months alone that are not over by the limit: a row goes with its
/// month, up to a month later than on a plain log, unless
/// [asked for](crate::retention::Purge::within_months). What a hold or a longer limit keeps of a month
/// stays. Each purge makes the months to come; rows that come where there is no month are kept
/// in a partition of their own and move when theirs is made, so no write fails for want of one.
///
/// What was in the log becomes its first partition, up to the beginning of a month that is a week
/// away or more, and is dropped when all of it is too old; until then `within_months` deletes from it. Outside of a transaction, writers wait
/// for the blink of an eye: the rows are read beforehand, while they go on. Inside one, and where a row
/// lies in the future of that month, they wait while the rows are read.
///
/// `seq` and `id` are then unique within each month: the first by its identity over all of them, the
/// second by how it is made. A query that names neither a record, nor an actor, nor a time looks into each month.
///
/// # Errors
/// [`AuditError::AuditTable`] where something hangs on the table that would be left behind: a view, a
/// foreign key, a policy, a publication, a trigger of yours, each named; what the database refuses.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use diesel::{Connection, PgConnection};
///
/// let mut conn = PgConnection::establish(&std::env::var("DATABASE_URL")?)?;
/// audit_diesel::migrate_by_month(&mut conn)?;
/// # Ok(()) }
/// ```
pub fn migrate_by_month<C>(conn: &mut C) -> Result<(), AuditError>
where
    C: AuditConnection<Backend = Pg>,
{
    make(conn)?;
    let functions = MIGRATION_BY_MONTH.strip_suffix(CALL).unwrap_or_default();
    conn.transaction(|conn| {
        conn.batch_execute(LOCK)?;
        conn.batch_execute(functions)
    })?;
    refuse_what_hangs(conn)?;
    let promised = crate::transaction::depth(conn)? == 0;
    if promised {
        promise(conn)?;
    }
    let made = conn.transaction(|conn| {
        conn.batch_execute(LOCK)?;
        conn.batch_execute(CALL)
    });
    if made.is_err() && promised {
        take_back(conn)?;
    }
    made?;
    check(conn)
}

/// The last statement of the migration; all before it makes functions.
const CALL: &str = "SELECT audit_log_by_month();\n";

fn refuse_what_hangs<C>(conn: &mut C) -> Result<(), AuditError>
where
    C: AuditConnection<Backend = Pg>,
{
    let sql = Sql::new(
        "SELECT audit_log_hanging() FROM pg_catalog.pg_class \
         WHERE oid = 'audit_log'::regclass AND relkind = 'r'",
    );
    let hanging = driver::load(conn, &sql, |row| Pg::read_text(row, 0))?;
    match hanging.into_iter().flatten().next() {
        None => Ok(()),
        Some(hanging) => Err(AuditError::AuditTable {
            what: format!(
                "`audit_log` cannot be made one of months while this hangs on it, and would be left \
                 behind: {hanging}: drop it, run this again, and make it anew on the partitioned log; \
                 nothing was changed"
            ),
        }),
    }
}

/// Reads a plain log while writers go on, so that the change itself need not.
fn promise<C>(conn: &mut C) -> Result<(), AuditError>
where
    C: AuditConnection<Backend = Pg>,
{
    conn.transaction(|conn| {
        conn.batch_execute(LOCK)?;
        conn.batch_execute(
            "DO $$ DECLARE
                ends timestamp := date_trunc('month', (now() + interval '7 days') AT TIME ZONE 'UTC')
                    + interval '1 month';
            BEGIN
                IF EXISTS (SELECT FROM pg_catalog.pg_class
                        WHERE oid = 'audit_log'::regclass AND relkind = 'r')
                    AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint
                        WHERE conrelid = 'audit_log'::regclass AND conname LIKE 'audit\\_log\\_before\\_%')
                THEN
                    EXECUTE format('ALTER TABLE audit_log ADD CONSTRAINT audit_log_before_%s CHECK '
                        '(changed_at < %L) NOT VALID', to_char(ends, 'YYYY_MM'), ends || '+00');
                END IF;
            END $$",
        )
    })?;
    let validated = conn.batch_execute(
        "DO $$ DECLARE promise text := (SELECT conname FROM pg_catalog.pg_constraint
                WHERE conrelid = 'audit_log'::regclass AND conname LIKE 'audit\\_log\\_before\\_%');
        BEGIN
            IF promise IS NOT NULL THEN
                EXECUTE format('ALTER TABLE audit_log VALIDATE CONSTRAINT %I', promise);
            END IF;
        END $$",
    );
    match validated.map_err(AuditError::from) {
        Ok(()) => Ok(()),
        // A row lies behind it, so that it cannot be kept.
        Err(AuditError::Database(failure)) if failure.kind == FailureKind::CheckViolation => {
            take_back(conn)
        }
        Err(error) => {
            take_back(conn)?;
            Err(error)
        }
    }
}

/// Takes the promise back: kept for ever, it would refuse rows one day.
fn take_back<C>(conn: &mut C) -> Result<(), AuditError>
where
    C: AuditConnection<Backend = Pg>,
{
    conn.batch_execute(
        "DO $$ DECLARE promise text := (SELECT conname FROM pg_catalog.pg_constraint
                WHERE conrelid = 'audit_log'::regclass AND conname LIKE 'audit\\_log\\_before\\_%');
        BEGIN
            IF promise IS NOT NULL THEN
                EXECUTE format('ALTER TABLE audit_log DROP CONSTRAINT %I', promise);
            END IF;
        END $$",
    )?;
    Ok(())
}
