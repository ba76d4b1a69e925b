//! `plain`: stored in clear text, though the name says secret.

use audit_diesel::Audited;

use crate::support::changes;

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Thing {
    id: i64,
    #[audit(plain)]
    token_kind: String,
    #[audit(plain)]
    colour: String,
}

#[test]
fn a_plain_value_is_shown() {
    let before = Thing {
        id: 1,
        token_kind: "bearer".into(),
        colour: "red".into(),
    };
    let after = Thing {
        token_kind: "mac".into(),
        ..before.clone()
    };
    assert_eq!(
        changes(&before, &after),
        ["token_kind: \"bearer\" -> \"mac\""]
    );
    assert_eq!(before.id, 1);
}
