//! The migrations on real databases: what their guards stop, what passes, what their indexes serve.
//!
//! Every attack that a guard stops is run once more without that guard, so that a test which could
//! not fail is found out.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use diesel::connection::SimpleConnection;

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod scratch;
#[cfg(feature = "sqlite")]
mod sqlite;

/// One number, as `SELECT .. AS n`.
#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

/// One line of text, as `SELECT .. AS line`.
#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Something that a guard has to stop.
struct Attack {
    sql: &'static str,
    /// The guard that stops it, as the SQL that takes it away. Several may have to go.
    guard: &'static str,
}

fn run(conn: &mut impl SimpleConnection, sql: &str) {
    if let Err(error) = conn.batch_execute(sql) {
        panic!("{sql}\nfailed: {error}");
    }
}

/// The statement fails, and it is our guard that says so.
fn refused(conn: &mut impl SimpleConnection, sql: &str) {
    match conn.batch_execute(sql) {
        Ok(()) => panic!("passed, and should have been refused: {sql}"),
        Err(error) => {
            let error = error.to_string();
            assert!(
                error.contains("audit_log is append-only"),
                "{sql}\nfailed otherwise: {error}"
            );
        }
    }
}
