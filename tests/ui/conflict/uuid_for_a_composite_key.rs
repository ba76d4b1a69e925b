//! A UUID is made for a key of one column.

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
    #[audit(id = "uuid_v7")]
    shop: i64,
    number: i64,
}

fn main() {}
