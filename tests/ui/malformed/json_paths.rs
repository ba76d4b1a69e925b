//! JSON paths are RFC 6901 pointers with a mask each.

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
        g -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(mask_at("card/number" = "pan"))]
    a: String,
    #[audit(mask_at("/a~b" = "redact"))]
    b: String,
    #[audit(mask_at("/card"))]
    c: String,
    #[audit(mask_at(card = "pan"))]
    d: String,
    #[audit(mask_at("/x" = "pan", "/x" = "redact"))]
    e: String,
    #[audit(mask_at())]
    f: String,
    #[audit(mask_at = "/card")]
    g: String,
}

fn main() {}
