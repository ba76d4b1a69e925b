//! Mistakes in two fields: every use of the entity and its forms stays quiet.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};
use diesel::SqliteConnection;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        name -> Text,
        iban -> Text,
        label -> Text,
        created_at -> TimestamptzSqlite,
        created_by -> Text,
        updated_at -> TimestamptzSqlite,
        updated_by -> Text,
    }
}

struct Label;

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(new = NewAccount(attr(serde(deny_unknown_fields))), changes = AccountChanges)]
struct Account {
    id: i64,
    name: String,
    iban: String,
    // Neither comparable nor storable, but nobody asks: its attribute is wrong.
    #[audit(maks = "redact")]
    #[audit(form(serde(alias = "tag")))]
    label: Label,
    created_at: DateTime<Utc>,
    created_by: Actor,
    updated_at: DateTime<Utc>,
    updated_by: Actor,
}

fn write(conn: &mut SqliteConnection, ctx: &AuditContext) -> Result<(), AuditError> {
    let new = NewAccount { name: String::new(), label: Label, iban: String::new().into() };
    let account = Account::audited_insert(conn, ctx, new)?;
    let changes = AccountChanges { name: Some(String::new()), ..Default::default() };
    Account::audited_update(conn, ctx, account.id, changes)?;
    Account::audited_edit(conn, ctx, &account.id, |account| account.name.clear())?;
    Account::audited_soft_delete(conn, ctx, account.id)?;
    Account::audited_restore(conn, ctx, account.id)?;
    Account::audited_delete(conn, ctx, account.id)?;
    println!("{account:?}");
    Ok(())
}

fn main() {}
