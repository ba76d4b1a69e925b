//! Values that a word does not know. A misspelt role is one mistake: the stamp is not missing as well.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        amount -> Text,
        created_at -> TimestamptzSqlite,
        author -> Text,
        updated_at -> TimestamptzSqlite,
        updated_by -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
struct Account {
    #[audit(id = "serial")]
    id: i64,
    #[audit(via = "debug")]
    amount: String,
    created_at: DateTime<Utc>,
    #[audit(createdby)]
    author: Actor,
    updated_at: DateTime<Utc>,
    updated_by: Actor,
}

fn main() {}
