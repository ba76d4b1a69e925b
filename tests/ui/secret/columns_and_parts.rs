//! The column says it, the field does not; a part is judged as the entity is.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        iban -> Text,
        cvv -> Text,
    }
}

#[derive(AuditedPart)]
#[diesel(table_name = accounts)]
struct Card {
    cvv: String,
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[diesel(column_name = iban)]
    account: String,
    #[diesel(embed)]
    card: Card,
}

fn main() {}
