//! What leaves in a response, and what never does.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::__private::shown;
use crate::mask::{Email, Last4, Redact, Token};
use crate::meta::{EntityMeta, FieldMeta, MaskRef, Policy};

struct Person {
    id: i64,
    company: String,
    name: String,
    tax: Option<String>,
    mail: String,
    card: Value,
    secret: Option<Vec<u8>>,
    search: String,
    draft: String,
    note: f64,
    created_at: DateTime<Utc>,
    created_by: Actor,
    updated_at: DateTime<Utc>,
    updated_by: Option<i64>,
    is_deleted: bool,
    deleted_at: Option<DateTime<Utc>>,
    deleted_by: Option<Actor>,
    revision: i32,
}

impl Audited for Person {
    const META: &'static EntityMeta = &EntityMeta::new(
        "people",
        "Person",
        &[
            FieldMeta::new("id").role(Role::Key),
            FieldMeta::new("company")
                .column("company_id")
                .serde_name("companyId")
                .role(Role::Tenant),
            FieldMeta::new("name").serde_name("fullName"),
            FieldMeta::new("tax").mask::<Last4>("last4"),
            FieldMeta::new("mail").mask::<Email>("email"),
            FieldMeta::new("card").policy(Policy::MaskedAt(&[(
                "/number",
                MaskRef::of::<Redact>("redact"),
            )])),
            FieldMeta::new("secret").mask::<Token>("token").hide_null(),
            FieldMeta::new("search").policy(Policy::Skipped),
            FieldMeta::new("draft").policy(Policy::Skipped),
            FieldMeta::new("note").policy(Policy::Ignored),
            FieldMeta::new("created_at").role(Role::CreatedAt),
            FieldMeta::new("created_by").role(Role::CreatedBy),
            FieldMeta::new("updated_at").role(Role::UpdatedAt),
            FieldMeta::new("updated_by").role(Role::UpdatedBy),
            FieldMeta::new("is_deleted").role(Role::DeletedFlag),
            FieldMeta::new("deleted_at").role(Role::DeletedAt),
            FieldMeta::new("deleted_by").role(Role::DeletedBy),
            FieldMeta::new("revision").role(Role::Version),
        ],
    );

    fn walk<'a, W: FieldWalk<'a>>(a: &'a Self, b: &'a Self, w: &mut W) {
        w.field(&a.id, &b.id);
        w.field(&a.company, &b.company);
        w.display(&a.name, &b.name, shown);
        w.field(&a.tax, &b.tax);
        w.display_by(&a.mail, &b.mail, shown, |a, b| a == b);
        w.field(&a.card, &b.card);
        w.field(&a.secret, &b.secret);
        w.skipped(&a.search, &b.search);
        // Not as the derive has it, but the table has the last word.
        w.field(&a.draft, &b.draft);
        w.field_by(&a.note, &b.note, |a, b| a == b);
        w.field(&a.created_at, &b.created_at);
        w.field(&a.created_by, &b.created_by);
        w.field(&a.updated_at, &b.updated_at);
        w.field(&a.updated_by, &b.updated_by);
        w.field(&a.is_deleted, &b.is_deleted);
        w.field(&a.deleted_at, &b.deleted_at);
        w.field(&a.deleted_by, &b.deleted_by);
        w.field(&a.revision, &b.revision);
    }
}

fn person() -> Person {
    let now = DateTime::from_timestamp(1_700_000_000, 5000).unwrap();
    Person {
        id: 7,
        company: "acme".into(),
        name: "Ada".into(),
        tax: Some("DE123456789012".into()),
        mail: "ada@example.com".into(),
        card: json!({"number": "4111", "brand": "visa"}),
        secret: None,
        search: "hunter2".into(),
        draft: "hunter2".into(),
        note: 1.5,
        created_at: now,
        created_by: Actor::api_key("k1"),
        updated_at: now,
        updated_by: Some(42),
        is_deleted: true,
        deleted_at: Some(now),
        deleted_by: Some(Actor::user("deleter")),
        revision: 3,
    }
}

#[test]
fn a_list_shows_data_and_the_time_of_creation() {
    assert_eq!(
        serde_json::to_value(ListView::new(&person())).unwrap(),
        json!({
            "id": 7, "fullName": "Ada", "tax": "****9012", "mail": "a***@example.com",
            "card": {"number": "***", "brand": "visa"}, "secret": "***", "note": 1.5,
            "created_at": "2023-11-14T22:13:20.000005Z",
        })
    );
}

#[test]
fn a_detail_also_shows_who_and_when() {
    let view = serde_json::to_value(DetailView::new(&person())).unwrap();
    assert_eq!(
        view,
        json!({
            "id": 7, "companyId": "acme", "fullName": "Ada", "tax": "****9012", "mail": "a***@example.com",
            "card": {"number": "***", "brand": "visa"}, "secret": "***", "note": 1.5,
            "created_at": "2023-11-14T22:13:20.000005Z", "created_by": {"kind": "api_key", "id": "k1"},
            "updated_at": "2023-11-14T22:13:20.000005Z", "updated_by": {"kind": "user", "id": "42"},
            "revision": 3,
        })
    );
    let person = Person {
        updated_by: None,
        created_by: Actor::system(),
        ..person()
    };
    let view = serde_json::to_value(DetailView::new(&person)).unwrap();
    assert_eq!(view["updated_by"], json!(null));
    assert_eq!(view["created_by"], json!({"kind": "system", "id": null}));
}

#[test]
fn clear_values_are_shown_by_name_alone() {
    let person = person();
    let view = DetailView::new(&person)
        .clear("tax")
        .clear("card")
        .clear("search")
        .clear("is_deleted")
        .clear("nonsense");
    let view = serde_json::to_value(view.clone()).unwrap();
    assert_eq!(view["tax"], "DE123456789012");
    assert_eq!(view["card"], person.card);
    assert_eq!(view["mail"], "a***@example.com");
    assert!(view.get("search").is_none() && view.get("is_deleted").is_none());
}

#[test]
fn a_token_needs_the_key() {
    let person = Person {
        secret: Some(b"hunter2".into()),
        ..person()
    };
    let config = AuditConfig::builder().token_key("k", [1; 32]).build();
    let with_key = serde_json::to_value(ListView::new(&person).config(config)).unwrap();
    assert!(with_key["secret"].as_str().unwrap().starts_with("h1:k:"));
    let without = serde_json::to_value(ListView::new(&person)).unwrap();
    assert_eq!(without["secret"], "***");
}

#[test]
fn debug_shows_no_values() {
    assert_eq!(
        format!("{:?}", ListView::new(&person()).clear("tax")),
        "ListView(Person)"
    );
}

/// A value that does not serialize.
#[derive(PartialEq)]
struct Failing;

impl Serialize for Failing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("first"))
    }
}

struct Broken(Failing, i32);

impl Audited for Broken {
    const META: &'static EntityMeta = &EntityMeta::new(
        "broken",
        "Broken",
        &[FieldMeta::new("a"), FieldMeta::new("b")],
    );

    fn walk<'a, W: FieldWalk<'a>>(a: &'a Self, b: &'a Self, w: &mut W) {
        w.field(&a.0, &b.0);
        w.field(&a.1, &b.1);
    }
}

#[test]
fn an_error_of_a_field_is_the_view_s() {
    let error = serde_json::to_string(&ListView::new(&Broken(Failing, 1))).unwrap_err();
    assert_eq!(error.to_string(), "first");
}

proptest! {
    #[test]
    fn no_secret_leaves(secret in "[a-z]{12,20}", deleter in "[A-Z]{8}") {
        let person = Person {
            tax: Some(format!("{secret}1234")),
            mail: format!("x{secret}@example.com"),
            card: json!({"number": secret}),
            secret: Some(secret.clone().into_bytes()),
            search: secret.clone(),
            draft: secret.clone(),
            deleted_by: Some(Actor::user(&deleter)),
            ..person()
        };
        let list = serde_json::to_string(&ListView::new(&person)).unwrap();
        let detail = serde_json::to_string(&DetailView::new(&person)).unwrap();
        for text in [list, detail] {
            prop_assert!(!text.contains(&secret) && !text.contains(&secret[..5]) && !text.contains(&deleter));
            prop_assert!(!text.contains("eleted"));
        }
    }
}

#[test]
fn an_id_alone_is_of_the_kind_that_its_column_takes() {
    let shown = |text: &str, kinds: &[&str]| {
        let view = super::actor(crate::ValueRef::Value(&text), kinds).unwrap();
        serde_json::to_value(view).unwrap()
    };
    assert_eq!(shown("42", &[]), json!({"kind": "user", "id": "42"}));
    assert_eq!(
        shown("nightly", &["job"]),
        json!({"kind": "job", "id": "nightly"})
    );
    assert_eq!(
        shown("job:nightly", &["job"]),
        json!({"kind": "job", "id": "nightly"})
    );
    // Whose id it is cannot be told, and is not guessed.
    assert_eq!(
        shown("7", &["user", "job"]),
        json!({"kind": "unknown", "id": "7"})
    );
}
