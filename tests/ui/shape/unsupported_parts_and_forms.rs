//! The same for parts and forms.

use audit_diesel::prelude::*;

#[derive(AuditedPart)]
struct Point(f64, f64);

diesel::table! {
    accounts (id) {
        id -> BigInt,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
}

#[derive(AuditedForm)]
#[audit(entity = Account)]
enum Rename {
    To(String),
}

fn main() {}
