//! `last4`, `pan` and `email` read text.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        a -> BigInt,
        b -> Nullable<BigInt>,
        c -> Binary,
        d -> Double,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(mask = "last4")]
    a: i64,
    #[audit(mask = "pan")]
    b: Option<i64>,
    #[audit(mask = "email")]
    c: Vec<u8>,
    #[audit(mask = "redact")]
    d: f64,
}

fn main() {}
