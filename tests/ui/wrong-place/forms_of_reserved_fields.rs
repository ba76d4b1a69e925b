//! No form holds a reserved field, so nothing can be said about it there.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        created_at -> TimestamptzSqlite,
        created_by -> Text,
        updated_at -> TimestamptzSqlite,
        updated_by -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
struct Account {
    #[audit(server)]
    id: i64,
    #[audit(input)]
    created_at: DateTime<Utc>,
    #[audit(form(serde(default)))]
    created_by: Actor,
    #[audit(no_form)]
    updated_at: DateTime<Utc>,
    updated_by: Actor,
}

fn main() {}
