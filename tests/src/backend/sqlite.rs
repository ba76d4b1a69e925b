//! SQLite: a file of its own per test.

use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

pub type Conn = SqliteConnection;
pub type Backend = diesel::sqlite::Sqlite;
pub const NAME: &str = "sqlite";

pub mod schema {
    include!("../schema.rs");
    diesel::table! {
        accounts (id) {
            id -> BigInt,
            company_id -> Text,
            name -> Text,
            email -> Nullable<Text>,
            tax_number -> Nullable<Text>,
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
        use diesel::sql_types::*;
        use audit_diesel::sql_types::{AuditUuid, UtcTime};
        notes (id) {
            id -> AuditUuid,
            title -> Text,
            weight -> Double,
            views -> Integer,
            version -> Integer,
            created_at -> UtcTime,
            created_by -> Text,
            updated_at -> UtcTime,
            updated_by -> Text,
        }
    }
    diesel::table! {
        countries (code) {
            code -> Text,
            title -> Text,
            active -> Bool,
            created_at -> TimestamptzSqlite,
            created_by -> Text,
            updated_at -> TimestamptzSqlite,
            updated_by -> Text,
        }
    }
    diesel::table! {
        members (team, person) {
            team -> Integer,
            person -> Text,
            role -> Text,
            created_at -> TimestamptzSqlite,
            created_by_id -> Integer,
            updated_at -> TimestamptzSqlite,
            updated_by_id -> Nullable<Integer>,
            deleted_at -> Nullable<TimestamptzSqlite>,
        }
    }
}

pub mod entities {
    include!("../entities.rs");
}

pub mod look {
    include!("../look.rs");
}

pub const TABLES: &str = "
    CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, company_id TEXT NOT NULL, name TEXT NOT NULL,
        email TEXT, tax_number TEXT, password_hash TEXT NOT NULL, search_text TEXT,
        created_at TEXT NOT NULL, created_by TEXT NOT NULL, updated_at TEXT NOT NULL, updated_by TEXT NOT NULL,
        is_deleted BOOLEAN NOT NULL, deleted_at TEXT, deleted_by TEXT);
    CREATE TABLE notes (id BLOB PRIMARY KEY NOT NULL, title TEXT NOT NULL, weight DOUBLE NOT NULL,
        views INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL, created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL, updated_at INTEGER NOT NULL, updated_by TEXT NOT NULL);
    CREATE TABLE countries (code TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, active BOOLEAN NOT NULL,
        created_at TEXT NOT NULL, created_by TEXT NOT NULL, updated_at TEXT NOT NULL, updated_by TEXT NOT NULL);
    CREATE TABLE members (team INTEGER NOT NULL, person TEXT NOT NULL, role TEXT NOT NULL,
        created_at TEXT NOT NULL, created_by_id INTEGER NOT NULL, updated_at TEXT NOT NULL, updated_by_id INTEGER,
        deleted_at TEXT, PRIMARY KEY (team, person));
";

/// What the words of `schema.sql` are here.
pub const TYPES: &[(&str, &str)] = &[
    ("{SERIAL32}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    ("{SERIAL64}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    ("{Q}", "\""),
    ("{TEXT}", "TEXT"),
    ("{KEYTEXT}", "TEXT"),
    ("{LONGTEXT}", "TEXT"),
    ("{UTC}", "INTEGER"),
    ("{NAIVE}", "TEXT"),
    ("{UUID}", "BLOB"),
    ("{BOOL}", "BOOLEAN"),
    ("{FLOAT}", "FLOAT"),
    ("{DOUBLE}", "DOUBLE"),
    ("{NUMERIC}", "DOUBLE"),
    ("{BYTES}", "BLOB"),
    ("{DATE}", "TEXT"),
    ("{TIME}", "TEXT"),
    ("{JSON}", "TEXT"),
    ("{TWICE}", "content || content"),
];

/// A database with the audit table and the entities' tables, gone with the value.
pub struct Database {
    path: PathBuf,
}

impl Database {
    pub fn new() -> Self {
        let database = Self::bare();
        let mut conn = database.connect();
        audit_diesel::migrate(&mut conn).expect("migrate");
        conn.batch_execute(TABLES).expect("tables");
        conn.batch_execute(&crate::scratch::tables(TYPES))
            .expect("tables");
        database
    }

    /// A database without any table.
    pub fn bare() -> Self {
        let path = std::env::temp_dir().join(format!("{}.sqlite", crate::scratch::name()));
        let database = Self { path };
        database.remove();
        let mut conn = database.connect();
        conn.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
            .expect("pragmas");
        database
    }

    pub fn url(&self) -> String {
        self.path.display().to_string()
    }

    pub fn connect(&self) -> Conn {
        let mut conn = SqliteConnection::establish(&self.url()).expect("the file opens");
        conn.batch_execute("PRAGMA busy_timeout = 20000; PRAGMA synchronous = OFF;")
            .expect("pragmas");
        conn
    }

    fn remove(&self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.url()));
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.remove();
    }
}
