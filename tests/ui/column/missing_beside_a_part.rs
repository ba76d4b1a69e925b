//! Columns of an embedded part count.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        street -> Text,
        city -> Text,
    }
}

#[derive(AuditedPart)]
#[diesel(table_name = accounts)]
struct Address {
    street: String,
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[diesel(embed)]
    address: Address,
}

fn main() {}
