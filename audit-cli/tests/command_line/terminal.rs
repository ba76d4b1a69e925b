//! What is different on a terminal. `script` (util-linux, on every Debian) is one.
#![cfg(target_os = "linux")]

use super::reading::fill;
use super::support::{Db, Run, command, on_each_backend};

on_each_backend! {
    colours_are_for_terminals
    a_purge_on_a_terminal_wants_yes
    the_id_of_a_hold_can_be_copied
    long_work_shows_a_bar_on_a_terminal
    csv_moves_no_cursor_and_loses_nothing
}

/// Runs `audit` with a terminal for all its streams.
fn on_terminal(db: &Db, args: &str, no_color: bool) -> Run {
    on_terminal_of(db, 80, args, no_color)
}

fn on_terminal_of(db: &Db, columns: u16, args: &str, no_color: bool) -> Run {
    let program = command().get_program().to_string_lossy().into_owned();
    let mut script = std::process::Command::new("script");
    script
        .args([
            "-qec",
            &format!("stty rows 24 cols {columns}; {program} {args}"),
            "/dev/null",
        ])
        .env("DATABASE_URL", &db.url)
        .env("TERM", "xterm")
        .env_remove("AUDIT_RETENTION_DAYS")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("NO_COLOR")
        .stdin(std::process::Stdio::null());
    if no_color {
        script.env("NO_COLOR", "1");
    }
    let output = script.output().expect("`script` of util-linux is there");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::new(),
    }
}

const GREEN: &str = "\u{1b}[32m";

fn colours_are_for_terminals(db: &Db) {
    db.audit(&["init"]).ends(0);
    assert!(on_terminal(db, "check", false).ends(0).out.contains(GREEN));
    assert!(!on_terminal(db, "check", true).ends(0).out.contains(GREEN));
    assert!(
        !on_terminal(db, "check --color never", false)
            .ends(0)
            .out
            .contains(GREEN)
    );
    assert!(!db.audit(&["check"]).ends(0).out.contains('\u{1b}'));
    assert!(
        db.audit(&["check", "--color", "always"])
            .ends(0)
            .out
            .contains(GREEN)
    );
}

fn a_purge_on_a_terminal_wants_yes(db: &Db) {
    fill(db);
    let purge = "purge --older-than-days 1 --actor user:1";
    let refused = on_terminal(db, purge, true).ends(2);
    assert!(
        refused.out.contains("--dry-run") && refused.out.contains("--yes"),
        "{refused:?}"
    );
    let counted = on_terminal(db, &format!("{purge} --dry-run"), true).ends(0);
    assert!(counted.out.contains("5 rows to delete"), "{counted:?}");
    let done = on_terminal(db, &format!("{purge} --yes"), true).ends(0);
    assert!(done.out.contains("5 rows deleted"), "{done:?}");
}

fn the_id_of_a_hold_can_be_copied(db: &Db) {
    db.audit(&["init"]).ends(0);
    let args = ["hold", "add", "--actor", "user:counsel", "--tenant", "acme"];
    let args = [&args[..], &["--reason", "Case 17/2026, \u{1b}[2J"]].concat();
    db.audit(&args).ends(0);
    let holds = db.audit(&["hold", "list", "--format", "json"]).json();
    let id = holds[0]["id"].as_str().unwrap();
    for columns in [20, 80, 400] {
        let run = on_terminal_of(db, columns, "hold list", true).ends(0);
        assert!(run.out.contains(id), "{columns}: {run:?}");
        assert!(run.out.contains(r"Case 17/2026, \u{1b}[2J"), "{run:?}");
        assert_eq!(run.out.lines().count() == 2, columns == 400, "{run:?}");
    }
}

fn long_work_shows_a_bar_on_a_terminal(db: &Db) {
    fill(db);
    db.exec("CREATE TABLE things (id int PRIMARY KEY, name text)");
    db.exec("INSERT INTO things VALUES (1, 'a'), (2, 'b')");
    let export = "export --jsonl --all-tenants -o /dev/null";
    let purge = "purge --older-than-days 1 --yes";
    let counting = format!("{purge} --dry-run");
    // Stdout is a terminal, and the bars are none of it.
    let errors = db.path().with_extension("err");
    for (args, code) in [(export, 0), ("check --all", 1), (&counting, 0)] {
        let run = on_terminal(db, &format!("{args} 2> {}", errors.display()), true).ends(code);
        let said = std::fs::read_to_string(&errors).unwrap();
        std::fs::remove_file(&errors).unwrap();
        for shown in [&run.out, &said] {
            for sign in ['\u{1b}', '░', '█'] {
                assert!(!shown.contains(sign), "{args}: {run:?}, {said:?}");
            }
        }
        assert!(!said.contains("written"), "{args}: {said}");
    }
    for (args, code, bar, end) in [
        (export, 0, " written, ", "5 rows"),
        (
            "check --all",
            1,
            "looking at tables ░",
            "things: 4 findings",
        ),
        (
            "columns things --apply",
            0,
            "changing the table ",
            "findings, applied",
        ),
        (
            "baseline things --actor user:1",
            0,
            "recording ░",
            "2 records",
        ),
        (&counting, 0, "counting ░", "5 rows to delete"),
        (purge, 0, "purging ░", "5 rows deleted"),
    ] {
        let run = on_terminal(db, args, true).ends(code);
        let (before, _) = run.out.split_once(end).expect(end);
        assert!(before.contains(bar), "{args}: {run:?}");
        // It is wiped off before the result is written.
        let drawn = before.rfind(['░', '█']).max(before.rfind(" written, "));
        assert!(drawn < before.rfind("\u{1b}[2K"), "{args}: {run:?}");
    }
}

fn csv_moves_no_cursor_and_loses_nothing(db: &Db) {
    fill(db);
    let hostile = "a\u{1b}[31mb\r";
    let id = db.pick("x'", "'", "x'").to_owned() + &"f".repeat(32) + "'";
    let at = db.pick(
        "1774785600000000",
        "'2026-03-29 12:00:00+00'",
        "'2026-03-29 12:00:00'",
    );
    db.exec(&format!(
        "INSERT INTO audit_log (id, change_id, operation_id, changed_at, table_name, record_id, action, actor_kind, reason) \
         VALUES ({id}, {id}, {id}, {at}, 't', '1', 'a.b', 'user', '{hostile}')"
    ));
    let shown = on_terminal(db, "log --no-tenant --format csv", false).ends(0);
    assert!(shown.out.contains("a\\u{1b}[31mb\\r"), "{shown:?}");
    assert!(!shown.out.contains('\u{1b}'), "{shown:?}");
    let piped = db.audit(&["log", "--no-tenant", "--format", "csv"]).ends(0);
    assert!(piped.out.contains(hostile), "{piped:?}");
}
