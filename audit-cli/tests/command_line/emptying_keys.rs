//! Foreign keys that would take away what `audit columns` makes NOT NULL.

use super::support::{Backend, Db, on_each_backend};

on_each_backend! {
    a_key_that_empties_an_actor_stops_the_plan
    a_key_that_keeps_its_column_stops_nothing
}

/// A table that refers to users, by a key of some action.
fn referring(db: &Db, action: &str) {
    db.exec("CREATE TABLE users (id int PRIMARY KEY)");
    db.exec(&format!(
        "CREATE TABLE t (id int PRIMARY KEY, n int, created_by_id int, \
            CONSTRAINT maker FOREIGN KEY (created_by_id) REFERENCES users (id) {action}, \
            CONSTRAINT other FOREIGN KEY (n) REFERENCES users (id) ON DELETE SET NULL)"
    ));
    db.exec("INSERT INTO users VALUES (1)");
    db.exec("INSERT INTO t VALUES (1, 1, 1)");
}

fn a_key_that_empties_an_actor_stops_the_plan(db: &Db) {
    for action in [
        "ON DELETE SET NULL",
        "ON UPDATE SET NULL",
        "ON DELETE SET DEFAULT",
    ] {
        if action.contains("DEFAULT") && db.backend == Backend::Mysql {
            continue;
        }
        referring(db, action);
        let what = db.pick("to `users`", "`maker`", "`maker`");
        let said =
            format!("`created_by_id` is to be NOT NULL, and the foreign key {what} is {action}");
        for args in [&["columns", "t", "--apply"][..], &["check", "t"]] {
            let run = db.audit(args).ends(1);
            assert!(run.out.contains(&said), "{said}: {run:#?}");
            assert_eq!(run.out.matches("the foreign key").count(), 1, "{run:#?}");
        }
        // Nothing was done by halves.
        assert!(db.try_exec("SELECT created_at FROM t").is_err());
        db.exec("DELETE FROM t");
        db.exec("INSERT INTO t VALUES (1, 1, NULL)");
        db.exec("DROP TABLE t");
        db.exec("DROP TABLE users");
    }
}

fn a_key_that_keeps_its_column_stops_nothing(db: &Db) {
    referring(db, "ON DELETE RESTRICT ON UPDATE NO ACTION");
    db.audit(&["columns", "t", "--apply"]).ends(0);
    db.audit(&["columns", "t"]).ends(0);
    assert!(db.try_exec("UPDATE t SET created_by_id = NULL").is_err());
    db.exec("DROP TABLE t");
    db.exec("DROP TABLE users");
    referring(db, "ON DELETE SET NULL");
    let left = db.audit(&[
        "columns",
        "t",
        "--apply",
        "--leave",
        "created_by_id",
        "--leave",
        "created_by",
    ]);
    left.ends(0);
}

#[cfg(feature = "postgres")]
mod postgres_alone {
    mod postgres {
        use crate::support::{Backend, Db};

        #[test]
        fn a_key_may_empty_another_of_its_columns() {
            let db = Db::new(Backend::Postgres);
            db.exec(
                "CREATE TABLE users (tenant int, id int, PRIMARY KEY (tenant, id));
                 CREATE TABLE t (id int PRIMARY KEY, n int, created_by_id int NOT NULL,
                    updated_by_id int, CONSTRAINT maker FOREIGN KEY (updated_by_id, n)
                        REFERENCES users ON DELETE SET NULL)",
            );
            let run = db.audit(&["columns", "t", "--apply"]).ends(1);
            let said = "`updated_by_id` is to be NOT NULL, and the foreign key `maker`";
            assert!(run.out.contains(said), "{run:?}");
            let other = "ALTER TABLE t DROP CONSTRAINT maker, ADD CONSTRAINT maker \
                FOREIGN KEY (updated_by_id, n) REFERENCES users ON DELETE SET NULL (n)";
            let is_15 =
                db.text("SELECT (current_setting('server_version_num')::int >= 150000)::text AS v");
            // Before PostgreSQL 15 there is no such key to be judged.
            assert_eq!(db.try_exec(other).is_ok(), is_15 == "true");
            if is_15 == "false" {
                db.exec("ALTER TABLE t DROP CONSTRAINT maker");
            }
            db.audit(&["columns", "t", "--apply"]).ends(0);
        }
    }
}
