//! A key that sounds secret would be in every row of the trail.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (token) {
        token -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts, primary_key(token))]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    token: String,
}

fn main() {}
