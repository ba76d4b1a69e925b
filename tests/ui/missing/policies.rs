//! Every field of a strict entity or part carries a policy.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        name -> Text,
        avatar -> Binary,
        street -> Text,
    }
}

#[derive(AuditedPart)]
#[diesel(table_name = accounts)]
#[audit(strict)]
struct Address {
    street: String,
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by), strict)]
struct Account {
    id: i64,
    #[audit(plain)]
    name: String,
    avatar: Vec<u8>,
    #[diesel(embed)]
    address: Address,
}

fn main() {}
