//! `audit log`: every filter, every format, and what is stored escaped.

use super::support::{Db, Run, command, on_each_backend};

on_each_backend! {
    filters_leave_what_they_name
    pages_go_on_where_they_ended
    json_keeps_every_digit_and_csv_is_no_formula
    rows_of_all_tenants_say_whose_they_are
    what_is_stored_moves_no_cursor
    days_are_those_of_the_zone
    mistakes_in_filters_are_wrong_usage
    a_reader_that_goes_away_is_no_error
}

/// A log of known rows: (minutes after noon, tenant, table, record, action, field, old, new, actor).
pub(crate) const ROWS: &[[&str; 9]] = &[
    [
        "0",
        "acme",
        "accounts",
        "1",
        "insert",
        "",
        "",
        r#"{"name":"Ada"}"#,
        "user:1",
    ],
    [
        "1",
        "acme",
        "accounts",
        "1",
        "update",
        "name",
        "\"Ada\"",
        "\"=SUM(A1)\"",
        "user:2",
    ],
    [
        "2",
        "acme",
        "accounts",
        "2",
        "update",
        "amount",
        "9007199254740993",
        "0.1",
        "user:1",
    ],
    [
        "3",
        "Acme",
        "orders",
        "1",
        "delete",
        "",
        r#"{"a":1}"#,
        "",
        "system",
    ],
    [
        "4",
        "",
        "",
        "",
        "job.ran",
        "",
        "",
        "\"a\\u001b[31mb\"",
        "job:x",
    ],
];

/// Puts the rows in by SQL, at noon of 29 March 2026, UTC.
pub(crate) fn fill(db: &Db) {
    db.audit(&["init"]).ends(0);
    for (index, row) in ROWS.iter().enumerate() {
        let [
            minute,
            tenant,
            table,
            record,
            action,
            field,
            old,
            new,
            actor,
        ] = *row;
        let text = |value: &str| match value {
            "" => "NULL".to_owned(),
            value => format!("'{}'", value.replace('\\', db.pick("\\", "\\", "\\\\"))),
        };
        let id = format!("{:032x}", index + 1);
        let id = db.pick(format!("x'{id}'"), format!("'{id}'"), format!("x'{id}'"));
        let at = db.pick(
            (1_774_785_600_000_000_i64 + minute.parse::<i64>().unwrap() * 60_000_000).to_string(),
            format!("'2026-03-29 12:0{minute}:00+00'"),
            format!("'2026-03-29 12:0{minute}:00'"),
        );
        let (kind, actor_id) = actor.split_once(':').unwrap_or((actor, ""));
        db.exec(&format!(
            "INSERT INTO audit_log (id, change_id, operation_id, changed_at, tenant_id, table_name, record_id, \
                action, field_name, old_value, new_value, actor_kind, actor_id, request_id, reason) \
             VALUES ({id}, {id}, {id}, {at}, {}, {}, {}, '{action}', {}, {}, {}, '{kind}', {}, 'req-{minute}', 'why')",
            text(tenant), text(table), text(record), text(field), text(old), text(new), text(actor_id)
        ));
    }
}

/// Puts in a row whose values are what SQL says.
fn add(db: &Db, old: &str, new: &str) {
    let id = db.pick("x'", "'", "x'").to_owned() + &"f".repeat(32) + "'";
    let at = db.pick(
        "1774785600000000",
        "'2026-03-29 12:00:00+00'",
        "'2026-03-29 12:00:00'",
    );
    db.exec(&format!(
        "{} INSERT INTO audit_log (id, change_id, operation_id, changed_at, table_name, record_id, action, field_name, \
            old_value, new_value, actor_kind) VALUES ({id}, {id}, {id}, {at}, 't', '1', 'update', 'f', {old}, {new}, 'system')",
        db.pick("PRAGMA ignore_check_constraints = ON;", "", "")
    ));
}

fn seqs(run: &Run) -> Vec<i64> {
    let entries = run.json();
    entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["seq"].as_i64().unwrap())
        .collect()
}

fn filters_leave_what_they_name(db: &Db) {
    fill(db);
    for (args, expected) in [
        (&["--all-tenants"][..], &[5, 4, 3, 2, 1][..]),
        (&["--all-tenants", "--oldest"], &[1, 2, 3, 4, 5]),
        (&["--tenant", "acme"], &[3, 2, 1]),
        (&["--tenant", "Acme"], &[4]),
        (&["--tenant", "acme "], &[]),
        (&["--no-tenant"], &[5]),
        (
            &["--tenant", "acme", "--table", "accounts", "--record", "1"],
            &[2, 1],
        ),
        (&["--tenant", "acme", "--by", "user:1"], &[3, 1]),
        (
            &["--all-tenants", "--by", "system", "--from", "2026-03-29"],
            &[4],
        ),
        (
            &[
                "--tenant", "acme", "--table", "accounts", "--record", "1", "--action", "update",
            ],
            &[2],
        ),
        (
            &[
                "--tenant", "acme", "--table", "accounts", "--record", "1", "--field", "name",
            ],
            &[2],
        ),
        (
            &[
                "--tenant",
                "acme",
                "--request",
                "req-2",
                "--from",
                "2026-03-29",
            ],
            &[3],
        ),
        (
            &[
                "--all-tenants",
                "--operation",
                "00000000-0000-0000-0000-000000000004",
            ],
            &[4],
        ),
        (
            &[
                "--all-tenants",
                "--from",
                "2026-03-29T12:01:00Z",
                "--to",
                "2026-03-29T12:03:00Z",
            ],
            &[3, 2],
        ),
        (
            &[
                "--all-tenants",
                "--from",
                "2026-03-29",
                "--to",
                "2026-03-29",
                "--oldest",
            ],
            &[1, 2, 3, 4, 5],
        ),
        (&["--all-tenants", "--day", "2026-03-30"], &[]),
    ] {
        let run = db
            .audit(&[&["log", "--format", "json"][..], args].concat())
            .ends(0);
        assert_eq!(seqs(&run), expected, "{args:?}");
    }
}

fn pages_go_on_where_they_ended(db: &Db) {
    fill(db);
    let page = ["log", "--all-tenants", "--limit", "2"];
    let first = db.audit(&page).ends(0);
    assert!(
        first.out.contains("job.ran") && first.out.contains("orders#1"),
        "{first:?}"
    );
    let cursor = first.err.trim().rsplit(' ').next().unwrap().to_owned();
    let second = db
        .audit(&[&page[..], &["--format", "json", "--cursor", &cursor]].concat())
        .ends(0);
    assert_eq!(seqs(&second), [3, 2]);
    let cursor = second.json()["next"].as_str().unwrap().to_owned();
    let third = db
        .audit(&[&page[..], &["--format", "json", "--cursor", &cursor]].concat())
        .ends(0);
    assert_eq!(
        (seqs(&third), third.json()["next"].is_null()),
        (vec![1], true)
    );
    for (args, cursor) in [
        (&["log", "--tenant", "acme"][..], cursor.as_str()),
        (&["log", "--all-tenants"], "AAAA"),
        (&["log", "--all-tenants"], ""),
    ] {
        let run = db.audit(&[args, &["--cursor", cursor]].concat()).ends(2);
        assert!(run.out.is_empty(), "{run:?}");
    }
    let changes = db
        .audit(&["log", "--all-tenants", "--changes", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(changes["changes"].as_array().unwrap().len(), ROWS.len());
}

fn json_keeps_every_digit_and_csv_is_no_formula(db: &Db) {
    fill(db);
    let json = db
        .audit(&["log", "--tenant", "acme", "--format", "json"])
        .ends(0)
        .out;
    assert!(json.contains("9007199254740993"), "{json}");
    assert!(json.contains("2026-03-29T12:02:00.000000Z"), "{json}");
    let csv = db
        .audit(&["log", "--tenant", "acme", "--format", "csv"])
        .ends(0)
        .out;
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[0], "at,by,action,record,field,old,new,request,reason");
    // A text is stored as JSON, so that no value begins with a sign; it is quoted all the same.
    assert!(lines[2].contains("\"\"\"=SUM(A1)\"\"\""), "{csv}");
}

fn rows_of_all_tenants_say_whose_they_are(db: &Db) {
    fill(db);
    let shown = |args: &[&str]| db.audit(&[&["log"][..], args].concat()).ends(0).out;
    let csv = shown(&["--all-tenants", "--format", "csv", "--oldest"]);
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(lines[0].starts_with("at,tenant,by,"), "{csv}");
    assert!(lines[1].contains("Z,acme,user:1,insert,"), "{csv}");
    assert!(lines[4].contains("Z,Acme,system,delete,"), "{csv}");
    assert!(lines[5].contains("Z,,job:x,job.ran,"), "{csv}");
    let table = shown(&["--all-tenants"]);
    assert!(
        table.contains("TENANT") && table.contains("  Acme  "),
        "{table}"
    );
    let changes = shown(&["--all-tenants", "--changes"]);
    assert!(changes.contains("  tenant: Acme"), "{changes}");
    for whose in [&["--tenant", "Acme"][..], &["--no-tenant"]] {
        for more in [&[][..], &["--changes"], &["--format", "csv"]] {
            let out = shown(&[whose, more].concat());
            assert!(!out.contains("tenant") && !out.contains("Acme"), "{out}");
        }
    }
}

fn what_is_stored_moves_no_cursor(db: &Db) {
    fill(db);
    let hostile = "x\u{1b}[2J\r\u{9b}\u{202e}";
    let hostile = db.pick(hostile.to_owned(), hostile.to_owned(), hostile.to_owned());
    let id = db.pick(
        "x'00000000000000000000000000000099'",
        "'00000000000000000000000000000099'",
        "x'00000000000000000000000000000099'",
    );
    let at = db.pick(
        "1774785600000000",
        "'2026-03-29 12:00:00+00'",
        "'2026-03-29 12:00:00'",
    );
    db.exec(&format!(
        "INSERT INTO audit_log (id, change_id, operation_id, changed_at, table_name, record_id, action, actor_kind, reason, new_value) \
         VALUES ({id}, {id}, {id}, {at}, '{hostile}', '{hostile}', 'a.b', 'user', '{hostile}', '\"\u{9b}31m\"')"
    ));
    for args in [
        &["log", "--no-tenant"][..],
        &["log", "--no-tenant", "--changes"],
        &["log", "--no-tenant", "--color", "always"],
    ] {
        let run = db.audit(args).ends(0);
        assert!(
            run.out.contains("x\\u{1b}[2J\\r\\u{9b}\\u{202e}"),
            "{run:?}"
        );
        for raw in ["\u{1b}[2J", "\r", "\u{9b}", "\u{202e}"] {
            assert!(!run.out.contains(raw), "{raw:?} in {run:?}");
        }
    }
}

fn days_are_those_of_the_zone(db: &Db) {
    fill(db);
    // Noon in UTC is the day before on no clock, and 01:00 of the 30th on Tongatapu's.
    let day = |day: &str, zone: &str| {
        let args = [
            "log",
            "--all-tenants",
            "--format",
            "json",
            "--day",
            day,
            "--zone",
            zone,
        ];
        seqs(&db.audit(&args).ends(0)).len()
    };
    assert_eq!(day("2026-03-29", "Europe/Berlin"), ROWS.len());
    assert_eq!(day("2026-03-29", "Pacific/Tongatapu"), 0);
    assert_eq!(day("2026-03-30", "Pacific/Tongatapu"), ROWS.len());
    let shown = db
        .audit(&["log", "--no-tenant", "--zone", "Europe/Berlin"])
        .ends(0);
    assert!(
        shown.out.contains("2026-03-29T14:04:00.000000+02:00"),
        "{shown:?}"
    );
}

fn mistakes_in_filters_are_wrong_usage(db: &Db) {
    fill(db);
    for args in [
        &["log"][..],
        &["log", "--tenant", "a", "--all-tenants"],
        &["log", "--tenant", ""],
        &["log", "--tenant", "a\u{7}"],
        &["log", "--all-tenants", "--record", "1"],
        &["log", "--all-tenants", "--table", ""],
        &["log", "--all-tenants", "--by", ""],
        &["log", "--all-tenants", "--table", "accounts"],
        &["log", "--all-tenants", "--operation", "1"],
        &["log", "--all-tenants", "--from", "soon"],
        &["log", "--all-tenants", "--from", "2026-02-30"],
        &[
            "log",
            "--all-tenants",
            "--from",
            "2026-03-02",
            "--to",
            "2026-03-01T00:00:00Z",
        ],
        &["log", "--all-tenants", "--day", "29.3.2026"],
        &[
            "log",
            "--all-tenants",
            "--day",
            "2026-03-29",
            "--from",
            "2026-03-29",
        ],
        &["log", "--all-tenants", "--zone", "Mars/Olympus"],
        &["log", "--all-tenants", "--limit", "0"],
        &["log", "--all-tenants", "--limit", "-1"],
        &["log", "--all-tenants", "--limit", "2147483648"],
        &["log", "--all-tenants", "--limit", "99999999999999999999"],
    ] {
        let run = db.audit(args).ends(2);
        assert!(
            run.out.is_empty() && !run.err.is_empty(),
            "{args:?}: {run:?}"
        );
    }
    for (args, words) in [
        (&["--limit", "0"][..], "`--limit` takes 1 to"),
        (&["--by", "user:1"], "with `--by` this query"),
        (&["--action", "insert"], "(`--from` or `--day`)"),
        (&["--field", ""], "the text of `--field` is empty"),
        (
            &["--from", "2026-03-02", "--to", "2026-03-01T00:00:00Z"],
            "`--from` must be before",
        ),
    ] {
        let run = db
            .audit(&[&["log", "--all-tenants"][..], args].concat())
            .ends(2);
        assert!(run.err.contains(words), "{args:?}: {run:?}");
        for method in ["changed_by", "since", "between", "stream", "`limit`"] {
            assert!(!run.err.contains(method), "{args:?}: {run:?}");
        }
    }
    db.exec(db.pick(
        "DROP TABLE audit_log",
        "DROP TABLE audit_log",
        "DROP TABLE audit_log",
    ));
    let run = db.audit(&["log", "--all-tenants"]).ends(3);
    assert!(run.err.contains("audit init"), "{run:?}");
}

fn a_reader_that_goes_away_is_no_error(db: &Db) {
    fill(db);
    // More than is collected before anything is written.
    let long = db.pick(
        "'\"' || hex(zeroblob(100000)) || '\"'",
        "to_jsonb(repeat('x', 200000))",
        "concat('\"', repeat('x', 200000), '\"')",
    );
    add(db, "NULL", long);
    for args in [
        &["log", "--all-tenants"][..],
        &["log", "--all-tenants", "--changes", "--format", "csv"],
        &["export", "--all-tenants", "--csv"],
        &["export", "--all-tenants", "--jsonl"],
        &["check"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command()
            .args(args)
            .env("DATABASE_URL", &db.url)
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}

/// On the other databases the columns take nothing but JSON.
#[cfg(feature = "sqlite")]
#[test]
fn a_value_that_is_no_json_hides_no_other() {
    use super::support::Backend;
    let db = Db::new(Backend::Sqlite);
    fill(&db);
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    add(&db, "'by hand'", &format!("'{deep}'"));
    for changes in [&[][..], &["--changes"]] {
        let args = [&["log", "--all-tenants", "--format", "json"][..], changes].concat();
        let run = db.audit(&args).ends(0);
        assert_eq!(run.out.matches("\"seq\": ").count(), ROWS.len() + 1);
        let squeezed: String = run.out.split_whitespace().collect();
        assert!(
            squeezed.contains("\"old_value\":{\"$invalid\":\"byhand\"}"),
            "{run:?}"
        );
        assert!(
            squeezed.contains(&format!("\"new_value\":{deep}")),
            "{run:?}"
        );
    }
}
