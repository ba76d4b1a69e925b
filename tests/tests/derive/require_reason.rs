//! `require_reason`: told to the adapter by the table of fields.

use audit_diesel::Audited;

#[derive(Audited)]
#[audit(name = "things", crate = audit_diesel, require_reason)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[allow(dead_code)]
struct Thing {
    id: i64,
}

#[test]
fn the_table_says_so() {
    assert!(Thing::META.require_reason);
}
