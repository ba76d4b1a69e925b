//! `new` and `changes`: the generated forms and how they read JSON.

use audit_diesel::{Audited, AuditedForm};

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[audit(new = NewThing(derive(Clone, PartialEq), attr(serde(deny_unknown_fields))))]
#[audit(changes = ThingChanges(derive(PartialEq)))]
struct Thing {
    id: i64,
    name: String,
    note: Option<String>,
    #[audit(mask = "redact")]
    age: Option<u8>,
    #[audit(mask = "redact")]
    rank: u8,
    #[diesel(skip_insertion)]
    generated: i32,
    #[diesel(skip_update)]
    fixed: i32,
}

fn thing() -> Thing {
    let (name, note) = ("a".to_owned(), Some("n".to_owned()));
    Thing {
        id: 1,
        name,
        note,
        age: Some(9),
        rank: 1,
        generated: 0,
        fixed: 0,
    }
}

#[test]
fn absent_null_and_value_are_three_things() {
    let changes = |json| serde_json::from_str::<ThingChanges>(json).unwrap();
    assert_eq!(changes("{}"), ThingChanges::default());
    assert_eq!(changes(r#"{"note":null,"age":null}"#).note, Some(None));
    assert_eq!(changes(r#"{"note":"x","age":7}"#).age, Some(Some(7)));
    assert!(serde_json::from_str::<ThingChanges>(r#"{"name":null}"#).is_err());
}

#[test]
fn what_cannot_be_read_into_a_masked_field_is_named_and_not_shown() {
    for (field, others) in [("age", r#""rank":1"#), ("rank", r#""age":1"#)] {
        let json = format!(r#"{{"name":"a","fixed":0,{others},"{field}":"s3cret"}}"#);
        let new = serde_json::from_str::<NewThing>(&json).err().unwrap();
        let json = format!(r#"{{"{field}":"s3cret"}}"#);
        let changes = serde_json::from_str::<ThingChanges>(&json).err().unwrap();
        for error in [new, changes] {
            let text = format!("{error} {error:?}");
            let says =
                format!("field `{field}`: invalid value (not shown: it may hold a masked value)");
            assert!(text.contains(&says) && !text.contains("s3cret"), "{text}");
        }
    }
}

#[test]
fn what_is_none_stays() {
    let mut changed = thing();
    ThingChanges {
        note: Some(None),
        ..Default::default()
    }
    .apply(&mut changed);
    assert_eq!(
        (changed.name.as_str(), changed.note, changed.age),
        ("a", None, Some(9))
    );
}

#[test]
fn new_reads_every_field() {
    let new = |json| serde_json::from_str::<NewThing>(json);
    let form = new(r#"{"name":"b","rank":3,"fixed":1}"#).unwrap();
    let same = NewThing {
        name: "b".into(),
        note: None,
        age: None,
        rank: 3,
        fixed: 1,
    };
    assert!(form.clone() == same);
    let mut changed = thing();
    form.apply(&mut changed);
    assert_eq!(
        (changed.id, changed.name.as_str(), changed.rank),
        (1, "b", 3)
    );
    assert!(new(r#"{"name":"b","rank":3,"fixed":1,"more":1}"#).is_err());
    assert!(new(r#"{"rank":3,"fixed":1}"#).is_err());
}

#[test]
fn diesels_skips_are_read() {
    let ThingChanges {
        name: _,
        note: _,
        age: _,
        rank: _,
        generated,
    } = ThingChanges::default();
    assert_eq!(generated, None);
    assert_eq!((thing().generated, thing().fixed), (0, 0));
}

#[test]
fn a_masked_value_is_in_no_error_and_no_debug() {
    let error = serde_json::from_str::<NewThing>(r#"{"name":"b","rank":"hunter2"}"#)
        .err()
        .unwrap();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let error = serde_json::from_str::<ThingChanges>(r#"{"age":"hunter2"}"#)
        .err()
        .unwrap();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let changes = ThingChanges {
        rank: Some(77),
        age: Some(Some(77)),
        ..Default::default()
    };
    assert!(!format!("{changes:?}").contains("77"));
}
