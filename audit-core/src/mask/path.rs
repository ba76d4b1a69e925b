//! Masks at paths inside of JSON values.

use super::{HIDDEN, MaskError, MaskFailure, MaskRef, masked};
use crate::config::AuditConfig;
use crate::encode::{Decoded, ValueRef, decode};

/// Appends a JSON value, masked at some of its paths.
///
/// A path is a JSON pointer (RFC 6901) in which `*` also stands for every element of a list and
/// every member of an object; `""` is the whole value. Where a path leads nowhere, nothing is
/// done. At its end a text is masked, a null stays null, and anything else is
/// `"***"`, except that the mask `token` takes any value.
///
/// No path is followed into a text, because what it hides cannot be masked in place. A value that
/// is nothing but a text is `"***"` as a whole under any path but `""`, whatever it holds. Inside of
/// a value, a text that a path leads into is `"***"` if it has a `{` or a `[`: it may be JSON, also
/// where no parser takes it.
///
/// ```
/// use audit_core::config::AuditConfig;
/// use audit_core::encode::ValueRef;
/// use audit_core::mask::{MaskRef, Redact, apply_at};
///
/// let masks = &[("/code", MaskRef::of::<Redact>("redact"))];
/// let stored = |value: serde_json::Value| {
///     let mut out = String::new();
///     apply_at("door", masks, ValueRef::Value(&value), &AuditConfig::default(), &mut out)
///         .map(|()| out)
/// };
/// let door = serde_json::json!({ "code": "4711", "floor": 2 });
/// assert_eq!(stored(door)?, r#"{"code":"***","floor":2}"#);
/// // Cut off, and so no JSON: nothing of it shows.
/// assert_eq!(stored(r#"{"code":"4711"#.into())?, r#""***""#);
/// # Ok::<(), audit_core::mask::MaskFailure>(())
/// ```
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
            Some(_) if is_text(&value) => value = Decoded::Text(HIDDEN.into()),
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
            Decoded::Text(text) if may_hold_json(text) => *value = Decoded::Text(HIDDEN.into()),
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

/// A text, also one in `Some`.
fn is_text(value: &Decoded) -> bool {
    match value {
        Decoded::Text(_) => true,
        Decoded::Some(inner) => is_text(inner),
        _ => false,
    }
}

/// Not decided by a parser: JSON that is cut off, has something in front or behind, or was encoded
/// twice holds the same secrets.
fn may_hold_json(text: &str) -> bool {
    text.contains(['{', '['])
}
