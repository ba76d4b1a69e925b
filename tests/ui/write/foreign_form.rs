//! A form of another entity, and a struct that is no form.

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

mod tags {
    use audit_diesel::prelude::*;

    diesel::table! {
        tags (id) {
            id -> BigInt,
            name -> Text,
        }
    }

    #[derive(Audited)]
    #[diesel(table_name = tags)]
    #[audit(exempt(created_at, created_by, updated_at, updated_by), changes = RenameTag)]
    pub struct Tag {
        pub id: i64,
        pub name: String,
    }
}
use tags::RenameTag;

struct Plain {
    name: String,
}

impl Plain {
    fn name(&self) -> &str {
        &self.name
    }
}

fn write(conn: &mut SqliteConnection, ctx: &AuditContext) -> Result<(), AuditError> {
    let form = RenameTag { name: None };
    Account::audited_update(conn, ctx, 7_i64, form)?;
    Account::audited_insert(conn, ctx, Plain { name: String::new() })?;
    Ok(())
}

fn main() {}
