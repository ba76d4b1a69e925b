//! `via = "display"` without `Display`, `eq` of another type.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        amount -> Text,
        rate -> Double,
    }
}

#[derive(PartialEq)]
struct Money(i64);

fn same_text(a: &String, b: &String) -> bool {
    a == b
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(via = "display")]
    amount: Money,
    #[audit(eq = same_text)]
    rate: f64,
}

fn main() {}
