//! The mixed load that the kill tests kill: a program of its own, which tells through its standard
//! output what it is about, a line each.
//!
//! The lines are written below the adapter, around each statement, so that the one that was read last
//! says where the process was when it died. A pipe keeps what was written by a process that is gone.

use std::collections::BTreeSet;

use uuid::Uuid;

/// A transaction is open: its BEGIN was answered.
pub const OPEN: &str = "open";
/// The entity was written in it, its audit rows not yet.
pub const HALF: &str = "half";
/// A COMMIT is on its way.
pub const COMMITTING: &str = "committing";
/// No transaction is open.
pub const CLOSED: &str = "closed";
/// A helper said Ok of the operation that follows.
pub const DONE: &str = "done ";

/// What a killed process has told.
#[derive(Debug, Default)]
pub struct Told {
    /// The operations of which it had an Ok.
    pub done: BTreeSet<Uuid>,
    /// Where it was.
    pub last: String,
}

impl Told {
    pub fn line(&mut self, line: &str) {
        match line.strip_prefix(DONE) {
            Some(id) => {
                self.done.insert(id.parse().expect("an operation's id"));
            }
            None => line.clone_into(&mut self.last),
        }
    }

    /// The kill came while a transaction was certainly open.
    pub fn in_transaction(&self) -> bool {
        self.last == OPEN || self.last == HALF
    }
}

/// What a statement says of the transaction that it runs in.
fn state_after(text: &str, now: &'static str) -> &'static str {
    let text = text.trim_start();
    match text.split(' ').next().unwrap_or_default() {
        "BEGIN" => OPEN,
        "COMMIT" => CLOSED,
        "ROLLBACK" if !text.starts_with("ROLLBACK TO") => CLOSED,
        "INSERT" if text.starts_with("INSERT INTO audit_log") => OPEN,
        "DELETE" if text.starts_with("DELETE FROM audit_log") => now,
        "INSERT" | "UPDATE" | "DELETE" | "WITH" => HALF,
        _ => now,
    }
}

#[cfg(feature = "mysql")]
pub mod mysql {
    use crate::mysql as backend;
    include!("kill/load.rs");
}
#[cfg(feature = "postgres")]
pub mod postgres {
    use crate::postgres as backend;
    include!("kill/load.rs");
}
#[cfg(feature = "sqlite")]
pub mod sqlite {
    use crate::sqlite as backend;
    include!("kill/load.rs");
}

/// Runs the load on the backend named, until it is killed.
pub fn work(backend: &str, url: &str, seed: u64) {
    match backend {
        #[cfg(feature = "mysql")]
        mysql::NAME => mysql::work(url, seed),
        #[cfg(feature = "postgres")]
        postgres::NAME => postgres::work(url, seed),
        #[cfg(feature = "sqlite")]
        sqlite::NAME => sqlite::work(url, seed),
        other => panic!("no backend `{other}` is compiled in"),
    }
}
