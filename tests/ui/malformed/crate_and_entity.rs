//! Paths are bare.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        name -> Text,
    }
}

#[derive(AuditedForm)]
#[diesel(table_name = accounts)]
#[audit(entity = "Account", crate = "audit_diesel")]
struct Rename {
    name: Option<String>,
}

fn main() {}
