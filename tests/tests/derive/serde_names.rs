//! Names follow the entity's serde attributes, in the table and in the forms.

use audit_diesel::Audited;

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
#[serde(rename_all = "camelCase")]
#[audit(new = NewThing)]
struct Thing {
    id: i64,
    first_name: String,
    #[serde(rename = "mail", alias = "e_mail")]
    email: String,
    r#type: String,
    #[audit(mask = "redact")]
    birth_year: Option<u16>,
}

#[test]
fn the_table_knows_them() {
    let names: Vec<_> = Thing::META
        .fields
        .iter()
        .map(|field| field.serde_name)
        .collect();
    assert_eq!(names, ["id", "firstName", "mail", "type", "birthYear"]);
    assert_eq!(Thing::META.fields[3].name, "type");
}

#[test]
fn the_forms_read_them() {
    let json = r#"{"firstName":"Ada","e_mail":"ada@example.com","type":"x"}"#;
    let new: NewThing = serde_json::from_str(json).unwrap();
    let NewThing {
        first_name,
        email,
        r#type,
        birth_year,
    } = new;
    let thing = Thing {
        id: 1,
        first_name,
        email,
        r#type,
        birth_year,
    };
    assert_eq!(thing.birth_year, None);
    assert_eq!(thing.email, "ada@example.com");
    assert_eq!(
        (thing.id, thing.first_name.as_str(), thing.r#type.as_str()),
        (1, "Ada", "x")
    );
}

#[test]
fn the_errors_of_masked_fields_name_them() {
    let json = r#"{"firstName":"Ada","mail":"a","type":"x","birthYear":"1815"}"#;
    let error = serde_json::from_str::<NewThing>(json).err().unwrap();
    assert!(
        error.to_string().starts_with("field `birthYear`: "),
        "{error}"
    );
}
