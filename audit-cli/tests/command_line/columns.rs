//! `audit columns` on what every backend shares: old names, old types, bad data, hostile names.

use super::support::{Db, on_each_backend};

on_each_backend! {
    a_legacy_table_is_brought_up_to_the_standard
    the_printed_script_does_what_apply_does
    rows_that_cannot_be_converted_stop_everything_and_can_be_found
    rows_that_cannot_be_converted_can_be_mended
    a_bare_table_gets_what_is_asked_for
    tenants_need_a_tenant
    columns_of_ids_need_the_id_of_a_user
    hostile_names_are_names
    times_are_taken_from_a_column_where_one_is_named
    a_column_that_is_left_is_left
    deleted_stamps_may_be_null_and_follow_the_flag
    an_empty_table_needs_no_values
    json_tells_the_whole_plan
    options_that_fit_no_column_are_wrong_usage
    views_are_no_tables
}

/// A table of an older application, with values that can all be converted.
fn legacy(db: &Db) {
    db.exec(db.pick(
        "CREATE TABLE legacy (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, \"createdBy\" VARCHAR(40), \
            date_created VARCHAR(40) DEFAULT 'x', last_modified BIGINT, modified_by_user VARCHAR(20), \
            deleted CHAR(1) DEFAULT 'N', \"tenantId\" TEXT)",
        "CREATE TABLE legacy (id serial PRIMARY KEY, name text, \"createdBy\" varchar(40), \
            date_created varchar(40) DEFAULT 'x', last_modified bigint, modified_by_user varchar(20), \
            deleted char(1) DEFAULT 'N', \"tenantId\" text)",
        "CREATE TABLE legacy (id int AUTO_INCREMENT PRIMARY KEY, name text, `createdBy` varchar(40), \
            date_created varchar(40) DEFAULT 'x', last_modified bigint, modified_by_user varchar(20), \
            deleted enum('Y','N') DEFAULT 'N' COMMENT 'gone, or ''not''?', `tenantId` varchar(80))",
    ));
    let by = db.quoted("createdBy");
    let tenant = db.quoted("tenantId");
    db.exec(&format!(
        "INSERT INTO legacy (name, {by}, date_created, last_modified, modified_by_user, deleted, {tenant}) VALUES \
            ('a', 'jane', '2024-01-02 03:04:05', 1700000000, 'joe', 'N', 'acme'), \
            ('b', NULL, '2024-01-02', 1700000000123, NULL, 'Y', 'acme'), \
            ('c', 'user:7', NULL, NULL, 'joe', 'N', 'Acme')"
    ));
}

/// The stamps of a row as a text, times in seconds since 1970.
fn stamps(db: &Db, table: &str, columns: &[&str]) -> Vec<String> {
    let parts: Vec<String> = columns
        .iter()
        .map(|column| {
            let is_time = column.ends_with("_at");
            let value = match (is_time, db.backend) {
                (false, _) => format!("CAST({column} AS {})", db.pick("TEXT", "TEXT", "CHAR")),
                (true, _) => db.pick(
                    format!(
                        "CASE typeof({column}) WHEN 'integer' THEN CAST({column} / 1000000 AS TEXT) \
                         ELSE strftime('%s', {column}) END"
                    ),
                    format!("CAST(CAST(trunc(extract(epoch FROM {column})) AS bigint) AS TEXT)"),
                    format!("CAST(TIMESTAMPDIFF(SECOND, '1970-01-01', {column}) AS CHAR)"),
                ),
            };
            format!("coalesce({value}, '-')")
        })
        .collect();
    let all = db.pick(
        parts.join(" || ' ' || "),
        parts.join(" || ' ' || "),
        format!("concat_ws(' ', {})", parts.join(", ")),
    );
    db.texts(&format!("SELECT {all} AS v FROM {table} ORDER BY id"))
}

fn is_recent(seconds: &str) -> bool {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    seconds
        .parse::<u64>()
        .is_ok_and(|seconds| now - seconds < 600)
}

/// What `legacy` holds once it is up to the standard.
fn assert_legacy_is_up_to_date(db: &Db) {
    let rows = stamps(
        db,
        "legacy",
        &[
            "created_at",
            "created_by",
            "updated_at",
            "updated_by",
            "is_deleted",
            "deleted_at",
            "deleted_by",
            "tenant_id",
        ],
    );
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.split(' ').collect()).collect();
    let (yes, no) = db.pick(("1", "0"), ("true", "false"), ("1", "0"));
    assert_eq!(
        rows[0],
        [
            "1704164645",
            "jane",
            "1700000000",
            "joe",
            no,
            "-",
            "-",
            "acme"
        ]
    );
    assert_eq!(
        rows[1][..5],
        [
            "1704153600",
            "system:migration",
            "1700000000",
            "system:migration",
            yes
        ]
    );
    assert!(
        is_recent(rows[1][5]),
        "deleted, nobody knows when: {rows:?}"
    );
    assert_eq!(rows[1][6..], ["system:migration", "acme"]);
    assert!(is_recent(rows[2][0]) && is_recent(rows[2][2]), "{rows:?}");
    assert_eq!(rows[2][1], "user:7");
    assert_eq!(rows[2][7], "Acme");
    // Nobody can write a row without stamps any more; the flag has a default.
    let insert = "INSERT INTO legacy (name) VALUES ('d')";
    assert!(db.try_exec(insert).is_err(), "{insert}");
    let moment = db.pick("'2026-01-01 00:00:00'", "now()", "utc_timestamp(6)");
    let updated = db.pick("1767225600000000", "now()", "utc_timestamp(6)");
    db.exec(&format!(
        "INSERT INTO legacy (name, created_at, created_by, updated_at, updated_by, tenant_id) \
         VALUES ('d', {moment}, 'user:1', {updated}, 'user:1', 'acme')"
    ));
    assert_eq!(stamps(db, "legacy", &["is_deleted"])[3], no);
    let again = db.audit(&["columns", "legacy"]).ends(0);
    assert!(
        again.out.starts_with("-- `legacy` lacks nothing"),
        "{again:?}"
    );
    assert_eq!(db.audit(&["check", "legacy"]).ends(0).out, "legacy: fine\n");
}

fn a_legacy_table_is_brought_up_to_the_standard(db: &Db) {
    legacy(db);
    let check = db.audit(&["check", "legacy"]).ends(1);
    for said in [
        "`createdBy` is `created_by` in the standard",
        "lacks `deleted_at`",
        "`tenantId` is `tenant_id`",
    ] {
        assert!(check.out.contains(said), "{said}: {check:?}");
    }
    let printed = db.audit(&["columns", "legacy"]).ends(1);
    assert!(printed.out.contains("RENAME COLUMN"), "{printed:?}");
    assert!(
        db.audit(&["columns", "legacy"])
            .ends(1)
            .out
            .contains("RENAME COLUMN"),
        "printing changed it"
    );
    let applied = db.audit(&["columns", "legacy", "--apply"]).ends(0);
    assert!(applied.out.contains("applied"), "{applied:?}");
    assert_legacy_is_up_to_date(db);
    assert!(
        db.audit(&["columns", "legacy", "--apply"])
            .ends(0)
            .out
            .contains("lacks nothing")
    );
}

fn the_printed_script_does_what_apply_does(db: &Db) {
    legacy(db);
    let printed = db.audit(&["columns", "legacy"]).ends(1);
    db.exec(&printed.out);
    assert_legacy_is_up_to_date(db);
}

fn rows_that_cannot_be_converted_stop_everything_and_can_be_found(db: &Db) {
    legacy(db);
    let no_flag = db.pick("'?'", "'?'", "NULL");
    db.exec(&format!(
        "INSERT INTO legacy (name, date_created, last_modified, deleted) VALUES \
            ('soon', 'soon', 1700000000, 'N'), ('feb', '2024-02-30', 1700000000, 'N'), \
            ('seven', '2024-01-01', 7, {no_flag})"
    ));
    let before = db.texts("SELECT name AS v FROM legacy ORDER BY id");
    for args in [
        &["columns", "legacy"][..],
        &["columns", "legacy", "--apply"],
    ] {
        let run = db.audit(args).ends(1);
        assert!(
            run.out.contains("2 of 6 rows cannot be converted"),
            "{run:?}"
        );
        assert!(
            run.out.contains("1 of 6 rows cannot be converted"),
            "{run:?}"
        );
        assert!(run.out.contains("Nothing is applied"), "{run:?}");
        assert!(!run.out.contains("soon"), "values are not shown: {run:?}");
        assert!(
            run.out.lines().all(|line| line.starts_with("--")),
            "nothing to run by mistake: {run:?}"
        );
        assert_eq!(
            db.texts("SELECT name AS v FROM legacy WHERE date_created = 'soon'"),
            ["soon"]
        );
    }
    assert_eq!(db.texts("SELECT name AS v FROM legacy ORDER BY id"), before);
    // The queries that it gives find exactly these rows.
    let plan = db
        .audit(&["columns", "legacy", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(plan["statements"].as_array().unwrap().len(), 0);
    assert!(plan["held_back"].as_array().unwrap().len() > 4, "{plan}");
    let csv = db.audit(&["columns", "legacy", "--format", "csv"]).ends(1);
    assert_eq!(csv.out, "step,statement\r\n");
    let mut found = Vec::new();
    for query in plan["queries"].as_array().unwrap() {
        // On PostgreSQL a function of the session comes first.
        let query = query.as_str().unwrap();
        if db.backend == super::support::Backend::Postgres && query.contains("CREATE") {
            let (function, select) = query.rsplit_once(";\n").unwrap();
            db.exec(&function.replace("pg_temp.", "public."));
            let select = select
                .replace("pg_temp.", "public.")
                .replace("SELECT *", "SELECT name AS v");
            found.extend(db.texts(&select));
        } else {
            found.extend(db.texts(&query.replace("SELECT *", "SELECT name AS v")));
        }
    }
    found.sort();
    found.dedup();
    assert_eq!(found, ["feb", "seven", "soon"]);
    // Once they are mended, what was shown does what `--apply` would.
    let shown = db.audit(&["columns", "legacy"]).ends(1).out;
    db.exec("DELETE FROM legacy WHERE name IN ('soon', 'feb', 'seven')");
    let (_, script) = shown.split_once("What would run then").unwrap();
    let lines = script.lines().skip(1);
    let script: Vec<&str> = lines.map(|line| &line["--     ".len()..]).collect();
    db.exec(&script.join("\n"));
    assert_legacy_is_up_to_date(db);
}

fn rows_that_cannot_be_converted_can_be_mended(db: &Db) {
    legacy(db);
    db.exec("INSERT INTO legacy (name, date_created) VALUES ('soon', 'soon')");
    db.audit(&["columns", "legacy", "--apply"]).ends(1);
    db.exec("DELETE FROM legacy WHERE name = 'soon'");
    db.audit(&["columns", "legacy", "--apply"]).ends(0);
    assert_legacy_is_up_to_date(db);
}

fn a_bare_table_gets_what_is_asked_for(db: &Db) {
    db.exec("CREATE TABLE bare (id INT PRIMARY KEY, name CHAR(10))");
    db.exec("INSERT INTO bare VALUES (1, 'a'), (2, 'b')");
    db.audit(&[
        "columns",
        "bare",
        "--apply",
        "--soft-delete",
        "--tenant",
        "--backfill-tenant",
        "O'Neil \\ Söhne",
        "--version-column",
        "--backfill-actor",
        "job:imp'ort\\",
    ])
    .ends(0);
    let rows = stamps(
        db,
        "bare",
        &[
            "created_by",
            "is_deleted",
            "deleted_by",
            "version",
            "tenant_id",
        ],
    );
    let no = db.pick("0", "false", "0");
    assert_eq!(
        rows,
        [0, 1].map(|_| format!("job:imp'ort\\ {no} - 1 O'Neil \\ Söhne"))
    );
    db.audit(&[
        "columns",
        "bare",
        "--soft-delete",
        "--tenant",
        "--version-column",
    ])
    .ends(0);
    db.audit(&["check", "bare"]).ends(0);
}

fn tenants_need_a_tenant(db: &Db) {
    db.exec("CREATE TABLE bare (id INT PRIMARY KEY)");
    db.exec("INSERT INTO bare VALUES (1)");
    let run = db
        .audit(&["columns", "bare", "--tenant", "--apply"])
        .ends(1);
    assert!(
        run.out
            .contains("! it lacks `tenant_id`: say by `--backfill-tenant`"),
        "{run:?}"
    );
    db.audit(&[
        "columns",
        "bare",
        "--tenant",
        "--apply",
        "--leave",
        "tenant_id",
    ])
    .ends(0);
    db.audit(&[
        "columns",
        "bare",
        "--tenant",
        "--apply",
        "--backfill-tenant",
        "acme",
    ])
    .ends(0);
}

fn columns_of_ids_need_the_id_of_a_user(db: &Db) {
    db.exec("CREATE TABLE notes (id INT PRIMARY KEY, creator_id INT)");
    db.exec("INSERT INTO notes VALUES (1, 5), (2, NULL)");
    let run = db.audit(&["columns", "notes", "--apply"]).ends(1);
    assert!(
        run.out
            .contains("`creator_id` is `created_by_id` in the standard"),
        "{run:?}"
    );
    assert!(
        run.out.contains("say `--backfill-actor user:ID`"),
        "{run:?}"
    );
    for misfit in ["user:joe", "job:7"] {
        db.audit(&["columns", "notes", "--apply", "--backfill-actor", misfit])
            .ends(1);
    }
    db.audit(&["columns", "notes", "--apply", "--backfill-actor", "user:7"])
        .ends(0);
    assert_eq!(
        stamps(db, "notes", &["created_by_id", "updated_by"]),
        ["5 user:7", "7 user:7"]
    );
    db.audit(&["columns", "notes"]).ends(0);
}

fn hostile_names_are_names(db: &Db) {
    let table = "t\"; DROP TABLE victim; --`'(\n?.é";
    let odd = "c`\"'; --\n, (?";
    db.exec("CREATE TABLE victim (id INT PRIMARY KEY)");
    db.exec(&format!(
        "CREATE TABLE {} (id INT PRIMARY KEY, {} CHAR(10) DEFAULT 'x,)' NOT NULL, {} CHAR(10))",
        db.quoted(table),
        db.quoted(odd),
        db.quoted("createdBy")
    ));
    db.exec(&format!(
        "INSERT INTO {} VALUES (1, 'kept', NULL)",
        db.quoted(table)
    ));
    let check = db.audit(&["check"]).ends(1);
    assert!(
        check.out.contains("DROP TABLE victim; --`'(\\n?"),
        "the line break is shown as one: {check:?}"
    );
    let printed = db.audit(&["columns", table]).ends(1);
    assert!(
        printed
            .out
            .lines()
            .take_while(|line| line.starts_with("--"))
            .count()
            > 3,
        "{printed:?}"
    );
    let csv = db.audit(&["check", "--format", "csv"]).ends(1);
    assert!(!csv.out.contains('\u{1b}'), "{csv:?}");
    db.audit(&["columns", table, "--apply", "--soft-delete"])
        .ends(0);
    db.audit(&["columns", table]).ends(0);
    db.exec("SELECT 1 FROM victim");
    assert_eq!(
        stamps(db, &db.quoted(table), &[&db.quoted(odd), "created_by"]),
        ["kept system:migration"]
    );
}

fn times_are_taken_from_a_column_where_one_is_named(db: &Db) {
    db.exec(&format!(
        "CREATE TABLE orders (id INT PRIMARY KEY, placed {})",
        db.pick("TEXT", "date", "date")
    ));
    db.exec("INSERT INTO orders VALUES (1, '2020-02-03'), (2, NULL)");
    db.audit(&["columns", "orders", "--apply", "--backfill-time", "placed"])
        .ends(0);
    let rows = stamps(db, "orders", &["created_at", "updated_at"]);
    assert_eq!(rows[0], "1580688000 1580688000");
    assert!(rows[1].split(' ').all(is_recent), "{rows:?}");
}

fn a_column_that_is_left_is_left(db: &Db) {
    db.exec(&format!(
        "CREATE TABLE posts (id INT PRIMARY KEY, {} CHAR(10))",
        db.quoted("createdBy")
    ));
    db.exec("INSERT INTO posts VALUES (1, 'jane')");
    let kept = db.audit(&["columns", "posts", "--no-rename"]).ends(1);
    assert!(!kept.out.contains("RENAME COLUMN"), "{kept:?}");
    db.audit(&[
        "columns",
        "posts",
        "--apply",
        "--leave",
        "createdBy",
        "--leave",
        "created_by",
    ])
    .ends(0);
    let by = db.quoted("createdBy");
    assert_eq!(
        stamps(db, "posts", &[&by, "updated_by"]),
        ["jane system:migration"]
    );
    assert!(db.try_exec("SELECT created_by FROM posts").is_err());
}

fn deleted_stamps_may_be_null_and_follow_the_flag(db: &Db) {
    let time = db.pick("TEXT", "timestamptz", "datetime(6)");
    db.exec(&format!(
        "CREATE TABLE items (id INT PRIMARY KEY, deleted_at {time}, deleted_by CHAR(20) NOT NULL)"
    ));
    db.exec("INSERT INTO items VALUES (1, '2020-01-01 00:00:00', 'jane'), (2, NULL, '')");
    let run = db.audit(&["columns", "items", "--apply"]).ends(0);
    assert!(run.out.contains("`deleted_by` is NOT NULL"), "{run:?}");
    let (yes, no) = db.pick(("1", "0"), ("true", "false"), ("1", "0"));
    assert_eq!(stamps(db, "items", &["is_deleted"]), [yes, no]);
    db.exec("UPDATE items SET deleted_by = NULL WHERE id = 2");
    db.audit(&["columns", "items"]).ends(0);
}

fn an_empty_table_needs_no_values(db: &Db) {
    db.exec("CREATE TABLE hollow (id INT PRIMARY KEY, creator_id INT)");
    db.audit(&["columns", "hollow", "--apply", "--tenant"])
        .ends(0);
    db.audit(&["columns", "hollow", "--tenant"]).ends(0);
}

fn json_tells_the_whole_plan(db: &Db) {
    legacy(db);
    let plan = db
        .audit(&["columns", "legacy", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(
        (&plan["table"], &plan["rows"], &plan["applied"]),
        (&"legacy".into(), &3.into(), &false.into())
    );
    assert!(plan["statements"].as_array().unwrap().len() > 4, "{plan}");
    assert!(
        plan["findings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|f| f["remedy"] == "columns"),
        "{plan}"
    );
    let csv = db
        .audit(&["columns", "legacy", "--format", "csv"])
        .ends(1)
        .out;
    assert!(csv.starts_with("step,statement\r\n1,"), "{csv}");
    let done = db
        .audit(&["columns", "legacy", "--format", "json", "--apply"])
        .ends(0)
        .json();
    assert_eq!(done["applied"], true);
}

fn options_that_fit_no_column_are_wrong_usage(db: &Db) {
    db.exec("CREATE TABLE plain (id INT PRIMARY KEY, name CHAR(10))");
    for (args, said) in [
        (["--leave", "nmae"], "no such column"),
        (["--backfill-time", "nmae"], "no such column"),
    ] {
        let run = db
            .audit(&["columns", "plain", args[0], args[1], "--apply"])
            .ends(2);
        assert!(run.err.contains(said), "{run:?}");
    }
    for table in [
        "palin",
        "plain.",
        ".plain",
        "nowhere.plain",
        "plain\0",
        "audit_log'",
    ] {
        if !table.contains('\0') {
            db.audit(&["columns", table, "--apply"]).ends(2);
        }
    }
    assert_eq!(
        db.text("SELECT CAST(count(*) AS CHAR(5)) AS v FROM plain")
            .trim(),
        "0"
    );
}

fn views_are_no_tables(db: &Db) {
    db.exec("CREATE TABLE base (id INT PRIMARY KEY, created_by CHAR(10))");
    db.exec("CREATE VIEW shown AS SELECT * FROM base");
    let run = db.audit(&["columns", "shown", "--apply"]).ends(1);
    assert!(run.out.contains("it is a view"), "{run:?}");
    assert!(!db.audit(&["check"]).ends(1).out.contains("shown: "));
}
