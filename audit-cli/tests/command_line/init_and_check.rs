//! `audit init` and `audit check`.

use super::support::{Backend, Db, on_each_backend};

on_each_backend! {
    init_makes_the_log_and_says_what_it_did
    init_prints_sql_that_makes_the_log
    init_makes_a_log_by_month_where_there_is_such_a_thing
    check_tells_what_is_wrong_with_the_log
    check_looks_at_tables_with_stamps_or_at_those_named
    check_speaks_json_and_csv
    own_tables_are_refused
}

fn init_makes_the_log_and_says_what_it_did(db: &Db) {
    let first = db.audit(&["init"]).ends(0);
    assert!(
        first.out.starts_with("made the table `audit_log`"),
        "{first:?}"
    );
    assert_eq!(
        db.audit(&["init", "--format", "json"]).ends(0).out,
        "{\"result\":\"unchanged\"}\n"
    );
    db.exec(db.pick(
        "DROP TRIGGER audit_log_no_update",
        "DROP TRIGGER audit_log_no_change ON audit_log",
        "DROP TRIGGER audit_log_no_update",
    ));
    assert_eq!(
        db.audit(&["init", "--format", "csv"]).ends(0).out,
        "result\r\nmended\r\n"
    );
    db.audit(&["check"]).ends(0);
}

fn init_prints_sql_that_makes_the_log(db: &Db) {
    let printed = db.audit(&["init", "--print"]).ends(0);
    db.exec(&printed.out);
    assert_eq!(db.audit(&["check"]).ends(0).out, "audit_log: fine\n");
}

fn init_makes_a_log_by_month_where_there_is_such_a_thing(db: &Db) {
    if db.backend != Backend::Postgres {
        for args in [
            &["init", "--by-month"][..],
            &["init", "--by-month", "--print"],
        ] {
            let refused = db.audit(args).ends(2);
            assert!(
                refused.err.contains("`--by-month` is for PostgreSQL"),
                "{refused:?}"
            );
        }
        return;
    }
    let printed = db.audit(&["init", "--by-month", "--print"]).ends(0);
    assert!(printed.out.contains("PARTITION BY RANGE"), "{printed:?}");
    db.audit(&["init"]).ends(0);
    let made = db.audit(&["init", "--by-month"]).ends(0);
    assert!(made.out.contains("in one partition a month"), "{made:?}");
    assert_eq!(db.audit(&["check"]).ends(0).out, "audit_log: fine\n");
    db.audit(&["init"]).ends(0);
    let purged = db.audit(&[
        "purge",
        "--older-than-days",
        "30",
        "--yes",
        "--actor",
        "system:cron",
        "--format",
        "json",
    ]);
    let report: serde_json::Value = serde_json::from_str(&purged.ends(0).out).unwrap();
    assert_eq!(report["partitions_dropped"], serde_json::json!([]));
    assert_eq!(report["partitions_created"], serde_json::json!([]));
}

fn check_tells_what_is_wrong_with_the_log(db: &Db) {
    let missing = db.audit(&["check"]).ends(1);
    assert!(
        missing
            .out
            .contains("there is no table `audit_log`: run `audit init`"),
        "{missing:?}"
    );
    assert!(
        missing
            .out
            .ends_with("1 of 1 fall short; `audit init` makes or mends the audit log\n"),
        "{missing:?}"
    );
    db.audit(&["init"]).ends(0);
    db.exec(db.pick(
        "DROP TRIGGER audit_log_no_delete",
        "ALTER TABLE audit_log DISABLE TRIGGER audit_log_no_change",
        "DROP TRIGGER audit_log_no_delete",
    ));
    let weak = db.audit(&["check"]).ends(1);
    assert!(weak.out.contains("DELETE from `audit_log`"), "{weak:?}");
    assert!(
        !weak.out.contains("audit_diesel::"),
        "functions mean nothing here: {weak:?}"
    );
}

const FIT: &str = "CREATE TABLE fit (id INT PRIMARY KEY, created_at {T} NOT NULL, created_by {X} NOT NULL, \
    updated_at {T} NOT NULL, updated_by {X} NOT NULL)";

fn tables(db: &Db) {
    db.audit(&["init"]).ends(0);
    db.exec(
        &FIT.replace("{T}", db.pick("TEXT", "timestamptz", "datetime(6)"))
            .replace("{X}", db.pick("TEXT", "text", "varchar(255)")),
    );
    db.exec("CREATE TABLE bare (id INT PRIMARY KEY, name CHAR(10))");
    db.exec("CREATE TABLE half (id INT, created_by CHAR(10))");
}

fn check_looks_at_tables_with_stamps_or_at_those_named(db: &Db) {
    tables(db);
    let all = db.audit(&["check"]).ends(1);
    assert!(
        all.out.contains("fit: fine\n") && all.out.contains("half: "),
        "{all:?}"
    );
    assert!(
        !all.out.contains("bare"),
        "no stamp, not asked for: {all:?}"
    );
    assert!(
        all.out
            .ends_with("\n1 of 3 fall short; `audit columns TABLE` prints what to do\n"),
        "{all:?}"
    );
    for lacks in [
        "lacks `created_at`",
        "lacks `updated_at`",
        "lacks `updated_by`",
        "no primary key",
        "`created_by` may be null",
    ] {
        assert!(all.out.contains(lacks), "{lacks}: {all:?}");
    }
    assert!(
        db.audit(&["check", "--all"])
            .ends(1)
            .out
            .contains("bare: 4 findings")
    );
    let named = db.audit(&["check", "fit"]).ends(0);
    assert_eq!(named.out, "fit: fine\n");
    db.audit(&["check", "--except", "half"]).ends(0);
    let wrong = db.audit(&["check", "halv"]).ends(2);
    assert!(
        wrong
            .err
            .contains("there is no table `halv`; did you mean `half`?"),
        "{wrong:?}"
    );
}

fn check_speaks_json_and_csv(db: &Db) {
    tables(db);
    let json = db.audit(&["check", "--format", "json"]).ends(1).json();
    let half = json
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["table"] == "half")
        .unwrap();
    assert_eq!(half["rows"], 0);
    let codes: Vec<&str> = half["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["code"].as_str().unwrap())
        .collect();
    assert!(
        codes.contains(&"missing") && codes.contains(&"key") && codes.contains(&"null"),
        "{codes:?}"
    );
    let csv = db.audit(&["check", "--format", "csv"]).ends(1).out;
    assert!(
        csv.starts_with("table,code,column,remedy,text\r\nhalf,"),
        "{csv}"
    );
}

fn own_tables_are_refused(db: &Db) {
    db.audit(&["init"]).ends(0);
    db.exec("CREATE TABLE audit_log_settings (id INT PRIMARY KEY)");
    let mut own = vec!["audit_log", "audit_hold", "audit_purge"];
    match db.backend {
        Backend::Sqlite => own.extend(["audit_log_gate", "main.audit_log", "AUDIT_Log"]),
        Backend::Postgres => {
            db.audit(&["init", "--by-month"]).ends(0);
            own.extend(["public.audit_log", "audit_log_default"]);
        }
        Backend::Mysql => own.push("audit_log_gate"),
    }
    for table in own {
        for args in [
            &["check", table][..],
            &["check", "audit_log_settings", table],
            &["columns", table],
            &["columns", table, "--apply"],
            &["baseline", table, "--actor", "job:x"],
        ] {
            let run = db.audit(args).ends(2);
            assert!(
                run.err.contains("the audit framework's own table") && run.out.is_empty(),
                "{args:?}: {run:?}"
            );
        }
    }
    assert_eq!(db.audit(&["check"]).ends(0).out, "audit_log: fine\n");
    // Only of that family by its name.
    let args = ["baseline", "audit_log_settings", "--actor", "job:x"];
    db.audit(&args).ends(0);
    db.audit(&["columns", "audit_log_settings", "--apply"])
        .ends(0);
}
