// What the oracle reads on each backend.

use std::collections::BTreeMap;

use audit_diesel::sql_types::{At, AuditUuid, Id, UtcTime};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde_json::{Value, json};

use self::backend::entities::{Account, Note};
use self::backend::schema::{accounts, notes};
use self::backend::{Conn, NAME};
use super::{Line, Oracle, Stored};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    record_id: String,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Nullable<Text>)]
    field_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    old_text: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    new_text: Option<String>,
    #[diesel(sql_type = UtcTime)]
    changed_at: At,
    #[diesel(sql_type = AuditUuid)]
    operation_id: Id,
}

fn lines(conn: &mut Conn, after: i64) -> Vec<Line> {
    let cast = if NAME == "postgres" { "::text" } else { "" };
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT seq, table_name, record_id, action, field_name, old_value{cast} AS old_text, \
         new_value{cast} AS new_text, changed_at, operation_id FROM audit_log \
         WHERE seq > {after} AND table_name IS NOT NULL ORDER BY seq"
    ))
    .load(conn)
    .unwrap();
    let parse = |text: Option<String>| text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
    rows.into_iter()
        .map(|row| Line {
            seq: row.seq,
            table: row.table_name,
            record: row.record_id,
            action: row.action,
            field: row.field_name,
            old: parse(row.old_text),
            new: parse(row.new_text),
            changed_at: row.changed_at.0,
            operation: row.operation_id.0,
        })
        .collect()
}

/// `last4` by hand.
fn last4(text: &str) -> String {
    match text.len().checked_sub(4) {
        Some(start) if text.len() >= 12 => format!("****{}", &text[start..]),
        _ => "***".into(),
    }
}

fn stored(conn: &mut Conn) -> Vec<Stored> {
    let accounts: Vec<Account> = accounts::table.select(Account::as_select()).load(conn).unwrap();
    let notes: Vec<Note> = notes::table.select(Note::as_select()).load(conn).unwrap();
    let of_account = |row: Account| Stored {
        table: "accounts",
        record: row.id.to_string(),
        fields: BTreeMap::from([
            ("company_id", json!(row.company_id)),
            ("name", json!(row.name)),
            ("email", json!(row.email)),
            ("tax_number", json!(row.tax_number.as_deref().map(last4))),
            ("password_hash", json!("***")),
            ("is_deleted", json!(row.is_deleted)),
        ]),
        updated_at: row.updated_at,
    };
    let of_note = |row: Note| Stored {
        table: "notes",
        record: row.id.to_string(),
        fields: BTreeMap::from([("title", json!(row.title)), ("weight", json!(row.weight)), ("views", json!(row.views))]),
        updated_at: row.updated_at,
    };
    accounts.into_iter().map(of_account).chain(notes.into_iter().map(of_note)).collect()
}

/// Plays what is new in the trail and compares; what does not agree. All in one snapshot, so that
/// it may be asked while others write.
pub fn catch_up(oracle: &mut Oracle, conn: &mut Conn) -> Vec<String> {
    conn.batch_execute(match NAME {
        "postgres" => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        "mysql" => "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        _ => "BEGIN",
    })
    .unwrap();
    let faults = play_and_compare(oracle, conn);
    conn.batch_execute("COMMIT").unwrap();
    faults
}

/// The same in whatever transaction is open.
pub fn play_and_compare(oracle: &mut Oracle, conn: &mut Conn) -> Vec<String> {
    let lines = lines(conn, oracle.last_seq);
    let stored = stored(conn);
    let mut faults = oracle.play(lines);
    faults.extend(oracle.compare(&stored));
    faults
}

/// The whole trail against the tables.
pub fn check(conn: &mut Conn) -> (Oracle, Vec<String>) {
    let mut oracle = Oracle::default();
    let faults = catch_up(&mut oracle, conn);
    (oracle, faults)
}
