//! A flag that is no flag; a deletion time and actor that cannot be empty.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        created_at -> TimestamptzSqlite,
        created_by -> Text,
        updated_at -> TimestamptzSqlite,
        updated_by -> Text,
        is_deleted -> Text,
        deleted_at -> TimestamptzSqlite,
        deleted_by -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
struct Account {
    id: i64,
    created_at: DateTime<Utc>,
    created_by: Actor,
    updated_at: DateTime<Utc>,
    updated_by: Actor,
    is_deleted: String,
    deleted_at: DateTime<Utc>,
    deleted_by: Actor,
}

fn main() {}
