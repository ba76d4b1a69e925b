//! `server` and `input`: set by code alone, or read from input though it sounds secret.

use audit_diesel::{Audited, AuditedForm, FormUse};

use crate::support::field;

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[audit(new = NewThing, changes = ThingChanges)]
struct Thing {
    id: i64,
    #[audit(server)]
    slug: String,
    #[audit(mask = "redact")]
    password_hash: String,
    #[audit(mask = "redact", input)]
    pin: Option<String>,
}

const INPUT: &str = r#"{"slug":"evil","password_hash":"evil","pin":"1234"}"#;

#[test]
fn input_does_not_reach_what_code_sets() {
    let new: NewThing = serde_json::from_str(INPUT).unwrap();
    assert_eq!(
        (new.slug.as_set(), new.password_hash.as_set()),
        (None, None)
    );
    assert_eq!(new.pin.as_deref(), Some("1234"));
    let changes: ThingChanges = serde_json::from_str(INPUT).unwrap();
    assert_eq!((changes.slug, changes.password_hash), (None, None));
    assert_eq!(changes.pin, Some(Some("1234".into())));
}

#[test]
fn code_sets_it() {
    let new = NewThing {
        slug: "a".into(),
        password_hash: "hash".into(),
        pin: None,
    };
    let mut thing = Thing {
        id: 1,
        slug: String::new(),
        password_hash: String::new(),
        pin: Some("1".into()),
    };
    new.apply(&mut thing);
    assert_eq!(
        (thing.slug.as_str(), thing.password_hash.as_str(), thing.pin),
        ("a", "hash", None)
    );
    assert_eq!(thing.id, 1);
    assert_eq!(
        format!("{new:?}"),
        "NewThing { slug: ***, password_hash: ***, pin: *** }"
    );
}

#[test]
fn the_table_says_so() {
    assert_eq!(field::<Thing>("slug").form, FormUse::Server);
    assert_eq!(field::<Thing>("password_hash").form, FormUse::Server);
    assert_eq!(field::<Thing>("pin").form, FormUse::Input);
}
