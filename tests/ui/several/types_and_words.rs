//! A mistake in one field does not hide the wrong type of another, nor a missing column.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        phone -> Text,
        created_at -> Bool,
        created_by -> Text,
        contact -> BigInt,
        notes -> Text,
    }
}

struct Shade(u8);

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(maks = "redact")]
    phone: Shade,
    created_at: bool,
    created_by: Actor,
    #[audit(mask = "email")]
    contact: i64,
}

fn shade(shade: Shade) -> u8 {
    shade.0
}

fn main() {}
