//! From a URL to a connection. No message shows the URL or anything of its password.

#[cfg(feature = "mysql")]
use diesel::mysql::MysqlConnection;
#[cfg(feature = "postgres")]
use diesel::pg::PgConnection;
#[cfg(feature = "sqlite")]
use diesel::sqlite::SqliteConnection;

use audit_diesel::Dialect;

use crate::args::Common;
use crate::failure::{Failure, Result};

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!("`audit` needs a database: switch on `bundled`, `sqlite`, `postgres` or `mysql`");

/// A connection to one of the databases that this program was built with.
pub(crate) enum Database {
    #[cfg(feature = "sqlite")]
    Sqlite(Box<SqliteConnection>),
    #[cfg(feature = "postgres")]
    Postgres(Box<PgConnection>),
    #[cfg(feature = "mysql")]
    Mysql(Box<MysqlConnection>),
}

/// Runs an expression with the connection, whatever its type.
macro_rules! on {
    ($database:expr, $conn:ident => $body:expr) => {
        match $database {
            #[cfg(feature = "sqlite")]
            $crate::database::Database::Sqlite($conn) => {
                let $conn = &mut **$conn;
                $body
            }
            #[cfg(feature = "postgres")]
            $crate::database::Database::Postgres($conn) => {
                let $conn = &mut **$conn;
                $body
            }
            #[cfg(feature = "mysql")]
            $crate::database::Database::Mysql($conn) => {
                let $conn = &mut **$conn;
                $body
            }
        }
    };
}
pub(crate) use on;

/// The URL, which no command can do without.
pub(crate) fn url(common: &Common) -> Result<&str> {
    common
        .database_url
        .as_deref()
        .filter(|url| !url.is_empty())
        .ok_or_else(|| {
            Failure::Usage(
                "which database? Give `--database-url URL` or set DATABASE_URL".to_owned(),
            )
        })
}

/// Connects to the database that the command line names, which is there.
pub(crate) fn open(common: &Common) -> Result<Database> {
    connect(url(common)?, Missing::IsAnError)
}

/// Which database a URL means.
pub(crate) fn dialect(url: &str) -> Result<Dialect> {
    let (scheme, _) = url
        .split_once("://")
        .ok_or_else(|| Failure::Usage(format!("the database URL has no scheme: {}", EXPECTED)))?;
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" => Ok(Dialect::Sqlite),
        "postgres" | "postgresql" => Ok(Dialect::Postgres),
        "mysql" => Ok(Dialect::Mysql),
        "mariadb" => Err(Failure::Usage(
            "a MariaDB is reached by the scheme `mysql://`".to_owned(),
        )),
        _ => Err(Failure::Usage(format!(
            "the database URL has a scheme that is not known: {EXPECTED}"
        ))),
    }
}

const EXPECTED: &str = "write `sqlite://path`, `postgres://user@host/database` or \
                        `mysql://user@host/database`";

/// Whether a SQLite file may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It has to be there.
    IsAnError,
    /// `init` makes it.
    IsMade,
}

/// Connects.
pub(crate) fn connect(url: &str, missing: Missing) -> Result<Database> {
    match dialect(url)? {
        Dialect::Sqlite => sqlite(url, missing),
        Dialect::Postgres => postgres(url),
        Dialect::Mysql => mysql(url),
        _ => Err(Failure::Usage(
            "this kind of database is not known".to_owned(),
        )),
    }
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn not_built_in(name: &str, feature: &str) -> Failure {
    Failure::Usage(format!(
        "this `audit` was built without {name}: install it with `cargo install audit-cli --features \
         {feature}`"
    ))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: &str, _: Missing) -> Result<Database> {
    Err(not_built_in("SQLite", "bundled"))
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<Database> {
    Err(not_built_in("PostgreSQL", "postgres"))
}

#[cfg(not(feature = "mysql"))]
fn mysql(_: &str) -> Result<Database> {
    Err(not_built_in("MySQL/MariaDB", "mysql"))
}

/// What follows `sqlite://` is the path, as it is: no escapes, no parameters.
#[cfg(feature = "sqlite")]
fn sqlite(url: &str, missing: Missing) -> Result<Database> {
    use diesel::connection::{Connection, SimpleConnection};

    let path = url.split_once("://").map_or("", |(_, path)| path);
    let refuse = |why: &str| Err(Failure::Database(format!("the database file {why}")));
    if path.is_empty() {
        return Err(Failure::Usage(
            "the database URL names no file: write `sqlite://path`".to_owned(),
        ));
    }
    if path.contains('\0') {
        return Err(Failure::Usage("the path has a NUL in it".to_owned()));
    }
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => return refuse("is a directory"),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if missing == Missing::IsAnError {
                return refuse(
                    "is not there: check the path after `sqlite://`, or make it with `audit init`",
                );
            }
        }
        Err(error) => return refuse(&format!("cannot be opened: {error}")),
    }
    // SQLite takes a leading `file:` for a URI and Diesel `:memory:` for no file.
    let plain = if std::path::Path::new(path).is_absolute() {
        path.to_owned()
    } else {
        format!("./{path}")
    };
    let mut conn = SqliteConnection::establish(&plain).map_err(|error| {
        Failure::Database(format!("the database file cannot be opened: {error}"))
    })?;
    // Writers of the application come and go; wait for them.
    conn.batch_execute("PRAGMA busy_timeout = 10000")?;
    // A file that is no database is found out by the first read.
    conn.batch_execute("SELECT count(*) FROM sqlite_schema")
        .map_err(|error| {
            let text = error.to_string();
            if text.contains("not a database") {
                Failure::Database("the file is not a SQLite database".to_owned())
            } else {
                error.into()
            }
        })?;
    Ok(Database::Sqlite(Box::new(conn)))
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<Database> {
    use diesel::connection::{Connection, SimpleConnection};

    no_nul(url)?;
    let mut conn = PgConnection::establish(url).map_err(|error| unreachable_(url, &error))?;
    // Times without a zone are UTC, and only dates that are written year first are dates.
    conn.batch_execute("SET TIME ZONE 'UTC'; SET DateStyle = 'ISO, YMD'")?;
    Ok(Database::Postgres(Box::new(conn)))
}

#[cfg(feature = "mysql")]
fn mysql(url: &str) -> Result<Database> {
    use diesel::connection::{Connection, SimpleConnection};

    no_nul(url)?;
    let database = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or("", |(_, rest)| rest.split('?').next().unwrap_or(""));
    if database.is_empty() {
        return Err(Failure::Usage(
            "the database URL names no database: write `mysql://user@host/database`".to_owned(),
        ));
    }
    let mut conn = MysqlConnection::establish(url).map_err(|error| unreachable_(url, &error))?;
    conn.batch_execute("SET time_zone = '+00:00'")?;
    // Texts are written, and those of the catalog read, with their escapes; names in their quotes.
    conn.batch_execute(crate::quote::USUAL_QUOTES)?;
    Ok(Database::Mysql(Box::new(conn)))
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn no_nul(url: &str) -> Result<()> {
    if url.contains('\0') {
        return Err(Failure::Usage(
            "the database URL has a NUL in it".to_owned(),
        ));
    }
    Ok(())
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn unreachable_(url: &str, error: &diesel::ConnectionError) -> Failure {
    let text = match error {
        diesel::ConnectionError::InvalidConnectionUrl(_) => {
            "it is no URL of a database; characters like `@`, `/` and `#` in a password are \
             written as `%40`, `%2F` and `%23`"
                .to_owned()
        }
        other => without_secrets(url, other.to_string().trim()),
    };
    // libpq writes several lines, and indents some by a tab.
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    Failure::Database(format!("no connection: {}", lines.join("; ")))
}

/// A client library's message, which may quote pieces of the URL, without any piece that could be
/// of a password: a password with an unescaped `@` or `/` is cut in odd places.
#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    allow(dead_code, reason = "SQLite has no passwords")
)]
pub(crate) fn without_secrets(url: &str, message: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let mut secrets = Vec::new();
    if let Some((_, after_user)) = rest.split_once(':')
        && let Some((password, _)) = after_user.rsplit_once('@')
    {
        secrets.push(password);
        secrets.extend(password.split(['@', '/', '?', '#', ':', '&', '=']));
    }
    for parameter in rest.split(['?', '&']).skip(1) {
        if let Some((name, value)) = parameter.split_once('=')
            && audit_names::says_secret(name)
        {
            secrets.push(value);
        }
    }
    let mut shown: Vec<String> = secrets
        .into_iter()
        .flat_map(|secret| [secret.to_owned(), unescaped(secret)])
        .filter(|secret| !secret.is_empty())
        .collect();
    // The longest first: a piece of a secret must not hide the whole of it from the search.
    shown.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    shown
        .iter()
        .fold(message.replace(url, "(the URL)"), |text, secret| {
            text.replace(secret.as_str(), "***")
        })
}

/// Without `%` escapes (RFC 3986 §2.1).
fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digit = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
        if byte == b'%'
            && let (Some(high), Some(low)) = (digit(ahead.next()), digit(ahead.next()))
            && let Ok(byte) = u8::try_from(high * 16 + low)
        {
            out.push(byte);
            bytes = ahead;
        } else {
            out.push(byte);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_piece_of_a_password_is_shown() {
        for (url, message) in [
            (
                "postgres://u:hunter2@h/d",
                "cannot log in with hunter2 at postgres://u:hunter2@h/d",
            ),
            ("postgres://u:hun%40ter2@h/d", "bad: hun@ter2, hun%40ter2"),
            ("mysql://u:hun@ter2/x@h/d", "no host \"ter2/x@h\": ter2"),
            (
                "postgres://h/d?user=u&password=hunter2",
                "password hunter2 is wrong",
            ),
        ] {
            let shown = without_secrets(url, message);
            assert!(!shown.contains("ter2"), "{shown}");
        }
        assert_eq!(
            without_secrets("postgres://u:p_w@h/d", "host \"h\" is unknown"),
            "host \"h\" is unknown"
        );
    }

    #[test]
    fn escapes_are_read_and_odd_ones_stay() {
        assert_eq!(unescaped("a%40b%C3%A4%4"), "a@bä%4");
        assert_eq!(unescaped("%zz%"), "%zz%");
    }

    #[test]
    fn a_url_is_known_by_its_scheme() {
        assert!(matches!(dialect("PostgreSQL://x"), Ok(Dialect::Postgres)));
        for wrong in ["", "app.db", "oracle://x", "mariadb://x", "://"] {
            assert!(matches!(dialect(wrong), Err(Failure::Usage(_))), "{wrong}");
        }
    }
}
