//! A form's field that the entity does not have.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        tenant_id -> Text,
        name -> Text,
        created_at -> TimestamptzSqlite,
        created_by -> Text,
        updated_at -> TimestamptzSqlite,
        updated_by -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
struct Account {
    id: i64,
    tenant_id: String,
    name: String,
    created_at: DateTime<Utc>,
    created_by: Actor,
    updated_at: DateTime<Utc>,
    updated_by: Actor,
}

#[derive(AuditedForm)]
#[diesel(table_name = accounts)]
#[audit(entity = Account)]
struct Rename {
    title: Option<String>,
}

fn main() {}
