//! Inferred, explicit, and the two kinds of flags.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        created_by -> Text,
        created_by_id -> Text,
        company -> Text,
        shop -> Text,
        is_deleted -> Bool,
        active -> Bool,
        deleted_at -> Nullable<TimestamptzSqlite>,
        deleted_by -> Nullable<Text>,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, updated_at, updated_by))]
struct Account {
    id: i64,
    created_by: Actor,
    created_by_id: Actor,
    #[audit(tenant)]
    company: String,
    #[audit(tenant)]
    shop: String,
    is_deleted: bool,
    #[audit(active_flag)]
    active: bool,
    deleted_at: Option<DateTime<Utc>>,
    deleted_by: Option<Actor>,
}

fn main() {}
