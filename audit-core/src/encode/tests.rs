//! The encoding by example; `properties` has its laws.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::ser::{SerializeMap as _, SerializeStruct as _, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::text::TOO_DEEP;
use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Choice {
    Unit,
    #[serde(rename = "$odd")]
    Odd,
    New(Option<u8>),
    #[serde(rename = "$i")]
    Tuple(String, u128),
    #[serde(rename = "$j")]
    Fields {
        a: Vec<u8>,
    },
}

#[test]
fn four_kinds_of_nothing_differ() {
    let values = [
        to_json(&None::<serde_json::Value>),
        to_json(&Some(json!(null))),
        to_json(&Some(json!(""))),
        to_json(&Some(json!([]))),
    ];
    assert_eq!(values, ["null", r#"{"$some":null}"#, r#""""#, "[]"]);
    assert_eq!(to_json(&Some(None::<i32>)), r#"{"$some":null}"#);
    assert_eq!(
        to_json(&Some(Some(None::<i32>))),
        r#"{"$some":{"$some":null}}"#
    );
    assert_eq!(
        to_json(&Some(json!({"$some": null}))),
        r#"{"$j":{"$some":null}}"#
    );
}

#[test]
fn numbers_are_written_short() {
    assert_eq!(to_json(&0.1_f32), "0.1");
    assert_eq!(
        to_json(&(1.0, -0.0, 1e16, 5e-324)),
        "[1.0,-0.0,10000000000000000.0,5e-324]"
    );
    assert_eq!(
        to_json(&(f32::NEG_INFINITY, f64::NAN)),
        r#"[{"$f":"-inf"},{"$f":"NaN"}]"#
    );
    assert_eq!(
        to_json(&(u64::MAX as u128, i64::MIN as i128)),
        "[18446744073709551615,-9223372036854775808]"
    );
    assert_eq!(
        to_json(&(i64::MIN as i128 - 1)),
        r#"{"$i":"-9223372036854775809"}"#
    );
}

#[test]
fn bytes_are_told_from_lists() {
    assert_eq!(to_json(&vec![255_u8]), r#"{"$b":"/w=="}"#);
    assert_eq!(to_json(&Vec::<u8>::new()), "[]");
    assert_eq!(to_json(&[1_u8, 2]), "[1,2]");
    assert_eq!(to_json(&vec![1_u16, 2]), "[1,2]");
    assert_eq!(to_json(&vec![Some(1_u8), None]), "[1,null]");
    assert_eq!(to_json(&vec![Some(1_u8)]), "[1]");
    assert_eq!(to_json(&vec![vec![1_u8], vec![]]), r#"[{"$b":"AQ=="},[]]"#);
    assert_eq!(to_json(&json!([1, 2])), "[1,2]");

    /// Bytes at first, and then not.
    struct Mixed;
    impl Serialize for Mixed {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq as _;
            let mut seq = s.serialize_seq(None)?;
            seq.serialize_element(&1_u8)?;
            seq.serialize_element(&2_u8)?;
            seq.serialize_element(&json!({"$a": 0}))?;
            seq.serialize_element(&3_u8)?;
            seq.end()
        }
    }
    assert_eq!(to_json(&Mixed), r#"[1,2,{"$j":{"$a":0}},3]"#);
}

#[test]
fn objects_that_look_like_tags_are_wrapped() {
    assert_eq!(to_json(&json!({"$b": 1})), r#"{"$j":{"$b":1}}"#);
    assert_eq!(
        to_json(&json!({"!": 1, "$b": 2})),
        r#"{"$j":{"!":1,"$b":2}}"#
    );
    assert_eq!(to_json(&json!({"a\0\\": 1})), r#"{"$j":{"$s:a\\0\\\\":1}}"#);
    assert_eq!(to_json(&json!({"b$": "$b"})), r#"{"b$":"$b"}"#);
}

#[test]
fn only_what_a_type_formats_is_taken_for_a_time() {
    let text = "2026-01-02T03:04:05+01:00";
    assert_eq!(to_json(text), format!("\"{text}\""));
    let mut out = String::new();
    ValueRef::Display(&text).encode(&mut out);
    assert_eq!(out, format!("\"{text}\""));
    assert_eq!(
        to_json(&format_args!("{text}")),
        r#""2026-01-02T02:04:05.000000Z""#
    );
    assert_eq!(
        to_json(&format_args!("at {text}")),
        format!("\"at {text}\"")
    );
    let late = "9999-12-31T23:59:59.1-01:00";
    assert_eq!(to_json(&format_args!("{late}")), format!("\"{late}\""));
    // Times and dates alone are what they are, and so are years that RFC 3339 has not.
    assert_eq!(
        to_json(&NaiveDate::from_ymd_opt(2026, 1, 2).unwrap()),
        r#""2026-01-02""#
    );
    assert_eq!(
        to_json(&NaiveTime::from_hms_opt(1, 2, 3).unwrap()),
        r#""01:02:03""#
    );
    assert_eq!(
        to_json(&DateTime::<Utc>::MAX_UTC),
        r#""+262142-12-31T23:59:59.999999999Z""#
    );
    let leap = DateTime::parse_from_rfc3339("2016-12-31T23:59:60.5Z").unwrap();
    assert_eq!(to_json(&leap), r#""2016-12-31T23:59:60.500000Z""#);
}

#[test]
fn decimals_and_uuids_are_text() {
    let decimal: BigDecimal = "12345678901234567890.10".parse().unwrap();
    assert_eq!(to_json(&decimal), r#""12345678901234567890.10""#);
    assert_eq!(
        decode_as::<BigDecimal>(&to_json(&decimal)).unwrap(),
        decimal
    );
    assert_eq!(
        to_json(&uuid::Uuid::nil()),
        r#""00000000-0000-0000-0000-000000000000""#
    );
}

#[test]
fn enums_and_keys_are_as_in_serde_json() {
    assert_eq!(to_json(&Choice::New(Some(1))), r#"{"New":1}"#);
    assert_eq!(to_json(&Choice::Odd), r#""$odd""#);
    assert_eq!(
        to_json(&Choice::Tuple("a".into(), 1)),
        r#"{"$j":{"$i":["a",1]}}"#
    );
    assert_eq!(
        to_json(&Choice::Fields { a: vec![] }),
        r#"{"$j":{"$j":{"a":[]}}}"#
    );
    assert_eq!(to_json(&BTreeMap::from([(1, true)])), r#"{"1":true}"#);
    assert_eq!(
        to_json(&BTreeMap::from([((1, "a"), 0)])),
        r#"{"[1,\"a\"]":0}"#
    );
    assert_eq!(
        decode_as::<BTreeMap<(u8, String), u8>>(r#"{"[1,\"a\"]":0}"#).unwrap(),
        BTreeMap::from([((1, "a".into()), 0)])
    );
}

/// Fails to serialize, deep inside, with a secret in its message.
struct Failing;

impl Serialize for Failing {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("written", &1)?;
        Err(serde::ser::Error::custom("hunter2"))
    }
}

struct FailingDisplay;

impl fmt::Display for FailingDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hunter2").and(Err(fmt::Error))
    }
}

#[test]
fn a_value_that_fails_is_an_error_tag() {
    let mut out = String::from("x");
    encode(&[Failing], &mut out);
    assert_eq!(out, r#"x{"$error":"not serializable"}"#);
    assert_eq!(
        decode(&out[1..]).unwrap(),
        Decoded::Error("not serializable".into())
    );
    out.clear();
    ValueRef::Display(&FailingDisplay).encode(&mut out);
    assert!(ValueRef::Display(&FailingDisplay).text(&mut out));
    assert!(ValueRef::Value(&format_args!("{FailingDisplay}")).text(&mut out));
    assert_eq!(out, NOT_SERIALIZABLE.repeat(3));
}

#[test]
fn depth_is_bounded_and_what_is_below_reads_back() {
    let nest =
        |depth: usize| (1..depth).fold(json!({"$b": 0}), |inner, _| json!({"$b": inner, "a": [1]}));
    let stored = to_json(&nest(255));
    let back: serde_json::Value = decode_as(&stored).unwrap();
    assert!(back == nest(255));
    assert_eq!(to_json(&nest(257)), TOO_DEEP);
    assert_eq!(decode(&"[".repeat(100_000)), Err(DecodeError::TooDeep));

    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            s.serialize_newtype_struct("Endless", &Some(Endless))
        }
    }
    assert_eq!(to_json(&Endless), TOO_DEEP);
}

/// As `serde_json` writes numbers and raw JSON in some builds.
struct Private(&'static str, &'static str);

impl Serialize for Private {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut s = s.serialize_struct(self.0, 1)?;
        s.serialize_field(self.0, self.1)?;
        s.end()
    }
}

#[test]
fn private_languages_of_serde_json_are_understood() {
    let number = |text| to_json(&Private("$serde_json::private::Number", text));
    assert_eq!(number("1.10"), "1.1");
    assert_eq!(number("0.50"), "0.5");
    assert_eq!(number("5e-1"), "0.5");
    assert_eq!(number("12E+2"), "1200.0");
    assert_eq!(number("-0.00"), "-0.0");
    assert_eq!(number("10000000000000000000000"), "1e22");
    assert_eq!(number("0.12345678901234567890"), "0.12345678901234567890");
    assert_eq!(number("01"), NOT_SERIALIZABLE);
    assert_eq!(number("18446744073709551615"), "18446744073709551615");
    assert_eq!(
        number("18446744073709551616"),
        r#"{"$i":"18446744073709551616"}"#
    );
    assert_eq!(number("1e400"), r#"{"$f":"1e400"}"#);
    assert_eq!(
        decode(r#"{"$f":"1e400"}"#).unwrap(),
        Decoded::Number("1e400".into())
    );
    assert_eq!(number("1,\"x\":2"), NOT_SERIALIZABLE);
    let raw = |text| to_json(&Private("$serde_json::private::RawValue", text));
    assert_eq!(
        raw(" {\"$b\" : \"\\u0000\"} "),
        r#"{"$j":{"$b":{"$s":"\\0"}}}"#
    );
    assert_eq!(raw("{"), NOT_SERIALIZABLE);
}

#[test]
fn text_is_false_for_null_alone() {
    let text = |value: &dyn ErasedValue| {
        let mut out = String::from("x");
        let some = ValueRef::Value(value).text(&mut out);
        (some, out)
    };
    #[derive(Serialize)]
    struct New(Option<&'static str>);
    assert_eq!(text(&None::<i32>), (false, "x".into()));
    assert_eq!(text(&New(None)), (false, "x".into()));
    assert_eq!(text(&json!(null)), (false, "x".into()));
    assert_eq!(text(&New(Some("null"))), (true, "xnull".into()));
    assert_eq!(text(&Some("{\"$some\":")), (true, "x{\"$some\":".into()));
    assert_eq!(text(&Some(None::<i32>)), (true, "x{\"$some\":null}".into()));
    assert_eq!(text(&'c'), (true, "xc".into()));
    assert_eq!(text(&1.5), (true, "x1.5".into()));
    assert_eq!(text(&("a", 1)), (true, "x[\"a\",1]".into()));
}

#[test]
fn malformed_tags_are_errors_without_values() {
    for (text, tag) in [
        (r#"{"$i":"hunter2"}"#, "$i"),
        (r#"{"$i":5}"#, "$i"),
        (r#"{"$b":"hunter2"}"#, "$b"),
        (r#"{"$f":"hunter2"}"#, "$f"),
        (r#"{"$s":["hunter2"]}"#, "$s"),
        (r#"{"$j":"hunter2"}"#, "$j"),
        (r#"{"$truncated":{"bytes":"hunter2"}}"#, "$truncated"),
    ] {
        assert_eq!(decode(text), Err(DecodeError::Tag(tag)));
    }
    let error = decode_as::<Vec<u8>>("\"hunter2\"").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    assert_eq!(
        decode("{\"a\":hunter2}"),
        Err(DecodeError::Syntax { line: 1, column: 6 })
    );
    // Not ours, so not a tag; nor is an object with two keys.
    assert!(matches!(
        decode(r#"{"$b":"AA==","a":1}"#),
        Ok(Decoded::Object(_))
    ));
    assert!(matches!(decode(r#"{"$ref":"a"}"#), Ok(Decoded::Object(_))));
}

/// Run with `--features serde_json/arbitrary_precision` too: any crate of a build can switch it on.
#[test]
fn digits_beyond_a_double_are_kept_where_serde_json_keeps_them() {
    let text = "0.12345678901234567890";
    let number: serde_json::Number = serde_json::from_str(text).unwrap();
    if number.to_string() == text {
        assert_eq!(decode(text).unwrap(), Decoded::Number(text.into()));
        assert_eq!(to_json(&number), text);
        let wide = "123456789012345678901234567890123456789012345";
        let value: serde_json::Value = serde_json::from_str(wide).unwrap();
        assert_eq!(to_json(&value), format!("{{\"$i\":\"{wide}\"}}"));
        assert_eq!(
            decode(&to_json(&value)).unwrap(),
            Decoded::Number(wide.into())
        );
        assert_eq!(
            decode_as::<serde_json::Value>(&to_json(&value)).unwrap(),
            value
        );
    } else {
        assert_eq!(
            decode(text).unwrap(),
            Decoded::Float(0.123_456_789_012_345_68)
        );
    }
}

#[test]
fn a_float_is_no_integer_where_exponents_are_written_out() {
    for (value, text) in [
        (1e16, "10000000000000000.0"),
        (1.234_567_890_123_456_7e18, "1234567890123456800.0"),
        (-1.844_674_407_370_955e19, "-18446744073709550000.0"),
        (18_446_744_073_709_551_616.0, "1.8446744073709552e19"),
    ] {
        assert_eq!(to_json(&value), text);
        assert_eq!(to_json(&json!([value])), format!("[{text}]"));
        assert_eq!(decode(text).unwrap(), Decoded::Float(value));
        assert_eq!(decode_as::<serde_json::Value>(text).unwrap(), json!(value));
    }
    assert_eq!(to_json(&1e17_f32), "100000000000000000.0");
    assert_eq!(decode_as::<f32>("100000000000000000.0").unwrap(), 1e17);
    // As `jsonb` has it: no type takes it for an integer.
    let large = decode_as::<serde_json::Value>("18446744073709552000").unwrap();
    assert!(large.is_f64(), "{large}");
}

#[test]
fn numbers_that_jsonb_writes_out_are_still_doubles() {
    assert_eq!(
        decode("10000000000000000000000").unwrap(),
        Decoded::Float(1e22)
    );
    assert_eq!(decode_as::<f64>("10000000000000000").unwrap(), 1e16);
    assert_eq!(decode_as::<f64>("0.0000001").unwrap(), 1e-7);
    // Two shortest forms of one double: what formats it may take either.
    for text in ["2005639228711152.2", "2005639228711152.3"] {
        assert_eq!(
            decode_as::<f64>(text).unwrap(),
            8_022_556_914_844_609.0 / 4.0
        );
    }
}

#[test]
fn truncation_keeps_length_and_hash() {
    let text = to_json(&"abc".repeat(10));
    assert_eq!(truncate(text.clone(), 32), text);
    // `printf '"abc…abc"' | sha256sum`
    let stored = truncate("\"abc\"".into(), 4);
    assert_eq!(
        stored,
        r#"{"$truncated":{"bytes":5,"sha256":"6cc43f858fbb763301637b5af970e2a46b46f461f27e5a0f41e009c59b827b25"}}"#
    );
    assert!(matches!(
        decode(&stored).unwrap(),
        Decoded::Truncated { bytes: 5, .. }
    ));
    let mut again = String::new();
    decode(&stored).unwrap().encode(&mut again);
    assert_eq!(again, stored);
    assert_eq!(decode_as::<String>(&stored), Err(DecodeError::Type));
}

#[test]
fn debug_of_a_value_shows_nothing() {
    assert_eq!(
        format!("{:?}", ValueRef::Value(&"hunter2")),
        "ValueRef::Value(..)"
    );
    assert_eq!(
        format!("{:?}", ValueRef::Display(&"hunter2")),
        "ValueRef::Display(..)"
    );
}

#[test]
fn decoded_serializes_as_plain_json() {
    let plain = |stored: &str| serde_json::to_string(&decode(stored).unwrap()).unwrap();
    assert_eq!(plain(r#"{"$j":{"$b":{"$b":"AQI="}}}"#), r#"{"$b":[1,2]}"#);
    assert_eq!(
        plain(r#"[{"$f":"NaN"},{"$i":"18446744073709551616"},{"$some":null}]"#),
        "[null,18446744073709551616,null]"
    );
}
