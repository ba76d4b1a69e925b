//! Only a struct with named fields is a row. The mistakes of other items do not multiply.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(new = NewColour)]
enum Colour {
    Red,
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
union Bits {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
struct Pair(i64, i64);

#[derive(Audited)]
#[diesel(table_name = accounts)]
struct Nothing;

fn colour(form: NewColour) -> Colour {
    let _ = form;
    Colour::Red
}

fn main() {}
