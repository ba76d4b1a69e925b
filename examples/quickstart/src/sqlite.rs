//! SQLite: a file.

#[path = "app.rs"]
mod app;
#[cfg(test)]
mod tests;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use uuid::Uuid;

use crate::report::Report;
use crate::requests::RequestFile;

type Conn = SqliteConnection;

mod schema {
    diesel::table! {
        #[sql_name = "quickstart_accounts"]
        accounts (id) {
            id -> BigInt,
            company_id -> Text,
            name -> Text,
            email -> Nullable<Text>,
            tax_number -> Nullable<Text>,
            card_number -> Nullable<Text>,
            phone -> Nullable<Text>,
            preferences -> Nullable<Json>,
            password_hash -> Text,
            search_text -> Nullable<Text>,
            created_at -> TimestamptzSqlite,
            created_by -> Text,
            updated_at -> TimestamptzSqlite,
            updated_by -> Text,
            is_deleted -> Bool,
            deleted_at -> Nullable<TimestamptzSqlite>,
            deleted_by -> Nullable<Text>,
        }
    }
    diesel::table! {
        #[sql_name = "quickstart_orders"]
        orders (id) {
            id -> BigInt,
            company_id -> Text,
            item -> Text,
            quantity -> Integer,
            price_cents -> BigInt,
            version -> Integer,
            created_at -> TimestamptzSqlite,
            created_by -> Text,
            updated_at -> TimestamptzSqlite,
            updated_by -> Text,
        }
    }
}

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS quickstart_accounts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        company_id TEXT NOT NULL,
        name TEXT NOT NULL,
        email TEXT,
        tax_number TEXT,
        card_number TEXT,
        phone TEXT,
        preferences TEXT,
        password_hash TEXT NOT NULL,
        search_text TEXT,
        created_at TEXT NOT NULL,
        created_by TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        updated_by TEXT NOT NULL,
        is_deleted BOOLEAN NOT NULL,
        deleted_at TEXT,
        deleted_by TEXT
    );
    CREATE TABLE IF NOT EXISTS quickstart_orders (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        company_id TEXT NOT NULL,
        item TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        price_cents BIGINT NOT NULL,
        version INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        created_by TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        updated_by TEXT NOT NULL
    );
";

/// Works in the file at `path`, or in a new one.
pub(crate) fn run(
    path: Option<&str>,
    file: &RequestFile,
    report: &mut Report,
) -> Result<bool, String> {
    let path = path.map_or_else(new_file, str::to_owned);
    let mut conn = connect(&path)?;
    let kept = app::run(&mut conn, &path, file, report)?;
    if path != ":memory:" {
        report.line("The database stays, to look into:");
        report.line(&format!("  sqlite3 {path} 'SELECT * FROM audit_log'"));
    }
    Ok(kept)
}

/// In the temporary directory, under a name that is not there yet.
fn new_file() -> String {
    // The last part of a UUID is random.
    let random = Uuid::now_v7().simple().to_string().split_off(20);
    let name = format!("audit-quickstart-{random}.sqlite");
    std::env::temp_dir().join(name).display().to_string()
}

fn connect(path: &str) -> Result<Conn, String> {
    let cannot = |error: String| format!("the SQLite database {path} cannot be opened: {error}");
    let mut conn = Conn::establish(path).map_err(|error| cannot(error.to_string()))?;
    conn.batch_execute("PRAGMA busy_timeout = 5000")
        .map_err(|error| cannot(error.to_string()))?;
    Ok(conn)
}
