//! Stamps that hold a time, of types that do not.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        created_at -> Integer,
        created_by -> Text,
        updated_at -> Text,
        updated_by -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
struct Account {
    id: i64,
    created_at: i32,
    created_by: Actor,
    updated_at: String,
    updated_by: Actor,
}

fn main() {}
