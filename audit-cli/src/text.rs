//! Text for people and for spreadsheets: what is stored never moves a terminal's cursor and is
//! never a formula.

use std::borrow::Cow;
use std::fmt::Write;

use audit_core::invisible::is_deceptive;

/// The text with control characters, and those that reorder or hide what is shown, escaped. Line
/// breaks pass only where `lines` says so.
pub(crate) fn printable(text: &str, lines: bool) -> Cow<'_, str> {
    let harmless = |c: char| !is_deceptive(c) || (lines && c == '\n');
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' if lines => out.push('\n'),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_deceptive(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// One field of a CSV file (RFC 4180), quoted where it has to be. A text that a spreadsheet would
/// take for a formula begins with an apostrophe, as in the exports: also behind what is blank or not
/// seen, and where its sign is spelt otherwise.
pub(crate) fn csv_field(text: &str) -> Cow<'_, str> {
    const SIGNS: [char; 16] = [
        '=', '+', '-', '@', '\'', '|', '%', '＝', '＋', '－', '＠', '\u{2212}', '\u{fe62}',
        '\u{fe63}', '\u{fe66}', '\u{fe6b}',
    ];
    let is_unseen = |c: char| c.is_whitespace() || is_deceptive(c);
    let formula = text.starts_with(['\t', '\r', '\n'])
        || text.trim_start_matches(is_unseen).starts_with(SIGNS);
    if !formula && !text.contains(['"', ',', '\n', '\r']) {
        return Cow::Borrowed(text);
    }
    let guard = if formula { "'" } else { "" };
    Cow::Owned(format!("\"{guard}{}\"", text.replace('"', "\"\"")))
}

/// The nearest of some names, where one is near enough to be a slip of the finger.
pub(crate) fn nearest<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = 1 + wanted.chars().count() / 4;
    names
        .into_iter()
        .map(|name| (distance(&wanted.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The number of characters to insert, remove or replace (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            left = (diagonal + usize::from(x != *y))
                .min(left + 1)
                .min(*cell + 1);
            diagonal = std::mem::replace(cell, left);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_marks_of_direction_are_escaped() {
        assert_eq!(printable("Größe 1", false), "Größe 1");
        assert_eq!(
            printable("a\u{1b}[31mb\u{9b}", false),
            r"a\u{1b}[31mb\u{9b}"
        );
        assert_eq!(printable("a\nb\t", false), r"a\nb\t");
        assert_eq!(printable("a\nb\r", true), "a\nb\\r");
        assert_eq!(printable("\u{202e}x\u{200b}", false), r"\u{202e}x\u{200b}");
        assert_eq!(
            printable("\u{200e}\u{200f}\u{61c}", false),
            r"\u{200e}\u{200f}\u{61c}"
        );
    }

    #[test]
    fn csv_fields_are_quoted_and_are_no_formulas() {
        assert_eq!(csv_field("plain"), "plain");
        assert_eq!(csv_field("a \"b\", c"), "\"a \"\"b\"\", c\"");
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "\tx",
            "\rx",
            "  =1",
            "＝1",
            "'x",
            "\u{200b}=1",
            "\u{a0}|x",
            "\u{2212}1",
        ] {
            assert!(csv_field(formula).starts_with("\"'"), "{formula:?}");
        }
    }

    #[test]
    fn slips_of_the_finger_are_found() {
        assert_eq!(nearest("acounts", ["orders", "accounts"]), Some("accounts"));
        assert_eq!(nearest("USERS", ["orders", "users"]), Some("users"));
        assert_eq!(nearest("zebra", ["orders", "accounts"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!((distance("", "abc"), distance("abc", "")), (3, 3));
    }
}
