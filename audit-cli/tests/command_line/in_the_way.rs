//! `audit columns` where something else of the database reads the columns that it would change.

use super::support::Db;

/// Nothing was applied: the table still has its old names, and what names it works.
#[track_caller]
fn stops(db: &Db, table: &str, said: &[&str]) {
    for args in [
        &["columns", table, "--apply"][..],
        &["columns", table],
        &["check", table],
    ] {
        let run = db.audit(args).ends(1);
        for said in said {
            assert!(run.out.contains(said), "{said}: {run:#?}");
        }
        // Run by hand, the statements would break what stops them.
        assert!(!run.out.contains("--     ALTER"), "{run:#?}");
        let leave = if args.contains(&"check") {
            format!("`--leave {table}.")
        } else {
            "`--leave ".to_owned()
        };
        assert!(run.out.contains(&leave), "{leave}: {run:#?}");
    }
    let again = db.audit(&["columns", table, "--format", "json"]).ends(1);
    let plan = again.json();
    for none in ["statements", "held_back"] {
        assert_eq!(plan[none].as_array().unwrap().len(), 0, "{plan}");
    }
    assert!(
        plan["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["code"] == "used" && finding["remedy"] == "blocked"),
        "{plan}"
    );
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_rewrites_what_names_a_column() {
    use super::support::Backend;
    let db = Db::new(Backend::Sqlite);
    db.exec(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, modified INTEGER, n INT); INSERT INTO t VALUES (1, 1700000000000000, 1);
         CREATE TRIGGER touch AFTER UPDATE OF n ON t BEGIN UPDATE t SET modified = 1800000000000000 WHERE id = new.id; END;
         CREATE VIEW v AS SELECT modified FROM t;",
    );
    db.audit(&["columns", "t", "--apply"]).ends(0);
    db.exec("UPDATE t SET n = 2");
    assert_eq!(
        db.text("SELECT CAST(updated_at AS TEXT) AS v FROM v"),
        "1800000000000000"
    );
}

/// SQLite itself refuses these renames, and so does the program before it.
#[cfg(feature = "sqlite")]
#[test]
fn what_sqlite_cannot_rewrite_stops_a_rename() {
    use super::support::Backend;
    let db = Db::new(Backend::Sqlite);
    db.exec(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, modified INTEGER NOT NULL, \"createdBy\" TEXT);
         CREATE VIEW v AS SELECT id, modified FROM t;
         CREATE TRIGGER \"v's\" INSTEAD OF UPDATE ON v BEGIN UPDATE t SET modified = new.modified WHERE id = new.id; END;",
    );
    stops(
        &db,
        "t",
        &["refuses to rename `modified`, since it cannot rewrite the trigger `v's`"],
    );
    db.exec("UPDATE v SET modified = 1");
    db.exec("DROP TRIGGER \"v's\"");
    db.audit(&["columns", "t", "--apply"]).ends(0);
    db.exec("SELECT updated_at FROM v");
}

mod misread;
#[cfg(feature = "mysql")]
mod mysql;
mod null_tested;
#[cfg(feature = "postgres")]
mod postgres;
