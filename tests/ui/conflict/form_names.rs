//! Two forms of one name, with derives that they have already.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by), new = Form(derive(Debug)), changes = Form(derive(Clone, Default)))]
struct Account {
    id: i64,
    name: String,
}

fn main() {}
