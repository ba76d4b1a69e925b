//! The output works where nothing means what it usually does.

use audit_diesel::{Audited as _, AuditedForm as _};

/// Names of std that are something else here. Diesel's own derives do not work in such a module,
/// ours do.
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
mod shadowed {
    struct Option;
    struct Result;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Vec;
    struct String;
    struct Box;
    struct Default;
    struct Clone;
    struct Debug;
    struct From;
    struct Into;
    struct Iterator;
    struct PartialEq;
    struct Sized;
    struct Send;
    struct TryInto;
    struct bool;
    struct i64;
    mod core {}
    mod std {}
    mod diesel {}
    mod serde {}
    mod audit_core {}
    mod audit_diesel {}
    fn drop() {}
    #[allow(unused_macros)]
    macro_rules! panic {
        () => {};
    }
    #[allow(unused_macros)]
    macro_rules! assert {
        () => {};
    }
    #[allow(unused_macros)]
    macro_rules! unreachable {
        () => {};
    }

    type Text = ::std::string::String;
    type Number = ::core::primitive::i64;
    type Flag = ::core::primitive::bool;
    type Time = ::chrono::DateTime<::chrono::Utc>;

    ::diesel::table! {
        things (id) {
            id -> BigInt,
            name -> Text,
            note -> Nullable<Text>,
            password -> Text,
            street -> Text,
            version -> BigInt,
            is_deleted -> Bool,
            created_at -> TimestamptzSqlite,
            updated_by -> Text,
            tenant_id -> Text,
        }
    }

    #[derive(::audit_diesel::AuditedPart, ::core::clone::Clone, ::serde::Deserialize)]
    #[diesel(table_name = things)]
    #[serde(crate = "::serde")]
    pub struct Part {
        pub street: Text,
    }

    #[derive(::audit_diesel::Audited)]
    #[diesel(table_name = things)]
    #[audit(exempt(created_by, updated_at, deleted_at, deleted_by))]
    #[audit(new = NewThing, changes = ThingChanges, require_reason)]
    pub struct Thing {
        #[audit(id = "client")]
        pub id: Number,
        pub name: Text,
        pub note: ::core::option::Option<Text>,
        #[audit(mask = "last4", hide_null, was = "pw")]
        pub password: Text,
        #[diesel(embed)]
        pub part: Part,
        #[audit(version)]
        pub version: Number,
        pub is_deleted: Flag,
        pub created_at: Time,
        pub updated_by: ::audit_diesel::Actor,
        pub tenant_id: Text,
    }

    #[derive(::audit_diesel::AuditedForm)]
    #[diesel(table_name = things)]
    #[audit(entity = Thing)]
    pub struct Rename<'a> {
        pub name: ::core::option::Option<&'a ::core::primitive::str>,
        pub note: ::core::option::Option<::core::option::Option<Text>>,
    }
}

/// No prelude at all. `table!` does not work in such a module.
mod no_prelude_table {
    diesel::table! {
        plain (id) {
            id -> BigInt,
            name -> Nullable<Text>,
        }
    }
}

mod no_prelude {
    #![no_implicit_prelude]

    use super::no_prelude_table::plain;

    #[derive(::audit_diesel::Audited)]
    #[diesel(table_name = plain)]
    #[audit(exempt(created_at, created_by, updated_at, updated_by))]
    #[audit(new = NewPlain, changes = PlainChanges)]
    pub struct Plain {
        pub id: ::core::primitive::i64,
        pub name: ::core::option::Option<::std::string::String>,
    }
}

/// Raw and non-ASCII identifiers, locals of the output as names of the user's functions.
#[allow(non_snake_case)]
mod names {
    use audit_diesel::prelude::*;

    diesel::table! {
        größen (id) {
            id -> BigInt,
            r#type -> Text,
            größe -> Double,
            old -> Double,
            sink -> Text,
            w -> Text,
        }
    }

    pub fn old(a: &f64, b: &f64) -> bool {
        a.total_cmp(b).is_eq()
    }
    pub use old as w;

    #[derive(Audited, Clone)]
    #[diesel(table_name = größen)]
    #[audit(exempt(created_at, created_by, updated_at, updated_by))]
    #[audit(new = NewGröße, changes = r#Änderung)]
    pub struct r#Größe {
        pub id: i64,
        pub r#type: String,
        #[audit(eq = w)]
        pub größe: f64,
        #[audit(eq = old)]
        pub old: f64,
        pub sink: String,
        pub w: String,
    }
}

/// A struct whose tokens come from a macro, wrapped in groups that are not seen.
macro_rules! entity {
    ($name:ident, $new:ident, $key:ty, $text:ty, $flag:ty, $audit:literal) => {
        #[derive(audit_diesel::Audited)]
        #[audit(name = $audit, new = $new, crate = audit_diesel)]
        #[audit(exempt(created_at, created_by, updated_at, updated_by))]
        pub struct $name {
            pub id: $key,
            pub name: $text,
            pub note: $crate::hygiene::Maybe<$text>,
            pub has_token: $flag,
        }
    };
}
pub type Maybe<T> = Option<T>;

mod by_macro {
    entity!(Made, NewMade, i64, String, Option<bool>, "made");
}

#[test]
fn shadowed_names_do_not_matter() {
    use shadowed::{NewThing, Part, Rename, Thing, ThingChanges};

    let json = r#"{"id":1,"name":"a","part":{"street":"Kai 1"}}"#;
    let new: NewThing = serde_json::from_str(json).unwrap();
    let mut thing = Thing {
        id: 1,
        name: String::new(),
        note: None,
        password: String::new(),
        part: Part {
            street: String::new(),
        },
        version: 1,
        is_deleted: false,
        created_at: chrono::DateTime::UNIX_EPOCH,
        updated_by: audit_diesel::Actor::user("u"),
        tenant_id: "t".into(),
    };
    new.apply(&mut thing);
    ThingChanges {
        note: Some(Some("n".into())),
        ..Default::default()
    }
    .apply(&mut thing);
    Rename {
        name: Some("b"),
        note: None,
    }
    .apply(&mut thing);
    assert_eq!(
        (thing.name.as_str(), thing.note.as_deref()),
        ("b", Some("n"))
    );
    assert_eq!(Thing::META.fields.len(), 10);
}

#[test]
fn the_prelude_is_not_needed() {
    let mut plain = no_prelude::Plain { id: 1, name: None };
    no_prelude::NewPlain {
        name: Some("a".into()),
    }
    .apply(&mut plain);
    no_prelude::PlainChanges::default().apply(&mut plain);
    assert_eq!(format!("{plain:?}"), "Plain { id: 1, name: \"a\" }");
}

#[test]
fn names_are_the_users() {
    use names::{Größe, NewGröße, Änderung};

    let new = NewGröße {
        r#type: "a".into(),
        größe: 1.0,
        old: 2.0,
        sink: "s".into(),
        w: "w".into(),
    };
    assert!(format!("{new:?}").starts_with("NewGröße { type: "));
    let mut größe = Größe {
        id: 1,
        r#type: String::new(),
        größe: 0.0,
        old: 0.0,
        sink: String::new(),
        w: String::new(),
    };
    new.apply(&mut größe);
    Änderung {
        größe: Some(3.0),
        ..Default::default()
    }
    .apply(&mut größe);
    assert_eq!((größe.größe, größe.old), (3.0, 2.0));
    assert_eq!(
        (Größe::META.name, Größe::META.type_name),
        ("größen", "Größe")
    );
    assert_eq!(Größe::META.fields[1].column, "type");
}

#[test]
fn a_macro_may_write_the_struct() {
    use by_macro::{Made, NewMade};

    let new: NewMade = serde_json::from_str(r#"{"name":"a","note":null}"#).unwrap();
    let mut made = Made {
        id: 1,
        name: String::new(),
        note: Some("x".into()),
        has_token: None,
    };
    new.apply(&mut made);
    assert_eq!(
        (made.id, made.name.as_str(), made.note, made.has_token),
        (1, "a", None, None)
    );
    assert_eq!(Made::META.name, "made");
}

#[test]
fn an_entity_may_live_in_a_function() {
    use audit_diesel::prelude::*;

    diesel::table! {
        locals (id) {
            id -> BigInt,
            name -> Text,
        }
    }

    #[derive(Audited)]
    #[diesel(table_name = locals)]
    #[audit(exempt(created_at, created_by, updated_at, updated_by), changes = LocalChanges)]
    struct Local {
        id: i64,
        name: String,
    }

    #[derive(AuditedForm)]
    #[audit(entity = Local)]
    struct Rename {
        name: String,
    }

    let mut local = Local {
        id: 1,
        name: "a".into(),
    };
    LocalChanges::default().apply(&mut local);
    Rename { name: "b".into() }.apply(&mut local);
    assert_eq!((local.id, local.name.as_str()), (1, "b"));
}
