//! Misspelt and impossible exemptions; a misspelt one still exempts.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        updated_at -> TimestamptzSqlite,
        updated_by -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(creatd_at, created_by, tenant, everything))]
struct Account {
    id: i64,
    updated_at: DateTime<Utc>,
    updated_by: Actor,
}

fn main() {}
