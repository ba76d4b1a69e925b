//! A form's field of another type than the entity's, or of one that can be neither copied nor read.

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

#[derive(PartialEq, serde::Serialize)]
struct Shade(u8);

#[derive(Audited)]
#[audit(name = "walls", crate = audit_diesel, changes = WallChanges)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Wall {
    id: i64,
    shade: Shade,
}

#[derive(AuditedForm)]
#[diesel(table_name = accounts)]
#[audit(entity = Account)]
struct Rename {
    name: Option<i64>,
}

fn main() {}
