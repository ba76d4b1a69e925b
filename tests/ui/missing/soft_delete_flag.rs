//! A time alone makes one, too.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        created_at -> TimestamptzSqlite,
        created_by -> Text,
        updated_at -> TimestamptzSqlite,
        updated_by -> Text,
        deleted_at -> Nullable<TimestamptzSqlite>,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(deleted_by))]
struct Account {
    id: i64,
    created_at: DateTime<Utc>,
    created_by: Actor,
    updated_at: DateTime<Utc>,
    updated_by: Actor,
    deleted_at: Option<DateTime<Utc>>,
}

fn main() {}
