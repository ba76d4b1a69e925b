//! Under `check_for_backend` a field that does not fit its column is found where it stands.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        age -> Integer,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts, check_for_backend(diesel::sqlite::Sqlite))]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    age: String,
    name: String,
}

fn main() {}
