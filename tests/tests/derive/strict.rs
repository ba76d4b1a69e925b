//! `strict`: every data field carries a policy; keys and stamps need none.

use audit_diesel::Audited;

#[derive(Audited)]
#[audit(name = "things", crate = audit_diesel, strict)]
#[audit(exempt(created_by, updated_at, updated_by))]
#[allow(dead_code)]
struct Thing {
    id: i64,
    #[audit(plain)]
    name: String,
    #[audit(mask = "redact")]
    avatar: Vec<u8>,
    #[audit(skip)]
    cache: String,
    #[audit(ignore)]
    views: i64,
    #[audit(mask_at("/a" = "redact"))]
    details: serde_json::Value,
    created_at: std::time::SystemTime,
}

#[test]
fn strictness_leaves_no_trace() {
    assert_eq!(Thing::META.fields.len(), 7);
}
