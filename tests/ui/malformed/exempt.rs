//! Exemptions are a list of stamps.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt = "all")]
struct Account {
    id: i64,
}

fn main() {}
