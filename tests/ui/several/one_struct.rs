//! Mistakes of every kind in one struct: all of them, each once, and nothing else.

use audit_diesel::prelude::*;
use chrono::{DateTime, Utc};

diesel::table! {
    accounts (id) {
        id -> BigInt,
        company_id -> Text,
        tax_number -> Nullable<Text>,
        password_hash -> Text,
        name -> Text,
        details -> Text,
        created_at -> TimestamptzSqlite,
        updated_at -> TimestamptzSqlite,
        is_deleted -> Bool,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(new = NewAccount, changes = NewAccount, exempt(updated_by))]
struct Account {
    #[audit(skip)]
    id: i64,
    #[audit(tenent)]
    company_id: String,
    #[audit(mask = "last5", hide_nul)]
    tax_number: Option<String>,
    password_hash: String,
    #[audit(plain, skip = "yes")]
    name: String,
    #[audit(mask_at("card" = "pan", "/iban" = "redacted"))]
    details: String,
    created_at: DateTime<Utc>,
    #[audit(plain)]
    updated_at: DateTime<Utc>,
    is_deleted: bool,
}

fn main() {}
