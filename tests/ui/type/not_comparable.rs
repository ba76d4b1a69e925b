//! A value that can be neither compared nor stored.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        shade -> Text,
    }
}

#[derive(serde::Serialize)]
struct Shade(u8);

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    shade: Shade,
}

fn main() {}
