//! Looking for secrets in bytes: plain, reversed, escaped and encoded.

use core::fmt;
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};

/// Fewest bytes in a row that count as a find.
const SHORT: usize = 5;
/// The same where they are nothing but digits of ids, times and numbers, which are everywhere.
const LONG: usize = 8;

/// A random text to plant as a secret: 24 ASCII letters and digits.
///
/// Each fourth is a digit and no other, as in no word and no number: what is found of it is it.
///
/// ```
/// let secret = audit_diesel::testing::canary();
/// assert_eq!(secret.len(), 24);
/// assert_ne!(secret, audit_diesel::testing::canary());
/// ```
pub fn canary() -> String {
    loop {
        let text = random();
        if !reads_backward(text.as_bytes()) {
            return text;
        }
    }
}

fn random() -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const DIGITS: &[u8] = b"0123456789";
    let mut text = String::new();
    while text.len() < 24 {
        // Keyed anew and at random each time.
        let mut bits = RandomState::new().build_hasher().finish();
        for alphabet in [LETTERS, LETTERS, LETTERS, DIGITS].repeat(2) {
            let size = alphabet.len() as u64;
            let index = usize::try_from(bits % size).unwrap_or(0);
            text.push(char::from(alphabet.get(index).copied().unwrap_or(b'g')));
            bits /= size;
        }
    }
    text
}

/// True where a piece of it stands there backward too: what is found of it would be found twice.
fn reads_backward(text: &[u8]) -> bool {
    let backward: Vec<u8> = text.iter().rev().copied().collect();
    text.windows(SHORT)
        .any(|piece| backward.windows(SHORT).any(|other| piece == other))
}

/// Secrets, and where they were found. Use it on whatever your app writes: logs, exports, pages.
///
/// Found are five bytes of a secret in a row (eight where they are all digits), also reversed, with
/// JSON or percent escapes, in base64 of both alphabets and in hex.
///
/// ```
/// use audit_diesel::testing::{Secrets, canary};
/// let tax_number = canary();
/// let mut secrets = Secrets::new();
/// secrets.plant("tax_number", &tax_number);
/// assert!(secrets.find(b"nothing to see").is_empty());
/// let leaks = secrets.find(format!("ends in {}", &tax_number[12..]).as_bytes());
/// assert_eq!(leaks[0].to_string(), "part of the secret `tax_number`");
/// ```
#[derive(Clone, Default)]
pub struct Secrets {
    names: Vec<String>,
    /// By length and encoding: a piece of a secret, and whose.
    pieces: HashMap<(Encoding, usize), HashMap<Vec<u8>, usize>>,
    /// Pieces that are no find.
    allowed: HashSet<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Encoding {
    Plain,
    Reversed,
    Base64,
    Hex,
}

/// A secret that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Leak {
    /// The name under which it was planted.
    pub secret: String,
    encoding: Encoding,
}

/// Names the secret, and shows nothing of it.
impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part of the secret `{}`", self.secret)?;
        f.write_str(match self.encoding {
            Encoding::Plain => "",
            Encoding::Reversed => ", reversed",
            Encoding::Base64 => ", in base64",
            Encoding::Hex => ", in hex",
        })
    }
}

/// Shows the names of the secrets.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl Secrets {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret. False where it is too short to be told from other text: then it is not
    /// looked for.
    pub fn plant(&mut self, name: impl Into<String>, value: impl AsRef<[u8]>) -> bool {
        let value = value.as_ref();
        let owner = self.names.len();
        self.names.push(name.into());
        let mut planted = false;
        for (encoding, piece) in pieces(value) {
            planted |= encoding == Encoding::Plain;
            if self.allowed.contains(&piece) {
                continue;
            }
            let by_length = self.pieces.entry((encoding, piece.len())).or_default();
            by_length.entry(piece).or_insert(owner);
        }
        planted
    }

    /// Takes out of the search what may be shown, of secrets planted before and after: a mask's
    /// output, say.
    pub fn allow(&mut self, text: impl AsRef<[u8]>) {
        for length in [SHORT, LONG, 2 * SHORT] {
            for piece in text.as_ref().windows(length) {
                for pieces in self.pieces.values_mut() {
                    pieces.remove(piece);
                }
                self.allowed.insert(piece.to_vec());
            }
        }
    }

    /// What is found in `bytes`, each secret once for each encoding.
    pub fn find(&self, bytes: impl AsRef<[u8]>) -> Vec<Leak> {
        let bytes = bytes.as_ref();
        let mut found = Vec::new();
        self.find_as(&[Encoding::Plain, Encoding::Reversed], bytes, &mut found);
        // JSON in JSON is escaped twice, and a link to a link is.
        for undo in [unescape_json, decode_percent] {
            let mut next = undo(bytes);
            for _ in 0..4 {
                let Some(text) = next else { break };
                self.find_as(&[Encoding::Plain, Encoding::Reversed], &text, &mut found);
                next = undo(&text);
            }
        }
        let alphabet: Vec<u8> = bytes
            .iter()
            .map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                byte => *byte,
            })
            .collect();
        self.find_as(&[Encoding::Base64], &alphabet, &mut found);
        self.find_as(&[Encoding::Hex], &bytes.to_ascii_lowercase(), &mut found);
        found.sort();
        found.dedup();
        found
    }

    fn find_as(&self, encodings: &[Encoding], bytes: &[u8], found: &mut Vec<Leak>) {
        for ((encoding, length), pieces) in &self.pieces {
            if !encodings.contains(encoding) {
                continue;
            }
            for window in bytes.windows(*length) {
                if let Some(owner) = pieces.get(window) {
                    found.push(Leak {
                        secret: self.names.get(*owner).cloned().unwrap_or_default(),
                        encoding: *encoding,
                    });
                }
            }
        }
    }
}

fn is_weak(piece: &[u8]) -> bool {
    piece
        .iter()
        .all(|byte| byte.is_ascii_hexdigit() || b"-+:. TZ".contains(byte))
}

/// All that is looked for of one secret.
fn pieces(value: &[u8]) -> Vec<(Encoding, Vec<u8>)> {
    let mut all = Vec::new();
    let mut windows = |encoding, value: &[u8]| {
        for start in 0..value.len() {
            let short = value.get(start..start + SHORT);
            let piece = match short {
                Some(piece) if is_weak(piece) => value.get(start..start + LONG),
                piece => piece,
            };
            all.extend(piece.map(|piece| (encoding, piece.to_vec())));
        }
    };
    windows(Encoding::Plain, value);
    let reversed: Vec<u8> = value.iter().rev().copied().collect();
    windows(Encoding::Reversed, &reversed);
    for piece in value.windows(SHORT) {
        let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
        all.push((Encoding::Hex, hex.into_bytes()));
    }
    // What the bytes look like depends on how many stand before them, modulo three.
    for before in 0..3 {
        let encoded = base64_inside(value, before);
        all.extend(
            encoded
                .windows(LONG)
                .map(|piece| (Encoding::Base64, piece.to_vec())),
        );
    }
    all
}

/// The base64 digits (RFC 4648 §4) that are made of `value` alone, where `before` bytes that are
/// not known stand before it.
fn base64_inside(value: &[u8], before: usize) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |index: usize| -> usize {
        let byte = value.get(index / 8).copied().unwrap_or(0);
        usize::from(byte >> (7 - index % 8) & 1)
    };
    // The first digit that begins inside the value.
    let first = (6 - before * 8 % 6) % 6;
    let mut digits = Vec::new();
    let mut at = first;
    while at + 6 <= value.len() * 8 {
        let digit = (at..at + 6).fold(0, |digit, index| digit << 1 | bit(index));
        digits.push(DIGITS.get(digit).copied().unwrap_or(b'='));
        at += 6;
    }
    digits
}

/// The bytes with JSON's escapes (RFC 8259 §7) taken back; `None` where there are none.
fn unescape_json(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.contains(&b'\\') {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some((escape, tail)) = rest.split_first() else {
            break;
        };
        rest = tail;
        match escape {
            b'u' => {
                let code = rest.get(..4).and_then(|hex| core::str::from_utf8(hex).ok());
                let code = code.and_then(|hex| u32::from_str_radix(hex, 16).ok());
                match code {
                    Some(code) => {
                        let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                        out.extend(c.encode_utf8(&mut [0; 4]).bytes());
                        rest = rest.get(4..).unwrap_or_default();
                    }
                    None => out.push(b'u'),
                }
            }
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            other => out.push(*other),
        }
    }
    Some(out)
}

/// The bytes with percent escapes (RFC 3986 §2.1) taken back; `None` where there are none.
fn decode_percent(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.contains(&b'%') {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        let hex = tail.get(..2).and_then(|hex| core::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) if *byte == b'%' => {
                out.push(decoded);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => out.push(*byte),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "Gx7\"q/ü%kWm2 vRt9\nLp";

    fn planted() -> Secrets {
        let mut secrets = Secrets::new();
        assert!(secrets.plant("s", SECRET));
        secrets
    }

    #[track_caller]
    fn found(text: impl AsRef<[u8]>, how: &str) {
        let leaks = planted().find(text);
        assert!(
            leaks.iter().any(|leak| leak.to_string() == how),
            "{leaks:?}"
        );
    }

    /// Or the search would find secrets in what is none, one run in twenty.
    #[test]
    fn a_canary_looks_like_no_word_and_no_number() {
        for _ in 0..1000 {
            let text = canary();
            for piece in text.as_bytes().windows(SHORT) {
                let digits = piece.iter().filter(|byte| byte.is_ascii_digit()).count();
                assert!(matches!(digits, 1 | 2), "{text}");
                assert!(piece.iter().all(u8::is_ascii_alphanumeric), "{text}");
            }
            let mut secrets = Secrets::new();
            secrets.plant("s", &text);
            assert_eq!(secrets.find(&text).len(), 1, "{text}");
        }
    }

    #[test]
    fn every_form_of_a_secret_is_found() {
        found(format!("..{SECRET}.."), "part of the secret `s`");
        found("..kWm2 ..", "part of the secret `s`");
        found(
            serde_json::to_string(SECRET).unwrap(),
            "part of the secret `s`",
        );
        found("Gx7%22q%2F", "part of the secret `s`");
        found("\\u0047x7\\\"q", "part of the secret `s`");
        found("\\\\u0047x7\\\\\\\"q", "part of the secret `s`");
        found("Gx7%2522q", "part of the secret `s`");
        let reversed: String = SECRET.chars().rev().collect();
        found(&reversed, "part of the secret `s`, reversed");
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02X}")).collect();
        found(&hex, "part of the secret `s`, in hex");
    }

    /// Whatever stands before and behind it.
    #[test]
    fn base64_is_found_at_each_of_its_three_places() {
        for before in 0..3 {
            let mut bytes = vec![0xFF; before];
            bytes.extend(SECRET.as_bytes());
            bytes.extend([0xFF; 2]);
            let whole = base64_inside(&bytes, 0);
            found(&whole, "part of the secret `s`, in base64");
            let other: Vec<u8> = whole
                .iter()
                .map(|b| if *b == b'/' { b'_' } else { *b })
                .collect();
            found(&other, "part of the secret `s`, in base64");
        }
    }

    #[test]
    fn what_is_no_part_of_it_is_not_found() {
        for text in ["", "Gx7\"", "password_hash", "2026-01-31T12:00:00Z", "mW2k"] {
            assert_eq!(planted().find(text), [], "{text}");
        }
    }

    #[test]
    fn four_characters_may_be_shown_and_a_fifth_may_not() {
        let mut secrets = Secrets::new();
        secrets.plant("s", "DE12HG56JK90");
        assert_eq!(secrets.find("****JK90"), []);
        assert_ne!(secrets.find("****6JK90"), []);
        secrets.allow("****6JK90");
        assert_eq!(secrets.find("****6JK90"), []);
        assert_ne!(secrets.find("DE12H"), []);
        secrets.plant("later", "xyz6JK90");
        assert_eq!(secrets.find("****6JK90"), []);
        assert_ne!(secrets.find("yz6JK90"), []);
    }

    #[test]
    fn digits_need_eight_in_a_row() {
        let mut secrets = Secrets::new();
        assert!(secrets.plant("number", "123456789012"));
        assert_eq!(secrets.find("1769860800123456"), []);
        assert_ne!(secrets.find("x12345678x"), []);
        assert!(!secrets.plant("pin", "4711"));
    }
}
