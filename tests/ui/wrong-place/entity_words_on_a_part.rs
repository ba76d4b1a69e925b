//! Roles, forms and keys are the entity's, not a part's.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        street -> Text,
        city -> Text,
    }
}

#[derive(AuditedPart)]
#[diesel(table_name = accounts)]
#[audit(name = "addresses", new = NewAddress)]
struct Address {
    #[audit(tenant)]
    street: String,
    #[audit(no_form, id = "client")]
    city: String,
}

fn main() {}
