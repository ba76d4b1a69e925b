//! The whole key has one maker.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (shop, number) {
        shop -> BigInt,
        number -> BigInt,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts, primary_key(shop, number))]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    #[audit(id = "client")]
    shop: i64,
    #[audit(id = "database")]
    number: i64,
}

fn main() {}
