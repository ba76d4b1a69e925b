//! Flags take no value.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        notes -> Text,
        company -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(skip = true)]
    notes: String,
    #[audit(tenant(true))]
    company: String,
}

fn main() {}
