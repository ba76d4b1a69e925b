//! Former names: empty, given twice, of a present column, of two fields.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        a -> Text,
        b -> Text,
        c -> Text,
        d -> Text,
        e -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(was = "")]
    a: String,
    #[audit(was = "x", was = "x")]
    b: String,
    #[audit(was = "d")]
    c: String,
    #[audit(was = "y")]
    d: String,
    #[audit(was = "y")]
    e: String,
}

fn main() {}
