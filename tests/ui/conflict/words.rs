//! A field has one policy and one role.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        a -> Text,
        b -> Text,
        c -> Text,
        author -> Text,
        company -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(skip, mask = "redact")]
    a: String,
    #[audit(plain)]
    #[audit(ignore)]
    b: String,
    #[audit(mask_at("/a" = "pan"), mask = "pan")]
    c: String,
    #[audit(created_by, updated_by)]
    author: Actor,
    #[audit(not_a_stamp, tenant)]
    company: String,
}

fn main() {}
