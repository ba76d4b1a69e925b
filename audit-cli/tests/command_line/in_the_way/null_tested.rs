//! What tells rows apart by whether a column is null, where none would be null any more.

#[cfg(feature = "sqlite")]
mod sqlite {
    use crate::in_the_way::stops;
    use crate::support::{Backend, Db};

    #[test]
    fn what_asks_whether_a_column_is_null_stops_its_filling() {
        let db = Db::new(Backend::Sqlite);
        let table = |kind: &str, check: &str| {
            db.exec(&format!(
                "DROP TABLE IF EXISTS t;
                 CREATE TABLE t (id INTEGER PRIMARY KEY, is_deleted {kind}, created_at INTEGER, e TEXT{check});
                 INSERT INTO t VALUES (1, NULL, NULL, 'a'), (2, 1, 1700000000000000, 'a');"
            ));
        };
        for kind in ["TEXT", "BOOLEAN"] {
            table(kind, "");
            db.exec("CREATE VIEW IF NOT EXISTS of_all AS SELECT * FROM t");
            for (make, drop, said) in [
                (
                    "CREATE UNIQUE INDEX live ON t (e) WHERE is_deleted IS NULL",
                    "DROP INDEX live",
                    "`is_deleted` is tested for null, or set to it, in the index `live`: ",
                ),
                (
                    "CREATE VIEW v AS SELECT e FROM of_all WHERE \"is_deleted\" IS NULL",
                    "DROP VIEW v",
                    "the view `v`: ",
                ),
                (
                    "CREATE TRIGGER back AFTER UPDATE OF e ON t BEGIN UPDATE t SET is_deleted = NULL; END",
                    "DROP TRIGGER back",
                    "the trigger `back`: ",
                ),
            ] {
                db.exec(make);
                stops(&db, "t", &[said, "--readers-are-safe`"]);
                assert_eq!(
                    db.texts("SELECT coalesce(is_deleted, 'none') AS v FROM t ORDER BY id"),
                    ["none", "1"]
                );
                db.exec(drop);
            }
            table(
                kind,
                ", CONSTRAINT usual CHECK (is_deleted IS NULL OR e > '')",
            );
            stops(&db, "t", &["in the CHECK `usual`: "]);
        }
        // A test of another column, and one that goes on as it is said to be safe.
        table("BOOLEAN", "");
        db.exec("CREATE VIEW v AS SELECT is_deleted, created_at FROM t WHERE e IS NULL");
        db.audit(&["columns", "t", "--apply"]).ends(0);
        table("BOOLEAN", "");
        db.exec("CREATE UNIQUE INDEX live ON t (e) WHERE is_deleted IS NULL");
        let left = db.audit(&["columns", "t", "--leave", "is_deleted"]).ends(1);
        assert!(!left.out.contains("tested for null"), "{left:?}");
        let run = db
            .audit(&["columns", "t", "--apply", "--readers-are-safe"])
            .ends(0);
        assert!(
            run.out
                .contains("note: `is_deleted` is made NOT NULL although the index `live` may"),
            "{run:?}"
        );
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use crate::in_the_way::stops;
    use crate::support::{Backend, Db};

    #[test]
    fn what_asks_whether_a_column_is_null_stops_its_filling() {
        let db = Db::new(Backend::Postgres);
        db.exec(
            "CREATE TABLE t (id int PRIMARY KEY, is_deleted boolean, created_at timestamptz, e text);
             INSERT INTO t VALUES (1, NULL, NULL, 'a'), (2, true, now(), 'a');
             CREATE VIEW of_all AS SELECT * FROM t;
             CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;",
        );
        for (make, drop, said) in [
            (
                "CREATE UNIQUE INDEX live ON t (e) WHERE is_deleted IS NULL",
                "DROP INDEX live",
                "`is_deleted` is tested for null, or set to it, in the index `live`: ",
            ),
            (
                "CREATE VIEW v AS SELECT e FROM t WHERE is_deleted IS NULL",
                "DROP VIEW v",
                "the view `v`: ",
            ),
            (
                "CREATE MATERIALIZED VIEW m AS SELECT e FROM of_all WHERE is_deleted IS NULL",
                "DROP MATERIALIZED VIEW m",
                "the materialized view `m`: ",
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT usual CHECK (is_deleted IS NULL OR e > '')",
                "ALTER TABLE t DROP CONSTRAINT usual",
                "the CHECK `usual`: ",
            ),
            (
                "CREATE POLICY alive ON t USING (is_deleted IS NULL)",
                "DROP POLICY alive ON t",
                "the policy `alive`: ",
            ),
            (
                "CREATE RULE gone AS ON DELETE TO t WHERE old.is_deleted IS NULL DO INSTEAD NOTHING",
                "DROP RULE gone ON t",
                "the rule `gone` of `t`: ",
            ),
            (
                "CREATE TRIGGER whenever AFTER UPDATE ON t FOR EACH ROW WHEN (new.is_deleted IS NULL) EXECUTE FUNCTION noop()",
                "DROP TRIGGER whenever ON t",
                "the trigger `whenever`: ",
            ),
            (
                "ALTER TABLE t ADD alive boolean GENERATED ALWAYS AS (is_deleted IS NULL) STORED",
                "ALTER TABLE t DROP alive",
                "the generated column `alive`: ",
            ),
            (
                "CREATE FUNCTION live() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM t WHERE is_deleted IS NULL $$",
                "DROP FUNCTION live",
                "the function `live`: ",
            ),
            (
                "CREATE FUNCTION parsed() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t WHERE is_deleted IS NULL; END",
                "DROP FUNCTION parsed",
                "the function `parsed`: ",
            ),
        ] {
            db.exec(make);
            stops(&db, "t", &[said, "--readers-are-safe`"]);
            assert_eq!(
                db.text("SELECT coalesce(is_deleted::text, 'none') AS v FROM t WHERE id = 1"),
                "none"
            );
            db.exec(drop);
        }
        // Tests of other columns are none of these, nor is what reads them.
        db.exec(
            "CREATE VIEW v AS SELECT is_deleted, created_at FROM t WHERE e IS NULL;
             CREATE TRIGGER always AFTER UPDATE ON t FOR EACH ROW WHEN (new.is_deleted) EXECUTE FUNCTION noop();",
        );
        db.audit(&["columns", "t", "--apply"]).ends(0);
        db.exec("CREATE VIEW w AS SELECT e FROM t WHERE is_deleted IS NULL");
        db.audit(&["columns", "t"]).ends(0);
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use crate::in_the_way::stops;
    use crate::support::{Backend, Db};

    #[test]
    fn what_asks_whether_a_column_is_null_stops_its_filling() {
        let db = Db::new(Backend::Mysql);
        db.exec("CREATE TABLE t (id int PRIMARY KEY, is_deleted int, created_at datetime, e int)");
        db.exec("INSERT INTO t VALUES (1, NULL, NULL, 1), (2, 1, now(), 1)");
        for (make, drop, said) in [
            (
                "CREATE VIEW v AS SELECT id FROM t WHERE is_deleted IS NULL",
                "DROP VIEW v",
                "`is_deleted` is tested for null, or set to it, in the view `v`: ",
            ),
            (
                "ALTER TABLE t ADD live int AS (if(is_deleted IS NULL, e, NULL))",
                "ALTER TABLE t DROP live",
                "the generated column `live`: ",
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT usual CHECK (is_deleted IS NULL OR e > 0)",
                "ALTER TABLE t DROP CONSTRAINT usual",
                "the CHECK `usual`: ",
            ),
            (
                "CREATE TRIGGER own BEFORE UPDATE ON t FOR EACH ROW SET NEW.e = isnull(NEW.is_deleted)",
                "DROP TRIGGER own",
                "the trigger `own`: ",
            ),
            (
                "CREATE PROCEDURE p() UPDATE t SET is_deleted = NULL",
                "DROP PROCEDURE p",
                "the procedure `p`: ",
            ),
        ] {
            db.exec(make);
            stops(&db, "t", &[said, "--readers-are-safe`"]);
            assert_eq!(
                db.texts("SELECT CAST(coalesce(is_deleted, 7) AS CHAR) AS v FROM t ORDER BY id"),
                ["7", "1"]
            );
            db.exec(drop);
        }
        db.exec("CREATE VIEW v AS SELECT is_deleted, created_at FROM t WHERE e IS NULL");
        db.audit(&["columns", "t", "--apply"]).ends(0);
        db.audit(&["columns", "t"]).ends(0);
    }
}
