//! The raw values of a record, read past its masks: what must show nowhere.

use audit_core::__private::{FieldWalk, Recorded, ShownBy};
use audit_core::{Audited, FieldMeta, ValueRef};

/// A raw value of a field.
pub(super) struct Value {
    pub(super) field: &'static FieldMeta,
    /// As serde has it; `None` for a field that is stored by its `Display` alone.
    pub(super) json: Option<serde_json::Value>,
    /// As a mask sees it.
    pub(super) text: String,
    pub(super) is_null: bool,
    /// Of a value inside a JSON column, what the mask at its path shows; `None` for a whole field.
    pub(super) shown: Option<String>,
}

/// Every value of a record that serde or `Display` can tell; skipped fields are left out.
pub(super) fn values<E: Audited>(record: &E) -> Vec<Value> {
    let mut read = Read {
        index: 0,
        found: Vec::new(),
    };
    E::walk(record, record, &mut read);
    read.found
        .into_iter()
        .filter_map(|(index, json, text)| {
            Some(Value {
                field: E::META.fields.get(index)?,
                json,
                is_null: text.is_none(),
                text: text.unwrap_or_default(),
                shown: None,
            })
        })
        .collect()
}

type Found = (usize, Option<serde_json::Value>, Option<String>);

struct Read {
    index: usize,
    found: Vec<Found>,
}

impl Read {
    fn take(&mut self, json: Option<serde_json::Value>, value: ValueRef<'_>) {
        let mut text = String::new();
        let is_there = value.text(&mut text);
        self.found
            .push((self.index, json, is_there.then_some(text)));
        self.index += 1;
    }
}

impl<'a> FieldWalk<'a> for Read {
    fn field<T: PartialEq + Recorded>(&mut self, before: &'a T, _: &'a T) {
        self.take(serde_json::to_value(before).ok(), ValueRef::Value(before));
    }
    fn field_by<T: Recorded>(&mut self, before: &'a T, _: &'a T, _: fn(&T, &T) -> bool) {
        self.take(serde_json::to_value(before).ok(), ValueRef::Value(before));
    }
    fn display<T: PartialEq>(&mut self, before: &'a T, _: &'a T, shown: ShownBy<T>) {
        self.take(None, shown(before));
    }
    fn display_by<T>(&mut self, before: &'a T, _: &'a T, shown: ShownBy<T>, _: fn(&T, &T) -> bool) {
        self.take(None, shown(before));
    }
    fn skipped<T: PartialEq>(&mut self, _: &'a T, _: &'a T) {
        self.index += 1;
    }
    fn skipped_by<T>(&mut self, _: &'a T, _: &'a T, _: fn(&T, &T) -> bool) {
        self.index += 1;
    }
}

/// The texts and bytes in a value, at any depth.
pub(super) fn leaves(value: &serde_json::Value, out: &mut Vec<Vec<u8>>) {
    use serde_json::Value::{Array, Bool, Null, Number, Object, String};
    match value {
        Null | Bool(_) => {}
        Number(number) => out.push(number.to_string().into_bytes()),
        String(text) => out.push(text.clone().into_bytes()),
        Array(items) => {
            let bytes: Option<Vec<u8>> = items
                .iter()
                .map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok()))
                .collect();
            match bytes {
                Some(bytes) if !bytes.is_empty() => out.push(bytes),
                _ => items.iter().for_each(|item| leaves(item, out)),
            }
        }
        Object(members) => members.values().for_each(|member| leaves(member, out)),
    }
}

/// The leaves of `raw` that are something else in `masked`, and what they are there.
pub(super) fn masked_leaves(
    raw: &serde_json::Value,
    masked: &serde_json::Value,
    out: &mut Vec<(Vec<u8>, String)>,
) {
    use serde_json::Value::{Array, Object};
    match (raw, masked) {
        (Array(raw), Array(masked)) if raw.len() == masked.len() => {
            raw.iter()
                .zip(masked)
                .for_each(|(raw, masked)| masked_leaves(raw, masked, out));
        }
        (Object(raw), Object(masked)) if raw.len() == masked.len() => {
            for (key, raw) in raw {
                match masked.get(key) {
                    Some(masked) => masked_leaves(raw, masked, out),
                    None => masked_leaves(raw, &serde_json::Value::Null, out),
                }
            }
        }
        (raw, masked) if raw == masked => {}
        (raw, masked) => {
            let mut texts = Vec::new();
            leaves(raw, &mut texts);
            let shown = masked.as_str().unwrap_or_default();
            out.extend(texts.into_iter().map(|text| (text, shown.to_owned())));
        }
    }
}
