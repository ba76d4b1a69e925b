//! Lists without commas, words in quotes, paths, no list at all, an empty one.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        a -> Text,
        b -> Text,
        c -> Text,
        d -> Text,
        e -> Text,
        f -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(skip no_form)]
    a: String,
    #[audit("skip")]
    b: String,
    #[audit(audit::skip)]
    c: String,
    #[audit]
    d: String,
    #[audit = "skip"]
    e: String,
    #[audit()]
    f: String,
}

fn main() {}
