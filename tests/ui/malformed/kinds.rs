//! Kinds of actors are lowercase words, each once.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        created_by -> BigInt,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(kinds("User", user, "user", "user"))]
    created_by: i64,
}

fn main() {}
