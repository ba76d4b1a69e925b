//! What [`super::encode`] wrote, read back.

use core::fmt;
use std::collections::BTreeMap;

use base64::Engine as _;
use serde::de::Deserialize as _;
use serde::ser::{Serialize, Serializer};
use serde_json::{Number, Value};

use super::text::{
    NOT_SERIALIZABLE, TOO_DEEP, arbitrary_precision, as_double, is_integer, is_number, push_bytes,
    push_float, push_key, push_literal, push_number, push_string, push_tag, read_key, unescape_nul,
};

/// Depth of nesting in stored text that is read: what 256 levels of a value can become with a tag
/// around each.
const MAX_DEPTH: usize = 1024;

/// A stored value with its tags resolved.
///
/// Serializes into plain JSON for people and programs that do not know the tags: `NaN` as null,
/// bytes as numbers, NUL as itself. [`Decoded::encode`] writes the stored form again.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Decoded {
    /// JSON null: `None`, or a unit.
    Null,
    /// `Some` of something that is null in JSON.
    Some(Box<Decoded>),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// An integer above `i128::MAX`.
    UInt(u128),
    /// A float, possibly NaN or infinite.
    Float(f64),
    /// The JSON text of a number that neither of the above can hold.
    Number(String),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Decoded>),
    /// An object, its keys without escapes.
    Object(BTreeMap<String, Decoded>),
    /// A value that was too long to store ([`super::truncate`]).
    Truncated {
        /// Length of the whole JSON text in bytes.
        bytes: u64,
        /// Its SHA-256 in lowercase hex.
        sha256: String,
    },
    /// A value that could not be encoded; says why.
    Error(String),
}

/// Why stored text was not read. Never quotes the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text is no JSON.
    Syntax {
        /// Line of the mistake, from 1.
        line: usize,
        /// Column of the mistake in bytes, from 1 (0: before the line's first byte).
        column: usize,
    },
    /// The text is nested more than 1024 levels deep.
    TooDeep,
    /// The named tag does not hold what it must.
    Tag(&'static str),
    /// The value is not one of the type that was asked for.
    Type,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, column } => {
                write!(f, "stored value is not JSON (line {line}, column {column})")
            }
            Self::TooDeep => write!(
                f,
                "stored value is nested more than {MAX_DEPTH} levels deep"
            ),
            Self::Tag(tag) => write!(f, "stored value has a malformed `{tag}` tag"),
            Self::Type => f.write_str("stored value does not have the type that was asked for"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// Reads what [`super::encode`] wrote.
///
/// # Errors
/// Text that is no JSON or nested too deeply, and a known tag with the wrong content. A one-key
/// object with an unknown `$` key is an object.
///
/// ```
/// use audit_core::encode::{decode, Decoded};
///
/// assert_eq!(decode(r#"{"$i":"-170141183460469231731687303715884105728"}"#)?, Decoded::Int(i128::MIN));
/// # Ok::<(), audit_core::encode::DecodeError>(())
/// ```
pub fn decode(text: &str) -> Result<Decoded, DecodeError> {
    if depth(text) > MAX_DEPTH {
        return Err(DecodeError::TooDeep);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    // Tags nest deeper than the 128 levels that serde_json allows; the depth is checked above.
    reader.disable_recursion_limit();
    let value = Value::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match value {
        Ok(value) => resolve(value),
        Err(e) => Err(DecodeError::Syntax {
            line: e.line(),
            column: e.column(),
        }),
    }
}

/// Depth of brackets outside of strings.
fn depth(text: &str) -> usize {
    let (mut depth, mut max) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                max = max.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    max
}

/// Every tag, as one-key objects know them.
const TAGS: [&str; 8] = [
    "$i",
    "$f",
    "$b",
    "$s",
    "$j",
    "$some",
    "$truncated",
    "$error",
];

fn resolve(value: Value) -> Result<Decoded, DecodeError> {
    Ok(match value {
        Value::Null => Decoded::Null,
        Value::Bool(v) => Decoded::Bool(v),
        Value::Number(v) => number(&v),
        Value::String(v) => Decoded::Text(v),
        Value::Array(v) => Decoded::List(v.into_iter().map(resolve).collect::<Result<_, _>>()?),
        Value::Object(mut map) => {
            let only_key = if map.len() == 1 {
                map.keys().next()
            } else {
                None
            };
            let tag = only_key.and_then(|key| TAGS.into_iter().find(|tag| tag == key));
            match tag {
                Some(tag) => resolve_tag(tag, map.remove(tag).unwrap_or_default())?,
                None => resolve_object(map, |key| key)?,
            }
        }
    })
}

fn resolve_object(
    map: serde_json::Map<String, Value>,
    key: fn(String) -> String,
) -> Result<Decoded, DecodeError> {
    let fields = map
        .into_iter()
        .map(|(name, value)| Ok((key(name), resolve(value)?)));
    Ok(Decoded::Object(fields.collect::<Result<_, DecodeError>>()?))
}

fn resolve_tag(tag: &'static str, inner: Value) -> Result<Decoded, DecodeError> {
    let bad = || DecodeError::Tag(tag);
    match (tag, inner) {
        ("$some", inner) => Ok(Decoded::Some(Box::new(resolve(inner)?))),
        ("$j", Value::Object(map)) => resolve_object(map, read_key),
        ("$s", Value::String(text)) => Ok(Decoded::Text(unescape_nul(&text))),
        ("$error", Value::String(text)) => Ok(Decoded::Error(text)),
        ("$b", Value::String(text)) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text);
            bytes.map(Decoded::Bytes).map_err(|_| bad())
        }
        ("$i", Value::String(text)) => integer(&text).ok_or_else(bad),
        ("$f", Value::String(text)) => match text.as_str() {
            "NaN" => Ok(Decoded::Float(f64::NAN)),
            "inf" => Ok(Decoded::Float(f64::INFINITY)),
            "-inf" => Ok(Decoded::Float(f64::NEG_INFINITY)),
            _ if is_number(&text) => Ok(Decoded::Number(text)),
            _ => Err(bad()),
        },
        ("$truncated", Value::Object(map)) => {
            let bytes = map.get("bytes").and_then(Value::as_u64).ok_or_else(bad)?;
            let sha256 = map.get("sha256").and_then(Value::as_str).ok_or_else(bad)?;
            Ok(Decoded::Truncated {
                bytes,
                sha256: sha256.into(),
            })
        }
        _ => Err(bad()),
    }
}

fn integer(text: &str) -> Option<Decoded> {
    if !is_integer(text) {
        return None;
    }
    Some(match (text.parse::<i128>(), text.parse::<u128>()) {
        (Ok(v), _) => Decoded::Int(v),
        (_, Ok(v)) => Decoded::UInt(v),
        _ => Decoded::Number(text.into()),
    })
}

/// A number as `serde_json` has read it.
fn number(number: &Number) -> Decoded {
    if let Some(v) = number.as_i64() {
        return Decoded::Int(v.into());
    }
    if let Some(v) = number.as_u64() {
        return Decoded::Int(v.into());
    }
    if !arbitrary_precision() {
        return number.as_f64().map_or(Decoded::Null, Decoded::Float);
    }
    let text = number.to_string();
    match as_double(&text) {
        Some(v) => Decoded::Float(v),
        None => integer(&text).unwrap_or(Decoded::Number(text)),
    }
}

impl Decoded {
    /// Appends the value in its stored form: what [`decode`] reads as an equal value.
    pub fn encode(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Some(inner) => {
                out.push_str("{\"$some\":");
                inner.encode(out);
                out.push('}');
            }
            Self::Bool(v) => super::encode(v, out),
            Self::Int(v) => super::encode(v, out),
            Self::UInt(v) => super::encode(v, out),
            Self::Float(v) => push_float(out, *v),
            Self::Number(text) => push_number(out, text),
            Self::Text(text) => push_string(out, text),
            Self::Bytes(bytes) => push_bytes(out, bytes),
            Self::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    item.encode(out);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                let start = out.len();
                let mut wrap = false;
                out.push('{');
                for (i, (key, value)) in fields.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    wrap |= push_key(out, key);
                    out.push(':');
                    value.encode(out);
                }
                out.push('}');
                if wrap {
                    out.insert_str(start, "{\"$j\":");
                    out.push('}');
                }
            }
            Self::Truncated { bytes, sha256 } => {
                out.push_str("{\"$truncated\":{\"bytes\":");
                super::encode(bytes, out);
                out.push_str(",\"sha256\":");
                push_literal(out, sha256);
                out.push_str("}}");
            }
            Self::Error(text) => match text.as_str() {
                "not serializable" => out.push_str(NOT_SERIALIZABLE),
                "nested too deeply" => out.push_str(TOO_DEEP),
                text => push_tag(out, "$error", text),
            },
        }
    }
}

/// Plain JSON, see [`Decoded`]. A truncated value and one that could not be encoded keep their tag.
impl Serialize for Decoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Some(inner) => inner.serialize(serializer),
            Self::Bool(v) => serializer.serialize_bool(*v),
            // A reader that knows no integers beyond 64 bits still gets one.
            Self::Int(v) => match (i64::try_from(*v), u64::try_from(*v)) {
                (Ok(v), _) => serializer.serialize_i64(v),
                (_, Ok(v)) => serializer.serialize_u64(v),
                _ => serializer.serialize_i128(*v),
            },
            Self::UInt(v) => serializer.serialize_u128(*v),
            Self::Float(v) => serializer.serialize_f64(*v),
            Self::Number(text) | Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.collect_seq(bytes),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(fields) => serializer.collect_map(fields),
            Self::Truncated { bytes, sha256 } => {
                #[derive(serde::Serialize)]
                struct Truncated<'a> {
                    bytes: u64,
                    sha256: &'a str,
                }
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(
                    "$truncated",
                    &Truncated {
                        bytes: *bytes,
                        sha256,
                    },
                )?;
                map.end()
            }
            Self::Error(text) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("$error", text)?;
                map.end()
            }
        }
    }
}
