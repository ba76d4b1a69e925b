//! A part of a generic entity is concrete.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
        low -> BigInt,
    }
}

#[derive(AuditedPart)]
#[diesel(table_name = accounts)]
struct Range<T> {
    low: T,
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Window<T> {
    id: i64,
    #[diesel(embed)]
    range: Range<T>,
}

fn main() {}
