//! Each word of the field position, on the struct.

use audit_diesel::prelude::*;

diesel::table! {
    accounts (id) {
        id -> BigInt,
    }
}

#[derive(Audited)]
#[diesel(table_name = accounts)]
#[audit(plain, skip, ignore, mask = "pan", mask_at("/a" = "pan"), hide_null, eq = same)]
#[audit(via = "display", was = "b", no_form, server, input, form(serde(default)), not_a_stamp)]
#[audit(tenant, created_at, created_by, updated_at, updated_by, deleted_at, deleted_by)]
#[audit(deleted_flag, active_flag, version, id = "client", kinds("user"), null)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Account {
    id: i64,
}

fn main() {}
