//! A write takes the context of who acts; there is no default.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};
use diesel::SqliteConnection;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        name -> Text,
        created_at -> TimestamptzSqlite,
        created_by -> Text,
        updated_at -> TimestamptzSqlite,
        updated_by -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(new = NewAccount, changes = AccountChanges)]
struct Account {
    id: i64,
    name: String,
    created_at: DateTime<Utc>,
    created_by: Actor,
    updated_at: DateTime<Utc>,
    updated_by: Actor,
}

fn write(conn: &mut SqliteConnection, ctx: &AuditContext) -> Result<(), AuditError> {
    let _ = ctx;
    Account::audited_delete(conn, 7)?;
    Account::audited_delete(conn, &AuditContext::default(), 7)?;
    Ok(())
}

fn main() {}
