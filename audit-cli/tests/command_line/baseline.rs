//! `audit baseline`.

use super::support::{Backend, Db, on_each_backend};

on_each_backend! {
    every_record_is_recorded_once_as_an_entity_would
    secrets_have_to_be_said_something_about
    composite_and_hostile_keys
    it_goes_on_where_it_broke_off
    batches_follow_the_order_of_every_key
    what_has_a_trail_is_left_alone
    without_a_log_there_is_a_hint
    mistakes_record_nothing
    json_is_recorded_as_json
    ;
    // On SQLite one writes at a time, and the lock is waited for.
    servers:
    what_loses_a_race_is_tried_again
}

fn people(db: &Db) {
    db.audit(&["init"]).ends(0);
    db.exec(db.pick(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, tenant_id TEXT, name TEXT, iban TEXT, password_hash TEXT, \
            token_count INT, active BOOLEAN, amount DOUBLE, photo BLOB, born DATE, created_at INTEGER)",
        "CREATE TABLE people (id int PRIMARY KEY, tenant_id text, name text, iban text, password_hash text, \
            token_count int, active boolean, amount double precision, photo bytea, born date, created_at timestamptz)",
        "CREATE TABLE people (id int PRIMARY KEY, tenant_id varchar(50), name text, iban text, password_hash text, \
            token_count int, active boolean, amount double, photo blob, born date, created_at datetime(6))",
    ));
    let photo = db.pick("x'00ff'", "'\\x00ff'", "x'00ff'");
    let at = db.pick(
        "1774785600000001",
        "'2026-03-29 12:00:00.000001+00'",
        "'2026-03-29 12:00:00.000001'",
    );
    db.exec(&format!(
        "INSERT INTO people VALUES (1, 'acme', 'Zoë \"Z\"', 'DE123456789012', 'hunter2', 3, true, 0.1, {photo}, '1990-02-03', {at}), \
            (2, NULL, NULL, NULL, 'hunter3', NULL, NULL, NULL, NULL, NULL, NULL)"
    ));
}

const ARGS: &[&str] = &[
    "baseline",
    "people",
    "--actor",
    "system:migration",
    "--mask",
    "iban=last4",
    "--skip",
    "password_hash",
];

/// The snapshots, by record.
fn snapshots(db: &Db) -> Vec<serde_json::Value> {
    let value = db.pick("new_value", "new_value::text", "new_value");
    db.texts(&format!(
        "SELECT {value} AS v FROM audit_log WHERE action = 'baseline' ORDER BY seq"
    ))
    .iter()
    .map(|json| serde_json::from_str(json).unwrap())
    .collect()
}

fn every_record_is_recorded_once_as_an_entity_would(db: &Db) {
    people(db);
    let run = db.audit(&[ARGS, &["--reason", "go live"]].concat()).ends(0);
    assert_eq!(
        run.out,
        "2 records of `people` recorded; 0 had a trail before\n"
    );
    assert_eq!(
        snapshots(db)[0],
        serde_json::json!({
            "id": 1, "tenant_id": "acme", "name": "Zoë \"Z\"", "iban": "****9012", "token_count": 3,
            "active": true, "amount": 0.1, "photo": {"$b": "AP8="}, "born": "1990-02-03",
            "created_at": "2026-03-29T12:00:00.000001Z",
        })
    );
    assert!(snapshots(db)[1]["iban"].is_null() && snapshots(db)[1].get("password_hash").is_none());
    let rows = db
        .audit(&[
            "log", "--tenant", "acme", "--table", "people", "--record", "1", "--format", "json",
        ])
        .ends(0)
        .json();
    let row = &rows["entries"][0];
    assert_eq!(
        (&row["action"], &row["actor"], &row["reason"]),
        (
            &"baseline".into(),
            &"system:migration".into(),
            &"go live".into()
        )
    );
    assert!(row["field_name"].is_null() && row["old_value"].is_null());
    assert_eq!(
        db.audit(&["log", "--no-tenant", "--format", "json"])
            .ends(0)
            .json()["entries"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let again = db
        .audit(&[ARGS, &["--format", "json"]].concat())
        .ends(0)
        .json();
    assert_eq!(
        (&again["recorded"], &again["had_a_trail"]),
        (&0.into(), &2.into())
    );
    assert_eq!(snapshots(db).len(), 2);
}

fn secrets_have_to_be_said_something_about(db: &Db) {
    people(db);
    let run = db
        .audit(&["baseline", "people", "--actor", "system:migration"])
        .ends(2);
    assert!(
        run.err.contains("`iban`, `password_hash`") && !run.err.contains("token_count"),
        "{run:?}"
    );
    assert!(snapshots(db).is_empty());
    let all = "SELECT CAST(new_value AS CHAR(4000)) AS v FROM audit_log";
    db.audit(ARGS).ends(0);
    assert!(!db.texts(all).concat().contains("hunter"));
    db.exec(db.pick(
        "CREATE TABLE a AS SELECT * FROM people",
        "CREATE TABLE a AS SELECT * FROM people",
        "CREATE TABLE a AS SELECT * FROM people",
    ));
    let run = db
        .audit(&["baseline", "a", "--actor", "system:migration"])
        .ends(2);
    assert!(run.err.contains("no primary key"), "{run:?}");
}

fn composite_and_hostile_keys(db: &Db) {
    db.audit(&["init"]).ends(0);
    let table = "k\"`'; --";
    let text = db.pick("TEXT", "text", "varchar(60) COLLATE utf8mb4_bin");
    db.exec(&format!(
        "CREATE TABLE {} (a INT NOT NULL, {} {text} NOT NULL, PRIMARY KEY (a, {}))",
        db.quoted(table),
        db.quoted("b'\""),
        db.quoted("b'\"")
    ));
    let keys = [
        "plain",
        "it''s",
        "a \"quote\"",
        "back\\slash",
        "Ünïcödé",
        "",
        "?",
        "new\nline",
    ];
    for (index, key) in keys.iter().enumerate() {
        let key = if db.backend == Backend::Mysql {
            key.replace('\\', "\\\\")
        } else {
            (*key).to_owned()
        };
        db.exec(&format!(
            "INSERT INTO {} VALUES ({}, '{key}')",
            db.quoted(table),
            index / 3
        ));
    }
    // One by one, so that each key is gone on behind.
    let args = [
        "baseline", table, "--actor", "job:x", "--batch", "1", "--name", "keys",
    ];
    let run = db.audit(&args).ends(0);
    assert!(run.out.starts_with("8 records"), "{run:?}");
    let ids = db.texts("SELECT record_id AS v FROM audit_log ORDER BY seq");
    assert_eq!(ids.len(), 8);
    for id in [
        r#"[0,"it's"]"#,
        r#"[1,"back\\slash"]"#,
        r#"[2,"new\nline"]"#,
    ] {
        assert!(ids.contains(&id.to_owned()), "{id} in {ids:?}");
    }
}

fn it_goes_on_where_it_broke_off(db: &Db) {
    db.audit(&["init"]).ends(0);
    let id = db.pick("BLOB", "uuid", "binary(16)");
    db.exec(&format!(
        "CREATE TABLE t (id {id} PRIMARY KEY, name CHAR(10))"
    ));
    let uuid = |n: u32| {
        let hex = format!("{:032x}", u128::from(n) << 64);
        db.pick(format!("x'{hex}'"), format!("'{hex}'"), format!("x'{hex}'"))
    };
    for n in 1..=25 {
        db.exec(&format!("INSERT INTO t VALUES ({}, 'n')", uuid(n)));
    }
    // The 13th record cannot be recorded, and so its batch is not.
    db.exec(match db.backend {
        Backend::Sqlite => "CREATE TRIGGER stop BEFORE INSERT ON audit_log WHEN new.record_id LIKE '%000d-0000-000000000000' BEGIN SELECT RAISE(ABORT, 'stop'); END",
        Backend::Postgres => "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''stop''; END'; CREATE TRIGGER stop BEFORE INSERT ON audit_log FOR EACH ROW WHEN (new.record_id LIKE '%000d-0000-000000000000') EXECUTE FUNCTION stop()",
        Backend::Mysql => "CREATE TRIGGER stop BEFORE INSERT ON audit_log FOR EACH ROW IF new.record_id LIKE '%000d-0000-000000000000' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'stop'; END IF",
    });
    let args = [
        "baseline",
        "t",
        "--actor",
        "system:migration",
        "--batch",
        "10",
    ];
    let run = db.audit(&args).ends(3);
    if db.backend == Backend::Postgres {
        assert!(
            run.err
                .contains("a right may be missing; `--database-messages` shows"),
            "{run:?}"
        );
    }
    let count = || snapshots(db).len();
    assert_eq!(count(), 10, "whole batches or nothing of one");
    db.exec(db.pick(
        "DROP TRIGGER stop",
        "DROP TRIGGER stop ON audit_log",
        "DROP TRIGGER stop",
    ));
    let run = db.audit(&args).ends(0);
    assert_eq!(
        run.out,
        "15 records of `t` recorded; 10 had a trail before\n"
    );
    assert_eq!(count(), 25);
}

/// Keys of which the order as texts is another than their own.
fn batches_follow_the_order_of_every_key(db: &Db) {
    db.audit(&["init"]).ends(0);
    let text = db.pick("TEXT", "text", "varchar(20)");
    let long = "100000000000000000000";
    // A list's order is neither that of texts nor that of the numbers in them.
    let listed = (0..30).map(|n| format!("'{}'", (n * 7) % 30 + 1));
    let listed = listed.collect::<Vec<_>>().join(", ");
    if db.backend == Backend::Postgres {
        db.exec(&format!("CREATE TYPE listed AS ENUM ({listed})"));
    }
    let listed = db.pick(
        "TEXT".to_owned(),
        "listed".to_owned(),
        format!("enum({listed})"),
    );
    type Values = Box<dyn Fn(u32) -> String>;
    let cases: [(&str, String, &str, Values); 7] = [
        ("ints", "a INT".into(), "a", Box::new(|n| n.to_string())),
        (
            "bigints",
            "a BIGINT".into(),
            "a",
            Box::new(|n| format!("{}", i64::from(n) * 400_000_000 - 2_000_000_000)),
        ),
        (
            "pairs",
            "a INT, b NUMERIC(30, 2)".into(),
            "a, b",
            Box::new(move |n| format!("{}, {}{long}.5", n % 2, if n < 9 { n } else { n * 7 })),
        ),
        (
            "digits",
            "a NUMERIC(30, 2)".into(),
            "a",
            // Alike as doubles.
            Box::new(move |n| format!("{long}{:02}.25", n)),
        ),
        (
            "flags",
            "a BOOLEAN, b BIGINT".into(),
            "a, b",
            Box::new(|n| format!("{}, {n}", if n % 2 == 0 { "true" } else { "false" })),
        ),
        (
            "texts",
            format!("a {text}"),
            "a",
            Box::new(|n| format!("'{n}'")),
        ),
        (
            "lists",
            format!("a {listed}"),
            "a",
            Box::new(|n| format!("'{n}'")),
        ),
    ];
    for (table, columns, key, values) in cases {
        // SQLite keeps no more digits of a number than a double has.
        if table == "digits" && db.backend == Backend::Sqlite {
            continue;
        }
        db.exec(&format!(
            "CREATE TABLE {table} ({columns}, PRIMARY KEY ({key}))"
        ));
        for n in 1..=30 {
            db.exec(&format!("INSERT INTO {table} VALUES ({})", values(n)));
        }
        let args = ["baseline", table, "--actor", "job:x", "--batch", "3"];
        let run = db.audit(&args).ends(0);
        assert_eq!(
            run.out,
            format!("30 records of `{table}` recorded; 0 had a trail before\n")
        );
        let ids = format!("SELECT record_id AS v FROM audit_log WHERE table_name = '{table}'");
        let mut ids = db.texts(&ids);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 30, "{table}: {ids:?}");
        let run = db.audit(&args).ends(0);
        assert_eq!(
            run.out,
            format!("0 records of `{table}` recorded; 30 had a trail before\n")
        );
    }
}

/// A row of the log by SQL.
fn entry(db: &Db, n: u32, record: &str, tenant: &str, action: &str) {
    let id = format!("{n:032x}");
    let id = db.pick(format!("x'{id}'"), format!("'{id}'"), format!("x'{id}'"));
    let at = db.pick("1774785600000000", "now()", "utc_timestamp(6)");
    db.exec(&format!(
        "INSERT INTO audit_log (id, change_id, operation_id, changed_at, tenant_id, table_name, record_id, action, actor_kind) \
         VALUES ({id}, {id}, {id}, {at}, {tenant}, 'people', '{record}', '{action}', 'user')"
    ));
}

fn what_has_a_trail_is_left_alone(db: &Db) {
    people(db);
    db.exec("DELETE FROM people");
    for id in 1..=6 {
        db.exec(&format!(
            "INSERT INTO people (id, tenant_id) VALUES ({id}, 'acme')"
        ));
    }
    entry(db, 1, "1", "'acme'", "update");
    entry(db, 2, "2", "'acme'", "insert");
    // Its number was given out again.
    entry(db, 3, "3", "'acme'", "insert");
    entry(db, 4, "3", "'acme'", "delete");
    entry(db, 5, "4", "'acme'", "mail.sent");
    entry(db, 6, "5", "'Acme'", "update");
    entry(db, 7, "6", "NULL", "update");
    let run = db.audit(ARGS).ends(0);
    assert!(run.out.starts_with("4 records"), "{run:?}");
    let ids = db
        .texts("SELECT record_id AS v FROM audit_log WHERE action = 'baseline' ORDER BY record_id");
    assert_eq!(ids, ["3", "4", "5", "6"]);
    assert!(db.audit(ARGS).ends(0).out.starts_with("0 records"));
}

fn without_a_log_there_is_a_hint(db: &Db) {
    db.exec("CREATE TABLE people (id INT PRIMARY KEY)");
    let run = db
        .audit(&["baseline", "people", "--actor", "system:migration"])
        .ends(3);
    assert!(run.err.contains("audit init"), "{run:?}");
}

fn mistakes_record_nothing(db: &Db) {
    people(db);
    for more in [
        &["--mask", "iban"][..],
        &["--mask", "iban=rot13"],
        &["--mask", "iban=token"],
        &["--mask", "ibam=redact"],
        &["--mask", "amount=last4"],
        &["--skip", "id"],
        &["--mask", "id=redact"],
        &["--skip", "iban", "--plain", "iban"],
        &["--plain", "nothing"],
        &["--tenant-column", "nothing"],
        &["--name", ""],
        &["--batch", "0"],
        &["--batch", "10001"],
    ] {
        let base = [
            "baseline",
            "people",
            "--actor",
            "system:migration",
            "--skip",
            "password_hash",
        ];
        let run = db.audit(&[&base[..], more].concat()).ends(2);
        assert!(run.out.is_empty(), "{more:?}: {run:?}");
    }
    for args in [
        &["baseline", "people"][..],
        &["baseline", "poeple", "--actor", "a:b"],
        &["baseline", "people", "--actor", "Jane"],
    ] {
        db.audit(args).ends(2);
    }
    assert!(snapshots(db).is_empty());
}

/// A failure that the database wants tried again, twice in a row. It is counted where a rollback does
/// not reach.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn what_loses_a_race_is_tried_again(db: &Db) {
    people(db);
    db.exec(db.pick(
        "",
        "CREATE SEQUENCE tries; \
             CREATE FUNCTION loses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                IF nextval('tries') < 3 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END IF; \
                RETURN NEW; END $$; \
             CREATE TRIGGER loses BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION loses();",
        "CREATE TRIGGER loses BEFORE INSERT ON audit_log FOR EACH ROW \
             IF coalesce(@tries, 0) < 2 THEN SET @tries = coalesce(@tries, 0) + 1; \
                SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'; END IF",
    ));
    let run = db.audit(ARGS).ends(0);
    assert_eq!(
        run.out,
        "2 records of `people` recorded; 0 had a trail before\n"
    );
    assert_eq!(snapshots(db).len(), 2);
}

/// Also where the database has no such type and keeps a text that it checks.
fn json_is_recorded_as_json(db: &Db) {
    db.audit(&["init"]).ends(0);
    db.exec(db.pick(
        "CREATE TABLE shops (id INTEGER PRIMARY KEY, hours JSON, note TEXT)",
        "CREATE TABLE shops (id int PRIMARY KEY, hours json, note text)",
        "CREATE TABLE shops (id int PRIMARY KEY, hours json NOT NULL DEFAULT (json_object()), note text, \
            `odd``Name` json, checked text CHECK (json_valid(checked) OR checked = 'no'))",
    ));
    db.exec(db.pick(
        "INSERT INTO shops VALUES (1, '{\"mon\": [9, 17.50]}', '[1]')",
        "INSERT INTO shops VALUES (1, '{\"mon\": [9, 17.50]}', '[1]')",
        "INSERT INTO shops VALUES (1, '{\"mon\": [9, 17.50]}', '[1]', '[true]', '[2]')",
    ));
    db.audit(&["baseline", "shops", "--actor", "system:migration"])
        .ends(0);
    let mut expected = serde_json::json!({"id": 1, "hours": {"mon": [9, 17.50]}, "note": "[1]"});
    if db.backend == Backend::Mysql {
        expected["odd`Name"] = serde_json::json!([true]);
        expected["checked"] = "[2]".into();
    }
    assert_eq!(snapshots(db), [expected]);
}

/// A key of texts may hold NULL on SQLite.
#[cfg(feature = "sqlite")]
#[test]
fn rows_without_a_key_are_counted() {
    let db = Db::new(Backend::Sqlite);
    db.exec(
        "CREATE TABLE t (code TEXT PRIMARY KEY, n INT); \
         INSERT INTO t VALUES ('a', 1), (NULL, 2), (NULL, 3), ('b', 4);",
    );
    db.audit(&["init"]).ends(0);
    let args = ["baseline", "t", "--actor", "system:migration"];
    let run = db.audit(&args).ends(0);
    assert_eq!(
        run.out,
        "2 records of `t` recorded; 0 had a trail before\n\
         2 rows have NULL in their key and are not recorded: no trail can name them\n"
    );
    let json = db.audit(&[&args[..], &["--format", "json"]].concat());
    assert_eq!(json.ends(0).json()["without_key"], 2);
}
