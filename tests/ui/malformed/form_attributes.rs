//! `form(..)` holds attributes.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        a -> Text,
        b -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(form("validate"))]
    a: String,
    #[audit(form())]
    b: String,
}

fn main() {}
