//! Names that say secret, whatever their case and place.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        password_hash -> Text,
        apiKey -> Text,
        card_number -> Nullable<Text>,
        refresh_tokens -> Text,
        token_count -> Integer,
        has_pin -> Bool,
        otp_expires_at -> TimestamptzSqlite,
        secretary -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    password_hash: String,
    apiKey: String,
    card_number: Option<String>,
    refresh_tokens: Vec<String>,
    token_count: i32,
    has_pin: bool,
    otp_expires_at: DateTime<Utc>,
    secretary: String,
}

fn main() {}
