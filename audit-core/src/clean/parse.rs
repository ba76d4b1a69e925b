//! Parsing a client's JSON ourselves: `serde_json::Value` keeps the last of two equal keys, and
//! what stands before us (a proxy, a signature check) may have kept the first.

use core::cell::RefCell;
use core::fmt;
use std::collections::HashMap;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{CleanError, Names, Stripped, fold, is_open, pointer, strip_reserved};
use crate::encode::text::{NUMBER, arbitrary_precision};
use crate::meta::EntityMeta;

/// Parses a client's JSON, refuses ambiguous keys, and removes reserved fields.
///
/// Keys that are equal, or equal once folded (see [`Stripped`]), are refused at every depth; two
/// fields of the entity whose names differ by less than that may stand side by side. The value of
/// a JSON data column is opaque and comes out as `serde_json` reads it.
///
/// # Errors
/// Bytes that are no JSON, nested too deeply, or with ambiguous keys.
///
/// ```
/// use audit_core::clean::{CleanError, clean_json};
/// use audit_core::meta::{EntityMeta, FieldMeta, Role};
///
/// const META: EntityMeta = EntityMeta::new("accounts", "Account", &[
///     FieldMeta::new("id").role(Role::Key),
///     FieldMeta::new("name"),
///     FieldMeta::new("version").role(Role::Version),
/// ]);
/// let (input, stripped) = clean_json(&META, br#"{"id": 1, "name": "Ada", "version": 3}"#)?;
/// assert_eq!(input, serde_json::json!({"name": "Ada"}));
/// assert_eq!((stripped.pointers.as_slice(), stripped.version), (&["/id".to_string()][..], Some(3)));
///
/// assert!(clean_json(&META, br#"{"name": "Ada", "NAME": "Eve"}"#).is_err());
/// # Ok::<(), CleanError>(())
/// ```
pub fn clean_json(meta: &EntityMeta, bytes: &[u8]) -> Result<(Value, Stripped), CleanError> {
    let duplicate = RefCell::new(None);
    let names = Names::new(meta);
    let context = Context {
        meta,
        names: &names,
        duplicate: &duplicate,
    };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let node = Node {
        context: &context,
        level: Level::Top,
        at: &Path::Root,
    };
    let parsed = node
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    match (duplicate.take(), parsed) {
        (Some(pointer), _) => Err(CleanError::DuplicateKey { pointer }),
        (None, Err(e)) => Err(CleanError::Malformed {
            line: e.line(),
            column: e.column(),
        }),
        (None, Ok(mut value)) => {
            let stripped = strip_reserved(meta, &mut value);
            Ok((value, stripped))
        }
    }
}

struct Context<'a> {
    meta: &'a EntityMeta,
    names: &'a Names,
    /// Where a key stands twice: serde's errors can carry text only.
    duplicate: &'a RefCell<Option<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// The whole input: a record, or a list of records.
    Top,
    /// An element of the list.
    Element,
    /// Inside a field.
    Nested,
}

#[derive(Clone, Copy)]
struct Node<'a> {
    context: &'a Context<'a>,
    level: Level,
    at: &'a Path<'a>,
}

/// Where a node is. Made into text only when it is needed: a pointer for every node would let a
/// small input with one long key cost gigabytes of copying.
enum Path<'a> {
    Root,
    Item(&'a Path<'a>, usize),
    Member(&'a Path<'a>, &'a str),
}

impl Path<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Item(parent, index) => pointer(&parent.pointer(), &index.to_string()),
            Self::Member(parent, key) => pointer(&parent.pointer(), key),
        }
    }
}

impl Context<'_> {
    /// True where the member is a JSON data column that a form reads.
    fn is_data(&self, key: &str) -> bool {
        let mut fields = self.meta.fields.iter();
        fields.any(|f| f.json && is_open(f) && [f.serde_name, f.name, f.column].contains(&key))
    }

    /// True where both keys are names of fields, to the letter.
    fn are_fields(&self, a: &str, b: &str) -> bool {
        self.names.exact.contains(&a) && self.names.exact.contains(&b)
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let level = if self.level == Level::Top {
            Level::Element
        } else {
            Level::Nested
        };
        let mut items = Vec::new();
        loop {
            let at = Path::Item(self.at, items.len());
            match seq.next_element_seed(Node {
                context: self.context,
                level,
                at: &at,
            })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let is_record = self.level != Level::Nested;
        let mut seen: HashMap<String, String> = HashMap::new();
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if object.is_empty() && key == NUMBER && arbitrary_precision() {
                let text: String = map.next_value()?;
                return serde_json::from_str::<Number>(&text)
                    .map(Value::Number)
                    .map_err(|_| A::Error::custom("not a number"));
            }
            let at = Path::Member(self.at, &key);
            let same_name = seen.insert(fold(&key), key.clone());
            let two_fields = |other: &str| is_record && self.context.are_fields(other, &key);
            if object.contains_key(&key) || same_name.is_some_and(|other| !two_fields(&other)) {
                *self.context.duplicate.borrow_mut() = Some(at.pointer());
                return Err(A::Error::custom("duplicate key"));
            }
            let value = if is_record && self.context.is_data(&key) {
                map.next_value()?
            } else {
                map.next_value_seed(Node {
                    context: self.context,
                    level: Level::Nested,
                    at: &at,
                })?
            };
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
