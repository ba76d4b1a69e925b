//! What reads or writes the values of a column that would become others.

#[cfg(feature = "sqlite")]
mod sqlite {
    use crate::in_the_way::stops;
    use crate::support::{Backend, Db};

    #[test]
    fn what_reads_or_writes_a_flag_of_texts_stops_its_conversion() {
        let db = Db::new(Backend::Sqlite);
        let table = |check: &str| {
            db.exec(&format!(
                "DROP TABLE IF EXISTS t;
                 CREATE TABLE t (id INTEGER PRIMARY KEY, is_deleted TEXT DEFAULT 'N', e TEXT, n INT{check});
                 INSERT INTO t (id, is_deleted, e) VALUES (1, 'N', 'a'), (2, 'Y', 'a');"
            ));
        };
        table("");
        db.exec(
            "CREATE TABLE other (id INT, is_deleted TEXT); CREATE VIEW of_all AS SELECT * FROM t",
        );
        for (make, drop, said) in [
            (
                "CREATE UNIQUE INDEX one ON t (e) WHERE is_deleted = 'N'",
                "DROP INDEX one",
                "`is_deleted` is named in the index `one`: ",
            ),
            (
                "CREATE INDEX gone ON t (e, is_deleted = 'Y')",
                "DROP INDEX gone",
                "the index `gone`",
            ),
            (
                "CREATE VIEW v AS SELECT e FROM t x WHERE x.\"is_deleted\" = 'N'",
                "DROP VIEW v",
                "the view `v`",
            ),
            (
                "CREATE VIEW through AS SELECT e FROM of_all WHERE is_deleted = 'N'",
                "DROP VIEW through",
                "the view `through`",
            ),
            (
                "CREATE TRIGGER own AFTER UPDATE ON t WHEN new.is_deleted = 'Y' BEGIN SELECT 1; END",
                "DROP TRIGGER own",
                "the trigger `own`",
            ),
            (
                "CREATE TRIGGER far AFTER INSERT ON other BEGIN UPDATE t SET is_deleted = 'Y'; END",
                "DROP TRIGGER far",
                "the trigger `far`",
            ),
        ] {
            db.exec(make);
            stops(&db, "t", &[said, "--readers-are-safe`"]);
            assert_eq!(
                db.texts("SELECT is_deleted AS v FROM t ORDER BY id"),
                ["N", "Y"]
            );
            db.exec(drop);
        }
        for (check, said) in [
            (" CHECK (is_deleted IN ('Y', 'N'))", "the CHECK of `n`"),
            (", CHECK (is_deleted IN ('Y', 'N'))", "a CHECK of the table"),
            (
                ", CONSTRAINT yn CHECK (is_deleted <> 'x')",
                "the CHECK `yn`",
            ),
            (", g INT AS (is_deleted = 'N')", "the generated column `g`"),
        ] {
            table(check);
            stops(&db, "t", &[said]);
        }
        // What is the same of both values, and what means something else.
        db.exec(
            "DROP TABLE t;
             CREATE TABLE t (id INTEGER PRIMARY KEY, is_deleted TEXT NOT NULL, deleted_at INTEGER, e TEXT, n INT,
                CHECK (is_deleted IS NOT NULL OR n > 0));
             INSERT INTO t VALUES (1, 'N', NULL, 'a', 1), (2, 'Y', 1600000000, 'a', 1);
             CREATE INDEX plain ON t (is_deleted, e); CREATE INDEX some ON t (e) WHERE is_deleted IS NULL;
             CREATE UNIQUE INDEX live ON t (e) WHERE deleted_at IS NULL;
             CREATE VIEW alive AS SELECT id FROM t WHERE deleted_at IS NULL;
             CREATE VIEW elsewhere AS SELECT is_deleted FROM other;
             CREATE VIEW w AS SELECT e, n FROM t -- is_deleted
             ;",
        );
        db.audit(&["columns", "t", "--apply"]).ends(0);
        assert_eq!(
            db.texts("SELECT is_deleted || typeof(is_deleted) AS v FROM t ORDER BY id"),
            ["0integer", "1integer"]
        );
        assert_eq!(
            db.texts("SELECT coalesce(deleted_at, 'none') AS v FROM t ORDER BY id"),
            ["none", "1600000000000000"]
        );
        assert_eq!(db.texts("SELECT CAST(id AS TEXT) AS v FROM alive"), ["1"]);
    }

    #[test]
    fn seconds_that_are_read_or_written_stay_seconds() {
        let db = Db::new(Backend::Sqlite);
        db.exec(
            "CREATE TABLE docs (id INTEGER PRIMARY KEY, created_at INTEGER, modified INTEGER, n INT);
             INSERT INTO docs VALUES (1, 1600000000, 1600000000, 1);
             CREATE VIEW old AS SELECT id FROM docs WHERE created_at < 1700000000;
             CREATE TRIGGER touch AFTER UPDATE OF n ON docs BEGIN
                UPDATE docs SET modified = strftime('%s', 'now') WHERE id = new.id; END;",
        );
        stops(
            &db,
            "docs",
            &[
                "`created_at` is named in the view `old`",
                "`modified` is named in the trigger `touch`",
            ],
        );
        let run = db
            .audit(&["columns", "docs", "--apply", "--readers-are-safe"])
            .ends(0);
        assert!(
            run.out.contains(
                "note: the values of `created_at` are converted although the view `old` may"
            ),
            "{run:?}"
        );
        db.exec("DROP TRIGGER touch");
        db.audit(&["columns", "docs"]).ends(0);
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use crate::in_the_way::stops;
    use crate::support::{Backend, Db};

    #[test]
    fn what_reads_or_writes_a_flag_of_texts_stops_its_conversion() {
        let db = Db::new(Backend::Mysql);
        db.exec("CREATE TABLE t (id int PRIMARY KEY, is_deleted char(1), n int)");
        db.exec("INSERT INTO t VALUES (1, 'N', 1), (2, 'Y', 1)");
        for (make, drop, said) in [
            (
                "CREATE VIEW v AS SELECT id FROM t WHERE is_deleted = 'N'",
                "DROP VIEW v",
                "`is_deleted` is named in the view `v`: ",
            ),
            (
                "CREATE TRIGGER own BEFORE UPDATE ON t FOR EACH ROW SET NEW.n = NEW.is_deleted = 'Y'",
                "DROP TRIGGER own",
                "the trigger `own`",
            ),
            (
                "CREATE PROCEDURE p() UPDATE t SET is_deleted = 'Y'",
                "DROP PROCEDURE p",
                "the procedure `p`",
            ),
            (
                "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO DELETE FROM t WHERE is_deleted = 'Y'",
                "DROP EVENT e",
                "the event `e`",
            ),
        ] {
            db.exec(make);
            stops(&db, "t", &[said, "--readers-are-safe`"]);
            assert_eq!(
                db.texts("SELECT is_deleted AS v FROM t ORDER BY id"),
                ["N", "Y"]
            );
            db.exec(drop);
        }
        db.exec("CREATE VIEW v AS SELECT id FROM t WHERE is_deleted IS NULL");
        db.exec("CREATE VIEW w AS SELECT id, is_deleted FROM t");
        stops(&db, "t", &["the view `w`: "]);
        db.audit(&["columns", "t", "--apply", "--readers-are-safe"])
            .ends(0);
        db.audit(&["columns", "t"]).ends(0);
        // Where the values stay what they are, a view of them does.
        db.exec("CREATE TABLE u (id int PRIMARY KEY, created_at datetime, is_deleted int)");
        db.exec(
            "CREATE VIEW x AS SELECT id FROM u WHERE is_deleted = 0 AND created_at > '2024-01-01'",
        );
        db.audit(&["columns", "u", "--apply"]).ends(0);
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use crate::in_the_way::stops;
    use crate::support::{Backend, Db};

    #[test]
    fn what_reads_or_writes_other_values_stops_their_conversion() {
        let db = Db::new(Backend::Postgres);
        db.exec(
            "CREATE TABLE t (id int PRIMARY KEY, updated_at text, is_deleted char(1), gone int, n int);
             INSERT INTO t VALUES (1, '2024-01-02 03:04:05', 'N', 0, 1);
             CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN NEW.updated_at := to_char(now(), 'DD.MM.YYYY'); RETURN NEW; END $$;
             CREATE SCHEMA app;",
        );
        for (make, drop, said) in [
            (
                "CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch()",
                "DROP TRIGGER touched ON t",
                "`updated_at` is named in the function `touch` of the trigger `touched`: ",
            ),
            (
                "CREATE FUNCTION app.live() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM public.t WHERE is_deleted = 'N' $$",
                "DROP FUNCTION app.live",
                "`is_deleted` is named in the function `app.live`: ",
            ),
            (
                "ALTER TABLE t ADD CONSTRAINT year CHECK (updated_at ~ '^[0-9]{4}')",
                "ALTER TABLE t DROP CONSTRAINT year",
                "`updated_at` is named in the CHECK `year`: ",
            ),
            (
                "CREATE UNIQUE INDEX one ON t (n) WHERE is_deleted = 'N'",
                "DROP INDEX one",
                "`is_deleted` is named in the index `one`: ",
            ),
            (
                "CREATE INDEX app_year ON t (substr(updated_at, 1, 4))",
                "DROP INDEX app_year",
                "`updated_at` is named in the index `app_year`: ",
            ),
        ] {
            db.exec(make);
            stops(&db, "t", &[said, "--readers-are-safe`"]);
            assert_eq!(db.text("SELECT is_deleted::text AS v FROM t"), "N");
            db.exec(drop);
        }
        // What says the same of both, or is of another table.
        db.exec(
            "ALTER TABLE t ALTER updated_at SET NOT NULL, ALTER is_deleted SET NOT NULL, ADD deleted_at text;
             CREATE INDEX partly ON t (n) WHERE updated_at IS NOT NULL AND is_deleted IS NOT NULL;
             CREATE INDEX live ON t (n) WHERE deleted_at IS NULL;
             CREATE INDEX plain ON t (is_deleted, updated_at);
             CREATE FUNCTION other() RETURNS int LANGUAGE sql AS $$ SELECT 1 FROM t WHERE n = 1 AND updated_at IS NULL $$;",
        );
        db.audit(&["columns", "t", "--apply"]).ends(0);
        db.audit(&["columns", "t"]).ends(0);
    }

    #[test]
    fn a_conversion_goes_on_where_it_is_said_to_be_safe() {
        let db = Db::new(Backend::Postgres);
        db.exec(
            "CREATE TABLE t (id int PRIMARY KEY, deleted int);
             CREATE INDEX live ON t (id) WHERE deleted = 0;
             CREATE FUNCTION said() RETURNS text LANGUAGE sql AS $$ SELECT 'deleted' FROM t $$;",
        );
        stops(&db, "t", &["the function `said`", "the index `live`"]);
        // PostgreSQL refuses what it cannot make anew, and what that may be is said.
        let run = db
            .audit(&["columns", "t", "--apply", "--readers-are-safe"])
            .ends(3);
        assert!(
            run.err
                .contains("the values of `deleted` are converted although the index `live` may"),
            "{run:?}"
        );
        db.exec("DROP INDEX live");
        db.audit(&["columns", "t", "--apply", "--readers-are-safe"])
            .ends(0);
        db.audit(&["columns", "t"]).ends(0);
    }
}
