//! On PostgreSQL.

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
         CREATE FUNCTION set_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END -- set';
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
            "CREATE PROCEDURE quoted() LANGUAGE plpgsql AS $b$ BEGIN EXECUTE $q$--$q$ || 'x'; PERFORM modified FROM t; END $b$",
            "DROP PROCEDURE quoted",
            "`modified` is named in the procedure `quoted`",
        ),
        (
            "CREATE PROCEDURE clear(c text) LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'UPDATE t SET \"createdBy\" = $1' USING c; END $$",
            "DROP PROCEDURE clear",
            "`createdBy` is named in the procedure `clear`",
        ),
    ] {
        db.exec(make);
        stops(&db, "t", &[said, "`audit columns --readers-are-safe`"]);
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
         CREATE TRIGGER limited BEFORE UPDATE OF modified ON t FOR EACH ROW WHEN (NEW.modified < 'epoch') EXECUTE FUNCTION set_it();",
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
        let forced = db.audit(&["columns", "t", "--apply", "--readers-are-safe"]);
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
        .audit(&["columns", "t", "--apply", "--readers-are-safe"])
        .ends(0);
    assert!(
        run.out.contains("note: `modified` is renamed although"),
        "{run:?}"
    );
    db.exec("UPDATE t SET n = 5");
}

#[test]
fn a_function_that_names_a_partition_alone_counts() {
    let db = Db::new(Backend::Postgres);
    db.exec(
        "CREATE TABLE t (id int PRIMARY KEY, modified timestamptz) PARTITION BY RANGE (id);
         CREATE TABLE part PARTITION OF t FOR VALUES FROM (0) TO (9);
         CREATE FUNCTION latest() RETURNS timestamptz LANGUAGE sql AS 'SELECT max(modified) FROM part';",
    );
    stops(&db, "t", &["the function `latest`"]);
    db.exec("DROP FUNCTION latest");
    db.audit(&["columns", "t", "--apply"]).ends(0);
}

#[test]
fn a_function_of_the_tables_rows_counts() {
    let db = Db::new(Backend::Postgres);
    table(&db);
    db.exec("CREATE DOMAIN row_of_t AS t; CREATE FUNCTION of_n(n int) RETURNS int LANGUAGE sql AS 'SELECT 1 -- modified'");
    for (make, drop, said) in [
        (
            "CREATE FUNCTION how_old(r t) RETURNS interval LANGUAGE sql AS 'SELECT now() - (r).modified'",
            "DROP FUNCTION how_old(t)",
            "the function `how_old`",
        ),
        (
            "CREATE FUNCTION ages(r t[]) RETURNS interval LANGUAGE sql AS 'SELECT now() - (r[1]).modified'",
            "DROP FUNCTION ages",
            "the function `ages`",
        ),
        (
            "CREATE FUNCTION of_domain(r row_of_t) RETURNS interval LANGUAGE sql AS 'SELECT now() - (r).modified'",
            "DROP FUNCTION of_domain",
            "the function `of_domain`",
        ),
        (
            "CREATE PROCEDURE touch(INOUT r t) LANGUAGE plpgsql AS 'BEGIN r.modified := now(); END'",
            "DROP PROCEDURE touch",
            "the procedure `touch`",
        ),
        (
            "CREATE FUNCTION two(OUT a int, OUT r t) LANGUAGE plpgsql AS 'BEGIN r.modified := now(); END'",
            "DROP FUNCTION two",
            "the function `two`",
        ),
        (
            "CREATE FUNCTION made() RETURNS t LANGUAGE plpgsql AS 'DECLARE made record; BEGIN SELECT 1 AS id, now() AS modified, NULL::text AS b, 1 AS n INTO made; RETURN made; END'",
            "DROP FUNCTION made",
            "the function `made`",
        ),
        (
            "CREATE FUNCTION rows_of() RETURNS SETOF t LANGUAGE plpgsql AS 'BEGIN RETURN QUERY EXECUTE concat($$SELECT * FROM $$, chr(116), $$ ORDER BY modified$$); END'",
            "DROP FUNCTION rows_of",
            "the function `rows_of`",
        ),
        (
            "CREATE FUNCTION named() RETURNS int LANGUAGE plpgsql AS 'DECLARE r t%ROWTYPE; BEGIN r.modified := now(); RETURN 1; END'",
            "DROP FUNCTION named",
            "the function `named`",
        ),
        (
            "CREATE FUNCTION all_of() RETURNS SETOF t LANGUAGE sql AS 'TABLE t';
             CREATE FUNCTION through() RETURNS timestamptz LANGUAGE sql AS 'SELECT max(modified) FROM all_of()'",
            "DROP FUNCTION through, all_of",
            "the function `through`",
        ),
    ] {
        db.exec(make);
        stops(&db, "t", &[said]);
        db.exec(drop);
    }
    db.audit(&["columns", "t", "--apply"]).ends(0);
}

#[test]
fn a_publication_is_told_of() {
    let db = Db::new(Backend::Postgres);
    db.exec("CREATE TABLE t (id int PRIMARY KEY, modified date); CREATE TABLE other (id int); CREATE PUBLICATION none FOR TABLE other");
    let note = "note: the table is published by `p`: ";
    let is_15 = db.text("SELECT (current_setting('server_version_num')::int >= 150000)::text AS v");
    for of in [
        "TABLE t WHERE (modified > '2000-01-01') WITH (publish = 'insert')",
        "TABLE t (id, modified)",
    ] {
        // Before PostgreSQL 15 none reads a column.
        let made = db.try_exec(&format!("CREATE PUBLICATION p FOR {of}"));
        assert_eq!(made.is_ok(), is_15 == "true", "{made:?}");
        if made.is_ok() {
            stops(
                &db,
                "t",
                &["`modified` is read by the publication `p`: ", note],
            );
            db.exec("DROP PUBLICATION p");
        }
    }
    db.exec("CREATE PUBLICATION p FOR ALL TABLES");
    let run = db.audit(&["columns", "t", "--apply"]).ends(0);
    assert!(
        run.out.contains(note) && run.out.contains("rename `modified`"),
        "{run:?}"
    );
    let run = db.audit(&["columns", "t"]).ends(0);
    assert!(!run.out.contains("published"), "{run:?}");
}
