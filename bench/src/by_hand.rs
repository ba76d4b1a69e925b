//! What an app writes today without a framework: both states as JSON values, compared key by key, a
//! row for each that differs, in a table of its own.
#![allow(missing_docs, reason = "`table!` writes no docs")]

use diesel::prelude::*;
use serde_json::{Value, json};

use crate::shop::Item;

diesel::table! {
    use diesel::sql_types::*;
    use audit_diesel::sql_types::UtcTime;

    audit_by_hand (id) {
        id -> BigInt,
        table_name -> Text,
        record_id -> Text,
        action -> Text,
        field_name -> Text,
        old_value -> Nullable<Text>,
        new_value -> Nullable<Text>,
        changed_by -> Text,
        changed_at -> UtcTime,
        request_id -> Nullable<Text>,
    }
}

/// The table's columns but for its key, whose type is each database's own, and its indexes.
pub const COLUMNS: &str = "table_name VARCHAR(100) NOT NULL, record_id VARCHAR(100) NOT NULL,
    action VARCHAR(10) NOT NULL, field_name VARCHAR(100) NOT NULL, old_value TEXT, new_value TEXT,
    changed_by VARCHAR(100) NOT NULL, request_id VARCHAR(100)";

/// As the usual recipe has them.
pub const INDEXES: &str = "
    CREATE INDEX audit_by_hand_record ON audit_by_hand (table_name, record_id);
    CREATE INDEX audit_by_hand_by ON audit_by_hand (changed_by);
    CREATE INDEX audit_by_hand_at ON audit_by_hand (changed_at);";

/// A row of it.
#[derive(Insertable)]
#[diesel(table_name = audit_by_hand)]
pub struct Change {
    table_name: &'static str,
    record_id: String,
    action: &'static str,
    field_name: String,
    old_value: Option<String>,
    new_value: Option<String>,
    changed_by: &'static str,
    changed_at: audit_diesel::sql_types::At,
    request_id: Option<&'static str>,
}

fn json(item: &Item) -> Value {
    json!({
        "name": item.name, "description": item.description, "sku": item.sku, "note": item.note,
        "price_cents": item.price_cents, "stock": item.stock, "weight": item.weight,
        "active": item.active, "rating": item.rating, "colour": item.colour, "brand": item.brand,
        "supplier": item.supplier,
    })
}

/// The rows of a change.
pub fn changes(before: &Item, after: &Item) -> Vec<Change> {
    let (old, new) = (json(before), json(after));
    let now = audit_diesel::sql_types::At(chrono::Utc::now());
    let keys = new.as_object().into_iter().flat_map(|new| new.keys());
    keys.filter(|key| old.get(key) != new.get(key))
        .map(|key| Change {
            table_name: "items",
            record_id: after.id.to_string(),
            action: "update",
            field_name: key.clone(),
            old_value: old.get(key).map(Value::to_string),
            new_value: new.get(key).map(Value::to_string),
            changed_by: "user:42",
            changed_at: now,
            request_id: Some("req-7"),
        })
        .collect()
}
