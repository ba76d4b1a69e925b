//! MySQL or MariaDB, whichever answers: a database of its own per test.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

pub type Conn = MysqlConnection;
pub type Backend = diesel::mysql::Mysql;
pub const NAME: &str = "mysql";

pub mod schema {
    include!("../schema.rs");
    diesel::table! {
        use diesel::sql_types::*;
        use audit_diesel::sql_types::UtcTime;
        accounts (id) {
            id -> BigInt,
            company_id -> Text,
            name -> Text,
            email -> Nullable<Text>,
            tax_number -> Nullable<Text>,
            password_hash -> Text,
            search_text -> Nullable<Text>,
            created_at -> UtcTime,
            created_by -> Text,
            updated_at -> UtcTime,
            updated_by -> Text,
            is_deleted -> Bool,
            deleted_at -> Nullable<UtcTime>,
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
        use diesel::sql_types::*;
        use audit_diesel::sql_types::UtcTime;
        countries (code) {
            code -> Text,
            title -> Text,
            active -> Bool,
            created_at -> UtcTime,
            created_by -> Text,
            updated_at -> UtcTime,
            updated_by -> Text,
        }
    }
    diesel::table! {
        use diesel::sql_types::*;
        use audit_diesel::sql_types::UtcTime;
        members (team, person) {
            team -> Integer,
            person -> Text,
            role -> Text,
            created_at -> UtcTime,
            created_by_id -> Integer,
            updated_at -> UtcTime,
            updated_by_id -> Nullable<Integer>,
            deleted_at -> Nullable<UtcTime>,
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
    CREATE TABLE accounts (id bigint AUTO_INCREMENT PRIMARY KEY, company_id varchar(64) NOT NULL, name text NOT NULL,
        email text, tax_number text, password_hash text NOT NULL, search_text text,
        created_at datetime(6) NOT NULL, created_by text NOT NULL, updated_at datetime(6) NOT NULL, updated_by text NOT NULL,
        is_deleted tinyint(1) NOT NULL, deleted_at datetime(6), deleted_by text);
    CREATE TABLE notes (id binary(16) PRIMARY KEY, title text NOT NULL, weight double NOT NULL,
        views integer NOT NULL DEFAULT 0, version integer NOT NULL, created_at datetime(6) NOT NULL,
        created_by text NOT NULL, updated_at datetime(6) NOT NULL, updated_by text NOT NULL);
    CREATE TABLE countries (code varchar(64) PRIMARY KEY, title text NOT NULL, active tinyint(1) NOT NULL,
        created_at datetime(6) NOT NULL, created_by text NOT NULL, updated_at datetime(6) NOT NULL, updated_by text NOT NULL);
    CREATE TABLE members (team integer NOT NULL, person varchar(64) NOT NULL, role text NOT NULL,
        created_at datetime(6) NOT NULL, created_by_id integer NOT NULL, updated_at datetime(6) NOT NULL, updated_by_id integer,
        deleted_at datetime(6), PRIMARY KEY (team, person));
";

/// What the words of `schema.sql` are here.
pub const TYPES: &[(&str, &str)] = &[
    ("{SERIAL32}", "integer AUTO_INCREMENT PRIMARY KEY"),
    ("{SERIAL64}", "bigint AUTO_INCREMENT PRIMARY KEY"),
    ("{Q}", "`"),
    ("{TEXT}", "text"),
    ("{KEYTEXT}", "varchar(191)"),
    ("{LONGTEXT}", "longtext"),
    ("{UTC}", "datetime(6)"),
    ("{NAIVE}", "datetime(6)"),
    ("{UUID}", "binary(16)"),
    ("{BOOL}", "tinyint(1)"),
    ("{FLOAT}", "float"),
    ("{DOUBLE}", "double"),
    ("{NUMERIC}", "decimal(40,4)"),
    ("{BYTES}", "longblob"),
    ("{DATE}", "date"),
    ("{TIME}", "time(6)"),
    ("{JSON}", "json"),
    ("{TWICE}", "concat(content, content)"),
];

const VARIABLE: &str = "AUDIT_TEST_MYSQL_URL";

/// A database with the audit table and the entities' tables, gone with the value.
pub struct Database {
    name: String,
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
        let name = crate::scratch::name();
        server()
            .batch_execute(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"))
            .expect("create database");
        Self { name }
    }

    pub fn url(&self) -> String {
        crate::scratch::with_database(&server_url(), &self.name)
    }

    pub fn connect(&self) -> Conn {
        let mut conn = Conn::establish(&self.url()).expect("connect");
        conn.batch_execute("SET SESSION innodb_lock_wait_timeout = 20")
            .expect("setting");
        conn
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = server().batch_execute(&format!("DROP DATABASE IF EXISTS {}", self.name));
    }
}

fn server_url() -> String {
    crate::scratch::server_url(VARIABLE, "mysql://root@127.0.0.1/mysql")
}

fn server() -> Conn {
    let url = server_url();
    Conn::establish(&url).unwrap_or_else(|error| crate::scratch::no_server(VARIABLE, &url, &error))
}
