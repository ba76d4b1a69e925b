//! Neither a key nor a stamp is embedded.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        street -> Text,
        created_by -> Text,
    }
}

#[derive(AuditedPart)]
#[diesel(table_name = accounts)]
struct Address {
    street: String,
    created_by: Actor,
}

fn main() {}
