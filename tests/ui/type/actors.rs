//! Stamps that hold an actor, of types that do not.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        created_at -> TimestamptzSqlite,
        created_by -> Double,
        updated_at -> TimestamptzSqlite,
        updated_by -> Binary,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
struct Account {
    id: i64,
    created_at: DateTime<Utc>,
    created_by: f64,
    updated_at: DateTime<Utc>,
    updated_by: Vec<u8>,
}

fn main() {}
