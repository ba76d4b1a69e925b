//! What is said to whom gets the command line wrong; secrets never.

use super::support::{audit_with, command};

const COMMANDS: &[&str] = &[
    "init",
    "check",
    "columns",
    "log",
    "export",
    "purge",
    "hold",
    "hold add",
    "hold list",
    "hold release",
    "baseline",
    "completions",
];

/// `BLESS=1` writes the goldens anew.
#[test]
fn help_is_as_it_was() {
    for name in std::iter::once(&"").chain(COMMANDS) {
        let args: Vec<&str> = name.split_whitespace().chain(["--help"]).collect();
        let help = audit_with(&[], &args).ends(0).out;
        let file = if name.is_empty() {
            "audit".to_owned()
        } else {
            name.replace(' ', "-")
        };
        let path = format!("{}/tests/help/{file}.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(format!("{}/tests/help", env!("CARGO_MANIFEST_DIR"))).unwrap();
            std::fs::write(&path, &help).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(help, golden, "{path}: `BLESS=1` writes it anew");
        let (_, examples) = help.split_once("Examples:").expect("examples");
        for line in examples.lines().filter(|line| !line.is_empty()) {
            let is_whole = ["  audit ", "  export "]
                .iter()
                .any(|it| line.starts_with(it));
            assert!(is_whole, "{name}: a command is broken in two: {line}");
        }
    }
}

#[test]
fn a_url_in_the_environment_is_not_in_the_help() {
    let url = "postgres://u:hunter2@127.0.0.1:1/d";
    for args in [&["--help"][..], &["check", "--help"], &["check", "-h"]] {
        let run = audit_with(&[("DATABASE_URL", url)], args).ends(0);
        assert!(!run.out.contains("hunter2"), "{run:?}");
    }
}

#[test]
fn no_message_shows_a_password() {
    for url in [
        "postgres://u:hunter2@127.0.0.1:1/d",
        "postgres://u:hun%74er2@127.0.0.1:1/d",
        "postgres://u:hunter2@nowhere.invalid/d",
        "postgres://u:hunter2@127.0.0.1:hunter2/d",
        "postgres://127.0.0.1:1/d?password=hunter2",
        "postgres://u:a@hunter2/b@127.0.0.1:1/d",
        "mysql://u:hunter2@127.0.0.1:1/d",
        "mysql://u:hunter2@127.0.0.1/",
        "mysql://u:a/hunter2@127.0.0.1:1/d",
        "mysql://u:hunter2@nowhere.invalid/d",
        "mysql://u:hunter2@127.0.0.1:port/d",
        "oracle://u:hunter2@h/d",
        "u:hunter2@h/d",
        "://u:hunter2@h/d",
        "sqlite://u:hunter2@h/d",
    ] {
        for args in [
            &["check"][..],
            &["init"],
            &["check", "--database-messages"],
            &["columns", "t"],
        ] {
            let run = audit_with(&[("DATABASE_URL", url)], args);
            assert!(matches!(run.code, 0 | 2 | 3), "{url}: {run:?}");
            assert!(
                !format!("{run:?}").contains("hunter2"),
                "{url} {args:?}: {run:?}"
            );
            // Client libraries write lines and tabs of their own.
            assert!(
                run.code != 3 || !run.err.trim_end().contains(['\n', '\t']),
                "{run:?}"
            );
            assert!(!run.err.contains("\\t"), "{run:?}");
        }
    }
}

#[test]
fn wrong_usage_ends_with_2_and_a_hint() {
    for (args, hint) in [
        (&[][..], "Usage"),
        (&["chek"], "check"),
        (&["check"], "--database-url"),
        (&["check", "--format", "xml"], "json"),
        (&["check", "--color", "blue"], "always"),
        (&["check", "--database-url", ""], "--database-url"),
        (&["check", "--database-url", "app.db"], "sqlite://path"),
        (&["check", "--database-url", "mariadb://h/d"], "mysql://"),
        (&["check", "--database-url", "sqlite://"], "sqlite://path"),
        (&["check", "--all", "t"], "cannot be used with"),
        (&["check", ""], "value"),
        (&["columns"], "<TABLE>"),
        (&["columns", ""], "value"),
        (&["columns", "t", "--backfill-time", ""], "value"),
        (&["columns", "t", "--backfill-actor", ""], "kind:id"),
        (&["columns", "t", "--backfill-actor", "Jane Doe"], "kind:id"),
        (&["columns", "t", "--backfill-actor", "user:"], "kind:id"),
        (
            &["columns", "t", "--backfill-tenant", ""],
            "--backfill-tenant",
        ),
        (
            &["columns", "t", "--backfill-tenant", "a\u{1b}b"],
            "--backfill-tenant",
        ),
        (&["completions"], "<SHELL>"),
        (&["completions", "tcsh"], "bash"),
        (&["init", "--print"], "--database-url"),
    ] {
        let run = audit_with(&[], args).ends(2);
        assert!(
            run.err.contains(hint) && run.out.is_empty(),
            "{args:?}: {run:?}"
        );
    }
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
#[test]
fn a_database_that_is_not_built_in_names_its_feature() {
    for (built_in, url, feature) in [
        (cfg!(feature = "sqlite"), "sqlite://x", "bundled"),
        (cfg!(feature = "postgres"), "postgres://h/d", "postgres"),
        (cfg!(feature = "mysql"), "mysql://h/d", "mysql"),
    ] {
        if !built_in {
            let run = audit_with(&[], &["check", "--database-url", url]).ends(2);
            assert!(
                run.err.contains(&format!("--features {feature}")),
                "{run:?}"
            );
        }
    }
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = audit_with(&[], &["completions", shell]).ends(0);
        for name in COMMANDS.iter().flat_map(|name| name.split(' ')) {
            assert!(run.out.contains(name), "{shell}: {name}");
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for args in [
        &["--help"][..],
        &["completions", "bash"],
        &["init", "--print", "--database-url", "sqlite://x"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command().args(args).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_finds_no_room_is_an_error() {
    for args in [&["--help"][..], &["log", "--help"], &["--version"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let output = command().args(args).stdout(full.unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{args:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "{output:?}");
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    for args in [&["check", "--database-url"][..], &["check"], &["columns"]] {
        let output = command().args(args).arg(odd).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
    }
    let output = command()
        .arg("check")
        .env("DATABASE_URL", odd)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
