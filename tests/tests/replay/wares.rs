// Two entities on tables of their own, and the purge. Included beside a `backend`.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::backend::{Conn, Database, NAME, TYPES};

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;
    wares (sku) {
        sku -> Text,
        shop -> Text,
        title -> Text,
        price -> Nullable<BigInt>,
        weight -> Double,
        hint -> Nullable<Text>,
        seen -> Integer,
        cache -> Nullable<Text>,
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
    use audit_diesel::sql_types::UtcTime;
    shelves (row, place) {
        row -> Integer,
        place -> Text,
        label -> Nullable<Text>,
        height -> Double,
        version -> BigInt,
        created_at -> UtcTime,
        created_by -> Integer,
        updated_at -> UtcTime,
        updated_by -> Nullable<Integer>,
    }
}

/// A key that can be used again; masked, ignored and skipped fields; a soft delete.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = wares, primary_key(sku))]
#[audit(new = NewWare(derive(Clone)), changes = WareChanges(derive(Clone)))]
pub struct Ware {
    #[audit(id = "client")]
    pub sku: String,
    #[audit(tenant)]
    pub shop: String,
    pub title: String,
    pub price: Option<i64>,
    pub weight: f64,
    #[audit(mask = "redact")]
    pub hint: Option<String>,
    #[audit(ignore)]
    pub seen: i32,
    #[audit(skip, no_form)]
    pub cache: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: Actor,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Actor,
    pub is_deleted: bool,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deleted_by: Option<Actor>,
}

/// Every change of it is recorded: a composite key, a version, id-only actors, no soft delete.
#[derive(Audited, Queryable, Selectable, Identifiable, Clone, PartialEq)]
#[diesel(table_name = shelves, primary_key(row, place))]
#[audit(new = NewShelf(derive(Clone)), changes = ShelfChanges(derive(Clone)))]
pub struct Shelf {
    #[audit(id = "client")]
    pub row: i32,
    #[audit(id = "client")]
    pub place: String,
    pub label: Option<String>,
    pub height: f64,
    #[audit(version)]
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub created_by: i32,
    pub updated_at: DateTime<Utc>,
    pub updated_by: Option<i32>,
}

const TABLES: &str = "
    CREATE TABLE wares (sku {KEYTEXT} NOT NULL PRIMARY KEY, shop {KEYTEXT} NOT NULL, title {TEXT} NOT NULL, price bigint,
        weight {DOUBLE} NOT NULL, hint {TEXT}, seen integer NOT NULL, cache {TEXT},
        created_at {UTC} NOT NULL, created_by {TEXT} NOT NULL, updated_at {UTC} NOT NULL, updated_by {TEXT} NOT NULL,
        is_deleted {BOOL} NOT NULL, deleted_at {UTC}, deleted_by {TEXT});
    CREATE TABLE shelves ({Q}row{Q} integer NOT NULL, place {KEYTEXT} NOT NULL, label {TEXT}, height {DOUBLE} NOT NULL,
        version bigint NOT NULL, created_at {UTC} NOT NULL, created_by integer NOT NULL, updated_at {UTC} NOT NULL,
        updated_by integer, PRIMARY KEY ({Q}row{Q}, place));";

pub fn database() -> (Database, Conn) {
    let database = Database::bare();
    let mut conn = database.connect();
    audit_diesel::migrate(&mut conn).unwrap();
    let types = TYPES.iter();
    let sql = types.fold(TABLES.to_owned(), |sql, (word, kind)| {
        sql.replace(word, kind)
    });
    conn.batch_execute(&sql).unwrap();
    (database, conn)
}

#[allow(dead_code, reason = "not every file that includes this needs one")]
pub fn new_ware(sku: &str) -> NewWare {
    NewWare {
        sku: sku.into(),
        title: "Lamp".into(),
        price: Some(100),
        weight: 1.5,
        hint: None,
        seen: 0,
    }
}

#[allow(dead_code, reason = "as above")]
/// Removes a record's rows that are older than `cutoff`, as the purge does: through the gate.
pub fn purge(conn: &mut Conn, record: &str, cutoff: DateTime<Utc>) {
    let (open, old, close) = match NAME {
        "sqlite" => {
            let cutoff = cutoff.timestamp_micros();
            (
                format!("INSERT INTO audit_log_gate VALUES (1, {cutoff})"),
                cutoff.to_string(),
                "DELETE FROM audit_log_gate",
            )
        }
        "postgres" => (
            "SELECT set_config('audit_log.purge', pg_current_xact_id()::text, true)".to_owned(),
            format!("'{}'", cutoff.to_rfc3339()),
            "SELECT 1",
        ),
        _ => {
            let cutoff = cutoff.format("'%Y-%m-%d %H:%M:%S%.6f'").to_string();
            (
                format!("INSERT INTO audit_log_gate VALUES (connection_id(), {cutoff})"),
                cutoff,
                "DELETE FROM audit_log_gate",
            )
        }
    };
    conn.transaction(|conn| {
        conn.batch_execute(&open)?;
        let rows = format!("record_id = '{record}' AND changed_at < {old}");
        conn.batch_execute(&format!("DELETE FROM audit_log WHERE {rows}"))?;
        conn.batch_execute(close)
    })
    .unwrap();
}
