//! An entity without a soft delete.

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
    Account::audited_soft_delete(conn, ctx, 7)?;
    Account::audited_restore(conn, ctx, 7)?;
    Ok(())
}

fn main() {}
