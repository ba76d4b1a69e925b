//! The tenant is part of every WHERE, and not of the key.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (tenant_id, id) {
        tenant_id -> Text,
        id -> BigInt,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts, primary_key(tenant_id, id))]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    tenant_id: String,
    id: i64,
}

fn main() {}
