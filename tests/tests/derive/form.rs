//! `form(..)`: attributes for the forms' field.

use audit_diesel::{Audited, AuditedForm};

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[audit(new = NewThing, changes = ThingChanges)]
struct Thing {
    id: i64,
    #[audit(form(serde(alias = "label"), doc = " Shown to people."))]
    name: String,
}

#[test]
fn the_attributes_arrive() {
    let new: NewThing = serde_json::from_str(r#"{"label":"a"}"#).unwrap();
    let changes: ThingChanges = serde_json::from_str(r#"{"label":"b"}"#).unwrap();
    assert_eq!(
        (new.name.as_str(), changes.name.as_deref()),
        ("a", Some("b"))
    );
    let mut thing = Thing {
        id: 1,
        name: new.name,
    };
    changes_apply(&mut thing);
    assert_eq!((thing.id, thing.name.as_str()), (1, "c"));
}

fn changes_apply(thing: &mut Thing) {
    ThingChanges {
        name: Some("c".into()),
    }
    .apply(thing);
}
