//! Words that a form does not know.

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
struct Account {
    id: i64,
    name: String,
}

#[derive(AuditedForm)]
#[diesel(table_name = accounts)]
#[audit(entity = Account, entiti = Account)]
struct Rename {
    #[audit(nul)]
    name: Option<String>,
}

fn main() {}
