//! `audit export`.

use std::path::PathBuf;

use super::reading::{ROWS, fill};
use super::support::{Db, command, on_each_backend};

on_each_backend! {
    both_formats_hold_the_rows_that_the_filters_leave
    a_file_appears_once_it_is_whole
    a_file_that_is_there_is_replaced_by_force_alone
    mistakes_write_nothing
}

/// A directory of its own, gone with the value.
struct Dir(PathBuf);

impl Dir {
    fn new(db: &Db) -> Self {
        let path = db.path().with_extension("export");
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn both_formats_hold_the_rows_that_the_filters_leave(db: &Db) {
    fill(db);
    let jsonl = db
        .audit(&["export", "--jsonl", "--all-tenants", "--oldest"])
        .ends(0);
    let rows: Vec<serde_json::Value> = jsonl
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let seqs: Vec<i64> = rows
        .iter()
        .map(|row| row["seq"].as_i64().unwrap())
        .collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    assert!(
        jsonl.out.contains("9007199254740993") && jsonl.err.contains("5 rows"),
        "{jsonl:?}"
    );
    let csv = db
        .audit(&[
            "export", "--csv", "--tenant", "acme", "--by", "user:1", "--format", "json",
        ])
        .ends(0);
    assert_eq!(
        csv.out
            .split("\r\n")
            .filter(|line| !line.is_empty())
            .count(),
        3,
        "{csv:?}"
    );
    assert_eq!(csv.err.trim(), r#"{"rows":2}"#);
}

fn a_file_appears_once_it_is_whole(db: &Db) {
    fill(db);
    let dir = Dir::new(db);
    let file = dir.file("log.jsonl");
    std::fs::write(&file, "what was there").unwrap();
    let args = ["export", "--jsonl", "--all-tenants", "-o", &file, "--force"];
    let run = db.audit(&args).ends(0);
    assert!(run.out.is_empty(), "{run:?}");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap().lines().count(),
        ROWS.len()
    );
    assert_eq!(dir.names(), ["log.jsonl"]);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(&file).unwrap().permissions(),
        );
        assert_eq!(mode & 0o077, 0, "others can read it: {mode:o}");
    }
    // An export that fails leaves the old file, and nothing of its own.
    std::fs::write(&file, "the last good one").unwrap();
    db.exec("DROP TABLE audit_log");
    db.audit(&args).ends(3);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "the last good one");
    assert_eq!(dir.names(), ["log.jsonl"]);
}

fn a_file_that_is_there_is_replaced_by_force_alone(db: &Db) {
    fill(db);
    let dir = Dir::new(db);
    let file = dir.file("log.csv");
    let args = ["export", "--csv", "--all-tenants", "-o", &file];
    db.audit(&args).ends(0);
    assert_eq!(dir.names(), ["log.csv"]);
    std::fs::write(&file, "what was there").unwrap();
    let run = db.audit(&args).ends(2);
    assert!(
        run.err.contains("is there already") && run.err.contains("`--force`"),
        "{run:?}"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "what was there");
    // Before anything is asked of the database.
    let run = db
        .audit(&[&args[..], &["--database-url", "sqlite:///no/such/file"]].concat())
        .ends(2);
    assert!(run.err.contains("is there already"), "{run:?}");
    db.audit(&[&args[..], &["--force"]].concat()).ends(0);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("seq,"));
    assert_eq!(dir.names(), ["log.csv"]);
    // Without a file there is nothing to force.
    db.audit(&["export", "--csv", "--all-tenants", "--force"])
        .ends(2);
}

fn mistakes_write_nothing(db: &Db) {
    fill(db);
    let dir = Dir::new(db);
    let file = dir.file("x");
    for (args, code) in [
        (&["export", "--all-tenants", "-o", &file][..], 2),
        (
            &["export", "--csv", "--jsonl", "--all-tenants", "-o", &file],
            2,
        ),
        (&["export", "--csv", "-o", &file], 2),
        (
            &[
                "export",
                "--csv",
                "--all-tenants",
                "--from",
                "soon",
                "-o",
                &file,
            ],
            2,
        ),
        (
            &[
                "export",
                "--csv",
                "--all-tenants",
                "--table",
                "accounts",
                "-o",
                &file,
            ],
            2,
        ),
        (
            &[
                "export",
                "--csv",
                "--all-tenants",
                "-o",
                &dir.file("no/such/dir"),
            ],
            4,
        ),
        (
            &["export", "--csv", "--all-tenants", "-o", &dir.file("")],
            2,
        ),
        (&["export", "--csv", "--all-tenants", "-o", ""], 2),
    ] {
        let run = db.audit(args).ends(code);
        assert!(run.out.is_empty() && !run.err.is_empty(), "{run:?}");
        assert!(dir.names().is_empty(), "{args:?}: {:?}", dir.names());
    }
    #[cfg(target_os = "linux")]
    {
        let run = db
            .audit(&["export", "--csv", "--all-tenants", "-o", "/dev/full"])
            .ends(4);
        assert!(run.err.contains("cannot be written"), "{run:?}");
        db.audit(&["export", "--csv", "--all-tenants", "-o", "/dev/null"])
            .ends(0);
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let args = ["export", "--csv", "--all-tenants"];
    let output = command()
        .args(args)
        .env("DATABASE_URL", &db.url)
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.is_empty()),
        (Some(0), true),
        "{output:?}"
    );
}
