//! The command line.

use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Applies a file of requests through audited entities, prints what became of each, the trail they
left, and the promises that were checked.

Usage: cargo run -p quickstart [--features postgres,mysql] -- [OPTIONS]

Options:
  --requests FILE      JSON lines to apply, instead of the shipped examples/quickstart/requests.jsonl
  --database-url URL   where to apply them, instead of a new SQLite file in the temporary directory:
                         path/to/file.sqlite, sqlite://path or :memory:
                         postgres://user@host/database    (built with --features postgres)
                         mysql://user@host/database       (built with --features mysql)
                       Makes the tables quickstart_accounts, quickstart_orders, audit_log and
                       audit_log_gate where they are missing; drops nothing
  -h, --help           this text

Exit status: 0 all promises kept, 1 a promise broken, 2 an argument, the database, the file or a
line of it could not be used.
";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) database: Database,
    /// `None` for the shipped file.
    pub(crate) requests: Option<PathBuf>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Database {
    /// A path; `None` for a new file.
    Sqlite(Option<String>),
    Postgres(String),
    Mysql(String),
}

impl Args {
    /// `None` where help is asked for.
    pub(crate) fn parse() -> Result<Option<Self>, String> {
        Self::from_parser(lexopt::Parser::from_env())
            .map_err(|error| format!("{error}; see `cargo run -p quickstart -- --help`"))
    }

    fn from_parser(mut parser: lexopt::Parser) -> Result<Option<Self>, lexopt::Error> {
        use lexopt::prelude::*;

        let (mut database, mut requests) = (Database::Sqlite(None), None);
        while let Some(arg) = parser.next()? {
            match arg {
                Long("requests") => requests = Some(parser.value()?.into()),
                Long("database-url") => database = Database::of(&parser.value()?.string()?)?,
                Short('h') | Long("help") => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(Self { database, requests }))
    }
}

impl Database {
    fn of(url: &str) -> Result<Self, String> {
        match url.split_once("://") {
            None if url.is_empty() => Err("the database URL is empty".to_owned()),
            None => Ok(Self::Sqlite(Some(url.to_owned()))),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(Some(path.to_owned()))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(url.to_owned())),
            // Diesel knows the scheme `mysql` alone.
            Some(("mysql" | "mariadb", rest)) => Ok(Self::Mysql(format!("mysql://{rest}"))),
            Some((scheme, _)) => Err(format!(
                "the database URL starts with `{scheme}://`, not with `sqlite://`, `postgres://` \
                 or `mysql://`"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Option<Args>, String> {
        Args::from_parser(lexopt::Parser::from_args(args)).map_err(|e| e.to_string())
    }

    #[test]
    fn urls_name_their_database() {
        let of = |url| parse(&["--database-url", url]).map(|args| args.unwrap().database);
        assert_eq!(
            of("x.sqlite"),
            Ok(Database::Sqlite(Some("x.sqlite".into())))
        );
        assert_eq!(of("sqlite://a/b"), Ok(Database::Sqlite(Some("a/b".into()))));
        assert_eq!(
            of("postgresql://h/d"),
            Ok(Database::Postgres("postgresql://h/d".into()))
        );
        assert_eq!(
            of("mariadb://h/d"),
            Ok(Database::Mysql("mysql://h/d".into()))
        );
        assert!(of("oracle://h/d").unwrap_err().contains("oracle"));
        assert!(of("").is_err());
        assert!(of("sqlite://").is_err());
    }

    #[test]
    fn what_is_unknown_or_lacks_its_value_is_refused() {
        assert!(parse(&["--request", "x"]).is_err());
        assert!(parse(&["x"]).is_err());
        assert!(parse(&["--requests"]).is_err());
        assert_eq!(parse(&["-h"]), Ok(None));
    }
}
