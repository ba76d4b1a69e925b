//! Words that need a value and have none.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        a -> Text,
        b -> Text,
        c -> Text,
        d -> Text,
        created_by -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, updated_at, updated_by), name, new, require_reason)]
struct Account {
    id: i64,
    #[audit(mask)]
    a: String,
    #[audit(eq)]
    b: String,
    #[audit(was)]
    c: String,
    #[audit(via =)]
    d: String,
    #[audit(kinds)]
    created_by: Actor,
}

fn main() {}
