//! A database of its own for each test, and `audit` run on it.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

/// Runs each case on each backend that is compiled in; those after `servers:` not on SQLite, which has
/// nothing like it.
macro_rules! on_each_backend {
    ($($case:ident)+ $(; servers: $($served:ident)+)?) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[test] fn $case() { super::$case(&$crate::support::Db::new($crate::support::Backend::Sqlite)); })+
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test] fn $case() { super::$case(&$crate::support::Db::new($crate::support::Backend::Postgres)); })+
            $($(#[test] fn $served() { super::$served(&$crate::support::Db::new($crate::support::Backend::Postgres)); })+)?
        }
        #[cfg(feature = "mysql")]
        mod mysql {
            $(#[test] fn $case() { super::$case(&$crate::support::Db::new($crate::support::Backend::Mysql)); })+
            $($(#[test] fn $served() { super::$served(&$crate::support::Db::new($crate::support::Backend::Mysql)); })+)?
        }
    };
}
pub(crate) use on_each_backend;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "each is used where its feature is on")]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
    Mysql,
}

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = Text)]
    v: String,
}

/// A name that no other test uses at the same time.
fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("audit_test_cli_{}_{n}", std::process::id())
}

/// A database, gone with the value.
pub(crate) struct Db {
    pub(crate) backend: Backend,
    name: String,
    pub(crate) url: String,
}

impl Db {
    pub(crate) fn new(backend: Backend) -> Self {
        let name = unique();
        let url = match backend {
            Backend::Sqlite => format!("sqlite://{}", file(&name).display()),
            Backend::Postgres => with_database(&server("AUDIT_TEST_POSTGRES_URL"), &name),
            Backend::Mysql => with_database(&server("AUDIT_TEST_MYSQL_URL"), &name),
        };
        let db = Self { backend, name, url };
        match backend {
            Backend::Sqlite => db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"),
            Backend::Postgres => db.on_server(&format!("CREATE DATABASE {}", db.name)),
            Backend::Mysql => {
                db.on_server(&format!(
                    "CREATE DATABASE {} CHARACTER SET utf8mb4",
                    db.name
                ));
            }
        }
        db
    }

    /// One of three texts.
    pub(crate) fn pick<T>(&self, sqlite: T, postgres: T, mysql: T) -> T {
        match self.backend {
            Backend::Sqlite => sqlite,
            Backend::Postgres => postgres,
            Backend::Mysql => mysql,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        file(&self.name)
    }

    fn on_server(&self, sql: &str) {
        let variable = self.pick("", "AUDIT_TEST_POSTGRES_URL", "AUDIT_TEST_MYSQL_URL");
        run(self.backend, &server(variable), sql).expect("the server takes it");
    }

    /// Runs SQL.
    pub(crate) fn exec(&self, sql: &str) {
        self.try_exec(sql)
            .unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
    }

    pub(crate) fn try_exec(&self, sql: &str) -> Result<(), String> {
        run(self.backend, &self.url, sql)
    }

    /// The texts of a column that a SELECT calls `v`.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        let query = diesel::sql_query(sql);
        let rows: QueryResult<Vec<Value>> = match self.backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => query.load(&mut sqlite(&self.url)),
            #[cfg(feature = "postgres")]
            Backend::Postgres => {
                query.load(&mut PgConnection::establish(&self.url).expect("connect"))
            }
            #[cfg(feature = "mysql")]
            Backend::Mysql => {
                query.load(&mut MysqlConnection::establish(&self.url).expect("connect"))
            }
            #[allow(unreachable_patterns, reason = "with all features on")]
            _ => unreachable!("the backend is not compiled in"),
        };
        let rows = rows.unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
        rows.into_iter().map(|row| row.v).collect()
    }

    /// One text.
    pub(crate) fn text(&self, sql: &str) -> String {
        let mut texts = self.texts(sql);
        assert_eq!(texts.len(), 1, "{sql}");
        texts.remove(0)
    }

    /// An identifier in quotes.
    pub(crate) fn quoted(&self, name: &str) -> String {
        match self.backend {
            Backend::Mysql => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// `audit` with this database in its environment.
    pub(crate) fn audit(&self, args: &[&str]) -> Run {
        audit_with(&[("DATABASE_URL", &self.url)], args)
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        match self.backend {
            Backend::Sqlite => {
                for end in ["", "-wal", "-shm"] {
                    let path = format!("{}{end}", self.path().display());
                    let _ = std::fs::remove_file(path);
                }
            }
            Backend::Postgres => {
                let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
                let _ = run(self.backend, &server("AUDIT_TEST_POSTGRES_URL"), &sql);
            }
            Backend::Mysql => {
                let sql = format!("DROP DATABASE IF EXISTS {}", self.name);
                let _ = run(self.backend, &server("AUDIT_TEST_MYSQL_URL"), &sql);
            }
        }
    }
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{name}.sqlite"))
}

fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| match variable {
        "AUDIT_TEST_POSTGRES_URL" => "postgres://postgres@127.0.0.1/postgres".to_owned(),
        _ => "mysql://root@127.0.0.1/mysql".to_owned(),
    })
}

fn with_database(url: &str, database: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (rest, query) = rest
        .split_once('?')
        .map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    format!("{scheme}://{host}/{database}{query}")
}

#[cfg(feature = "sqlite")]
fn sqlite(url: &str) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(url.trim_start_matches("sqlite://")).expect("open");
    conn.batch_execute("PRAGMA busy_timeout = 20000")
        .expect("pragma");
    conn
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn no_server(url: &str, error: &ConnectionError) -> ! {
    panic!("no server at {url}: {error}; `cargo xtask test` finds a server or starts one")
}

fn run(backend: Backend, url: &str, sql: &str) -> Result<(), String> {
    let done = match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => sqlite(url).batch_execute(sql),
        #[cfg(feature = "postgres")]
        Backend::Postgres => PgConnection::establish(url)
            .unwrap_or_else(|error| no_server(url, &error))
            .batch_execute(sql),
        #[cfg(feature = "mysql")]
        Backend::Mysql => MysqlConnection::establish(url)
            .unwrap_or_else(|error| no_server(url, &error))
            .batch_execute(sql),
        #[allow(unreachable_patterns, reason = "with all features on")]
        _ => unreachable!("the backend is not compiled in"),
    };
    done.map_err(|error| error.to_string())
}

/// What a run of `audit` said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    fn of(output: &Output) -> Self {
        let run = Self {
            // No code is a signal, which is worse than any.
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        assert!(!run.err.contains("panicked"), "{run:?}");
        run
    }

    /// Panics unless it ended so.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{self:#?}"))
    }
}

/// The program, without anything in its environment that could change what it says.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit"));
    for variable in [
        "DATABASE_URL",
        "AUDIT_RETENTION_DAYS",
        "NO_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "COLUMNS",
    ] {
        command.env_remove(variable);
    }
    command.stdin(std::process::Stdio::null());
    command
}

pub(crate) fn audit_with(env: &[(&str, &str)], args: &[&str]) -> Run {
    let output = command()
        .args(args)
        .envs(env.iter().copied())
        .output()
        .expect("`audit` runs");
    Run::of(&output)
}
