//! Readers of forms tell absent, null and value apart, and quote no secret.

use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
struct Changes {
    #[serde(default, deserialize_with = "super::some")]
    name: Option<String>,
    #[serde(default, deserialize_with = "super::double_option")]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::masked_option")]
    pin: Option<u16>,
    #[serde(default, deserialize_with = "super::masked_double_option")]
    tax: Option<Option<Vec<u16>>>,
}

fn read(json: &str) -> Result<Changes, serde_json::Error> {
    serde_json::from_str(json)
}

#[test]
fn absent_null_and_value_differ() {
    let none = Changes {
        name: None,
        email: None,
        pin: None,
        tax: None,
    };
    assert_eq!(read("{}").unwrap(), none);
    assert_eq!(
        read(r#"{"email":null,"tax":null}"#).unwrap(),
        Changes {
            email: Some(None),
            tax: Some(None),
            ..none
        }
    );
    assert_eq!(
        read(r#"{"name":"a","email":"b","pin":1,"tax":[2]}"#).unwrap(),
        Changes {
            name: Some("a".into()),
            email: Some(Some("b".into())),
            pin: Some(1),
            tax: Some(Some(vec![2])),
        }
    );
    assert!(read(r#"{"name":null}"#).is_err());
    assert!(read(r#"{"pin":null}"#).is_err());
}

#[test]
fn masked_readers_quote_nothing() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "read only by its error")]
    struct New {
        #[serde(deserialize_with = "super::masked")]
        pin: u16,
    }
    for json in [
        r#"{"pin":"hunter2"}"#,
        r#"{"pin":87654321}"#,
        r#"{"pin":{"hunter2":1}}"#,
        r#"{"tax":["hunter2"]}"#,
        r#"{"tax":[87654321]}"#,
    ] {
        let errors = [
            read(json).err(),
            if json.contains("pin") {
                serde_json::from_str::<New>(json).err()
            } else {
                None
            },
            serde_json::from_str(json)
                .ok()
                .and_then(|v| serde_json::from_value::<Changes>(v).err()),
        ];
        assert!(errors[0].is_some() && errors[2].is_some());
        for error in errors.into_iter().flatten() {
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("it may hold a masked value"), "{shown}");
            assert!(
                !shown.contains("hunter2") && !shown.contains("87654321"),
                "{shown}"
            );
        }
    }
}

#[test]
fn server_values_are_set_by_code_alone() {
    let from_str: Server<String> = "a".into();
    let nullable: Server<Option<String>> = "a".into();
    let from_option: Server<Option<String>> = None.into();
    assert_eq!(from_str, Server::set("a".into()));
    assert_eq!(nullable.as_set(), Some(&Some("a".into())));
    assert_eq!(from_option.into_set(), Some(None));
    // No bound on the type.
    assert!(Server::<fn()>::default().into_set().is_none());
    assert_eq!(
        format!("{from_str:?} {:?}", Server::<u8>::unset()),
        "Server(***) Server(unset)"
    );
}
