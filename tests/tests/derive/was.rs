//! `was`: the history under former names.

use audit_diesel::Audited;

use crate::support::field;

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Thing {
    #[allow(dead_code)]
    id: i64,
    #[audit(was = "title", was = "heading")]
    #[allow(dead_code)]
    name: String,
}

#[test]
fn former_names_are_known() {
    assert_eq!(field::<Thing>("name").was, ["title", "heading"]);
    assert_eq!(field::<Thing>("id").was, [""; 0]);
}
