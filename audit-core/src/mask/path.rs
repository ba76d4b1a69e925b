//! Masks at paths inside of JSON values.

use super::{HIDDEN, MaskError, MaskFailure, MaskRef, masked};
use crate::config::AuditConfig;
use crate::encode::{Decoded, ValueRef, decode};

/// Appends a JSON value, masked at some of its paths.
///
/// A path is a JSON pointer (RFC 6901) in which `*` also stands for every element of a list and
/// every member of an object; `""` is the whole value. Where a path leads nowhere, nothing is
/// done. At its end a text is masked, a null stays null, and anything else is
/// `"***"`, except that the mask `token` takes any value. Where a path leads *into* a text that
/// itself holds a JSON object or list, the text as a whole becomes `"***"`: what it hides cannot
/// be masked in place.
///
/// # Errors
/// Where a mask returns an error or panics, or a path is no JSON pointer. `out` is then left as it
/// was.
pub fn apply_at(
    field: &'static str,
    masks: &[(&'static str, MaskRef)],
    value: ValueRef<'_>,
    config: &AuditConfig,
    out: &mut String,
) -> Result<(), MaskFailure> {
    let mut text = String::new();
    value.encode(&mut text);
    apply_at_json(field, masks, &text, config, out)
}

/// [`apply_at`] on a value that is encoded already.
#[doc(hidden)]
pub fn apply_at_json(
    field: &'static str,
    masks: &[(&'static str, MaskRef)],
    json: &str,
    config: &AuditConfig,
    out: &mut String,
) -> Result<(), MaskFailure> {
    let Ok(mut value) = decode(json) else {
        // What we wrote we can read; if ever not, nothing of it may be shown.
        out.push_str("\"***\"");
        return Ok(());
    };
    for (pointer, mask) in masks {
        let site = Site {
            field,
            mask,
            config,
        };
        match pointer.strip_prefix('/') {
            Some(path) => {
                let tokens: Vec<String> = path
                    .split('/')
                    .map(|t| t.replace("~1", "/").replace("~0", "~"))
                    .collect();
                site.descend(&mut value, &tokens)?;
            }
            None if pointer.is_empty() => site.replace(&mut value)?,
            None => {
                let error = MaskError::new("its path is no JSON pointer; start it with `/`");
                return Err(MaskFailure::new(field, mask.name, error));
            }
        }
    }
    value.encode(out);
    Ok(())
}

struct Site<'a> {
    field: &'static str,
    mask: &'a MaskRef,
    config: &'a AuditConfig,
}

impl Site<'_> {
    fn descend(&self, value: &mut Decoded, tokens: &[String]) -> Result<(), MaskFailure> {
        let Some((token, rest)) = tokens.split_first() else {
            return self.replace(value);
        };
        match value {
            Decoded::Some(inner) => self.descend(inner, tokens)?,
            Decoded::List(items) if token == "*" => {
                for item in items {
                    self.descend(item, rest)?;
                }
            }
            Decoded::List(items) => {
                if let Some(item) = array_index(token).and_then(|i| items.get_mut(i)) {
                    self.descend(item, rest)?;
                }
            }
            Decoded::Object(fields) if token == "*" => {
                for field in fields.values_mut() {
                    self.descend(field, rest)?;
                }
            }
            Decoded::Object(fields) => {
                if let Some(field) = fields.get_mut(token) {
                    self.descend(field, rest)?;
                }
            }
            Decoded::Text(text) if holds_json(text) => *value = Decoded::Text(HIDDEN.into()),
            // A list of numbers below 256 may have been taken for bytes.
            Decoded::Bytes(_) => *value = Decoded::Text(HIDDEN.into()),
            _ => {}
        }
        Ok(())
    }

    fn replace(&self, value: &mut Decoded) -> Result<(), MaskFailure> {
        let text = match &*value {
            Decoded::Null => return Ok(()),
            Decoded::Text(text) => Some(masked(self.field, self.mask, text, self.config)?),
            other if self.mask.name == "token" => {
                let mut json = String::new();
                other.encode(&mut json);
                Some(masked(self.field, self.mask, &json, self.config)?)
            }
            _ => None,
        };
        *value = Decoded::Text(text.unwrap_or_else(|| HIDDEN.into()));
        Ok(())
    }
}

/// RFC 6901 §4: digits without leading zeros.
fn array_index(token: &str) -> Option<usize> {
    let plain =
        token.bytes().all(|b| b.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    if plain { token.parse().ok() } else { None }
}

fn holds_json(text: &str) -> bool {
    let start = text.trim_start();
    (start.starts_with('{') || start.starts_with('['))
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
