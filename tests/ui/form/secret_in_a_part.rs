//! A form takes a part whole, so no field of it may be set by code alone.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        cvv -> Text,
    }
}

#[derive(AuditedPart, Clone, serde::Deserialize)]
#[diesel(table_name = accounts)]
struct Card {
    #[audit(mask = "redact")]
    cvv: String,
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by), new = NewAccount)]
struct Account {
    id: i64,
    #[diesel(embed)]
    card: Card,
}

fn main() {}
