//! A value that serde cannot write, plain, in an `Option`, and compared by a function.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        shade -> Text,
        accent -> Nullable<Text>,
        rate -> Double,
    }
}

#[derive(PartialEq)]
struct Shade(u8);

struct Rate(f64);

fn same_rate(a: &Rate, b: &Rate) -> bool {
    a.0 == b.0
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    shade: Shade,
    accent: Option<Shade>,
    #[audit(eq = same_rate)]
    rate: Rate,
}

fn main() {}
