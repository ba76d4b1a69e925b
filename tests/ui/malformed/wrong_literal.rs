//! Text where a path belongs, a path where text belongs, a number for either.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        a -> Text,
        b -> Double,
        c -> Text,
        d -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by), name = accounts)]
#[audit(debug = "no")]
struct Account {
    #[audit(id = client)]
    id: i64,
    #[audit(mask = 4)]
    a: String,
    #[audit(eq = "same")]
    b: f64,
    #[audit(via = display)]
    c: String,
    #[audit(was = old_name)]
    d: String,
}

fn main() {}
