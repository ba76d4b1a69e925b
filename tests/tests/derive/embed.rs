//! `#[diesel(embed)]`: several columns in a struct of their own, which count and are masked.

use audit_diesel::Role;
use audit_diesel::prelude::*;

use crate::support::changes;

diesel::table! {
    users (id) {
        id -> BigInt,
        street -> Text,
        zip_code -> Nullable<Text>,
        name -> Text,
        lat -> Double,
        lon -> Double,
    }
}

#[derive(AuditedPart, Clone, serde::Deserialize)]
#[diesel(table_name = users)]
struct Address {
    street: String,
    #[audit(mask = "redact")]
    #[diesel(column_name = zip_code)]
    zip: Option<String>,
}

#[derive(AuditedPart, Clone)]
#[diesel(table_name = users)]
#[audit(strict)]
struct Place {
    #[audit(ignore)]
    lat: f64,
    #[audit(ignore)]
    lon: f64,
}

#[derive(Audited, Clone)]
#[diesel(table_name = users)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[audit(new = NewUser, changes = UserChanges)]
struct User {
    id: i64,
    #[diesel(embed)]
    address: Address,
    name: String,
    #[diesel(embed)]
    #[audit(no_form)]
    place: Place,
}

fn user() -> User {
    User {
        id: 1,
        address: Address {
            street: "Kai 1".into(),
            zip: Some("20457".into()),
        },
        name: "Ada".into(),
        place: Place {
            lat: 53.5,
            lon: 10.0,
        },
    }
}

#[test]
fn columns_are_flattened_in_order() {
    let columns: Vec<_> = User::META.fields.iter().map(|field| field.column).collect();
    assert_eq!(columns, ["id", "street", "zip_code", "name", "lat", "lon"]);
    assert!(
        User::META
            .fields
            .iter()
            .skip(1)
            .all(|field| field.role == Role::Data)
    );
}

#[test]
fn a_change_inside_a_part_is_a_change() {
    let before = user();
    let mut after = before.clone();
    after.address.zip = None;
    after.name = "Eve".into();
    after.place.lat = 1.0;
    assert_eq!(
        changes(&before, &after),
        [
            "zip_code: \"***\" -> null",
            "name: \"Ada\" -> \"Eve\"",
            "lat: 53.5 -> 1.0"
        ]
    );
}

#[test]
fn forms_take_parts_whole() {
    let json = r#"{"address":{"street":"Kai 2","zip":null}}"#;
    let form: UserChanges = serde_json::from_str(json).unwrap();
    assert!(!format!("{form:?}").contains("Kai"));
    let mut changed = user();
    form.apply(&mut changed);
    assert_eq!(
        (changed.address.street.as_str(), changed.name.as_str()),
        ("Kai 2", "Ada")
    );
    let new = NewUser {
        address: changed.address,
        name: "Eve".into(),
    };
    new.apply(&mut user());
}

/// What the part masks is not for the form to know.
#[test]
fn what_cannot_be_read_into_a_part_is_not_shown() {
    for address in [
        r#""SECRETZIP""#,
        "77700001",
        r#"["Kai 2",77700001]"#,
        r#"{"street":"Kai 2","zip":77700001}"#,
        r#"{"street":"Kai 2","zip":["SECRETZIP"]}"#,
        r#"{"zip":"SECRETZIP"}"#,
        r#"{"street":{"SECRETZIP":1}}"#,
    ] {
        let json = format!(r#"{{"name":"Eve","address":{address}}}"#);
        let value = serde_json::from_str::<serde_json::Value>(&json).unwrap();
        let errors = [
            serde_json::from_str::<NewUser>(&json).err(),
            serde_json::from_str::<UserChanges>(&json).err(),
            serde_json::from_value::<NewUser>(value.clone()).err(),
            serde_json::from_value::<UserChanges>(value).err(),
        ];
        assert!(errors.iter().all(Option::is_some), "{json}");
        for error in errors.into_iter().flatten() {
            let text = format!("{error} {error:?}");
            let says = "field `address`: invalid value (not shown: it may hold a masked value)";
            assert!(text.contains(says), "{text}");
            assert!(
                !text.contains("SECRETZIP") && !text.contains("777"),
                "{text}"
            );
        }
    }
    let missing = serde_json::from_str::<NewUser>(r#"{"name":"Eve"}"#).err();
    assert!(
        missing
            .unwrap()
            .to_string()
            .contains("missing field `address`")
    );
}
