//! Nothing beyond the declared reveal leaves a mask.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::encode::{ErasedValue, to_json};

fn config() -> AuditConfig {
    AuditConfig::builder()
        .token_key("k2", [2; 32])
        .token_key("k1", [1; 32])
        .build()
}

const REDACT: MaskRef = MaskRef::of::<Redact>("redact");
const LAST4: MaskRef = MaskRef::of::<Last4>("last4");
const PAN: MaskRef = MaskRef::of::<Pan>("pan");
const EMAIL: MaskRef = MaskRef::of::<Email>("email");
const TOKEN: MaskRef = MaskRef::of::<Token>("token");

fn run(mask: MaskRef, value: &str) -> String {
    masked("field", &mask, value, &config()).unwrap()
}

fn json_of(mask: MaskRef, value: &dyn ErasedValue, hide_null: bool) -> String {
    let mut out = String::new();
    apply(
        "field",
        &mask,
        ValueRef::Value(value),
        hide_null,
        &config(),
        &mut out,
    )
    .unwrap();
    out
}

#[test]
fn masks_are_as_documented() {
    assert_eq!(run(REDACT, "anything"), "***");
    assert_eq!(run(LAST4, "DE123456789012"), "****9012");
    assert_eq!(run(LAST4, "123456789012"), "****9012");
    assert_eq!(run(LAST4, "12345678901"), "***");
    assert_eq!(run(PAN, "4111111111111111"), "411111******1111");
    assert_eq!(run(PAN, "4111 1111-1111 1111"), "411111******1111");
    assert_eq!(run(EMAIL, "ada@example.com"), "a***@example.com");
    let token = run(TOKEN, "ada");
    // `printf ada | openssl dgst -sha256 -mac HMAC -macopt hexkey:0202…02 -binary | basenc --base64url | tr -d =`
    assert_eq!(token, "h1:k2:HVZuFrGpV08KRbS8_qU5uNCRUYTaI3mRJjAG7bTfqp0");
}

#[test]
fn last4_counts_characters_and_not_bytes_or_padding() {
    assert_eq!(
        run(LAST4, "äöüäöüäöüäöü"),
        "****äöüä".replace("äöüä", "üäöü").as_str()
    );
    assert_eq!(run(LAST4, "äöüäöü"), "***");
    assert_eq!(
        run(LAST4, "e\u{301}".repeat(12).as_str()),
        format!("****{}", "e\u{301}".repeat(4))
    );
    assert_eq!(run(LAST4, &format!("{}1234", " ".repeat(20))), "***");
    assert_eq!(
        run(LAST4, &format!("{}1234\u{FEFF}", "\u{200B}".repeat(20))),
        "***"
    );
    // One "character" that is as long as the secret.
    assert_eq!(
        run(LAST4, &format!("123456789012345{}", "\u{301}".repeat(50))),
        "***"
    );
    assert_eq!(run(LAST4, &"\u{1100}".repeat(40)), "***");
}

#[test]
fn pan_takes_card_numbers_alone() {
    for value in [
        "4111111111111112",     // Luhn
        "41111111111111",       // 14 digits
        "41111111111111111111", // 20 digits
        "4111111111111111x",    // a letter
        "٤١١١١١١١١١١١١١١١",     // no ASCII digits
        "4111.1111.1111.1111",  // not a separator
        "",
    ] {
        assert_eq!(run(PAN, value), "***", "{value}");
    }
    // 15 and 19 digits, same width.
    assert_eq!(run(PAN, "378282246310005"), "378282******0005");
    assert_eq!(run(PAN, "6304000000000000000"), "630400******0000");
}

#[test]
fn email_takes_addresses_alone() {
    for value in [
        "ab@example.com",
        "ada@@example.com",
        "ada@example@com",
        "ada@",
        "@example.com",
        "ada",
        "\"a b\"@example.com",
        "a da@example.com",
        "ada@exa mple.com",
        "ada@b\u{fc}cher.example",
        "ada@[192.0.2.1]",
        "a\u{301}\u{301}\u{301}da@example.com",
    ] {
        assert_eq!(run(EMAIL, value), "***", "{value}");
    }
    assert_eq!(run(EMAIL, "\u{fc}da@example.com"), "\u{fc}***@example.com");
}

#[test]
fn token_fails_closed() {
    for config in [
        AuditConfig::default(),
        AuditConfig::builder().token_key("k", [0; 15]).build(),
        AuditConfig::builder().token_key("", [0; 32]).build(),
        AuditConfig::builder()
            .token_key("a:b", [0; 32])
            .token_key("k", [0; 32])
            .build(),
    ] {
        let mut out = String::from("x");
        let failure = apply(
            "tax",
            &TOKEN,
            ValueRef::Value(&"hunter2"),
            false,
            &config,
            &mut out,
        )
        .unwrap_err();
        assert_eq!(out, "x");
        assert!(
            failure
                .to_string()
                .starts_with("mask `token` of field `tax` failed: ")
        );
    }
}

#[test]
fn null_is_visible_unless_hidden() {
    for mask in [REDACT, LAST4, PAN, EMAIL, TOKEN] {
        assert_eq!(json_of(mask, &None::<String>, false), "null");
        assert_eq!(json_of(mask, &None::<String>, true), "\"***\"");
    }
    assert_eq!(json_of(REDACT, &Some(json!(null)), false), "\"***\"");
}

#[test]
fn any_type_can_be_redacted_or_made_a_token() {
    for value in [
        &true as &dyn ErasedValue,
        &7,
        &1.5,
        &vec![1_u8],
        &json!({"a": [1]}),
        &('x', 'y'),
    ] {
        assert_eq!(json_of(REDACT, value, false), "\"***\"");
        let token = json_of(TOKEN, value, false);
        assert_eq!(token.len(), run(TOKEN, "").len() + 2);
    }
}

struct Panics;
impl Mask for Panics {
    fn mask(value: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError> {
        out.push_str(value);
        std::panic::panic_any(value.to_string());
    }
}

struct Fails;
impl Mask for Fails {
    fn mask(value: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError> {
        out.push_str(value);
        Err(MaskError::new("no country"))
    }
}

#[test]
fn a_mask_that_panics_or_fails_shows_no_value() {
    let config = config();
    for (mask, what) in [
        (MaskRef::of::<Panics>("Panics"), "it panicked"),
        (MaskRef::of::<Fails>("Fails"), "no country"),
    ] {
        for masks in [None, Some([("/a", mask)])] {
            let mut out = String::from("x");
            let failure = match masks {
                None => apply(
                    "iban",
                    &mask,
                    ValueRef::Value(&"hunter2"),
                    false,
                    &config,
                    &mut out,
                ),
                Some(masks) => {
                    let masks: &'static [_] = Vec::leak(masks.to_vec());
                    let value = json!({"a": "hunter2"});
                    apply_at("iban", masks, ValueRef::Value(&value), &config, &mut out)
                }
            };
            let failure = failure.unwrap_err();
            assert_eq!(out, "x");
            assert_eq!(
                failure.to_string(),
                format!("mask `{}` of field `iban` failed: {what}", mask.name)
            );
            assert!(!format!("{failure:?}").contains("hunter2"));
        }
    }
}

fn at(masks: &[(&'static str, MaskRef)], value: serde_json::Value) -> serde_json::Value {
    let mut out = String::new();
    let value = ValueRef::Value(&value);
    apply_at("card", masks, value, &config(), &mut out).unwrap();
    serde_json::from_str(&out).unwrap()
}

#[test]
fn paths_are_json_pointers_with_stars() {
    let value =
        json!({"card": {"number": "4111111111111111", "cvv": 123}, "a/b": {"~": "x"}, "": "y"});
    assert_eq!(
        at(
            &[
                ("/card/number", PAN),
                ("/card/cvv", REDACT),
                ("/a~1b/~0", REDACT),
                ("/", REDACT)
            ],
            value.clone()
        ),
        json!({"card": {"number": "411111******1111", "cvv": "***"}, "a/b": {"~": "***"}, "": "***"})
    );
    assert_eq!(
        at(
            &[
                ("/card/x", PAN),
                ("/card/number/x", PAN),
                ("/x/y", PAN),
                ("/card/0", PAN)
            ],
            value.clone()
        ),
        value
    );
    assert_eq!(at(&[("", PAN)], value.clone()), json!("***"));

    let list = json!({"cards": [{"n": "a"}, {"n": null}, {"n": 5}, {"m": "b"}]});
    assert_eq!(
        at(&[("/cards/*/n", REDACT)], list.clone()),
        json!({"cards": [{"n": "***"}, {"n": null}, {"n": "***"}, {"m": "b"}]})
    );
    assert_eq!(
        at(
            &[
                ("/cards/3/m", REDACT),
                ("/cards/00/n", REDACT),
                ("/cards/-/n", REDACT)
            ],
            list.clone()
        ),
        json!({"cards": [{"n": "a"}, {"n": null}, {"n": 5}, {"m": "***"}]})
    );
    assert_eq!(
        at(&[("/~01", REDACT)], json!({"~1": "a", "/": "b"})),
        json!({"~1": "***", "/": "b"})
    );
    // A map keyed by id.
    assert_eq!(
        at(&[("/*/pin", REDACT)], json!({"u1": {"pin": "1"}})),
        json!({"u1": {"pin": "***"}})
    );
}

#[test]
fn what_is_not_text_is_hidden_under_a_mask_of_text() {
    for value in [
        json!(4111111111111111_u64),
        json!(true),
        json!(["a"]),
        json!({"a": 1}),
        json!(1.5),
    ] {
        for mask in [PAN, LAST4, EMAIL] {
            assert_eq!(
                at(&[("/a", mask)], json!({ "a": value.clone() })),
                json!({"a": "***"})
            );
        }
        let token = at(&[("/a", TOKEN)], json!({ "a": value.clone() }));
        assert_eq!(token, json!({"a": run(TOKEN, &value.to_string())}));
    }
}

#[test]
fn json_inside_of_text_is_hidden_where_a_path_leads_into_it() {
    let inner = r#" {"number":"4111111111111111"}"#;
    assert_eq!(
        at(&[("/card/number", PAN)], json!({ "card": inner })),
        json!({"card": "***"})
    );
    for odd in [
        &inner[..inner.len() - 2],
        &format!("{inner} and more"),
        &format!("\u{feff}{inner}"),
        &json!(inner).to_string(),
        "[4111111111111111",
    ] {
        let shown = at(&[("/card/number", PAN)], json!({ "card": odd }));
        assert_eq!(shown, json!({"card": "***"}), "{odd}");
    }
    assert_eq!(
        at(&[("/card/number", PAN)], json!({"card": "none"})),
        json!({"card": "none"})
    );
}

#[test]
fn a_path_to_the_whole_masks_a_text() {
    let card = json!("4111111111111111");
    assert_eq!(at(&[("", PAN)], card.clone()), json!("411111******1111"));
    for masks in [[("", PAN), ("/a", PAN)], [("/a", PAN), ("", PAN)]] {
        assert_eq!(at(&masks, card.clone()), json!("***"));
    }
}

#[test]
fn keys_that_look_like_tags_are_masked_too() {
    let value = json!({"$b": {"$s": "secret"}, "a\0": "secret"});
    let mut out = String::new();
    let masks = &[("/$b/$s", REDACT), ("/a\0", REDACT)];
    apply_at("card", masks, ValueRef::Value(&value), &config(), &mut out).unwrap();
    let back: serde_json::Value = crate::encode::decode_as(&out).unwrap();
    assert_eq!(back, json!({"$b": {"$s": "***"}, "a\0": "***"}));
}

#[test]
fn a_path_that_is_no_pointer_fails() {
    let mut out = String::new();
    let failure = apply_at(
        "card",
        &[("a", PAN)],
        ValueRef::Value(&json!({})),
        &config(),
        &mut out,
    );
    assert!(failure.unwrap_err().to_string().contains("no JSON pointer"));
}

/// Texts that are near to what the masks let through.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,30}",
        "[0-9]{10,22}",
        "[0-9 -]{10,40}",
        "[a-z@.\"]{0,30}",
        "[a-z]{1,9}@[a-z]{1,9}\\.[a-z]{2}",
        "[ \u{200B}\u{1100}\u{301}a1]{0,30}",
        (any::<[u8; 14]>()).prop_map(|digits| {
            let mut digits: Vec<u32> = digits.iter().map(|d| u32::from(d % 10)).collect();
            digits.push(0);
            let check = (0..10).find(|c| {
                *digits.last_mut().unwrap() = *c;
                luhn(&digits)
            });
            assert!(check.is_some());
            digits.iter().map(u32::to_string).collect()
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn reveals_no_more_than_it_says(value in secret()) {
        prop_assert_eq!(run(REDACT, &value), "***");

        let last4 = run(LAST4, &value);
        if last4 != "***" {
            let shown = last4.strip_prefix("****").unwrap();
            prop_assert_eq!(shown.graphemes(true).count().min(4), shown.graphemes(true).count());
            prop_assert!(shown.chars().count() <= 8);
            let visible = value.trim_matches(|c: char| c.is_whitespace() || is_ignorable(c));
            prop_assert!(visible.ends_with(shown) && visible.graphemes(true).count() >= 12);
        }

        let pan = run(PAN, &value);
        if pan != "***" {
            prop_assert_eq!(pan.len(), 16);
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            prop_assert!((15..=19).contains(&digits.len()));
            prop_assert_eq!(pan, format!("{}******{}", &digits[..6], &digits[digits.len() - 4..]));
        }

        let email = run(EMAIL, &value);
        if email != "***" {
            let (local, domain) = value.split_once('@').unwrap();
            let (first, shown) = email.split_once("***@").unwrap();
            prop_assert_eq!(shown, domain);
            prop_assert!(local.starts_with(first) && first.chars().count() <= 2);
            prop_assert!(local.graphemes(true).count() >= 3);
        }
    }

    /// What stands between the shown parts does not show, not even how long it is.
    #[test]
    fn hidden_part_is_not_recoverable(a in "[a-z0-9]{8,40}", b in "[a-z0-9]{8,40}", end in "[a-zA-Z0-9ä ]{3}[a-zä]") {
        prop_assert_eq!(run(LAST4, &format!("{a}{end}")), run(LAST4, &format!("{b}{end}")));
        prop_assert_eq!(run(EMAIL, &format!("x{a}@e.org")), run(EMAIL, &format!("x{b}@e.org")));
        prop_assert_eq!(run(TOKEN, &a).len(), run(TOKEN, &b).len());
        prop_assert_eq!(run(TOKEN, &a) == run(TOKEN, &b), a == b);
    }

    #[test]
    fn a_mask_at_a_path_hides_it(secret in "[a-z]{12}", before in "[a-z$]{0,2}", inner in "[a-z$]{0,2}") {
        let value = json!({before.clone(): [{inner.clone(): secret.clone()}, {"other": 1}]});
        let pointer: &'static str = String::leak(format!("/{before}/*/{inner}"));
        let mut out = String::new();
        apply_at("f", &[(pointer, REDACT)], ValueRef::Value(&value), &config(), &mut out).unwrap();
        prop_assert!(!out.contains(&secret));
        prop_assert!(out.contains("other"));
    }

    /// Nothing shows of a text in which paths are to be masked, be it JSON, nearly so, or none.
    #[test]
    fn a_text_is_hidden_under_paths(
        secret in any::<String>(),
        shape in 0..8,
        cut in any::<prop::sample::Index>(),
        path in prop::sample::select(vec!["/code", "/*", "/0", "/", "/a/b"]),
    ) {
        let json = json!({"code": secret.clone(), "0": [1]}).to_string();
        let ends: Vec<usize> = json.char_indices().map(|(at, _)| at).collect();
        let text = match shape {
            0 => json,
            1 => json[..*cut.get(&ends)].to_owned(),
            2 => format!("{json} and more"),
            3 => format!("\u{feff}{json}"),
            4 => json!(json).to_string(),
            5 => format!("[{json},"),
            6 => format!(")]}}',\n{json}"),
            _ => secret,
        };
        let plain: &dyn ErasedValue = &text;
        for value in [plain, &Some(&text), &Some(Some(&text)), &json!(text), &text.as_str()] {
            for masks in [vec![(path, LAST4)], vec![("/x", TOKEN), (path, EMAIL)]] {
                let mut out = String::new();
                apply_at("f", &masks, ValueRef::Value(value), &config(), &mut out).unwrap();
                prop_assert_eq!(out, "\"***\"");
            }
        }
    }

    /// Where no path leads, the value is stored as it would be without masks.
    #[test]
    fn a_missing_path_changes_nothing(key in "[b-z$\\x00]{0,3}", text in any::<String>(), n in any::<f64>()) {
        let value = json!({key: [text, n, null]});
        let mut out = String::new();
        apply_at("f", &[("/a/b", REDACT)], ValueRef::Value(&value), &config(), &mut out).unwrap();
        prop_assert_eq!(out, to_json(&value));
    }
}
