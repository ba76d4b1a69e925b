// What the tests look at behind the adapter's back: the audit table as it is, single numbers and
// texts, and the statements that a connection was sent.

use std::sync::{Arc, Mutex};

use audit_diesel::sql_types::JsonText;
use chrono::{DateTime, Utc};
use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;

use super::Conn;
use super::schema::audit_log;

/// A row of the audit table.
#[derive(Queryable, Clone)]
pub struct Row {
    pub seq: i64,
    #[diesel(deserialize_as = audit_diesel::sql_types::Id)]
    pub id: uuid::Uuid,
    #[diesel(deserialize_as = audit_diesel::sql_types::Id)]
    pub change_id: uuid::Uuid,
    #[diesel(deserialize_as = audit_diesel::sql_types::Id)]
    pub operation_id: uuid::Uuid,
    pub tenant_id: Option<String>,
    pub table_name: Option<String>,
    pub record_id: Option<String>,
    pub action: String,
    pub field_name: Option<String>,
    pub old_value: Option<JsonText>,
    pub new_value: Option<JsonText>,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub on_behalf_of: Option<String>,
    pub changed_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub request_id: Option<String>,
    pub reason: Option<String>,
    pub context: Option<JsonText>,
}

impl Row {
    pub fn before(&self) -> Option<serde_json::Value> {
        json(&self.old_value)
    }

    pub fn after(&self) -> Option<serde_json::Value> {
        json(&self.new_value)
    }

    /// `action field old -> new`; of a row about the whole record, `action *`.
    pub fn line(&self) -> String {
        let Some(field) = &self.field_name else {
            return format!("{} *", self.action);
        };
        let text = |v: Option<serde_json::Value>| v.map_or("-".to_owned(), |v| v.to_string());
        format!(
            "{} {field} {} -> {}",
            self.action,
            text(self.before()),
            text(self.after())
        )
    }
}

fn json(text: &Option<JsonText>) -> Option<serde_json::Value> {
    text.as_ref()
        .map(|text| serde_json::from_str(&text.0).expect("JSON in the trail"))
}

/// The whole audit table in its order.
pub fn log(conn: &mut Conn) -> Vec<Row> {
    audit_log::table
        .order(audit_log::seq)
        .load(conn)
        .expect("the audit table")
}

/// How many rows it has.
pub fn log_len(conn: &mut Conn) -> i64 {
    audit_log::table
        .count()
        .get_result(conn)
        .expect("the audit table")
}

/// The rows after the first `seen`, as [`Row::line`]s.
pub fn lines_after(conn: &mut Conn, seen: i64) -> Vec<String> {
    let rows = audit_log::table
        .order(audit_log::seq)
        .offset(seen)
        .limit(1_000_000);
    rows.load::<Row>(conn)
        .expect("the audit table")
        .iter()
        .map(Row::line)
        .collect()
}

pub fn run(conn: &mut Conn, sql: &str) {
    if let Err(error) = conn.batch_execute(sql) {
        panic!("{error}\n{sql}");
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

/// One number, `SELECT .. AS n`.
pub fn number(conn: &mut Conn, sql: &str) -> i64 {
    match diesel::sql_query(sql).get_result::<Number>(conn) {
        Ok(found) => found.n,
        Err(error) => panic!("{error}\n{sql}"),
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    line: Option<String>,
}

/// Texts, `SELECT .. AS line`.
pub fn texts(conn: &mut Conn, sql: &str) -> Vec<Option<String>> {
    match diesel::sql_query(sql).load::<Line>(conn) {
        Ok(found) => found.into_iter().map(|row| row.line).collect(),
        Err(error) => panic!("{error}\n{sql}"),
    }
}

/// The statements that a connection is sent from now on.
#[derive(Clone, Default)]
pub struct Sent(Arc<Mutex<Vec<String>>>);

impl Sent {
    /// Those since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("not poisoned"))
    }
}

pub fn watch(conn: &mut Conn) -> Sent {
    let sent = Sent::default();
    let list = sent.clone();
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        let text = match event {
            InstrumentationEvent::StartQuery { query, .. } => query.to_string(),
            InstrumentationEvent::BeginTransaction { depth, .. } => format!("BEGIN {depth}"),
            InstrumentationEvent::CommitTransaction { depth, .. } => format!("COMMIT {depth}"),
            InstrumentationEvent::RollbackTransaction { depth, .. } => format!("ROLLBACK {depth}"),
            _ => return,
        };
        list.0.lock().expect("not poisoned").push(text);
    });
    sent
}
