//! `audit columns` on types that are rare for stamps, and on what is said of them.

use super::support::{Backend, Db, on_each_backend};

on_each_backend! {
    what_cannot_become_a_stamp_stops_the_plan
}

/// Half a plan would be what no later run can finish.
fn what_cannot_become_a_stamp_stops_the_plan(db: &Db) {
    let stored = db.pick(
        "GENERATED ALWAYS AS (n)",
        "GENERATED ALWAYS AS (n) STORED",
        "AS (n) STORED",
    );
    let unfit = db.pick("REAL", "time", "time");
    for (columns, leave) in [
        (
            format!("id INT PRIMARY KEY, n INT, modified_at {unfit}"),
            "modified_at",
        ),
        (
            format!("id INT PRIMARY KEY, n INT, updated_at INT {stored}"),
            "updated_at",
        ),
        (
            "id INT, updated_at INT, n INT, PRIMARY KEY (id, updated_at)".to_owned(),
            "updated_at",
        ),
    ] {
        // SQLite asks the values, and takes a REAL for what it holds.
        if db.backend == Backend::Sqlite && leave == "modified_at" {
            continue;
        }
        db.exec("DROP TABLE IF EXISTS t");
        db.exec(&format!("CREATE TABLE t ({columns})"));
        for _ in 0..2 {
            let run = db.audit(&["columns", "t", "--apply"]).ends(1);
            assert!(
                run.out.contains(&format!("! `{leave}` is "))
                    && run.out.contains(&format!("`--leave {leave}`")),
                "{run:?}"
            );
            assert!(!run.out.contains(", applied"), "{run:?}");
            assert!(db.try_exec("SELECT created_at FROM t").is_err());
            db.exec(&format!("SELECT {leave} FROM t"));
        }
        db.audit(&["columns", "t", "--apply", "--leave", leave])
            .ends(0);
        db.audit(&["columns", "t", "--leave", leave]).ends(0);
    }
}

#[cfg(feature = "mysql")]
mod of_mariadb {
    mod mysql {
        use crate::support::{Backend, Db};

        /// The catalog writes its default as `b'0'`, which is more than one word.
        #[test]
        fn a_bit_with_a_default_becomes_a_flag() {
            let db = Db::new(Backend::Mysql);
            for (table, default) in [("a", "b'0'"), ("b", "b'1'"), ("c", "0")] {
                db.exec(&format!(
                "CREATE TABLE {table} (id int PRIMARY KEY, is_deleted bit(1) NOT NULL DEFAULT {default})"
            ));
                db.exec(&format!("INSERT INTO {table} VALUES (1, b'1'), (2, b'0')"));
                db.audit(&["columns", table, "--apply"]).ends(0);
                db.audit(&["columns", table]).ends(0);
                assert_eq!(
                    db.texts(&format!(
                        "SELECT CAST(is_deleted AS CHAR) AS v FROM {table} ORDER BY id"
                    )),
                    ["1", "0"]
                );
            }
        }

        #[test]
        fn what_is_no_plain_table_is_called_what_it_is() {
            let db = Db::new(Backend::Mysql);
            db.exec("CREATE TABLE v (id int PRIMARY KEY, created_by text) WITH SYSTEM VERSIONING");
            db.exec("CREATE SEQUENCE s");
            for (name, said) in [("v", "it is system-versioned"), ("s", "it is a sequence")] {
                let run = db.audit(&["columns", name, "--apply"]).ends(1);
                assert!(
                    run.out.contains(said) && run.out.contains(": 1 finding"),
                    "{run:?}"
                );
                assert!(
                    !run.out.contains("1 findings") && !run.out.contains("view"),
                    "{run:?}"
                );
            }
        }
    }
}
