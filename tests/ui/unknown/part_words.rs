//! Words that a part does not know.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        street -> Text,
    }
}

#[derive(AuditedPart)]
#[diesel(table_name = accounts)]
#[audit(srict)]
struct Address {
    #[audit(msak = "redact")]
    street: String,
}

fn main() {}
