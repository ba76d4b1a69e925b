//! `ignore`: stored beside other changes, none by itself.

use audit_diesel::Audited;

use crate::support::{NOTHING, changes};

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Thing {
    id: i64,
    #[audit(ignore)]
    views: i32,
    name: String,
}

#[test]
fn an_ignored_value_changes_nothing_alone() {
    let before = Thing {
        id: 1,
        views: 1,
        name: "a".into(),
    };
    let seen = Thing {
        views: 2,
        ..before.clone()
    };
    assert_eq!(changes(&before, &seen), NOTHING);
    let renamed = Thing {
        name: "b".into(),
        ..seen
    };
    assert_eq!(
        changes(&before, &renamed),
        ["views: 1 -> 2", "name: \"a\" -> \"b\""]
    );
}
