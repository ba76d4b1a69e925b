//! The trail does not record itself, by its table or by its name.

use audit_diesel::prelude::*;

mod schema {
    diesel::table! {
        audit_log (id) {
            id -> BigInt,
        }
    }
    diesel::table! {
        entries (id) {
            id -> BigInt,
        }
    }
}

#[derive(Audited)]
#[diesel(table_name = schema::audit_log)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Log {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = schema::entries)]
#[audit(exempt(created_at, created_by, updated_at, updated_by), name = "audit_log")]
struct Entry {
    id: i64,
}

fn main() {}
