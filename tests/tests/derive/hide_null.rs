//! `hide_null`: a null is masked, too.

use audit_diesel::Audited;

use crate::support::changes;

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Thing {
    id: i64,
    #[audit(mask = "redact", hide_null)]
    hidden: Option<String>,
    #[audit(mask = "redact")]
    shown: Option<String>,
}

#[test]
fn whether_it_came_or_went_is_hidden() {
    let before = Thing {
        id: 1,
        hidden: None,
        shown: None,
    };
    let after = Thing {
        hidden: Some("a".into()),
        shown: Some("b".into()),
        ..before.clone()
    };
    assert_eq!(
        changes(&before, &after),
        ["hidden: \"***\" -> \"***\"", "shown: null -> \"***\""]
    );
}
