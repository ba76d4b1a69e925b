//! `not_a_stamp`: data under the usual name of a stamp.

use audit_diesel::{Audited, AuditedForm, Role};

use crate::support::{changes, field};

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_by, updated_at, updated_by))]
#[audit(changes = ThingChanges)]
struct Thing {
    id: i64,
    created_at: std::time::SystemTime,
    #[audit(not_a_stamp)]
    deleted_by: String,
    #[audit(not_a_stamp, mask = "redact")]
    tenant_id: String,
}

#[test]
fn it_is_data() {
    let before = Thing {
        id: 1,
        created_at: std::time::SystemTime::UNIX_EPOCH,
        deleted_by: "a".into(),
        tenant_id: "t".into(),
    };
    let mut after = before.clone();
    ThingChanges {
        deleted_by: Some("b".into()),
        tenant_id: Some("u".into()),
    }
    .apply(&mut after);
    assert_eq!(
        changes(&before, &after),
        [
            "deleted_by: \"a\" -> \"b\"",
            "tenant_id: \"***\" -> \"***\""
        ]
    );
    assert_eq!(field::<Thing>("created_at").role, Role::CreatedAt);
    assert_eq!(field::<Thing>("deleted_by").role, Role::Data);
    assert_eq!(before.id, after.id);
}
