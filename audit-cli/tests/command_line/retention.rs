//! `audit purge` and `audit hold`.

use super::reading::{ROWS, fill};
use super::support::{Db, audit_with, on_each_backend};

on_each_backend! {
    a_purge_deletes_what_is_old_and_tells
    a_dry_run_deletes_nothing
    holds_keep_what_they_cover
    other_days_for_tenants_and_tables
    mistakes_delete_nothing
    a_table_that_nobody_knows_is_a_mistake
    a_rule_that_was_known_stays_known
    mistakes_are_told_as_they_were_typed
    no_name_makes_a_line_of_its_own
    a_tenant_that_the_log_does_not_know_is_noted
}

/// Rows of the log that tell of changes and not of purges and holds.
fn left(db: &Db) -> usize {
    db.texts("SELECT action AS v FROM audit_log WHERE action NOT LIKE 'audit.%'")
        .len()
}

/// As if all of it had been written four hundred days ago.
fn old(db: &Db) {
    fill(db);
    assert_eq!(left(db), ROWS.len());
}

const PURGE: &[&str] = &["purge", "--actor", "system:cron"];

fn purge(more: &[&'static str]) -> Vec<&'static str> {
    [PURGE, more].concat()
}

fn a_purge_deletes_what_is_old_and_tells(db: &Db) {
    old(db);
    let kept = db.audit(&purge(&["--older-than-days", "36500"])).ends(0);
    assert!(kept.out.starts_with("0 rows deleted"), "{kept:?}");
    let run = db
        .audit(&purge(&["--older-than-days", "1", "--format", "json"]))
        .ends(0)
        .json();
    assert_eq!(
        (&run["deleted"], &run["held"], &run["finished"]),
        (&5.into(), &0.into(), &true.into())
    );
    assert_eq!(left(db), 0);
    let told = db.texts("SELECT actor_kind AS v FROM audit_log WHERE action LIKE 'audit.%'");
    assert!(told.contains(&"system".to_owned()), "{told:?}");
    db.audit(&["check"]).ends(0);
}

fn a_dry_run_deletes_nothing(db: &Db) {
    old(db);
    let run = db
        .audit(&purge(&["--older-than-days", "1", "--dry-run"]))
        .ends(0);
    assert!(run.out.starts_with("5 rows to delete"), "{run:?}");
    let csv = db
        .audit(&purge(&[
            "--older-than-days",
            "1",
            "--dry-run",
            "--format",
            "csv",
        ]))
        .ends(0);
    assert!(csv.out.contains("acme,accounts,3,0\r\n"), "{csv:?}");
    assert_eq!(left(db), ROWS.len());
}

fn holds_keep_what_they_cover(db: &Db) {
    old(db);
    let held = db
        .audit(&[
            "hold",
            "add",
            "--tenant",
            "acme",
            "--reason",
            "Case\u{1b} 17",
            "--actor",
            "user:counsel",
            "--format",
            "json",
        ])
        .ends(0)
        .json();
    let id = held[0]["id"].as_str().unwrap().to_owned();
    let list = db.audit(&["hold", "list"]).ends(0);
    assert!(
        list.out.contains(&id) && list.out.contains("Case\\u{1b} 17"),
        "{list:?}"
    );
    assert_eq!(
        db.audit(&["hold", "list", "--tenant", "other"])
            .ends(0)
            .out
            .trim(),
        "no holds"
    );
    let run = db
        .audit(&purge(&["--older-than-days", "1", "--format", "json"]))
        .ends(0)
        .json();
    assert_eq!((&run["deleted"], &run["held"]), (&2.into(), &3.into()));
    db.audit(&["hold", "release", &id, "--actor", "user:counsel"])
        .ends(0);
    assert_eq!(
        db.audit(&["hold", "list", "--format", "json"])
            .ends(0)
            .json(),
        serde_json::json!([])
    );
    let all = db
        .audit(&["hold", "list", "--all", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(all[0]["released_by"], "user:counsel");
    let run = db
        .audit(&purge(&["--older-than-days", "1", "--format", "json"]))
        .ends(0)
        .json();
    assert_eq!(run["deleted"], 3);
}

fn other_days_for_tenants_and_tables(db: &Db) {
    old(db);
    let rules = [
        "--older-than-days",
        "1",
        "--keep-tenant",
        "Acme=forever",
        "--keep-tenant-table",
        "acme",
        "accounts",
        "36500",
    ];
    let run = db.audit(&purge(&rules)).ends(0);
    assert!(run.out.starts_with("1 rows deleted"), "{run:?}");
    assert_eq!(left(db), 4);
    let run = db
        .audit(&purge(&[
            "--older-than-days",
            "1",
            "--tenant",
            "Acme",
            "--keep-table",
            "accounts=9",
        ]))
        .ends(0);
    assert!(run.out.starts_with("1 rows deleted"), "{run:?}");
    assert_eq!(left(db), 3);
}

fn mistakes_delete_nothing(db: &Db) {
    old(db);
    for days in [
        "0",
        "-1",
        "36501",
        "9223372036854775808",
        "1.5",
        "ten",
        "",
        " 1",
    ] {
        let run = db
            .audit(&[PURGE, &["--older-than-days", days]].concat())
            .ends(2);
        assert!(run.out.is_empty(), "{run:?}");
    }
    for args in [
        &["purge", "--actor", "system:cron"][..],
        &["purge", "--older-than-days", "1", "--actor", "Jane"],
        &[
            "purge",
            "--older-than-days",
            "1",
            "--actor",
            "a:b",
            "--keep-tenant",
            "acme",
        ],
        &[
            "purge",
            "--older-than-days",
            "1",
            "--actor",
            "a:b",
            "--keep-tenant",
            "=3",
        ],
        &[
            "purge",
            "--older-than-days",
            "1",
            "--actor",
            "a:b",
            "--keep-table",
            "x=0",
        ],
        &[
            "purge",
            "--older-than-days",
            "1",
            "--actor",
            "a:b",
            "--keep-tenant-table",
            "x",
            "y",
        ],
        &[
            "purge",
            "--older-than-days",
            "1",
            "--actor",
            "a:b",
            "--keep-tenant-table",
            "x",
            "y",
            "-2",
        ],
        &[
            "purge",
            "--older-than-days",
            "1",
            "--actor",
            "a:b",
            "--tenant",
            "",
        ],
        &["hold", "add", "--actor", "a:b"],
        &["hold", "add", "--actor", "a:b", "--reason", " "],
        &[
            "hold", "add", "--actor", "a:b", "--reason", "x", "--record", "1",
        ],
        &[
            "hold", "add", "--actor", "a:b", "--reason", "x", "--until", "soon",
        ],
        &[
            "hold",
            "add",
            "--actor",
            "a:b",
            "--reason",
            "x",
            "--until",
            "2020-01-01T00:00:00Z",
        ],
        &["hold", "release", "1", "--actor", "a:b"],
        &[
            "hold",
            "release",
            "0197f3c2-1111-7aaa-8bbb-123456789abc",
            "--actor",
            "a:b",
        ],
        &["hold", "release", "0197f3c2-1111-7aaa-8bbb-123456789abc"],
        &["hold"],
    ] {
        let run = db.audit(args).ends(2);
        assert!(run.out.is_empty(), "{args:?}: {run:?}");
    }
    assert_eq!(left(db), ROWS.len());
    assert_eq!(
        db.audit(&["hold", "list", "--all"]).ends(0).out.trim(),
        "no holds"
    );
}

/// Each night the same command: the last row that its rule keeps goes, and then there is none.
fn a_rule_that_was_known_stays_known(db: &Db) {
    old(db);
    let table =
        db.texts("SELECT DISTINCT table_name AS v FROM audit_log WHERE table_name IS NOT NULL");
    let rule = format!("{}=2", table[0]);
    let nightly = ["purge", "--older-than-days", "1", "--keep-table", &rule];
    for _ in 0..3 {
        db.audit(&nightly).ends(0);
    }
    assert_eq!(left(db), 0);
    let events = "UPDATE audit_purge SET known_tables = NULL";
    db.exec(events);
    let run = db.audit(&nightly).ends(2);
    assert!(run.err.contains(&format!("`{}`", table[0])), "{run:?}");
}

fn a_table_that_nobody_knows_is_a_mistake(db: &Db) {
    old(db);
    db.exec("CREATE TABLE invoices (id int PRIMARY KEY)");
    let keep = ["purge", "--older-than-days", "1", "--keep-table"];
    let pair = [
        "purge",
        "--older-than-days",
        "1",
        "--keep-tenant-table",
        "acme",
    ];
    let hold = ["hold", "add", "--actor", "a:b", "--reason", "x", "--table"];
    let (log, export) = (
        ["log", "--all-tenants"],
        ["export", "--csv", "--all-tenants"],
    );
    let record = ["--record", "1", "--table"];
    for (command, typo, flag) in [
        (
            &keep[..],
            &["invoces=forever"][..],
            "--allow-unknown-tables",
        ),
        (&pair, &["invoces", "forever"], "--allow-unknown-tables"),
        (&hold, &["invoces"], "--allow-unknown-table"),
        (
            &[&log[..], &record].concat(),
            &["invoces"],
            "--allow-unknown-table",
        ),
        (
            &[&export[..], &record].concat(),
            &["invoces"],
            "--allow-unknown-table",
        ),
    ] {
        let run = db.audit(&[command, typo].concat()).ends(2);
        assert!(run.out.is_empty(), "{run:?}");
        assert!(run.err.contains("did you mean `invoices`?"), "{run:?}");
        assert_eq!(left(db), ROWS.len());
        assert!(run.err.contains(&format!("`{flag}`")), "{run:?}");
        let name = command.first().copied();
        let reads = matches!(name, Some("log" | "export"));
        assert_eq!(run.err.contains("nothing was"), !reads, "{run:?}");
        let allowed: &[&str] = match name {
            Some("purge") => &[flag, "--dry-run"],
            _ => &[flag],
        };
        db.audit(&[command, typo, allowed].concat()).ends(0);
        if reads {
            db.audit(&[command, &["invoices"]].concat()).ends(0);
        }
    }
    // What is kept for less time than the rest, or as long, is not lost by a slip.
    for days in ["7", "30"] {
        let rule = format!("jobs={days}");
        let args = [
            "purge",
            "--older-than-days",
            "30",
            "--dry-run",
            "--keep-table",
            &rule,
        ];
        db.audit(&args).ends(0);
    }
    let listed = db
        .audit(&["hold", "list", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    // Without an actor it is the program itself.
    db.audit(&["hold", "add", "--actor", "a:b", "--reason", "x"])
        .ends(0);
    db.audit(&["purge", "--older-than-days", "1"]).ends(0);
    let who = db.texts("SELECT actor_id AS v FROM audit_log WHERE action = 'audit.purge'");
    assert!(who.contains(&"audit".to_owned()), "{who:?}");
}

fn mistakes_are_told_as_they_were_typed(db: &Db) {
    old(db);
    for (args, words) in [
        (
            &["--keep-tenant", "acme=0"][..],
            "`--keep-tenant acme=0`: the number of days is 0",
        ),
        (&["--keep-table", "a=b=x"], "`--keep-table a=b=x`: give"),
        (
            &["--keep-tenant-table", "a", "b", "-2"],
            "`--keep-tenant-table a b -2`: the number of days is negative",
        ),
        (
            &["--keep-tenant", "a=1", "--keep-tenant", "a=forever"],
            "`--keep-tenant a=forever`: this name was given days before",
        ),
        (
            &["--keep-table", "a=1", "--keep-table", "a=1"],
            "`--keep-table a=1`: this name",
        ),
        (
            &["--keep-tenant-table", "a", "b", "1"].repeat(2),
            "`--keep-tenant-table a b 1`: this name",
        ),
        (&["--tenant", ""], "`--tenant`: the tenant"),
    ] {
        let args = [&purge(&["--older-than-days", "1"])[..], args].concat();
        let run = db.audit(&args).ends(2);
        assert!(run.err.contains(words), "{args:?}: {run:?}");
    }
    let run = db.audit(&purge(&["--older-than-days=0"])).ends(2);
    assert!(run.err.contains("`--older-than-days 0`: "), "{run:?}");
    for days in ["0", "", "ten"] {
        let env = [("DATABASE_URL", &*db.url), ("AUDIT_RETENTION_DAYS", days)];
        let run = audit_with(&env, PURGE).ends(2);
        assert!(
            run.err
                .contains(&format!("`AUDIT_RETENTION_DAYS`, which is `{days}`: "))
                && !run.err.contains("--older-than-days"),
            "{run:?}"
        );
    }
    assert_eq!(left(db), ROWS.len());
    // A tenant and a table of one name are two.
    let rules = [
        "--older-than-days",
        "1",
        "--keep-tenant",
        "acme=9",
        "--keep-table",
        "acme=9",
        "--allow-unknown-tables",
    ];
    db.audit(&purge(&rules)).ends(0);
}

fn no_name_makes_a_line_of_its_own(db: &Db) {
    db.audit(&["init"]).ends(0);
    let forged = "x\nerror: all is deleted";
    let rule = format!("{forged}=forever");
    for args in [
        &["log", "--all-tenants", "--record", "1", "--table", forged][..],
        &["purge", "--older-than-days", "1", "--keep-table", &rule],
        &["purge", "--older-than-days", "1", "--keep-tenant", forged],
        &["columns", forged],
        &["check", forged],
    ] {
        let run = db.audit(args).ends(2);
        assert_eq!(run.err.lines().count(), 1, "{run:?}");
        assert!(run.err.contains("x\\nerror: all"), "{run:?}");
    }
}

fn a_tenant_that_the_log_does_not_know_is_noted(db: &Db) {
    old(db);
    let run = db
        .audit(&purge(&[
            "--older-than-days",
            "36500",
            "--keep-tenant",
            "ACME=forever",
            "--keep-tenant",
            "acme=9",
            "--keep-tenant-table",
            "zzz",
            "accounts",
            "9",
            "--allow-unknown-tables",
        ]))
        .ends(0);
    assert_eq!(
        run.err,
        "note: the log has no row of the tenant `ACME`; did you mean `acme`?\n\
         note: the log has no row of the tenant `zzz`\n"
    );
    let hold = ["hold", "add", "--actor", "a:b", "--reason", "x", "--tenant"];
    let run = db.audit(&[&hold[..], &["z\n"]].concat()).ends(2);
    assert!(run.err.contains("nothing was placed"), "{run:?}");
    let run = db.audit(&[&hold[..], &["acme "]].concat()).ends(0);
    assert_eq!(run.err, "note: the log has no row of the tenant `acme `\n");
    let run = db.audit(&[&hold[..], &["zzz"]].concat()).ends(0);
    assert_eq!(run.err, "note: the log has no row of the tenant `zzz`\n");
    assert_eq!(db.audit(&[&hold[..], &["acme"]].concat()).ends(0).err, "");
}
