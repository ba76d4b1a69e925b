//! A form does not say what it is a form of.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        name -> Text,
    }
}

#[derive(AuditedForm)]
#[diesel(table_name = accounts)]
struct Rename {
    name: Option<String>,
}

fn main() {}
