//! Making the audit table. The same SQL lies in `migrations/`, to copy and to read.

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::check::{NO_LOG, check};
use crate::error::AuditError;

const SQLITE: &[&str] = &[
    include_str!("../migrations/sqlite/0001_audit_log/up.sql"),
    include_str!("../migrations/sqlite/0002_audit_hold/up.sql"),
];
const POSTGRES: &[&str] = &[
    include_str!("../migrations/postgres/0001_audit_log/up.sql"),
    include_str!("../migrations/postgres/0002_audit_hold/up.sql"),
];
const MYSQL: &[&str] = &[
    include_str!("../migrations/mysql/0001_audit_log/up.sql"),
    include_str!("../migrations/mysql/0002_audit_hold/up.sql"),
];

/// The SQL of [`migrate`] for a kind of database, in the order in which it is to be run: to read, or
/// to copy into migrations of your own.
///
/// ```
/// use audit_diesel::Dialect;
///
/// let sql = audit_diesel::migrations(Dialect::Postgres).join("\n");
/// assert!(sql.contains("CREATE TABLE IF NOT EXISTS audit_log"));
/// ```
pub fn migrations(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
        Dialect::Mysql => MYSQL,
    }
}

/// One migrates at a time, in a transaction on PostgreSQL.
pub(crate) const LOCK: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('audit_diesel.migrate', 0))";

/// Creates the audit table, its indexes and guards and the tables of holds and purges where they
/// are missing, and ends with [`check`]. Run it again at will.
///
/// On PostgreSQL, a log that `migrate_by_month` has made one of months stays
/// one. On MySQL/MariaDB, DDL commits what is open: call it outside of a transaction.
///
/// # Errors
/// What the database refuses; [`AuditError::AuditTable`] where something else of that name is
/// there, or where this is a transaction of yours on MySQL/MariaDB.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use diesel::Connection;
/// let mut conn = diesel::SqliteConnection::establish(":memory:").unwrap();
/// audit_diesel::migrate(&mut conn).unwrap();
/// audit_diesel::migrate(&mut conn).unwrap();
/// # }
/// ```
pub fn migrate<C: AuditConnection>(conn: &mut C) -> Result<(), AuditError> {
    match make(conn) {
        Ok(()) => check(conn),
        // What is wrong with a table of this name that is there says more than what failed on it.
        Err(refused @ AuditError::Database(_)) => match check(conn) {
            Err(AuditError::AuditTable { what }) if !what.contains(NO_LOG) => {
                Err(AuditError::AuditTable { what })
            }
            _ => Err(refused),
        },
        Err(error) => Err(error),
    }
}

pub(crate) fn make<C: AuditConnection>(conn: &mut C) -> Result<(), AuditError> {
    let nested = crate::transaction::depth(conn)? > 0;
    match C::Backend::DIALECT {
        Dialect::Mysql if nested => {
            return Err(AuditError::AuditTable {
                what:
                    "`migrate` was called inside a transaction, which MySQL/MariaDB would commit: \
                       call it outside of one"
                        .to_owned(),
            });
        }
        // Several processes of an app may start at once, and PostgreSQL's `IF NOT EXISTS` fails
        // where two create the same thing: one migrates at a time. SQLite has one writer anyway.
        Dialect::Mysql => {
            conn.batch_execute("DO GET_LOCK('audit_diesel.migrate', 60)")?;
            let made = MYSQL.iter().try_for_each(|sql| conn.batch_execute(sql));
            conn.batch_execute("DO RELEASE_LOCK('audit_diesel.migrate')")?;
            made?;
        }
        Dialect::Sqlite => {
            conn.transaction(|conn| SQLITE.iter().try_for_each(|sql| conn.batch_execute(sql)))?
        }
        Dialect::Postgres => conn.transaction(|conn| {
            conn.batch_execute(LOCK)?;
            POSTGRES
                .iter()
                .try_for_each(|sql| conn.batch_execute(sql))?;
            // A log by month has guards of its own in each month.
            conn.batch_execute(
                "DO $$ BEGIN
                    IF to_regprocedure('audit_log_by_month()') IS NOT NULL
                        AND has_function_privilege('audit_log_by_month()', 'EXECUTE')
                        AND EXISTS (SELECT FROM pg_catalog.pg_class
                            WHERE oid = 'audit_log'::regclass AND relkind = 'p')
                    THEN PERFORM audit_log_by_month(); END IF;
                END $$",
            )
        })?,
    }
    Ok(())
}
