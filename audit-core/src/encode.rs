//! The JSON text in which the trail stores values, and its way back.
//!
//! One serde serializer writes every value at every depth, so that a value looks the same in a
//! diff, in a snapshot, in an event and in a key. Plain JSON wherever JSON can say it; what it
//! cannot say is an object with exactly one key, a *tag*:
//!
//! | tag | meaning |
//! |---|---|
//! | `{"$i":"18446744073709551616"}` | an integer beyond 64 bits |
//! | `{"$f":"NaN"}`, `"inf"`, `"-inf"` | a float that JSON has no number for (also a number text that no double holds) |
//! | `{"$b":"AAEC"}` | bytes: base64 with padding (RFC 4648 §4) |
//! | `{"$s":"a\\0b"}` | text with a NUL, which PostgreSQL's `jsonb` refuses; inside, `\` is `\\` and NUL is `\0` |
//! | `{"$j":{"$b":1}}` | an object of the value's own with a key that starts with `$` |
//! | `{"$some":null}` | `Some` of something that is null in JSON, so that it is not `None` |
//! | `{"$truncated":{"bytes":n,"sha256":"…"}}` | what [`truncate`] leaves of a long value |
//! | `{"$error":"not serializable"}` | a value whose `Serialize` failed |
//!
//! A reader takes an object for a tag only if it has exactly one key: PostgreSQL's `jsonb` does
//! not keep the order of keys, so a "first" key means nothing once stored.
//!
//! The rules that are not plain JSON:
//!
//! - integers up to 64 bits and finite floats are JSON numbers; an `f32` in its own shortest form
//!   (`0.1`, not `0.10000000149011612`). A float has a point wherever its digits alone would be an
//!   integer of 64 bits; the sign of a zero is written and not kept by PostgreSQL's `jsonb`, and a
//!   zero of a decimal type has the digits behind the point that the type writes (`bigdecimal`:
//!   none);
//! - bytes are what comes through `serialize_bytes`, and a sequence whose elements all come
//!   through `serialize_u8`, which is what `Vec<u8>` does. An empty `Vec<u8>` is `[]`, and tuples
//!   and arrays (`[u8; 16]`) stay arrays of numbers;
//! - in an object's keys, a NUL is written `$s:` and the text escaped as in `$s` (the object is
//!   then inside `$j`, and so is every key of it that starts with `$s:` itself);
//! - keys that are not text are what `serde_json` makes of them (`1`, `true`), composite ones
//!   their compact JSON text;
//! - text that a type writes through `collect_str` (all of chrono's types do, and other time
//!   crates) and that is, as a whole, an RFC 3339 timestamp is written in UTC with exactly six
//!   fraction digits and `Z`; an ISO 8601 timestamp without a zone gets six digits and no zone.
//!   Further digits are cut off, not rounded: no column of the three backends keeps them. Text
//!   from `serialize_str`, i.e. every `String`, is never touched.
//! - enum variants are externally tagged, as in `serde_json`.
//!
//! ```
//! use audit_core::encode::{decode, to_json, Decoded};
//!
//! assert_eq!(to_json(&Some("Ada")), r#""Ada""#);
//! assert_eq!(to_json(&f64::NAN), r#"{"$f":"NaN"}"#);
//! assert_eq!(to_json(&vec![0_u8, 1, 2]), r#"{"$b":"AAEC"}"#);
//! assert_eq!(to_json("a\0b"), r#"{"$s":"a\\0b"}"#);
//! assert_eq!(decode(r#"{"$s":"a\\0b"}"#)?, Decoded::Text("a\0b".into()));
//! # Ok::<(), audit_core::encode::DecodeError>(())
//! ```

use core::fmt::{self, Write};

use serde::Serialize;
use sha2::{Digest, Sha256};

mod de;
mod decoded;
mod ser;
pub(crate) mod text;

pub use de::decode_as;
pub use decoded::{DecodeError, Decoded, decode};

#[doc(hidden)]
pub use text::Written;

use ser::Encoder;
use text::NOT_SERIALIZABLE;

/// A value that can be written without knowing its type. Every [`Serialize`] is one.
pub trait ErasedValue {
    /// Appends the value as JSON text. Never fails, see [`encode`].
    #[doc(hidden)]
    fn write_json(&self, out: &mut String);

    /// Appends a text as it is, and everything else as JSON text.
    #[doc(hidden)]
    fn write_text(&self, out: &mut String) -> Written;
}

impl<T: Serialize + ?Sized> ErasedValue for T {
    fn write_json(&self, out: &mut String) {
        Encoder::write(out, self, false);
    }

    fn write_text(&self, out: &mut String) -> Written {
        Encoder::write(out, self, true)
    }
}

/// A borrowed value of any field, not yet encoded.
///
/// ```
/// use audit_core::encode::ValueRef;
///
/// let (mut json, mut text) = (String::new(), String::new());
/// ValueRef::Value(&"Ada").encode(&mut json);
/// ValueRef::Value(&"Ada").text(&mut text);
/// assert_eq!((json.as_str(), text.as_str()), (r#""Ada""#, "Ada"));
/// ```
#[derive(Clone, Copy)]
pub enum ValueRef<'a> {
    /// A value that serde can write.
    Value(&'a dyn ErasedValue),
    /// A value that is stored as its `Display` text (`via = "display"`). The text is taken as it
    /// is, also where it looks like a time.
    Display(&'a dyn fmt::Display),
}

/// Shows no value.
impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "ValueRef::Value(..)",
            Self::Display(_) => "ValueRef::Display(..)",
        })
    }
}

impl ValueRef<'_> {
    /// Appends the value as JSON text. Never fails, see [`encode`].
    pub fn encode(self, out: &mut String) {
        match self {
            Self::Value(value) => value.write_json(out),
            Self::Display(value) => {
                let mut text = String::new();
                match write!(text, "{value}") {
                    Ok(()) => text::push_string(out, &text),
                    Err(fmt::Error) => out.push_str(NOT_SERIALIZABLE),
                }
            }
        }
    }

    /// Appends the plain text of the value, as masks see it, and returns false for null.
    ///
    /// A text is appended as it is, a null (`None`, a unit) not at all, and everything else as its
    /// compact JSON.
    pub fn text(self, out: &mut String) -> bool {
        match self {
            Self::Value(value) => {
                let start = out.len();
                let written = value.write_text(out);
                if written == Written::Null {
                    out.truncate(start);
                }
                written != Written::Null
            }
            Self::Display(value) => {
                let start = out.len();
                if write!(out, "{value}").is_err() {
                    out.truncate(start);
                    out.push_str(NOT_SERIALIZABLE);
                }
                true
            }
        }
    }
}

/// Appends a value as JSON text, in the encoding of this module.
///
/// Never fails: a value whose `Serialize` returns an error is written as
/// `{"$error":"not serializable"}`, one that is nested deeper than 256 levels as
/// `{"$error":"nested too deeply"}`. (No JSON value from a database is nested that deeply:
/// `serde_json` reads 128 levels.) The error itself is dropped, since it may quote the value.
///
/// ```
/// let mut out = String::from("value: ");
/// audit_core::encode::encode(&(1, u128::MAX), &mut out);
/// assert_eq!(out, r#"value: [1,{"$i":"340282366920938463463374607431768211455"}]"#);
/// ```
pub fn encode<T: Serialize + ?Sized>(value: &T, out: &mut String) {
    Encoder::write(out, value, false);
}

/// The JSON text of a value; see [`encode`].
///
/// ```
/// assert_eq!(audit_core::encode::to_json(&0.1_f32), "0.1");
/// ```
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    let mut out = String::new();
    encode(value, &mut out);
    out
}

/// Replaces JSON text of more than `limit` bytes by `{"$truncated":{"bytes":n,"sha256":"hex"}}`.
///
/// The hash is over the UTF-8 bytes of the whole text, so that two long values can still be told
/// apart. It is for plain values only: the hash of a secret that can be guessed is no secret.
///
/// ```
/// use audit_core::encode::truncate;
///
/// assert_eq!(truncate("[1,2]".into(), 5), "[1,2]");
/// assert!(truncate("[1,2]".into(), 4).starts_with(r#"{"$truncated":{"bytes":5,"sha256":"#));
/// ```
pub fn truncate(text: String, limit: usize) -> String {
    if text.len() <= limit {
        return text;
    }
    let mut out = format!(r#"{{"$truncated":{{"bytes":{},"sha256":""#, text.len());
    push_sha256_hex(&mut out, text.as_bytes());
    out.push_str("\"}}");
    out
}

/// Appends the 64 lowercase hex digits of the SHA-256 of `bytes`.
pub(crate) fn push_sha256_hex(out: &mut String, bytes: &[u8]) {
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
