//! A field is used in one way in the forms.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        a -> Text,
        b -> Text,
        c -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(server, input)]
    a: String,
    #[audit(no_form, form(serde(default)))]
    b: String,
    #[audit(mask = "redact", input)]
    c: String,
}

fn main() {}
