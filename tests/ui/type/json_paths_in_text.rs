//! `mask_at` is for JSON: a text can only be masked whole.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        details -> Text,
        notes -> Nullable<Text>,
        door -> Text,
        key -> Text,
    }
}

#[derive(AuditedPart)]
#[diesel(table_name = accounts)]
struct Access {
    #[audit(mask_at("/code" = "last4"))]
    door: std::borrow::Cow<'static, str>,
    #[audit(mask = "redact")]
    key: String,
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
    #[audit(mask_at("/code" = "redact"))]
    details: String,
    #[audit(mask_at("/*/pin" = "token"))]
    notes: Option<String>,
    #[diesel(embed)]
    access: Access,
}

fn main() {}
