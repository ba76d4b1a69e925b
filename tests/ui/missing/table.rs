//! Neither a table nor an audit name; a part without its entity's table.

use audit_diesel::prelude::*;

#[derive(Audited)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
}

#[derive(AuditedPart)]
struct Address {
    street: String,
}

fn main() {}
