//! What is different on a terminal. `script` (util-linux, on every Debian) is one.
#![cfg(target_os = "linux")]

use super::reading::fill;
use super::support::{Db, Run, command, on_each_backend};

on_each_backend! {
    colours_are_for_terminals
    a_purge_on_a_terminal_wants_yes
}

/// Runs `audit` with a terminal for all its streams.
fn on_terminal(db: &Db, args: &str, no_color: bool) -> Run {
    let program = command().get_program().to_string_lossy().into_owned();
    let mut script = std::process::Command::new("script");
    script
        .args(["-qec", &format!("{program} {args}"), "/dev/null"])
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
