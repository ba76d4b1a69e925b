//! The project's own commands: `cargo xtask <command>`.
//!
//! They need a Rust toolchain and a C compiler; everything else they find, start or do without,
//! and say so.

use std::process::ExitCode;

mod checks;
mod client;
mod kill;
mod long;
mod one_test;
mod probe;
mod report;
mod server;
mod tests;
mod workspace;

const HELP: &str = "\
usage: cargo xtask <command>

  test [--all] [-- ARGS]   run every test that this machine can run: always those on SQLite, those
                           on PostgreSQL and MySQL/MariaDB where the client library is there to
                           link and a server answers or can be started. ARGS go to `cargo test`.
                           --all: fail if a backend is missing
  ci [--all]               formatting, lints, documentation, features, licences
  bench [-- ARGS]          run the benchmarks. ARGS go to `cargo bench`
  kill [--backend B] [--kills N]
                           kill a process under a mixed load N times (100) and compare what is left
                           with the trail, on every backend or on one of sqlite, postgres, mysql
  long [--backend B] [NAME ..]
                           the tests of which `test` runs a few cases, with the full numbers (hours):
                           costs, queries, histories, purges, killed-purges, killed-drops
  help                     show this

servers: AUDIT_TEST_POSTGRES_URL and AUDIT_TEST_MYSQL_URL name them. Without, one that lets
`postgres` or `root` in without a password at 127.0.0.1 and the usual port is taken; failing that,
one is started from the binaries installed here, and stopped afterwards. Tests work in databases
and schemas of their own (audit_test_*), which they drop.
";

/// What went wrong, in words for the person at the terminal.
type Result<T> = std::result::Result<T, String>;

/// What stands behind the command on the command line.
#[derive(Debug, Default, PartialEq)]
struct Options {
    /// `--all`: what cannot be run is a failure.
    all: bool,
    /// What follows `--`.
    rest: Vec<String>,
}

impl Options {
    fn parse(args: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();
        let mut args = args;
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--all" => options.all = true,
                "--" => options.rest.extend(args.by_ref()),
                other => return Err(format!("`{other}` is not an option here\n\n{HELP}")),
            }
        }
        Ok(options)
    }

    fn no_all(self) -> Result<Self> {
        if self.all {
            Err(format!("`--all` is not an option here\n\n{HELP}"))
        } else {
            Ok(self)
        }
    }

    fn no_rest(self) -> Result<Self> {
        match self.rest.first() {
            Some(arg) => Err(format!("`{arg}` has no meaning here\n\n{HELP}")),
            None => Ok(self),
        }
    }
}

fn run() -> Result<bool> {
    let mut args = std::env::args().skip(1);
    let command = args.next();
    if command.as_deref() == Some("kill") {
        return kill::run(&args.collect::<Vec<_>>());
    }
    if command.as_deref() == Some("long") {
        return long::run(&args.collect::<Vec<_>>());
    }
    let options = Options::parse(args);
    match command.as_deref() {
        Some("test") => tests::run(&options?),
        Some("ci") => checks::run(&options?.no_rest()?),
        Some("bench") => checks::bench(&options?.no_all()?),
        Some("help" | "-h" | "--help") => {
            print!("{HELP}");
            Ok(true)
        }
        Some(other) => Err(format!("there is no command `{other}`\n\n{HELP}")),
        None => Err(format!("which command?\n\n{HELP}")),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {}", message.trim_end());
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options> {
        Options::parse(args.iter().map(|&arg| arg.to_owned()))
    }

    #[test]
    fn what_follows_two_dashes_is_passed_on() {
        let options = parse(&["--all", "--", "--all", "--", "x"]).unwrap();
        assert!(options.all);
        assert_eq!(options.rest, ["--all", "--", "x"]);
    }

    #[test]
    fn an_unknown_option_is_named_and_help_given() {
        let error = parse(&["--al"]).unwrap_err();
        assert!(
            error.contains("`--al`") && error.contains("usage:"),
            "{error}"
        );
    }
}
