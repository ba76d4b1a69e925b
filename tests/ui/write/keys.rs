//! An entity with a version is not named by its id alone, nor by a text.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};
use diesel::SqliteConnection;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        version -> Integer,
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
    #[audit(version)]
    version: i32,
    created_at: DateTime<Utc>,
    created_by: Actor,
    updated_at: DateTime<Utc>,
    updated_by: Actor,
}

fn write(conn: &mut SqliteConnection, ctx: &AuditContext) -> Result<(), AuditError> {
    Account::audited_delete(conn, ctx, 7_i64)?;
    Account::audited_delete(conn, ctx, "seven")?;
    Account::audited_delete(conn, ctx, Account::key(7, 1))?;
    Ok(())
}

fn main() {}
