//! Each word of the struct position, on a field.

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
        h -> Text,
        i -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(new = NewAccount)]
    a: String,
    #[audit(changes = AccountChanges)]
    b: String,
    #[audit(exempt(created_at))]
    c: String,
    #[audit(name = "accounts")]
    d: String,
    #[audit(strict)]
    e: String,
    #[audit(require_reason)]
    f: String,
    #[audit(debug = false)]
    g: String,
    #[audit(crate = audit_diesel)]
    h: String,
    #[audit(entity = Account)]
    i: String,
}

fn main() {}
