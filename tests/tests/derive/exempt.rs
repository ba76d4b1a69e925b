//! `exempt`: stamps that the table lacks.

use audit_diesel::{Audited, Role};

#[derive(Audited)]
#[audit(name = "things", crate = audit_diesel, exempt(created_by, updated_by))]
#[audit(debug = false)]
#[allow(dead_code)]
struct Thing {
    id: i64,
    created_at: std::time::SystemTime,
    updated_at: std::time::SystemTime,
}

#[derive(Audited)]
#[audit(name = "flags", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by, deleted_at, deleted_by))]
#[allow(dead_code)]
struct Flagged {
    id: i64,
    is_deleted: bool,
}

#[test]
fn the_rest_is_there() {
    assert!(Thing::META.with_role(Role::CreatedAt).is_some());
    assert!(Thing::META.with_role(Role::CreatedBy).is_none());
    assert!(Flagged::META.has_soft_delete() && !Thing::META.has_soft_delete());
}
