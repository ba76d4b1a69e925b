//! The struct has a field without a column.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    nickname: String,
}

fn main() {}
