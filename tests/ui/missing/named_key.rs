//! The key names a column without a field.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        code -> BigInt,
        region -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[diesel(primary_key(code, region))]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    code: i64,
}

fn main() {}
