//! The audit name is stored with every row and shown in terminals.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by), name = "a\u{1b}[2J")]
struct Account {
    id: i64,
}

fn main() {}
