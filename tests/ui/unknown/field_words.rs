//! Words that the field position does not know: a slip, another crate's word, nonsense.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        tax_number -> Text,
        notes -> Text,
        label -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(maks = "last4")]
    tax_number: String,
    #[audit(encrypt)]
    notes: String,
    #[audit(frobnicate)]
    label: String,
}

fn main() {}
