//! `audit columns` where something else of the database reads the columns that it would change.

use super::support::Db;

/// Nothing was applied: the table still has its old names, and what names it works.
#[cfg(any(feature = "postgres", feature = "mysql"))]
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
    }
    let again = db.audit(&["columns", table, "--format", "json"]).ends(1);
    let plan = again.json();
    assert_eq!(plan["statements"].as_array().unwrap().len(), 0, "{plan}");
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
        "CREATE TABLE t (id INTEGER PRIMARY KEY, modified INTEGER, n INT); INSERT INTO t VALUES (1, 1700000000, 1);
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

#[cfg(feature = "mysql")]
mod mysql {
    use super::stops;
    use crate::support::{Backend, Db};

    fn table(db: &Db) {
        db.exec("CREATE TABLE t (id int PRIMARY KEY, modified datetime(6), n int)");
        db.exec("INSERT INTO t VALUES (1, '2024-01-01', 1)");
    }

    #[test]
    fn a_trigger_a_view_a_routine_or_an_event_that_names_a_column_stops_its_rename() {
        let db = Db::new(Backend::Mysql);
        table(&db);
        db.exec("CREATE TABLE other (id int PRIMARY KEY, modified int)");
        for (make, drop, said) in [
            (
                "CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW SET NEW.Modified = utc_timestamp(6)",
                "DROP TRIGGER touch",
                "`modified` is named in the trigger `touch`: ",
            ),
            (
                "CREATE TRIGGER far AFTER INSERT ON other FOR EACH ROW UPDATE `t` SET `modified` = NULL",
                "DROP TRIGGER far",
                "the trigger `far`",
            ),
            (
                "CREATE VIEW v AS SELECT x.modified AS m FROM t x",
                "DROP VIEW v",
                "the view `v`",
            ),
            (
                "CREATE PROCEDURE p() UPDATE t SET modified = NULL",
                "DROP PROCEDURE p",
                "the procedure `p`",
            ),
            (
                "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO DELETE FROM t WHERE modified IS NULL",
                "DROP EVENT e",
                "the event `e`",
            ),
        ] {
            db.exec(make);
            stops(&db, "t", &[said, "`--renames-are-safe`"]);
            db.exec("SELECT modified FROM t");
            db.exec("UPDATE t SET n = n + 1");
            db.exec(drop);
        }
        // Words that only look alike, other tables, and comments.
        db.exec("CREATE TRIGGER counts BEFORE UPDATE ON t FOR EACH ROW /* modified */ SET NEW.n = NEW.n + 1, @modified_at = 'unmodified'");
        db.exec("CREATE VIEW w AS SELECT modified FROM other");
        db.audit(&["columns", "t", "--apply"]).ends(0);
        db.exec("UPDATE t SET n = 5");
        db.exec("SELECT updated_at FROM t");
    }

    #[test]
    fn a_view_of_another_database_is_found() {
        let (db, near) = (Db::new(Backend::Mysql), Db::new(Backend::Mysql));
        table(&db);
        let of = db.text("SELECT DATABASE() AS v");
        near.exec(&format!("CREATE VIEW v AS SELECT modified FROM {of}.t"));
        let place = near.text("SELECT DATABASE() AS v");
        stops(&db, "t", &[&format!("the view `{place}.v`")]);
    }

    #[test]
    fn a_rename_goes_on_where_it_is_said_to_be_safe() {
        let db = Db::new(Backend::Mysql);
        table(&db);
        db.exec("CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW SET @modified = 'modified'");
        stops(&db, "t", &["the trigger `touch`"]);
        let run = db
            .audit(&["columns", "t", "--apply", "--renames-are-safe"])
            .ends(0);
        assert!(
            run.out.contains(
                "note: `modified` is renamed although it is named in the trigger `touch`"
            ),
            "{run:?}"
        );
        db.exec("UPDATE t SET n = 5");
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::stops;
    use crate::support::{Backend, Db};

    fn table(db: &Db) {
        db.exec(
            "CREATE TABLE t (id int PRIMARY KEY, modified timestamptz, \"createdBy\" text, n int);
             INSERT INTO t VALUES (1, now(), 'x', 1);",
        );
    }

    #[test]
    fn a_function_that_names_a_column_stops_its_rename() {
        let db = Db::new(Backend::Postgres);
        table(&db);
        db.exec(
            "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.Modified := now(); RETURN NEW; END';
             CREATE FUNCTION set_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE SCHEMA \"a.b\";",
        );
        for (make, drop, said) in [
            (
                "CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch()",
                "DROP TRIGGER touched ON t",
                "`modified` is named in the function `touch` of the trigger `touched`: ",
            ),
            (
                "CREATE TRIGGER argued BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION set_it('n', 'modified')",
                "DROP TRIGGER argued ON t",
                "the function `set_it` of the trigger `argued`",
            ),
            (
                "CREATE FUNCTION \"a.b\".latest() RETURNS timestamptz LANGUAGE sql AS 'SELECT max(modified) FROM public.t'",
                "DROP FUNCTION \"a.b\".latest",
                "the function `\"a.b\".latest`",
            ),
            (
                "CREATE PROCEDURE clear(c text) LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'UPDATE t SET \"createdBy\" = $1' USING c; END $$",
                "DROP PROCEDURE clear",
                "`createdBy` is named in the procedure `clear`",
            ),
        ] {
            db.exec(make);
            stops(&db, "t", &[said, "`--renames-are-safe`"]);
            db.exec("UPDATE t SET n = n + 1, modified = now()");
            db.exec(drop);
        }
        // PostgreSQL follows the rename itself in what it has read; the others mean something else.
        db.exec(
            "CREATE VIEW v AS SELECT modified, \"createdBy\" FROM t;
             CREATE TABLE other (modified int, createdby text);
             CREATE FUNCTION elsewhere() RETURNS int LANGUAGE sql AS 'SELECT max(modified) FROM other';
             CREATE FUNCTION alike() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM t WHERE n = 1 -- modified';
             CREATE FUNCTION read() RETURNS timestamptz LANGUAGE sql BEGIN ATOMIC SELECT modified FROM t; END;
             CREATE TRIGGER limited BEFORE UPDATE OF modified ON t FOR EACH ROW WHEN (NEW.modified IS NULL) EXECUTE FUNCTION set_it();",
        );
        db.audit(&["columns", "t", "--apply"]).ends(0);
        db.exec("UPDATE t SET n = 5; SELECT modified FROM v; SELECT read(), elsewhere()");
    }

    #[test]
    fn a_trigger_of_a_partition_counts() {
        let db = Db::new(Backend::Postgres);
        db.exec(
            "CREATE TABLE t (id int PRIMARY KEY, modified timestamptz) PARTITION BY RANGE (id);
             CREATE TABLE part PARTITION OF t FOR VALUES FROM (0) TO (9);
             CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.modified := now(); RETURN NEW; END';
             CREATE TRIGGER touched BEFORE UPDATE ON part FOR EACH ROW EXECUTE FUNCTION touch();",
        );
        stops(&db, "t", &["the trigger `touched`"]);
        db.exec(
            "DROP TRIGGER touched ON part; ALTER TABLE t ALTER modified TYPE date;
             CREATE VIEW v AS SELECT modified FROM part",
        );
        stops(&db, "t", &["`modified` is read by the view `v`"]);
    }

    #[test]
    fn what_reads_a_column_stops_a_change_of_its_type() {
        let db = Db::new(Backend::Postgres);
        db.exec(
            "CREATE TABLE t (id int PRIMARY KEY, created date CHECK (created > '2000-01-01') UNIQUE, n int);
             CREATE INDEX ON t (created DESC); CREATE STATISTICS s ON created, n FROM t;
             INSERT INTO t VALUES (1, '2024-01-01', 1);
             CREATE VIEW of_others AS SELECT id, n FROM t;
             CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE SCHEMA \"a.b\";",
        );
        for (make, drop, said) in [
            (
                "CREATE VIEW \"a.b\".v AS SELECT created FROM t",
                "DROP VIEW \"a.b\".v",
                "`created` is read by the view `\"a.b\".v`: ",
            ),
            (
                "CREATE MATERIALIZED VIEW m AS SELECT n FROM t WHERE created IS NULL",
                "DROP MATERIALIZED VIEW m",
                "the materialized view `m`",
            ),
            (
                "CREATE RULE r AS ON DELETE TO t WHERE old.created IS NULL DO INSTEAD NOTHING",
                "DROP RULE r ON t",
                "the rule `r` of `t`",
            ),
            (
                "CREATE TRIGGER g BEFORE UPDATE OF created ON t FOR EACH ROW EXECUTE FUNCTION nothing()",
                "DROP TRIGGER g ON t",
                "the trigger `g`",
            ),
            (
                "CREATE POLICY p ON t USING (created IS NOT NULL)",
                "DROP POLICY p ON t",
                "the policy `p`",
            ),
            (
                "CREATE FUNCTION f() RETURNS date LANGUAGE sql BEGIN ATOMIC SELECT created FROM t; END",
                "DROP FUNCTION f",
                "the function `f`",
            ),
            (
                "ALTER TABLE t ADD COLUMN d int GENERATED ALWAYS AS (created - date '2000-01-01') STORED",
                "ALTER TABLE t DROP COLUMN d",
                "the generated column `d`",
            ),
        ] {
            db.exec(make);
            stops(
                &db,
                "t",
                &[said, "PostgreSQL refuses to make it `timestamptz`"],
            );
            let forced = db.audit(&["columns", "t", "--apply", "--renames-are-safe"]);
            assert!(forced.ends(1).out.contains(said));
            db.exec(drop);
        }
        db.audit(&["columns", "t", "--apply"]).ends(0);
        db.audit(&["columns", "t"]).ends(0);
        db.exec("SELECT n FROM of_others");
    }

    #[test]
    fn a_rename_goes_on_where_it_is_said_to_be_safe() {
        let db = Db::new(Backend::Postgres);
        table(&db);
        db.exec(
            "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'modified'; RETURN NEW; END $$;
             CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();",
        );
        stops(&db, "t", &["the trigger `touched`"]);
        let run = db
            .audit(&["columns", "t", "--apply", "--renames-are-safe"])
            .ends(0);
        assert!(
            run.out.contains("note: `modified` is renamed although"),
            "{run:?}"
        );
        db.exec("UPDATE t SET n = 5");
    }
}
