//! Whether a database is fit for the audit, and what is wrong with it.
//!
//! What to ask of a database's catalog and what the answers mean are plain data and functions, one
//! module a dialect; only [`catalog::ask`] runs something.

mod catalog;
mod columns;
mod entity;
mod index;
mod mysql;
mod postgres;
mod sqlite;
mod table;

pub(crate) use columns::NO_LOG;
pub use entity::AuditedCheck;

use crate::backend::{AuditBackend, AuditConnection, Dialect};
use crate::error::AuditError;
use catalog::{Answers, Question, ask, count, refuse};

/// Tells whether the database of a connection is fit for audited writes, and all that is wrong
/// where it is not.
///
/// It looks at the shape of `audit_log`, its unique id and its indexes, at the triggers that keep it
/// append-only, at a purge gate that was left open, and at what of the connection's settings could
/// cut, shift or lose a value: on MySQL/MariaDB the SQL mode, engine, character sets, collations,
/// time zone and packet size, on PostgreSQL the encodings and rules, on SQLite the journal.
/// [`migrate`](crate::migrate) ends with it; run it at start-up, or with the feature `r2d2` once
/// per pooled connection by `CheckOnConnect`. It reads catalogs only, in at most seven statements.
///
/// MySQL/MariaDB shows triggers and the gate only to users who may touch them: to a user with
/// nothing but SELECT and INSERT, which is how it should be, their absence cannot be told. Run it
/// once with the user who migrates too.
///
/// [`AuditedCheck::audited_check`] does the same for the table of an entity.
///
/// # Errors
/// [`AuditError::AuditTable`] with a line for each finding, which says what to do;
/// [`AuditError::Database`] where a catalog could not be read.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use diesel::connection::{Connection, SimpleConnection};
/// let mut conn = diesel::SqliteConnection::establish(":memory:").unwrap();
/// audit_diesel::migrate(&mut conn).unwrap();
/// audit_diesel::check(&mut conn).unwrap();
///
/// conn.batch_execute("DROP TRIGGER audit_log_no_update").unwrap();
/// let error = audit_diesel::check(&mut conn).unwrap_err().to_string();
/// assert!(error.contains("nothing stops UPDATE of `audit_log`"), "{error}");
/// # }
/// ```
pub fn check<C: AuditConnection>(conn: &mut C) -> Result<(), AuditError> {
    let (questions, judge): (&[Question<'_>], Judge) = match C::Backend::DIALECT {
        Dialect::Sqlite => (&sqlite::LOG, sqlite::judge_log),
        Dialect::Postgres => (&postgres::LOG, postgres::judge_log),
        Dialect::Mysql => (&mysql::LOG, mysql::judge_log),
    };
    let mut findings = Vec::new();
    let gate = judge(&ask(conn, questions)?, &mut findings);
    // A gate that is missing, or that this user may not see, cannot be read.
    if gate && count(&ask(conn, &[GATE])?, 0) > 0 {
        findings.push(
            "the purge gate `audit_log_gate` is not empty, so that old rows of `audit_log` can be \
             deleted: run `DELETE FROM audit_log_gate`"
                .to_owned(),
        );
    }
    refuse("the database", &findings)
}

/// Appends what is wrong; true where there is a gate to look into.
type Judge = fn(&Answers, &mut Vec<String>) -> bool;

const GATE: Question<'static> =
    Question::new("SELECT CAST(count(*) AS char(20)) FROM audit_log_gate");
