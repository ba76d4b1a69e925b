//! The program as a user runs it.
#![allow(
    clippy::expect_used,
    reason = "a test that cannot go on says so by a panic"
)]

use std::path::PathBuf;
use std::process::{Command, Output};

fn quickstart(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command.args(args).output().expect("the program starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// A file in the temporary directory, gone with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: &[u8]) -> Self {
        let name = format!("quickstart-test-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).expect("a file");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The shipped file, on any database.
fn keeps_all_promises(url: &str) {
    let output = quickstart(&["--database-url", url]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{}", stderr(&output));
    for expected in [
        "stripped   /_id  /company_id  /createdBy  /tenantId  /updated-at",
        r"stripped   /CREATED_BY  /up\u{200b}dated\u{200d}By  /ｃreatedAt",
        "stripped   /deletedBy  /is_deleted  /password_hash",
        "input has a key twice",
        "has changed since it was read: load it again",
        "has no record `999999999`",
        "`: invalid value (not shown: it may hold a masked value)",
        "the context has no tenant",
        r#"tax_number "****9012" -> "****1098""#,
        r#"password_hash "***" -> "***""#,
        "is_deleted false -> true",
        "8 of 8 promises kept.",
    ] {
        assert!(text.contains(expected), "no `{expected}` in:\n{text}");
    }
    for secret in [
        "DE123456789012",
        "4111 1111",
        "901820",
        "hopper@",
        "!invited",
        "countess",
    ] {
        assert!(!text.contains(secret), "`{secret}` in:\n{text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::*;

    #[test]
    fn the_shipped_file_keeps_all_promises() {
        keeps_all_promises(":memory:");
    }

    #[test]
    fn a_new_file_is_made_where_none_is_named_and_a_named_one_is_used_again() {
        let output = quickstart(&[]);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        let path = text
            .lines()
            .find_map(|line| line.strip_prefix("database  "))
            .expect("a path");
        for _ in 0..2 {
            let again = quickstart(&["--database-url", path]);
            assert_eq!(again.status.code(), Some(0), "{}", stdout(&again));
        }
        std::fs::remove_file(path).expect("the file is there");
    }

    #[test]
    fn an_error_that_is_a_list_has_lines() {
        use diesel::connection::{Connection, SimpleConnection};
        let file = Scratch::new("unfit.sqlite", b"");
        diesel::SqliteConnection::establish(file.path())
            .expect("a database")
            .batch_execute("CREATE TABLE audit_log (id INTEGER PRIMARY KEY)")
            .expect("a table");
        let output = quickstart(&["--database-url", file.path()]);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.lines().count() > 2 && !text.contains(r"\n"), "{text}");
        assert!(
            text.lines().skip(1).all(|line| line.starts_with("  - ")),
            "{text}"
        );
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_is_applied() {
        let good = r#"{"actor":"user:1","tenant":"t","do":"create","entity":"order","as":"x","body":{"item":"desk","quantity":1,"price_cents":5}}"#;
        let lines = [
        good.as_bytes(),
        b"{\"actor\":",
        br#"{"do":"create","entity":"order","body":{}}"#,
        b"",
        b"\xff\xfe",
        br#"{"actor":"user:1","do":"erase","entity":"order"}"#,
        br#"{"actor":"user:1","tenant":"t","do":"edit","entity":"order","record":"x","body":{"version":1,"quantity":2}}"#,
        br#"{"actor":"user:1","tenant":"t","do":"edit","entity":"order","record":"never","body":{}}"#,
    ];
        let file = Scratch::new("bad.jsonl", &lines.join(&b'\n'));
        let output = quickstart(&["--database-url", ":memory:", "--requests", file.path()]);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        for expected in [
            "   2  this line is no request\n      error      EOF while parsing",
            "   3  this line is no request\n      error      missing field `actor`",
            "   5  this line is no request\n      error      not UTF-8",
            "   6  this line is no request\n      error      unknown variant `erase`",
            "order 1: 1 audit row",
            "quantity 1 -> 2",
            "no line before this one has created an order called `never`",
            "3 requests: 2 written, 1 refused. 8 of 8 promises kept.",
        ] {
            assert!(text.contains(expected), "no `{expected}` in:\n{text}");
        }
        assert!(!text.contains("   4  "), "{text}");
    }

    #[test]
    fn a_database_that_is_none_is_refused() {
        let file = Scratch::new("none.sqlite", &[b'x'; 4096]);
        let output = quickstart(&["--database-url", file.path()]);
        assert_eq!(output.status.code(), Some(2));
        let text = stderr(&output);
        assert!(
            text.contains(file.path()) && text.contains("not a database"),
            "{text}"
        );

        let output = quickstart(&["--database-url", "/no/such/folder/x.sqlite"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            stderr(&output).contains("/no/such/folder/x.sqlite"),
            "{}",
            stderr(&output)
        );
    }
}

/// A database on a server, made and dropped.
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;

    /// Runs `test` with the URL of a new database beside the one that `variable` names.
    pub(crate) fn with_database<C>(variable: &str, default: &str, test: impl FnOnce(&str))
    where
        C: Connection + SimpleConnection,
    {
        let server = std::env::var(variable).unwrap_or_else(|_| default.to_owned());
        let mut conn =
            C::establish(&server).expect("a server; `cargo xtask test` finds or starts one");
        let name = format!("audit_test_quickstart_{}", std::process::id());
        let run = |conn: &mut C, sql: &str| conn.batch_execute(&format!("{sql} {name}"));
        run(&mut conn, "CREATE DATABASE").expect("a database");
        let (base, query) = server.split_once('?').unwrap_or((&server, ""));
        let (host, _) = base.rsplit_once('/').expect("a URL with a database");
        let url = format!("{host}/{name}?{query}");
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            test(url.trim_end_matches('?'));
        }));
        run(&mut conn, "DROP DATABASE").expect("gone");
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic);
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;

    #[test]
    fn the_shipped_file_keeps_all_promises_twice() {
        let default = "postgres://postgres@127.0.0.1/postgres";
        server::with_database::<diesel::PgConnection>("AUDIT_TEST_POSTGRES_URL", default, |url| {
            keeps_all_promises(url);
            keeps_all_promises(url);
        });
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use super::*;

    #[test]
    fn the_shipped_file_keeps_all_promises_twice() {
        let default = "mysql://root@127.0.0.1/mysql";
        server::with_database::<diesel::MysqlConnection>("AUDIT_TEST_MYSQL_URL", default, |url| {
            keeps_all_promises(url);
            keeps_all_promises(url);
        });
    }
}

#[test]
fn wrong_arguments_are_refused() {
    for (args, expected) in [
        (&["--no-such-flag"][..], "invalid option '--no-such-flag'"),
        (
            &["--requests"][..],
            "missing argument for option '--requests'",
        ),
        (
            &["--requests", "/no/such/file"][..],
            "`/no/such/file` cannot be read",
        ),
        (
            &["--database-url", "oracle://x/y"][..],
            "starts with `oracle://`",
        ),
    ] {
        let output = quickstart(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            stderr(&output).contains(expected),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    let empty = Scratch::new("empty.jsonl", b"\n\n");
    let output = quickstart(&["--requests", empty.path()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("has no requests"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn help_says_what_there_is() {
    let output = quickstart(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    for expected in [
        "--requests FILE",
        "--database-url URL",
        "--features postgres",
    ] {
        assert!(stdout(&output).contains(expected), "{expected}");
    }
}

#[cfg(not(feature = "postgres"))]
#[test]
fn a_database_that_is_not_built_in_names_its_feature() {
    let output = quickstart(&["--database-url", "postgres://postgres@127.0.0.1/x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("--features postgres"),
        "{}",
        stderr(&output)
    );
}
