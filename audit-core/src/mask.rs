//! Masks: what of a secret value may be stored and shown.
//!
//! Values are compared raw and masked afterwards, so a masked field that changed is reported also
//! where both masks look the same. A mask sees text by graphemes (Unicode UAX #29, extended),
//! never by bytes, and what it writes has the same width for every value it hides.

use core::fmt;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::config::AuditConfig;
use crate::encode::ValueRef;
use crate::encode::text::push_string;
use crate::invisible::is_ignorable;
use crate::token_key::TokenKey;

mod path;

pub use path::{apply_at, apply_at_json};

pub use crate::mask_error::{MaskError, MaskFailure};

/// What stands for a hidden value.
pub(crate) const HIDDEN: &str = "***";

/// Turns the text of a value into what may be stored of it.
///
/// The mask of an app is named by its path: `#[audit(mask = masks::Initials)]`. A mask must not panic, but if it does (or returns an error)
/// the write fails, naming the field and no value. (The message of such a panic still goes to the
/// process's panic hook, as every panic does: do not put the value into it.)
///
/// ```
/// use audit_core::{Mask, MaskError, MaskOut};
///
/// /// The country of an IBAN.
/// struct Country;
///
/// impl Mask for Country {
///     fn mask(value: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError> {
///         let country = value.get(..2).ok_or(MaskError::new("an IBAN starts with its country"))?;
///         out.push_str(country);
///         out.push_str("***");
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a mask",
    label = "this type does not implement `Mask`",
    note = "use one of \"redact\", \"last4\", \"pan\", \"email\", \"token\", or implement `Mask` for `{Self}`"
)]
pub trait Mask {
    /// Appends the masked form of `value` to `out`.
    ///
    /// # Errors
    /// Where the value cannot be masked. Nothing of what was appended is then used.
    fn mask(value: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError>;
}

/// Where a mask writes to.
pub struct MaskOut<'a> {
    text: String,
    config: &'a AuditConfig,
}

/// Shows nothing of what was written.
impl fmt::Debug for MaskOut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskOut").finish_non_exhaustive()
    }
}

impl<'a> MaskOut<'a> {
    pub(crate) fn new(config: &'a AuditConfig) -> Self {
        Self {
            text: String::new(),
            config,
        }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// Appends text.
    pub fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends a character.
    pub fn push(&mut self, c: char) {
        self.text.push(c);
    }

    /// The current key for tokens, if the configuration has one.
    pub fn token_key(&self) -> Option<&'a TokenKey> {
        self.config.token_key()
    }
}

/// A mask by name, as the field table holds it.
#[derive(Clone, Copy)]
pub struct MaskRef {
    /// The name of SPEC or of the app's type, for messages.
    pub name: &'static str,
    /// Writes the masked form of a value.
    pub apply: fn(&str, &mut MaskOut<'_>) -> Result<(), MaskError>,
}

impl fmt::Debug for MaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaskRef({})", self.name)
    }
}

impl MaskRef {
    /// The mask `M` under `name`.
    pub const fn of<M: Mask>(name: &'static str) -> Self {
        Self {
            name,
            apply: M::mask,
        }
    }
}

/// `***`, whatever the value is. For any type.
#[derive(Debug, Clone, Copy)]
pub struct Redact;

impl Mask for Redact {
    fn mask(_: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError> {
        out.push_str(HIDDEN);
        Ok(())
    }
}

/// `****1234`: the last four characters of a text of twelve or more, else `***`.
///
/// White space and invisible characters at the ends are not counted and not shown: they would
/// reveal a short value that is padded to length. Nor is a grapheme shown that is made of more than
/// two code points: it may be of any length (a hundred combining marks are one grapheme), and would
/// show how long it is.
#[derive(Debug, Clone, Copy)]
pub struct Last4;

impl Mask for Last4 {
    fn mask(value: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError> {
        let value = value.trim_matches(|c: char| c.is_whitespace() || is_ignorable(c));
        let enough = value.graphemes(true).nth(11).is_some();
        let mut last: Vec<&str> = value.graphemes(true).rev().take(4).collect();
        last.reverse();
        if enough && last.iter().all(|grapheme| is_small(grapheme)) {
            out.push_str("****");
            last.iter().for_each(|grapheme| out.push_str(grapheme));
        } else {
            out.push_str(HIDDEN);
        }
        Ok(())
    }
}

/// One character and at most one mark.
fn is_small(grapheme: &str) -> bool {
    grapheme.chars().nth(2).is_none()
}

/// `411111******1111`: the first six and last four digits of a payment card number, else `***`.
///
/// A card number has 15 to 19 digits once spaces and dashes are out, and passes the Luhn check
/// (ISO/IEC 7812-1). What is shown is what PCI DSS 4.0.1 §3.4.1 allows, and has the same width for
/// every length.
#[derive(Debug, Clone, Copy)]
pub struct Pan;

impl Mask for Pan {
    fn mask(value: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError> {
        let digits: Option<Vec<u32>> = value
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .map(|c| c.to_digit(10))
            .collect();
        let shown = digits
            .filter(|digits| (15..=19).contains(&digits.len()) && luhn(digits))
            .and_then(|digits| Some((*digits.first_chunk::<6>()?, *digits.last_chunk::<4>()?)));
        let Some((first, last)) = shown else {
            out.push_str(HIDDEN);
            return Ok(());
        };
        let push = |out: &mut MaskOut<'_>, digits: &[u32]| {
            digits
                .iter()
                .filter_map(|d| char::from_digit(*d, 10))
                .for_each(|c| out.push(c));
        };
        push(out, &first);
        out.push_str("******");
        push(out, &last);
        Ok(())
    }
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| match i % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// `a***@example.com`: the first character and the domain of an e-mail address, else `***`.
///
/// The local part must have three characters or more, and there must be exactly one `@`. A quoted
/// local part, white space, and a domain that is not written in ASCII letters, digits, dots and
/// hyphens (RFC 5321 §4.1.2) are no address here, and are hidden as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Email;

impl Mask for Email {
    fn mask(value: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError> {
        match email_parts(value) {
            Some((first, domain)) => {
                out.push_str(first);
                out.push_str("***@");
                out.push_str(domain);
            }
            None => out.push_str(HIDDEN),
        }
        Ok(())
    }
}

fn email_parts(value: &str) -> Option<(&str, &str)> {
    let (local, domain) = value.split_once('@')?;
    let in_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let in_local = |c: char| !c.is_whitespace() && !c.is_control() && c != '"';
    if domain.is_empty() || !domain.chars().all(in_domain) || !local.chars().all(in_local) {
        return None;
    }
    local.graphemes(true).nth(2)?;
    let first = local
        .graphemes(true)
        .next()
        .filter(|grapheme| is_small(grapheme))?;
    Some((first, domain))
}

/// `h1:<key id>:<HMAC-SHA256>`: equal for equal values and says nothing else to who has no key.
///
/// The code is in base64url without padding (RFC 4648 §5), 43 characters. The key comes from
/// [`AuditConfig`]; without one the mask fails, and with it the write. For any type.
/// [`AuditConfig::tokens`] makes the tokens to search for.
#[derive(Debug, Clone, Copy)]
pub struct Token;

impl Mask for Token {
    fn mask(value: &str, out: &mut MaskOut<'_>) -> Result<(), MaskError> {
        let key = out.token_key().ok_or(MaskError::new(
            "there is no token key; set one with `AuditConfig::builder().token_key(..)`",
        ))?;
        let token = key.token(value)?;
        out.push_str(&token);
        Ok(())
    }
}

/// Text, which the masks `last4`, `pan` and `email` need. Implement it for an app's own text type:
///
/// ```
/// struct TaxNumber(String);
/// impl audit_core::MaskText for TaxNumber {}
/// ```
#[diagnostic::on_unimplemented(
    message = "the masks `last4`, `pan` and `email` work on text, and `{Self}` is not text",
    label = "this type is not known to be text",
    note = "use `mask = \"redact\"` or `mask = \"token\"`, which take any type, or implement `MaskText` for `{Self}` if it serializes as a string"
)]
pub trait MaskText {}

impl MaskText for str {}
impl MaskText for String {}
impl MaskText for Box<str> {}
impl MaskText for Arc<str> {}
impl MaskText for Rc<str> {}
impl MaskText for Cow<'_, str> {}
impl<T: MaskText> MaskText for Option<T> {}
impl<T: MaskText + ?Sized> MaskText for &T {}

/// True for text that one of the standard masks may have left of a value: what stands in the trail of
/// a field that had a mask once and has none any more cannot be told from a value otherwise.
///
/// ```
/// use audit_core::mask::looks_masked;
///
/// assert!(looks_masked("***") && looks_masked("****9012") && looks_masked("a***@example.com"));
/// assert!(!looks_masked("Ada") && !looks_masked("2 * 3"));
/// ```
pub fn looks_masked(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let pan = || match text.split_once("******") {
        Some((first, last)) => first.len() == 6 && last.len() == 4 && digits(first) && digits(last),
        None => false,
    };
    let email = || {
        text.split_once("***@")
            .is_some_and(|(first, _)| first.graphemes(true).count() == 1)
    };
    let token = || match text
        .strip_prefix("h1:")
        .and_then(|rest| rest.rsplit_once(':'))
    {
        Some((_, mac)) => mac.len() == 64 && mac.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => false,
    };
    let last4 = || {
        let rest = text.strip_prefix("****").unwrap_or_default();
        rest.graphemes(true).count() == 4
    };
    text == "***" || last4() || pan() || email() || token()
}

/// Appends what `mask` leaves of a value, as a JSON string.
///
/// A null stays null, so that it shows that a value came or went, unless `hide_null` asks for
/// `"***"`.
///
/// # Errors
/// Where the mask returns an error or panics; it names `field`. `out` is then left as it was.
pub fn apply(
    field: &'static str,
    mask: &MaskRef,
    value: ValueRef<'_>,
    hide_null: bool,
    config: &AuditConfig,
    out: &mut String,
) -> Result<(), MaskFailure> {
    let mut text = String::new();
    if value.text(&mut text) {
        push_string(out, &masked(field, mask, &text, config)?);
    } else {
        out.push_str(if hide_null { "\"***\"" } else { "null" });
    }
    Ok(())
}

/// What `mask` makes of a text.
fn masked(
    field: &'static str,
    mask: &MaskRef,
    text: &str,
    config: &AuditConfig,
) -> Result<String, MaskFailure> {
    let run = || {
        let mut out = MaskOut::new(config);
        (mask.apply)(text, &mut out).map(|()| out.finish())
    };
    // Nothing outlives the closure but its result, so a panic leaves nothing half-done behind.
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(MaskFailure::new(field, mask.name, error)),
        // The payload may quote the value, so it is not looked at.
        Err(_) => Err(MaskFailure::new(
            field,
            mask.name,
            MaskError::new("it panicked"),
        )),
    }
}

#[cfg(test)]
mod tests;
