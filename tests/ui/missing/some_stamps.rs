//! Two stamps under other names, one exempt, one missing.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        born -> TimestamptzSqlite,
        last_modified_by -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_by))]
struct Account {
    id: i64,
    #[audit(created_at)]
    born: DateTime<Utc>,
    last_modified_by: Actor,
}

fn main() {}
