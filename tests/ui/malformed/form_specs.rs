//! Forms are named, and take derives and attributes.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[audit(new = "NewAccount", changes = AccountChanges(derives(Clone), derive("Clone"), attr(3)))]
struct Account {
    id: i64,
    name: String,
}

fn main() {}
