//! Masks that do not exist, by name and inside a JSON column.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        tax_number -> Text,
        nickname -> Text,
        details -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(mask = "lst4")]
    tax_number: String,
    #[audit(mask = "rot13")]
    nickname: String,
    #[audit(mask_at("/card" = "pam"))]
    details: String,
}

fn main() {}
