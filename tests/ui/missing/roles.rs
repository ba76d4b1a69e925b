//! `created_by` is data here, for another field has its place.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        created_by -> Text,
        gone -> Bool,
        created_at -> TimestamptzSqlite,
        updated_at -> TimestamptzSqlite,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(deleted_by))]
struct Account {
    id: i64,
    #[audit(updated_by)]
    created_by: Actor,
    #[audit(deleted_flag)]
    gone: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

fn main() {}
