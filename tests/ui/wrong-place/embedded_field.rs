//! What a part's columns are is said inside the part.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        street -> Text,
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
    #[audit(skip, tenant, was = "home", eq = same, no_form)]
    address: Address,
}

fn main() {}
