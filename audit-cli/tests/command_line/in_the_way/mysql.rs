//! On MySQL and MariaDB.

use super::stops;
use crate::support::{Backend, Db, audit_with};

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
        stops(&db, "t", &[said, "`audit columns --readers-are-safe`"]);
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
        .audit(&["columns", "t", "--apply", "--readers-are-safe"])
        .ends(0);
    assert!(
        run.out
            .contains("note: `modified` is renamed although it is named in the trigger `touch`"),
        "{run:?}"
    );
    db.exec("UPDATE t SET n = 5");
}

#[test]
fn a_trigger_of_another_database_is_found() {
    let (db, near) = (Db::new(Backend::Mysql), Db::new(Backend::Mysql));
    table(&db);
    let of = db.text("SELECT DATABASE() AS v");
    let place = near.text("SELECT DATABASE() AS v");
    near.exec("CREATE TABLE own (id int PRIMARY KEY)");
    near.exec(&format!(
        "CREATE TRIGGER far AFTER INSERT ON own FOR EACH ROW UPDATE `{of}`.`t` SET modified = NULL"
    ));
    near.exec(&format!(
        "CREATE PROCEDURE p() UPDATE {of}.t SET modified = NULL"
    ));
    stops(
        &db,
        "t",
        &[
            &format!("the trigger `{place}.far`"),
            &format!("the procedure `{place}.p`"),
        ],
    );
    near.exec("DROP TRIGGER far");
    near.exec("DROP PROCEDURE p");
    // A trigger of a table of the same name is another's.
    near.exec("CREATE TABLE t (id int PRIMARY KEY, modified int)");
    near.exec(&format!(
        "CREATE TRIGGER near BEFORE UPDATE ON t FOR EACH ROW SET NEW.modified = (SELECT 1 FROM {of}.other)"
    ));
    db.audit(&["columns", "t", "--apply"]).ends(0);
}

/// A user of the database, gone with the value.
struct User<'a>(&'a Db, String);

impl Drop for User<'_> {
    fn drop(&mut self) {
        let _ = self.0.try_exec(&format!("DROP USER '{}'@'%'", self.1));
    }
}

#[test]
fn what_the_user_may_not_read_is_told() {
    let db = Db::new(Backend::Mysql);
    table(&db);
    let name = db.text("SELECT DATABASE() AS v");
    for make in [
        "CREATE VIEW v AS SELECT modified FROM t",
        "CREATE PROCEDURE p() UPDATE t SET modified = NULL",
        "CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW SET NEW.modified = utc_timestamp(6)",
        &format!("CREATE USER '{name}'@'%' IDENTIFIED BY 'only-in-this-test'"),
        &format!(
            "GRANT SELECT, INSERT, UPDATE, ALTER, DROP, INDEX, EXECUTE ON {name}.* TO '{name}'@'%'"
        ),
    ] {
        db.exec(make);
    }
    let user = User(&db, name.clone());
    let (_, host) = db.url.split_once("://").unwrap();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let url = format!("mysql://{}:only-in-this-test@{host}", user.1);
    let plan = || {
        let run = audit_with(&[("DATABASE_URL", &url)], &["columns", "t"]);
        run.ends(1).out
    };
    let out = plan();
    for said in [
        "note: this user of the database may not read ",
        "the view `v`, ",
        "the procedure `p`, ",
        "a trigger of the table (which takes the right TRIGGER)",
        "an event of its database (which takes the right EVENT)",
        "`modified` before the rename",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
    db.exec("DROP VIEW v");
    db.exec("DROP PROCEDURE p");
    db.exec(&format!("GRANT TRIGGER ON {name}.t TO '{name}'@'%'"));
    let out = plan();
    assert!(out.contains("the trigger `touch`"), "{out}");
    assert!(
        out.contains("may not read an event of its database (which takes the right EVENT): "),
        "{out}"
    );
    db.exec(&format!("GRANT EVENT ON *.* TO '{name}'@'%'"));
    let out = plan();
    assert!(!out.contains("may not read"), "{out}");
    // Nothing is renamed, so that nothing has to be read.
    db.exec(&format!("REVOKE EVENT ON *.* FROM '{name}'@'%'"));
    let run = audit_with(
        &[("DATABASE_URL", &url)],
        &["columns", "t", "--leave", "modified"],
    );
    assert!(!run.ends(1).out.contains("may not read"));
    db.exec("ALTER TABLE t ADD COLUMN is_deleted char(1)");
    let run = audit_with(
        &[("DATABASE_URL", &url)],
        &["columns", "t", "--leave", "modified"],
    );
    let out = run.ends(1).out;
    assert!(
        out.contains("for `is_deleted` before the values are converted"),
        "{out}"
    );
}

#[test]
fn what_computes_with_a_column_stops_a_change_of_its_type() {
    let db = Db::new(Backend::Mysql);
    db.exec("CREATE TABLE users (id smallint PRIMARY KEY)");
    db.exec("CREATE TABLE t (id int PRIMARY KEY, created bigint, n int CHECK (n > 0), creator_id smallint, m int AS (n + 1))");
    db.exec("INSERT INTO users VALUES (1)");
    db.exec("INSERT INTO t (id, created, n, creator_id) VALUES (1, 1700000000, 1, 1)");
    for (make, drop, said) in [
        (
            "ALTER TABLE t ADD COLUMN d bigint AS (created * 2) STORED",
            "ALTER TABLE t DROP COLUMN d",
            "`created` is read by the generated column `d`: ",
        ),
        (
            "ALTER TABLE t ADD COLUMN d bigint AS (created * 2) VIRTUAL",
            "ALTER TABLE t DROP COLUMN d",
            "the generated column `d`",
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT late CHECK (`created` > 5)",
            "ALTER TABLE t DROP CONSTRAINT late",
            "the CHECK `late`",
        ),
        (
            "ALTER TABLE t MODIFY created bigint CHECK (created > 5)",
            "ALTER TABLE t MODIFY created bigint",
            "the CHECK `created`",
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT of_user FOREIGN KEY (creator_id) REFERENCES users (id)",
            "ALTER TABLE t DROP FOREIGN KEY of_user",
            "`creator_id` is read by the foreign key `of_user`: ",
        ),
    ] {
        db.exec(make);
        stops(&db, "t", &[said, "may fail midway"]);
        db.exec(drop);
    }
    db.audit(&["columns", "t", "--apply"]).ends(0);
    db.audit(&["columns", "t"]).ends(0);
}

/// The ALTER takes them along, so that nobody has to drop them.
#[test]
fn what_takes_the_new_type_stops_nothing() {
    let db = Db::new(Backend::Mysql);
    db.exec(
        "CREATE TABLE t (id int PRIMARY KEY, created_at date CHECK (created_at > '2000-01-01'), \
            d date AS (created_at) VIRTUAL, y int AS (year(created_at)) STORED, \
            updated_at datetime, CONSTRAINT late CHECK (updated_at >= created_at))",
    );
    db.exec("INSERT INTO t (id, created_at, updated_at) VALUES (1, '2024-01-02', '2024-01-03 04:05:06')");
    let run = db.audit(&["columns", "t", "--apply"]).ends(0);
    for note in [
        "note: `created_at` is read by the generated column `d`, the generated column `y`, the CHECK `",
        "note: `updated_at` is read by the CHECK `late`: to make it `datetime(6)` fails if ",
    ] {
        assert!(run.out.contains(note), "{note}: {run:#?}");
    }
    db.audit(&["columns", "t"]).ends(0);
    let kept =
        "SELECT CAST(concat(created_at, ' ', updated_at, ' ', d, ' ', y) AS CHAR) AS v FROM t";
    assert_eq!(
        db.text(kept),
        "2024-01-02 00:00:00.000000 2024-01-03 04:05:06.000000 2024-01-02 2024"
    );
    for refused in ["created_at = '1999-01-01'", "updated_at = '2001-01-01'"] {
        assert!(db.try_exec(&format!("UPDATE t SET {refused}")).is_err());
    }
}
