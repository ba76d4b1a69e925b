//! Stored texts, and names that may come from a client, as one line of plain text.

use core::fmt;

use audit_core::invisible::is_deceptive;

/// A text whose control characters, and those that hide or reorder what is shown, are escaped: a key from a URL writes no line into a log, and
/// tells a terminal nothing.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_deceptive(c) {
                write!(f, "{}", c.escape_default())?;
            } else {
                fmt::Write::write_char(f, c)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_line_and_moves_no_cursor() {
        let shown = Plain("x\u{1b}[2J\r\nFORGED\u{9b}\u{202e}é\"`").to_string();
        assert_eq!(shown, "x\\u{1b}[2J\\r\\nFORGED\\u{9b}\\u{202e}é\"`");
        let marks = Plain("\u{200e}a\u{200f}b\u{61c}").to_string();
        assert_eq!(marks, "\\u{200e}a\\u{200f}b\\u{61c}");
    }
}
