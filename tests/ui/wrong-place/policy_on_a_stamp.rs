//! A stamp takes no policy, whatever made it one.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        company_id -> Text,
        created_at -> TimestamptzSqlite,
        created_by -> Text,
        updated_at -> TimestamptzSqlite,
        editor -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
struct Account {
    id: i64,
    #[audit(tenant, plain)]
    company_id: String,
    #[audit(ignore)]
    created_at: DateTime<Utc>,
    #[audit(mask = "redact")]
    created_by: Actor,
    updated_at: DateTime<Utc>,
    #[audit(updated_by, skip)]
    editor: Actor,
}

fn main() {}
