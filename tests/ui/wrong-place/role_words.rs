//! `id` goes with the key, `kinds` with an actor, `hide_null` with a mask.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        code -> Text,
        created_at -> TimestamptzSqlite,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(id = "client")]
    code: String,
    #[audit(kinds("user"))]
    created_at: DateTime<Utc>,
    #[audit(hide_null)]
    email: Option<String>,
    #[audit(skip, hide_null)]
    phone: Option<String>,
}

fn main() {}
