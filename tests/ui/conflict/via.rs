//! A text has no JSON paths, and what is skipped is not stored.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        a -> Text,
        b -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(via = "display", mask_at("/a" = "pan"))]
    a: String,
    #[audit(skip, via = "display")]
    b: String,
}

fn main() {}
