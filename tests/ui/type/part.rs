//! An embedded struct that is no part.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        street -> Text,
    }
}

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

impl Address {
    fn street(&self) -> &str {
        &self.street
    }
}

fn main() {}
