//! Applies a file of requests, hostile ones among them, through audited entities; prints what
//! became of each, then the trail, then the promises that were checked by queries.
//!
//! `cargo run -p quickstart` needs no database server. To read the code as an example, begin with
//! `entities.rs`, then `handlers.rs`: those two are what an app writes.

#![allow(
    clippy::duplicate_mod,
    reason = "`app.rs` is compiled once for each database"
)]
#![cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(
        dead_code,
        unused_mut,
        unused_variables,
        reason = "without a database there is nothing to do"
    )
)]

mod args;
mod audit_log;
mod input;
mod outcome;
mod report;
mod requests;
mod secrets;

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::process::ExitCode;

use args::{Args, Database};
use report::Report;
use requests::RequestFile;

fn main() -> ExitCode {
    let args = match Args::parse() {
        Ok(Some(args)) => args,
        Ok(None) => {
            print!("{}", args::HELP);
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(&error),
    };
    let verdict = RequestFile::read(args.requests.as_deref()).and_then(|file| run(&args, &file));
    match verdict {
        Ok(Verdict {
            promises_kept: false,
            ..
        }) => ExitCode::from(1),
        Ok(Verdict {
            all_lines_read: false,
            ..
        }) => ExitCode::from(2),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &str) -> ExitCode {
    // Some errors are lists. What they quote begins no line at the margin.
    let lines: Vec<String> = error.lines().map(report::printable).collect();
    eprintln!("quickstart: {}", lines.join("\n  "));
    ExitCode::from(2)
}

/// How a run went.
struct Verdict {
    promises_kept: bool,
    all_lines_read: bool,
}

fn run(args: &Args, file: &RequestFile) -> Result<Verdict, String> {
    let mut report = Report::new();
    let all_lines_read = file.lines.iter().all(|line| line.request.is_ok());
    let promises_kept: Result<bool, String> = match &args.database {
        #[cfg(feature = "sqlite")]
        Database::Sqlite(path) => sqlite::run(path.as_deref(), file, &mut report),
        #[cfg(feature = "postgres")]
        Database::Postgres(url) => postgres::run(url, file, &mut report),
        #[cfg(feature = "mysql")]
        Database::Mysql(url) => mysql::run(url, file, &mut report),
        #[allow(unreachable_patterns, reason = "with all three features")]
        other => Err(not_built_in(other)),
    };
    Ok(Verdict {
        promises_kept: promises_kept?,
        all_lines_read,
    })
}

fn not_built_in(database: &Database) -> String {
    let (name, feature) = match database {
        Database::Sqlite(_) => ("SQLite", "sqlite"),
        Database::Postgres(_) => ("PostgreSQL", "postgres"),
        Database::Mysql(_) => ("MySQL/MariaDB", "mysql"),
    };
    format!(
        "this build has no {name} in it; use `cargo run -p quickstart --features {feature} -- \
         --database-url URL`"
    )
}
