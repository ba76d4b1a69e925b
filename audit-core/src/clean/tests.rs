//! No spelling of a reserved name gets through, and no data is lost.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::meta::KeySource;

const FIELDS: &[FieldMeta] = &[
    FieldMeta::new("id").role(Role::Key),
    FieldMeta::new("company")
        .column("company_id")
        .role(Role::Tenant),
    FieldMeta::new("name"),
    FieldMeta::new("born_at").serde_name("bornAt"),
    FieldMeta::new("bornat"),
    FieldMeta::new("settings").json(),
    FieldMeta::new("deleted_by_id"),
    FieldMeta::new("password_hash").form(FormUse::Server),
    FieldMeta::new("search").form(FormUse::None),
    FieldMeta::new("created_at").role(Role::CreatedAt),
    FieldMeta::new("author")
        .column("made_by")
        .serde_name("writtenBy")
        .role(Role::CreatedBy),
    FieldMeta::new("revision").role(Role::Version),
];
const META: EntityMeta = EntityMeta::new("people", "Person", FIELDS);
const CLIENT_KEY: EntityMeta = META.key_source(KeySource::Client);

fn clean(text: &str) -> (Value, Vec<String>) {
    let (value, stripped) = clean_json(&META, text.as_bytes()).unwrap();
    (value, stripped.pointers)
}

fn is_kept(meta: &EntityMeta, key: &str) -> bool {
    let mut input = json!({ key: "x" });
    let stripped = strip_reserved(meta, &mut input);
    let rejected = reject_reserved(meta, &json!({ key: "x" }));
    assert_eq!(stripped.is_empty(), rejected.is_ok());
    assert_eq!(stripped.is_empty(), input.get(key).is_some());
    stripped.is_empty()
}

#[test]
fn reserved_names_are_stripped_in_every_spelling() {
    for key in [
        "id",
        "ID",
        "_id",
        "company",
        "company_id",
        "companyId",
        "author",
        "made_by",
        "madeBy",
        "writtenBy",
        "written-by",
        "created_at",
        "createdAt",
        "CREATED AT",
        " created_at\t",
        "created__at",
        "created\u{200B}At",
        "\u{FEFF}createdAt",
        "createdAt\0",
        "ｃｒｅａｔｅｄＡｔ",
        "created＿at",
        "created\u{AD}at",
        "created\u{E0041}at",
        "createdBy",
        "lastModifiedBy",
        "updatedById",
        "deletedAt",
        "isDeleted",
        "tenantId",
        "tenant_id",
        "passwordHash",
        "cr\u{212F}atedAt",
        "createdBy\u{200F}",
        "i\u{34F}d",
        "revision",
        "up\u{3164}datedAt",
        "\u{2170}d",
    ] {
        assert!(!is_kept(&META, key), "{key:?}");
    }
}

#[test]
fn names_of_forms_and_unknown_names_are_kept() {
    for key in [
        "name",
        "NAME",
        "bornAt",
        "born_at",
        "bornat",
        "settings",
        "search",
        // A standard name, but here a client's field.
        "deleted_by_id",
        "deletedById",
        // Confusables are not folded: they match no column.
        "cre\u{430}tedAt",
        "createdAtX",
        "xid",
        "",
    ] {
        assert!(is_kept(&META, key), "{key:?}");
    }
    assert!(is_kept(&CLIENT_KEY, "id") && is_kept(&CLIENT_KEY, "_id"));
}

#[test]
fn a_reserved_name_wins_over_a_field_that_only_folds_to_it() {
    const META: EntityMeta = EntityMeta::new(
        "a",
        "A",
        &[
            FieldMeta::new("is_deleted").role(Role::DeletedFlag),
            FieldMeta::new("isdeleted"),
        ],
    );
    assert!(is_kept(&META, "isdeleted"));
    assert!(!is_kept(&META, "isDeleted") && !is_kept(&META, "is_deleted"));
}

#[test]
fn each_record_of_a_list_is_cleaned_and_its_fields_are_not() {
    let (value, pointers) = clean(
        r#"[{"id": 1, "name": {"id": 1, "createdAt": 2}, "settings": {"id": [{"id": 3}]}},
            {"a/b~": 1, "created-at": 1}, [{"id": 5}], "id", null]"#,
    );
    assert_eq!(
        value,
        json!([
            {"name": {"id": 1, "createdAt": 2}, "settings": {"id": [{"id": 3}]}},
            {"a/b~": 1}, [{"id": 5}], "id", null
        ])
    );
    assert_eq!(pointers, ["/0/id", "/1/created-at"]);
    assert_eq!(pointer("/0", "a/b~"), "/0/a~1b~0");
    assert_eq!(clean("7"), (json!(7), vec![]));
}

#[test]
fn equal_keys_are_refused_at_every_depth() {
    for (text, pointer) in [
        (r#"{"name": 1, "name": 2}"#, "/name"),
        (r#"{"name": 1, "na_me": 2}"#, "/na_me"),
        (r#"{"created_by": 1, "createdBy": 2}"#, "/createdBy"),
        (r#"{"x": {"y": [1, {"k": 1, "K": 2}]}}"#, "/x/y/1/K"),
        (r#"[{"a": 1}, {"a": 1, "ａ": 2}]"#, "/1/ａ"),
        (r#"{"bornAt": 1, "bornat": 1, "bornAt": 2}"#, "/bornAt"),
        (r#"{"bornAt": 1, "born_at": 2}"#, "/born_at"),
        (r#"{"x": {"bornAt": 1, "bornat": 2}}"#, "/x/bornat"),
        (r#"{"x": {"settings": {"a": 1, "a": 2}}}"#, "/x/settings/a"),
        (r#"{"SETTINGS": {"a": 1, "a": 2}}"#, "/SETTINGS/a"),
        (r#"{"": 1, "_": 2}"#, "/_"),
        (r#"{"straße": 1, "STRASSE": 2}"#, "/STRASSE"),
        (r#"{"Σας": 1, "ΣΑΣ": 2}"#, "/ΣΑΣ"),
    ] {
        let error = clean_json(&META, text.as_bytes()).unwrap_err();
        assert_eq!(
            error,
            CleanError::DuplicateKey {
                pointer: pointer.into()
            },
            "{text}"
        );
    }
    // Two fields of the entity that differ by case alone, and data.
    assert_eq!(
        clean(r#"{"bornAt": 1, "bornat": 2}"#).0,
        json!({"bornAt": 1, "bornat": 2})
    );
    assert_eq!(
        clean(r#"{"settings": {"a": 1, "A": [{"b": 1, "b": 2}], "a": 3}}"#).0,
        json!({"settings": {"a": 3, "A": [{"b": 2}]}})
    );
}

#[test]
fn the_version_is_handed_out() {
    let version = |text: &str| {
        let (value, stripped) = clean_json(&META, text.as_bytes()).unwrap();
        assert!(value.get("revision").is_none());
        (stripped.version, stripped.pointers)
    };
    assert_eq!(version(r#"{"revision": 3}"#), (Some(3), vec![]));
    assert_eq!(version(r#"{"Revision": -3}"#), (Some(-3), vec![]));
    for odd in [r#""3""#, "3.5", "null", "18446744073709551615", "[3]"] {
        assert_eq!(
            version(&format!(r#"{{"revision": {odd}}}"#)),
            (None, vec!["/revision".into()])
        );
        let input = serde_json::from_str(&format!(r#"{{"revision": {odd}}}"#)).unwrap();
        assert!(reject_reserved(&META, &input).is_err());
    }
    assert!(reject_reserved(&META, &json!({"revision": 3})).is_ok());
    let (value, stripped) = clean_json(&META, br#"[{"revision": 1}, 5, {}]"#).unwrap();
    assert_eq!(value, json!([{}, 5, {}]));
    assert_eq!(
        (stripped.version, stripped.versions),
        (None, vec![Some(1), None, None])
    );
}

#[test]
fn errors_name_places_and_no_values() {
    let malformed = clean_json(&META, b"{\"name\":\n hunter2}").unwrap_err();
    assert_eq!(malformed, CleanError::Malformed { line: 2, column: 2 });
    for text in [
        &b""[..],
        b"{",
        b"{} {}",
        b"\xff",
        b"\"\xff\"",
        b"{'a':1}",
        b"[1,]",
        b"{\"a\":\"hunter2",
    ] {
        let error = clean_json(&META, text).unwrap_err();
        assert!(matches!(error, CleanError::Malformed { .. }));
        assert!(!error.to_string().contains("hunter2"));
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(
        clean_json(&META, deep.as_bytes()),
        Err(CleanError::Malformed { .. })
    ));

    let rejected =
        reject_reserved(&META, &json!({"created\nAt": "hunter2", "id": "hunter2"})).unwrap_err();
    assert_eq!(
        rejected.to_string(),
        r"input sets fields that only the server sets; leave out `/created\nAt`, `/id`"
    );
    let long = format!("id{}", "\u{200B}".repeat(1000));
    let rejected = reject_reserved(&META, &json!({ long: 1 })).unwrap_err();
    assert!(rejected.to_string().chars().count() < 800);
    assert!(!format!("{rejected:?}").contains("hunter2"));
}

#[test]
fn folding_is_stable_for_letters_and_marks() {
    // All that have a case or a compatibility form, ideographs and syllables aside.
    let ranges = [
        '\0'..='\u{2FFF}',
        '\u{A640}'..='\u{ABFF}',
        '\u{FB00}'..='\u{FFFF}',
    ];
    for c in ranges.into_iter().flatten() {
        // After a letter, a mark that is left over joins it.
        for name in [c.to_string(), format!("w{c}")] {
            assert_eq!(fold(&fold(&name)), fold(&name), "{:x}", u32::from(c));
        }
    }
}

/// One long key and many elements below it must not cost the product of both.
#[test]
fn work_is_linear_in_the_input() {
    let text = format!(
        "{{\"{}\":[{}0]}}",
        "k".repeat(500_000),
        "0,".repeat(250_000)
    );
    let start = std::time::Instant::now();
    clean_json(&META, text.as_bytes()).unwrap();
    assert!(start.elapsed().as_secs() < 20);
}

/// Spellings of `name` that a careless reader takes for it.
fn spelling(name: &'static str) -> impl Strategy<Value = String> {
    let noise = prop_oneof![
        5 => Just(""), 1 => Just("_"), 1 => Just("-"), 1 => Just(" "), 1 => Just("\u{200B}"),
        1 => Just("\u{FEFF}"), 1 => Just("\t"), 1 => Just("\u{AD}"), 1 => Just("\u{A0}"), 1 => Just("\0")
    ];
    let letters: Vec<_> = name
        .chars()
        .map(|c| {
            let wide = char::from_u32(u32::from(c) - 0x20 + 0xFF00).unwrap();
            proptest::sample::select(vec![
                c,
                c.to_ascii_uppercase(),
                c.to_ascii_lowercase(),
                wide,
            ])
        })
        .map(|letter| (noise.clone(), letter))
        .collect();
    letters.prop_map(|letters| {
        letters
            .into_iter()
            .map(|(n, c)| format!("{n}{c}"))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_spelling_gets_through(
        key in prop_oneof![
            spelling("createdAt"), spelling("id"), spelling("companyId"), spelling("passwordhash"),
            spelling("isDeleted"), spelling("writtenBy")
        ],
        in_list: bool,
    ) {
        let record = json!({ &key: "hunter2", "name": "kept" });
        let input = if in_list { json!([record]) } else { record };
        let (value, stripped) = clean_json(&META, input.to_string().as_bytes()).unwrap();
        prop_assert_eq!(stripped.pointers.len(), 1);
        prop_assert!(!value.to_string().contains("hunter2"));
        prop_assert!(value.to_string().contains("kept"));
        let found = input.pointer(&stripped.pointers[0]);
        prop_assert_eq!(found, Some(&json!("hunter2")));
        let shown = format!("{stripped:?}");
        prop_assert!(!shown.contains("hunter2"));
    }

    #[test]
    fn folding_is_stable(name in prop_oneof![any::<String>(), "[a-zA-Zßſςİıﬁ_ -]{0,8}"]) {
        let folded = fold(&name);
        prop_assert_eq!(fold(&folded), folded.clone());
        let dropped = ['_', '-', ' ', '\0', '\u{200B}'];
        prop_assert!(!folded.contains(dropped));
    }

    /// What has no reserved name and no equal keys comes out as serde_json reads it.
    #[test]
    fn other_input_is_untouched(a in any::<String>(), n in any::<f64>(), i in any::<i64>(), u in any::<u64>()) {
        let input = json!({"name": a, "settings": {"id": n, "createdAt": [i, u, null, true, {"x": a}]}});
        let text = input.to_string();
        let (value, stripped) = clean_json(&META, text.as_bytes()).unwrap();
        prop_assert_eq!(&value, &serde_json::from_str::<Value>(&text).unwrap());
        prop_assert_eq!(stripped, Stripped::default());
    }

    #[test]
    fn never_panics(bytes in prop_oneof![
        any::<Vec<u8>>(),
        "[\\[\\]{}\",:_idnameID0-9.e+\\\\u -]{0,40}".prop_map(String::into_bytes),
    ]) {
        let ours = clean_json(&META, &bytes);
        let theirs = serde_json::from_slice::<Value>(&bytes);
        match ours {
            Ok(_) => prop_assert!(theirs.is_ok()),
            Err(CleanError::Malformed { .. }) => prop_assert!(theirs.is_err()),
            // Refused at the key, whatever comes after it.
            Err(CleanError::DuplicateKey { .. }) => {}
        }
    }
}
