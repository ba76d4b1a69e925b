//! `no_form`: in no generated form.

use audit_diesel::{Audited, FormUse};

use crate::support::field;

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[audit(new = NewThing, changes = ThingChanges)]
struct Thing {
    id: i64,
    name: String,
    #[audit(no_form)]
    derived: String,
}

#[test]
fn the_forms_do_not_have_it() {
    let NewThing { name } = NewThing { name: "a".into() };
    let ThingChanges { name: change } = ThingChanges::default();
    assert_eq!((name.as_str(), change), ("a", None));
    assert_eq!(field::<Thing>("derived").form, FormUse::None);
    let thing = Thing {
        id: 1,
        name,
        derived: "x".into(),
    };
    assert!(format!("{thing:?}").contains("derived"));
}
