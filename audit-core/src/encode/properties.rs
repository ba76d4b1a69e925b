//! What is encoded reads back as what it was, whatever it is.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::tests::Choice;
use super::*;

/// A value of every shape that serde knows.
#[derive(Debug, Clone)]
enum Tree {
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F32(f32),
    F64(f64),
    Text(String),
    Bytes(Vec<u8>),
    U8s(Vec<u8>),
    Some(Box<Tree>),
    List(Vec<Tree>),
    Map(BTreeMap<String, Tree>),
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => s.serialize_none(),
            Self::Bool(v) => s.serialize_bool(*v),
            Self::I64(v) => s.serialize_i64(*v),
            Self::U64(v) => s.serialize_u64(*v),
            Self::I128(v) => s.serialize_i128(*v),
            Self::U128(v) => s.serialize_u128(*v),
            Self::F32(v) => s.serialize_f32(*v),
            Self::F64(v) => s.serialize_f64(*v),
            Self::Text(v) => s.serialize_str(v),
            Self::Bytes(v) => s.serialize_bytes(v),
            Self::U8s(v) => v.serialize(s),
            Self::Some(v) => s.serialize_some(v),
            Self::List(v) => v.serialize(s),
            Self::Map(v) => v.serialize(s),
        }
    }
}

impl Tree {
    /// What must be read back.
    fn decoded(&self) -> Decoded {
        match self {
            Self::Null => Decoded::Null,
            Self::Bool(v) => Decoded::Bool(*v),
            Self::I64(v) => Decoded::Int((*v).into()),
            Self::U64(v) => Decoded::Int((*v).into()),
            Self::I128(v) => Decoded::Int(*v),
            Self::U128(v) => i128::try_from(*v).map_or(Decoded::UInt(*v), Decoded::Int),
            Self::F32(v) if v.is_finite() => Decoded::Float(v.to_string().parse().unwrap()),
            Self::F32(v) => Decoded::Float((*v).into()),
            Self::F64(v) => Decoded::Float(*v),
            Self::Text(v) => Decoded::Text(v.clone()),
            Self::U8s(v) if v.is_empty() => Decoded::List(vec![]),
            Self::Bytes(v) | Self::U8s(v) => Decoded::Bytes(v.clone()),
            Self::Some(v) => match v.decoded() {
                inner @ (Decoded::Null | Decoded::Some(_)) => Decoded::Some(Box::new(inner)),
                inner => inner,
            },
            Self::List(v) => Decoded::List(v.iter().map(Self::decoded).collect()),
            Self::Map(v) => {
                Decoded::Object(v.iter().map(|(k, v)| (k.clone(), v.decoded())).collect())
            }
        }
    }
}

/// Text of the characters that the encoding treats specially, and of any others.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[\\x00\\\\0$sj:\"a\n]{0,6}", "\\PC{0,4}", any::<String>()]
}

/// Keys that look like tags.
fn key() -> impl Strategy<Value = String> {
    let tags = vec![
        "$i",
        "$f",
        "$b",
        "$s",
        "$j",
        "$some",
        "$truncated",
        "$error",
        "$",
        "$s:",
        "$s:a\0",
    ];
    prop_oneof![
        text(),
        proptest::sample::select(tags).prop_map(String::from)
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::I64),
        any::<u64>().prop_map(Tree::U64),
        any::<i128>().prop_map(Tree::I128),
        any::<u128>().prop_map(Tree::U128),
        any::<u32>().prop_map(|bits| Tree::F32(f32::from_bits(bits))),
        any::<u64>().prop_map(|bits| Tree::F64(f64::from_bits(bits))),
        prop_oneof![
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(-0.0),
            Just(1e16),
            Just(1e300)
        ]
        .prop_map(Tree::F64),
        text().prop_map(Tree::Text),
        vec(any::<u8>(), 0..5).prop_map(Tree::Bytes),
        vec(any::<u8>(), 0..5).prop_map(Tree::U8s),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|v| Tree::Some(Box::new(v))),
            vec(inner.clone(), 0..4).prop_map(Tree::List),
            btree_map(key(), inner, 0..3).prop_map(Tree::Map),
        ]
    })
}

/// Equality where NaN is NaN and `-0.0` is not `0.0`.
fn assert_same(a: &Decoded, b: &Decoded) {
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn reads_back_what_it_wrote(tree in tree()) {
        let stored = to_json(&tree);
        assert_same(&decode(&stored).unwrap(), &tree.decoded());
    }

    #[test]
    fn is_json_that_every_backend_takes(tree in tree()) {
        let stored = to_json(&tree);
        prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&stored).is_ok());
        prop_assert!(!stored.contains('\0') && !stored.replace("\\\\", "").contains("\\u0000"));
    }

    /// PostgreSQL's `jsonb` sorts keys by length, then by bytes.
    #[test]
    fn does_not_depend_on_the_order_of_keys(tree in tree()) {
        fn reorder(value: &serde_json::Value, out: &mut String) {
            match value {
                serde_json::Value::Object(map) => {
                    let mut keys: Vec<_> = map.keys().collect();
                    keys.sort_by_key(|key| (core::cmp::Reverse(key.len()), *key));
                    out.push('{');
                    for (i, key) in keys.into_iter().enumerate() {
                        out.push_str(if i > 0 { "," } else { "" });
                        out.push_str(&serde_json::to_string(key).unwrap());
                        out.push(':');
                        reorder(&map[key], out);
                    }
                    out.push('}');
                }
                serde_json::Value::Array(items) => {
                    out.push('[');
                    for (i, item) in items.iter().enumerate() {
                        out.push_str(if i > 0 { "," } else { "" });
                        reorder(item, out);
                    }
                    out.push(']');
                }
                other => out.push_str(&other.to_string()),
            }
        }
        let mut reordered = String::new();
        reorder(&serde_json::from_str(&to_json(&tree)).unwrap(), &mut reordered);
        assert_same(&decode(&reordered).unwrap(), &tree.decoded());
    }

    #[test]
    fn decoded_encodes_as_it_was_stored(tree in tree()) {
        let decoded = tree.decoded();
        let mut stored = String::new();
        decoded.encode(&mut stored);
        assert_same(&decode(&stored).unwrap(), &decoded);
    }

    #[test]
    fn decode_never_panics(text in prop_oneof![any::<String>(), "[\\[\\]{}\"$ijbs:,0-9.e+-]{0,24}"]) {
        if let Ok(value) = decode(&text) {
            let mut again = String::new();
            value.encode(&mut again);
            assert_same(&decode(&again).unwrap(), &value);
        }
    }

    #[test]
    fn text_of_a_string_is_the_string(value in text()) {
        let mut out = String::new();
        prop_assert!(ValueRef::Value(&Some(&value)).text(&mut out));
        prop_assert_eq!(&out, &value);
        out.clear();
        prop_assert!(ValueRef::Display(&value).text(&mut out));
        prop_assert_eq!(&out, &value);
    }

    #[test]
    fn untagged_escapes_are_reversible(a in "[\\x00\\\\0a]{0,6}", b in "[\\x00\\\\0a]{0,6}") {
        let (x, y) = (text::escape_untagged(&a), text::escape_untagged(&b));
        prop_assert!(!x.contains('\0'));
        prop_assert_eq!(text::unescape_untagged(&x), a.as_str());
        prop_assert_eq!(x == y, a == b);
    }

    #[test]
    fn typed_values_read_back(value in typed()) {
        prop_assert_eq!(decode_as::<Typed>(&to_json(&value)).unwrap(), value);
    }

    #[test]
    fn f32_reads_back_to_the_bit(bits in any::<u32>()) {
        let value = f32::from_bits(bits);
        let back: f32 = decode_as(&to_json(&value)).unwrap();
        prop_assert!(back.to_bits() == bits || value.is_nan() && back.is_nan());
    }

    #[test]
    fn times_are_utc_with_six_digits(
        secs in -62_135_596_800_i64..253_402_300_800, nanos in 0_u32..1_000_000_000, zone in -1400..1400
    ) {
        let utc = DateTime::from_timestamp(secs, nanos).unwrap();
        let local = utc.with_timezone(&FixedOffset::east_opt(zone * 60).unwrap());
        let stored = to_json(&utc);
        prop_assert_eq!(stored.len(), "\"2026-01-02T03:04:05.000006Z\"".len());
        let back: DateTime<Utc> = decode_as(&stored).unwrap();
        prop_assert_eq!(back.timestamp_micros(), utc.timestamp_micros());
        if (0..=9999).contains(&chrono::Datelike::year(&local)) {
            prop_assert_eq!(to_json(&local), stored.clone());
        }
        prop_assert_eq!(to_json(&utc.naive_utc()), stored.replace('Z', ""));
        let naive: NaiveDateTime = decode_as(&to_json(&utc.naive_utc())).unwrap();
        prop_assert_eq!(naive, back.naive_utc());
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Typed {
    #[serde(rename = "$b")]
    choice: Choice,
    nested: Option<Option<serde_json::Value>>,
    numbers: HashMap<i64, (u8, u8)>,
    choices: BTreeMap<String, Vec<Option<Choice>>>,
    pairs: Vec<([u8; 2], char, ())>,
    flags: BTreeMap<bool, u128>,
}

fn typed() -> impl Strategy<Value = Typed> {
    let choice = || {
        prop_oneof![
            Just(Choice::Unit),
            Just(Choice::Odd),
            any::<Option<u8>>().prop_map(Choice::New),
            (text(), any::<u128>()).prop_map(|(a, b)| Choice::Tuple(a, b)),
            vec(any::<u8>(), 0..3).prop_map(|a| Choice::Fields { a }),
        ]
    };
    let json = prop_oneof![
        Just(json!(null)),
        (key(), text(), any::<i64>()).prop_map(|(k, t, i)| json!({k: [t, i, null, {"$b": "x"}]})),
    ];
    (
        choice(),
        proptest::option::of(proptest::option::of(json)),
        proptest::collection::hash_map(any::<i64>(), any::<(u8, u8)>(), 0..3),
        btree_map(key(), vec(proptest::option::of(choice()), 0..3), 0..3),
        vec(any::<([u8; 2], char, ())>(), 0..2),
        btree_map(any::<bool>(), any::<u128>(), 0..2),
    )
        .prop_map(|(choice, nested, numbers, choices, pairs, flags)| Typed {
            choice,
            nested,
            numbers,
            choices,
            pairs,
            flags,
        })
}
