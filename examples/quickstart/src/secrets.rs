//! What must be nowhere in the trail: every value that was sent for, or is stored in, a masked, a
//! skipped or a server field.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, BuildError};
use audit_diesel::{Audited, FieldMeta, FormUse, Policy};
use serde_json::Value;

use crate::requests::Request;

/// Shorter values are looked for as a whole JSON string only: `12` is in every other number.
const SHORT: usize = 6;

#[derive(Default)]
pub(crate) struct Secrets {
    values: BTreeSet<String>,
    /// What was also sent where everybody may see it. A secret that is in here is none.
    open: Vec<String>,
}

impl Secrets {
    /// Notes what a request sends, however it spells the names of fields.
    pub(crate) fn add_request<E: Audited>(&mut self, request: &Request) {
        let body = request.body();
        let Ok(Value::Object(body)) = serde_json::from_slice(&body) else {
            let text = String::from_utf8_lossy(&body);
            values_of_broken_json(&text).for_each(|value| self.add(value));
            return;
        };
        for (key, value) in &body {
            let mut fields = E::META.fields.iter();
            match fields.find(|field| same_name(field.serde_name, key)) {
                Some(field) => self.add_field(field, value),
                None => leaves(value, &mut self.open),
            }
        }
    }

    /// Notes the clear values of a stored record.
    pub(crate) fn add_stored<E: Audited>(&mut self, record: &E) -> Result<(), serde_json::Error> {
        let fields = || E::META.fields.iter().filter(|field| is_secret(field));
        let clear = fields().fold(record.as_detail(), |view, field| view.clear(field.name));
        let clear = serde_json::to_value(clear)?;
        for field in fields() {
            if let Some(value) = clear.get(field.serde_name) {
                self.add_field(field, value);
            }
        }
        Ok(())
    }

    fn add_field(&mut self, field: &FieldMeta, value: &Value) {
        let mut found = Vec::new();
        if let Policy::MaskedAt(masks) = field.policy {
            let at = masks.iter().filter_map(|(path, _)| value.pointer(path));
            at.for_each(|value| leaves(value, &mut found));
        } else if is_secret(field) {
            leaves(value, &mut found);
        } else {
            leaves(value, &mut self.open);
        }
        found.iter().for_each(|value| self.add(value));
    }

    fn add(&mut self, value: &str) {
        if !value.is_empty() {
            self.values.insert(value.to_owned());
        }
    }

    /// Ready to look for the values that have to stay hidden.
    pub(crate) fn search(&self) -> Result<Search, String> {
        let cannot = |error: BuildError| format!("the secrets cannot be searched for: {error}");
        let values: Vec<&String> = self.values.iter().collect();
        let all = AhoCorasick::new(&values).map_err(cannot)?;
        let mut open = BTreeSet::new();
        for text in &self.open {
            open.extend(
                all.find_overlapping_iter(text)
                    .map(|found| found.pattern().as_usize()),
            );
        }
        let hidden = values
            .iter()
            .enumerate()
            .filter(|(index, _)| !open.contains(index));
        let hidden: Vec<&String> = hidden.map(|(_, value)| *value).collect();
        let spellings = hidden.iter().flat_map(|value| spellings(value));
        Ok(Search {
            values: hidden.len(),
            spellings: AhoCorasick::new(spellings).map_err(cannot)?,
        })
    }
}

/// All secrets at once, in every spelling.
pub(crate) struct Search {
    values: usize,
    spellings: AhoCorasick,
}

impl Search {
    /// How many values are looked for.
    pub(crate) fn values(&self) -> usize {
        self.values
    }

    pub(crate) fn finds_in(&self, text: &str) -> bool {
        self.spellings.is_match(text)
    }
}

/// A value as it is, as JSON spells it, and without spaces and dashes, as a mask may have seen it.
fn spellings(value: &str) -> Vec<String> {
    let json = Value::from(value).to_string();
    let mut all = vec![json];
    let compact: String = value.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let inner = all.iter().map(|json| json.trim_matches('"').to_owned());
    let long: Vec<String> = inner.chain([value.to_owned(), compact]).collect();
    all.extend(long.into_iter().filter(|text| text.len() >= SHORT));
    all
}

fn is_secret(field: &FieldMeta) -> bool {
    let by_policy = matches!(
        field.policy,
        Policy::Masked(_) | Policy::MaskedAt(_) | Policy::Skipped
    );
    by_policy || field.form == FormUse::Server
}

fn same_name(a: &str, b: &str) -> bool {
    let loose = |name: &str| -> String {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    loose(a) == loose(b)
}

/// The texts and numbers in a value.
fn leaves(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Number(number) => out.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, out)),
        Value::Object(members) => members.values().for_each(|value| leaves(value, out)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Quoted texts behind a colon.
fn values_of_broken_json(text: &str) -> impl Iterator<Item = &str> {
    let parts: Vec<&str> = text.split('"').collect();
    let pairs: Vec<(&str, &str)> = parts
        .iter()
        .copied()
        .zip(parts.iter().copied().skip(1))
        .collect();
    let is_value =
        |(before, value): &(&str, &str)| before.trim_end().ends_with(':') && value.len() >= SHORT;
    pairs.into_iter().filter(is_value).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str], open: &[&str]) -> Search {
        let mut secrets = Secrets::default();
        values.iter().for_each(|value| secrets.add(value));
        secrets.open = open.iter().map(|text| (*text).to_owned()).collect();
        secrets.search().unwrap()
    }

    #[test]
    fn secrets_are_found_in_every_spelling() {
        let search = secrets(&["x\"y-secret", "4111 1111 1111 1111", "12", ""], &[]);
        assert_eq!(search.values(), 3);
        for text in [
            r#"x"y-secret"#,
            r#"{"a":"x\"y-secret"}"#,
            "is 4111 1111 1111 1111.",
            "4111111111111111",
            r#"{"pin":"12"}"#,
        ] {
            assert!(search.finds_in(text), "{text}");
        }
        for text in ["411111******1111", "row 123", "", "x\"y"] {
            assert!(!search.finds_in(text), "{text}");
        }
    }

    #[test]
    fn what_is_also_open_is_no_secret() {
        let search = secrets(&["ada@example.com", "example"], &["mail ada@example.com"]);
        assert_eq!(search.values(), 0);
        assert!(!search.finds_in("ada@example.com"));
    }

    #[test]
    fn broken_json_has_values_too() {
        let values: Vec<_> =
            values_of_broken_json(r#"{"tax_number": "DE1234567", "name":"Eve"#).collect();
        assert_eq!(values, ["DE1234567"]);
    }
}
