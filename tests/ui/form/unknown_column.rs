//! A form's field that the entity does not have is one error, with its column and without.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        tenant_id -> Text,
        full_name -> Text,
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
    #[diesel(column_name = full_name)]
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

#[derive(AuditedForm)]
#[diesel(table_name = accounts)]
#[audit(entity = Account)]
struct Relabel {
    full_name: Option<String>,
}

fn main() {}
