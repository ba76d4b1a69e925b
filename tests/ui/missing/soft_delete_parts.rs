//! A flag alone makes a soft delete that does not say when and by whom.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        created_at -> TimestamptzSqlite,
        created_by -> Text,
        updated_at -> TimestamptzSqlite,
        updated_by -> Text,
        is_deleted -> Bool,
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
    is_deleted: bool,
}

fn main() {}
