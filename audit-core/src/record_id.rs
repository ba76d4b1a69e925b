//! One text for a primary key, as `audit_log.record_id` holds it.

use crate::encode::{DecodeError, Decoded, ValueRef, decode, text};

/// Most characters of a record id.
pub const MAX_RECORD_ID: usize = 255;

/// The canonical text of a primary key, given its parts in the order of the key.
///
/// | key | text |
/// |---|---|
/// | text | itself; a NUL is `\0`, and in a text with a NUL, `\\` or `\0` in it `\` is `\\` |
/// | integer | decimal |
/// | UUID | lowercase with hyphens |
/// | several parts | a compact JSON array of the parts, in the encoding of [`crate::encode`] |
/// | anything else | its compact JSON |
///
/// Keys of one table have equal texts only if they are equal: all of them have the same number of
/// parts, of the same types. The text can be longer than [`MAX_RECORD_ID`]; who stores it checks.
///
/// ```
/// use audit_core::{encode::ValueRef, record_id};
///
/// assert_eq!(record_id(&[ValueRef::Value(&42)]), "42");
/// assert_eq!(record_id(&[ValueRef::Value(&"EU"), ValueRef::Value(&7)]), r#"["EU",7]"#);
/// ```
pub fn record_id(parts: &[ValueRef<'_>]) -> String {
    let mut out = String::new();
    if let [part] = parts {
        if !part.text(&mut out) {
            out.push_str("null");
        }
        return text::escape_untagged(&out).into_owned();
    }
    out.push('[');
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        part.encode(&mut out);
    }
    out.push(']');
    out
}

/// The parts of a record id, given their number.
///
/// A key of one part is [`Decoded::Text`], whatever its type: the text of a number looks like
/// the text of a text.
///
/// # Errors
/// Text that is no record id of so many parts.
///
/// ```
/// use audit_core::{encode::Decoded, record_id::record_id_parts};
///
/// let parts = record_id_parts(r#"["EU",7]"#, 2)?;
/// assert_eq!(parts, [Decoded::Text("EU".into()), Decoded::Int(7)]);
/// # Ok::<(), audit_core::encode::DecodeError>(())
/// ```
pub fn record_id_parts(id: &str, parts: usize) -> Result<Vec<Decoded>, DecodeError> {
    if parts == 1 {
        return Ok(vec![Decoded::Text(
            text::unescape_untagged(id).into_owned(),
        )]);
    }
    match decode(id)? {
        Decoded::List(list) if list.len() == parts => Ok(list),
        _ => Err(DecodeError::Type),
    }
}

#[cfg(test)]
mod tests;
