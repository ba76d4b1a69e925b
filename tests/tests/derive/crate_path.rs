//! `crate`: the framework under another name, at any path.

mod vendored {
    pub mod audit {
        pub use ::audit_diesel::*;
    }
}

diesel::table! {
    things (id) {
        id -> BigInt,
        name -> Nullable<Text>,
        secret -> Text,
        street -> Text,
    }
}

/// Nothing here is called `audit_diesel`.
mod inside {
    use super::vendored::audit as framework;
    use super::{things, vendored};

    #[derive(framework::AuditedPart, Clone, serde::Deserialize)]
    #[diesel(table_name = things)]
    #[audit(crate = crate::crate_path::vendored::audit)]
    pub struct Part {
        pub street: String,
    }

    #[derive(framework::Audited)]
    #[diesel(table_name = things)]
    #[audit(crate = vendored::audit, new = NewThing, changes = ThingChanges)]
    #[audit(exempt(created_at, created_by, updated_at, updated_by))]
    pub struct Thing {
        pub id: i64,
        pub name: Option<String>,
        #[audit(mask = "token")]
        pub secret: String,
        #[diesel(embed)]
        pub part: Part,
    }

    #[derive(framework::AuditedForm)]
    #[diesel(table_name = things)]
    #[audit(entity = Thing, crate = framework)]
    pub struct Rename<'a> {
        pub name: Option<&'a str>,
    }
}

#[test]
fn it_is_the_same_framework() {
    use audit_diesel::{Audited, AuditedForm};

    let part = inside::Part {
        street: "Kai 1".into(),
    };
    let new = inside::NewThing {
        name: None,
        secret: "s".into(),
        part: part.clone(),
    };
    let mut thing = inside::Thing {
        id: 1,
        name: None,
        secret: String::new(),
        part,
    };
    new.apply(&mut thing);
    inside::Rename { name: Some("a") }.apply(&mut thing);
    assert_eq!(
        (thing.id, thing.name.as_deref(), thing.secret.as_str()),
        (1, Some("a"), "s")
    );
    assert_eq!(thing.part.street, "Kai 1");
    let changes: inside::ThingChanges = serde_json::from_str(r#"{"name":null}"#).unwrap();
    changes.apply(&mut thing);
    assert_eq!(
        (thing.name.as_deref(), inside::Thing::META.fields.len()),
        (None, 4)
    );
}
