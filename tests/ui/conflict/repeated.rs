//! The same word twice.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        a -> Text,
        b -> Text,
        c -> Text,
        d -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by), strict, strict)]
struct Account {
    id: i64,
    #[audit(skip, skip)]
    a: String,
    #[audit(mask = "pan")]
    #[audit(mask = "pan")]
    b: String,
    #[audit(no_form, no_form)]
    c: String,
    #[audit(eq = x, eq = x)]
    d: String,
}

fn main() {}
