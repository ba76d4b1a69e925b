//! `audit columns --apply` on a table that others use. A lock that is waited for holds up all who come later.
#![cfg(any(feature = "postgres", feature = "mysql"))]

use std::time::{Duration, Instant};

use diesel::connection::{Connection, SimpleConnection};

use super::support::Db;

/// Fails in seconds while a transaction of another's reads the table, and does its work afterwards.
fn gives_up<C: Connection + SimpleConnection>(db: &Db, said: &str) {
    db.exec("CREATE TABLE t (id int PRIMARY KEY, created_by varchar(255))");
    let mut other = C::establish(&db.url).unwrap();
    other.batch_execute("BEGIN; SELECT 1 FROM t").unwrap();
    let begun = Instant::now();
    let run = db.audit(&["columns", "t", "--apply"]).ends(3);
    assert!(begun.elapsed() < Duration::from_secs(30), "{run:?}");
    assert!(run.err.contains(said), "{run:?}");
    drop(other);
    db.audit(&["columns", "t", "--apply"]).ends(0);
    db.audit(&["columns", "t"]).ends(0);
}

#[cfg(feature = "postgres")]
mod postgres {
    use crate::support::{Backend, Db};

    #[test]
    fn nobody_waits_long_behind_a_table_that_is_in_use() {
        let db = Db::new(Backend::Postgres);
        super::gives_up::<diesel::PgConnection>(&db, "others are at work on the table");
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use crate::support::{Backend, Db};

    #[test]
    fn nobody_waits_long_behind_a_table_that_is_in_use() {
        let db = Db::new(Backend::Mysql);
        super::gives_up::<diesel::MysqlConnection>(
            &db,
            "a lock was not to be had in time: run it again",
        );
    }
}
