//! JSON strings, numbers and times as text.

use core::fmt::{Debug, Display, Write};
use std::borrow::Cow;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike, NaiveDateTime};

pub(crate) const NOT_SERIALIZABLE: &str = r#"{"$error":"not serializable"}"#;
pub(crate) const TOO_DEEP: &str = r#"{"$error":"nested too deeply"}"#;

/// What a value turned out to be when it was written as plain text.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// JSON null, `None` or a unit.
    Null,
    /// A text, written as it is.
    Text,
    /// Anything else, written as compact JSON.
    Json,
}

/// Appends a JSON string literal (RFC 8259 §7), quotes included.
pub(crate) fn push_literal(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        let (clean, tail) = rest.split_at(at);
        out.push_str(clean);
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(control) => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Appends a text value: a literal, or `{"$s":…}` where it holds a NUL.
pub(crate) fn push_string(out: &mut String, text: &str) {
    if text.contains('\0') {
        out.push_str("{\"$s\":");
        push_literal(out, &escape_nul(text));
        out.push('}');
    } else {
        push_literal(out, text);
    }
}

/// Prefix of an object key that is written escaped.
pub(crate) const KEY_ESCAPE: &str = "$s:";

/// Appends an object key and returns true if the object must be wrapped in `$j`.
pub(crate) fn push_key(out: &mut String, key: &str) -> bool {
    if key.contains('\0') || key.starts_with(KEY_ESCAPE) {
        push_literal(out, &format!("{KEY_ESCAPE}{}", escape_nul(key)));
        return true;
    }
    push_literal(out, key);
    key.starts_with('$')
}

/// The key that [`push_key`] wrote, inside of `$j`.
pub(crate) fn read_key(key: String) -> String {
    match key.strip_prefix(KEY_ESCAPE) {
        Some(escaped) => unescape_nul(escaped),
        None => key,
    }
}

/// `\` becomes `\\` and NUL becomes `\0`.
pub(crate) fn escape_nul(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            c => out.push(c),
        }
    }
    out
}

/// The reverse of [`escape_nul`]; a lone backslash stays.
pub(crate) fn unescape_nul(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('\\')) => {
                chars.next();
                out.push('\\');
            }
            ('\\', Some('0')) => {
                chars.next();
                out.push('\0');
            }
            _ => out.push(c),
        }
    }
    out
}

/// Escapes a text that has no tag around it to tell whether it is escaped.
///
/// Only a text that holds a NUL, `\\` or `\0` is escaped, and an escaped text always holds `\\` or
/// `\0`: so [`unescape_untagged`] knows which ones to take back, and everything else (a Windows
/// path with single backslashes, say) is stored as it was written.
pub(crate) fn escape_untagged(text: &str) -> Cow<'_, str> {
    if text.contains('\0') || has_escape(text) {
        Cow::Owned(escape_nul(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// The reverse of [`escape_untagged`].
pub(crate) fn unescape_untagged(text: &str) -> Cow<'_, str> {
    if has_escape(text) {
        Cow::Owned(unescape_nul(text))
    } else {
        Cow::Borrowed(text)
    }
}

fn has_escape(text: &str) -> bool {
    text.contains("\\\\") || text.contains("\\0")
}

/// A timestamp in the form the trail stores, or `None` where `text` is not one as a whole.
pub(crate) fn normal_time(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    // Almost everything that comes here is no timestamp: a look at two bytes says so.
    if !(19..=40).contains(&bytes.len())
        || bytes.get(4) != Some(&b'-')
        || bytes.get(10) != Some(&b'T')
    {
        return None;
    }
    let (time, zone) = match DateTime::parse_from_rfc3339(text) {
        Ok(time) => (time.naive_utc(), "Z"),
        Err(_) => (
            NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?,
            "",
        ),
    };
    // Past these years chrono writes a sign, which is no RFC 3339.
    (0..=9999)
        .contains(&time.year())
        .then(|| format!("{}{zone}", time.format("%Y-%m-%dT%H:%M:%S%.6f")))
}

/// True for JSON number text (RFC 8259 §6) of any size.
pub(crate) fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

/// True where some crate of the build has switched `serde_json`'s feature `arbitrary_precision` on:
/// its numbers then keep their text, and reach visitors as maps with the one key [`NUMBER`].
pub(crate) fn arbitrary_precision() -> bool {
    static ON: LazyLock<bool> = LazyLock::new(|| {
        let number = serde_json::from_str::<serde_json::Number>("1.10");
        number.is_ok_and(|number| number.to_string() == "1.10")
    });
    *ON
}

/// The name under which `serde_json` hands over a number of any length. It is private to it, but
/// has been stable since 1.0.
pub(crate) const NUMBER: &str = "$serde_json::private::Number";

/// Longest number text that is passed on as a JSON number: far above what a double needs, far
/// below what a backend refuses.
const MAX_NUMBER: usize = 64;

/// Appends a number that is known only as JSON number text (`arbitrary_precision`).
pub(crate) fn push_number(out: &mut String, text: &str) {
    if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
        out.push_str(text);
    } else if let Some(value) = as_double(text) {
        // `1.10` and `1.1` are one number, and so is `1E2` and `100.0`.
        push_float(out, value);
    } else if is_integer(text) {
        push_tag(out, "$i", text);
    } else if text.len() <= MAX_NUMBER && text.parse::<f64>().is_ok_and(f64::is_finite) {
        out.push_str(text);
    } else {
        push_tag(out, "$f", text);
    }
}

/// True for decimal digits, after a `-` or not.
pub(crate) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// The double that is a number to the last digit: the one whose shortest form it is, however
/// written (PostgreSQL writes 1e22 as 23 digits).
pub(crate) fn as_double(text: &str) -> Option<f64> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
    (decimal(text)? == decimal(&format!("{value:?}"))?).then_some(value)
}

/// Sign, digits without zeros at the ends, and the power of ten of the last of them.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let dropped = i64::try_from(all.len() - digits.len()).ok()?;
    let fraction = i64::try_from(fraction.len()).ok()?;
    let power = exponent
        .parse::<i64>()
        .ok()?
        .checked_add(dropped)?
        .checked_sub(fraction)?;
    let digits = digits.trim_start_matches('0');
    Some((
        negative,
        digits.into(),
        if digits.is_empty() { 0 } else { power },
    ))
}

/// Appends a float: its shortest digits, or the `$f` tag.
pub(crate) fn push_float(out: &mut String, value: f64) {
    push_shortest(out, value, value);
}

/// The same of a float whose own shortest digits are `digits`: an `f32` as an `f64` would show digits
/// that it never had.
pub(crate) fn push_shortest(out: &mut String, value: f64, digits: impl Display + Debug) {
    if !value.is_finite() {
        push_not_finite(out, value);
    } else if (1e16..WRITTEN_OUT).contains(&value.abs()) {
        let _ = write!(out, "{digits}.0");
    } else {
        // `Debug` writes the shortest digits that read back as the same float, always with a
        // point or an exponent: valid JSON.
        let _ = write!(out, "{digits:?}");
    }
}

/// 2^64. A float below it stays one in PostgreSQL's `jsonb`, which drops exponents and keeps points:
/// of `1e17` it makes an integer, which is another value where a type tells the two apart, as JSON of
/// the app's own does. What is larger no such type takes for an integer.
const WRITTEN_OUT: f64 = 18_446_744_073_709_551_616.0;

/// Appends `{"$f":…}`.
pub(crate) fn push_not_finite(out: &mut String, value: f64) {
    let name = if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    };
    push_tag(out, "$f", name);
}

/// Appends `{"tag":"text"}`.
pub(crate) fn push_tag(out: &mut String, tag: &str, text: &str) {
    out.push_str("{\"");
    out.push_str(tag);
    out.push_str("\":");
    push_literal(out, text);
    out.push('}');
}

/// Appends `{"$b":"base64"}`.
pub(crate) fn push_bytes(out: &mut String, bytes: &[u8]) {
    use base64::Engine as _;
    out.push_str("{\"$b\":\"");
    base64::engine::general_purpose::STANDARD.encode_string(bytes, out);
    out.push_str("\"}");
}
