//! `mask_at`: masks at paths inside a JSON column.

use audit_diesel::Audited;
use serde_json::json;

use crate::support::{changes, field};

#[derive(Audited, Clone)]
#[audit(name = "things", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Thing {
    id: i64,
    #[audit(mask_at("/card/number" = "pan", "/notes/*" = "redact"))]
    details: serde_json::Value,
}

#[test]
fn only_the_paths_are_masked() {
    let details = |city: &str| json!({"card": {"number": "4111 1111 1111 1111"}, "city": city, "notes": ["a", "b"]});
    let before = Thing {
        id: 1,
        details: details("Bonn"),
    };
    let after = Thing {
        details: details("Kiel"),
        ..before.clone()
    };
    let rows = changes(&before, &after);
    assert_eq!(rows.len(), 1);
    assert!(
        rows[0].contains("Bonn") && rows[0].contains("Kiel"),
        "{rows:?}"
    );
    assert!(
        rows[0].contains("411111******1111") && rows[0].contains("\"notes\":[\"***\",\"***\"]")
    );
}

#[test]
fn json_is_known_by_its_type() {
    assert!(field::<Thing>("details").json);
    assert!(!field::<Thing>("id").json);
}

/// The derive refuses a field that is written as text; this one it cannot know.
type Note = String;

#[derive(Audited, Clone)]
#[audit(name = "doors", crate = audit_diesel)]
#[audit(exempt(created_at, created_by, updated_at, updated_by))]
struct Door {
    id: i64,
    #[audit(mask_at("/code" = "redact"))]
    note: Note,
    #[audit(mask_at("/code" = "redact"))]
    details: Option<serde_json::Value>,
}

#[test]
fn a_text_is_hidden_whole() {
    for secret in [
        r#"{"code":"SECRET2""#,
        r#"{"code":"SECRET2"} and more"#,
        "\u{feff}{\"code\":\"SECRET2\"}",
        r#""{\"code\":\"SECRET2\"}""#,
        "SECRET2",
    ] {
        let before = Door {
            id: 1,
            note: String::new(),
            details: None,
        };
        let after = Door {
            note: secret.into(),
            details: Some(json!(secret)),
            ..before.clone()
        };
        assert_eq!(
            changes(&before, &after),
            [r#"note: "***" -> "***""#, r#"details: null -> "***""#],
            "{secret}"
        );
        let shown = format!("{after:?}");
        assert!(!shown.contains("SECRET2"), "{shown}");
    }
}
