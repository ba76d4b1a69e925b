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
