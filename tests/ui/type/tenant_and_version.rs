//! A tenant and a version of types that hold none.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        tenant_id -> Double,
        revision -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    tenant_id: f64,
    #[audit(version)]
    revision: String,
}

fn main() {}
