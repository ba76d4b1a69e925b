//! A generated form mentions every parameter of its entity.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        content -> Text,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by), changes = BoxChanges)]
struct Boxed<T> {
    id: i64,
    #[audit(no_form)]
    content: T,
    name: String,
}

fn main() {}
