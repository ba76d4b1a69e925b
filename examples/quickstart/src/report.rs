//! What is printed: at most 100 columns, nothing of anybody's data raw.

use std::io::{self, Write};

use audit_diesel::{AuditEntry, Audited, ChangeSet, Role};
use serde_json::{Map, Value};

use crate::outcome::{Effect, Handled, Outcome};
use crate::requests::RequestFile;

const WIDTH: usize = 100;
/// Longest value that the trail shows; the whole of it is in the database.
const MAX_VALUE: usize = 44;

/// Prints, and remembers what it has printed.
pub(crate) struct Report {
    out: Box<dyn Write>,
    printed: String,
}

impl Report {
    /// On standard output.
    pub(crate) fn new() -> Self {
        Self::on(Box::new(io::stdout()))
    }

    pub(crate) fn on(out: Box<dyn Write>) -> Self {
        Self {
            out,
            printed: String::new(),
        }
    }

    /// All that was printed so far.
    pub(crate) fn printed(&self) -> &str {
        &self.printed
    }

    pub(crate) fn line(&mut self, text: &str) {
        let text = text.trim_end();
        // Nobody may be reading on (`| head`): that is no reason not to finish.
        let _ = writeln!(self.out, "{text}");
        self.printed.push_str(text);
        self.printed.push('\n');
    }

    /// `first`, then `text` in the columns behind it, on as many lines as it takes.
    fn column(&mut self, first: &str, text: &str) {
        let indent = first.chars().count();
        for (index, part) in wrap(text, WIDTH - indent).iter().enumerate() {
            if index == 0 {
                self.line(&format!("{first}{part}"));
            } else {
                self.line(&format!("{:indent$}{part}", ""));
            }
        }
    }

    pub(crate) fn heading(&mut self, text: &str) {
        self.line("");
        self.line(text);
    }

    pub(crate) fn start(&mut self, database: &str, file: &RequestFile) {
        self.line(&format!("database  {}", printable(database)));
        let name = printable(&file.name);
        self.line(&format!(
            "requests  {name}, {}",
            count(file.lines.len(), "line")
        ));
        self.heading("REQUESTS");
    }

    pub(crate) fn bad_line(&mut self, number: usize, error: &str) {
        self.column(&format!("{number:>4}  "), "this line is no request");
        self.column("      error      ", &printable(error));
    }

    pub(crate) fn request(&mut self, handled: &Handled<'_>) {
        let request = handled.request;
        let tenant = request.tenant.as_deref().unwrap_or("no tenant");
        let mut title = format!("{} of {tenant}: {}", request.actor, request.title());
        if let Some(note) = &request.note {
            title += &format!(" ({note})");
        }
        self.column(&format!("{:>4}  ", handled.line), &printable(&title));
        if !handled.seen.stripped.is_empty() {
            self.column(
                "      stripped   ",
                &printable(&handled.seen.stripped.join("  ")),
            );
        }
        if !handled.seen.ignored.is_empty() {
            self.column(
                "      ignored    ",
                &printable(&handled.seen.ignored.join("  ")),
            );
        }
        match &handled.outcome {
            Outcome::Refused(why) => self.column("      refused    ", &printable(why)),
            Outcome::Done(done) => {
                let (what, rows) = match done.effect {
                    Effect::Recorded(rows) => ("      done       ", counted(rows, "audit row")),
                    Effect::Unrecorded => (
                        "      done       ",
                        "stamped; nothing changed that the trail records".to_owned(),
                    ),
                    Effect::Nothing => ("      no change  ", "it is so already".to_owned()),
                };
                let kind = done.record.kind.name();
                self.column(what, &format!("{kind} {}: {rows}", done.record.id));
            }
        }
    }

    pub(crate) fn trail_heading(&mut self) {
        self.heading("TRAIL");
        let [time, action, actor, request, what] =
            ["time", "action", "actor", "request", "old -> new"];
        self.line(&format!(
            "  {time:8}  {action:7}  {actor:13}  {request:8}  {what}"
        ));
    }

    /// The change sets of one record.
    pub(crate) fn trail<E: Audited>(&mut self, title: &str, trail: &[ChangeSet]) {
        self.line(&printable(title));
        for set in trail {
            let Some(first) = set.first() else { continue };
            let start = format!(
                "  {:8}  {:7}  {}  {}  ",
                first.changed_at.format("%H:%M:%S"),
                first.action,
                cell(first.actor.as_str(), 13),
                cell(first.request_id.as_deref().unwrap_or("-"), 8),
            );
            let mut lines: Vec<String> = set.entries().iter().flat_map(values::<E>).collect();
            if let Some(actor) = &first.on_behalf_of {
                lines.push(format!("for {actor}"));
            }
            if let Some(reason) = &first.reason {
                lines.push(format!("because: {reason}"));
            }
            for (index, line) in lines.iter().enumerate() {
                let start = if index == 0 {
                    start.clone()
                } else {
                    " ".repeat(start.chars().count())
                };
                self.column(&start, &printable(line));
            }
        }
    }

    pub(crate) fn promise(&mut self, kept: bool, text: &str, evidence: &str) {
        let mark = if kept { "  kept    " } else { "  BROKEN  " };
        self.column(mark, &format!("{text} ({evidence})"));
    }

    pub(crate) fn fault(&mut self, fault: &str) {
        self.column("          - ", &printable(fault));
    }
}

/// `name "Ada" -> "Ada L."`; a whole record by its fields that are not null.
fn values<E: Audited>(entry: &AuditEntry) -> Vec<String> {
    let shown = |json: &Option<String>| short(json.as_deref().unwrap_or("-"));
    let (old, new) = (shown(&entry.old_value), shown(&entry.new_value));
    if let Some(field) = &entry.field_name {
        return vec![format!("{field} {old} -> {new}")];
    }
    let Some(json) = entry.new_value.as_ref().or(entry.old_value.as_ref()) else {
        return Vec::new();
    };
    // By the columns of the table, without the stamps: those are the columns at the left.
    let record: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let data = E::META.fields.iter().filter(|f| f.role == Role::Data);
    data.filter_map(|field| {
        let value = record.get(field.column).filter(|value| !value.is_null())?;
        Some(format!("{} {}", field.column, short(&value.to_string())))
    })
    .collect()
}

/// `1 line`, `2 lines`
pub(crate) fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn counted(n: i64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Text with every character escaped that does not show, or moves the cursor or what follows it.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // `escape_debug` knows those characters; it also escapes quotes, which are harmless here.
    for part in text.split_inclusive(['"', '\'', '\\']) {
        let quote = part
            .chars()
            .next_back()
            .filter(|c| matches!(c, '"' | '\'' | '\\'));
        let plain = quote.map_or(part, |quote| part.strip_suffix(quote).unwrap_or(part));
        out.extend(plain.escape_debug());
        out.extend(quote);
    }
    out
}

/// The start of a value that is too long for the table.
fn short(text: &str) -> String {
    if text.chars().count() <= MAX_VALUE {
        return text.to_owned();
    }
    let start: String = text.chars().take(MAX_VALUE - 1).collect();
    format!("{start}…")
}

/// Text in a column of its own: cut or filled to `width`.
fn cell(text: &str, width: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= width {
        return format!("{text:width$}");
    }
    let start: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{start}…")
}

/// Breaks at spaces, and inside of words that are too long for a line. Never returns nothing.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        let gap = usize::from(used > 0);
        if used > 0 && used + gap + length > width {
            lines.push(String::new());
            used = 0;
        } else if let Some(line) = lines.last_mut().filter(|_| gap > 0) {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            if used == width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_is_escaped() {
        assert_eq!(printable("\u{1b}[2J"), r"\u{1b}[2J");
        assert_eq!(printable("a\u{200b}b\u{202e}c\n"), r"a\u{200b}b\u{202e}c\n");
        assert_eq!(
            printable(r#"{"a":"O'Brien \ ü → 漢"}"#),
            r#"{"a":"O'Brien \ ü → 漢"}"#
        );
    }

    #[test]
    fn lines_are_never_wider_than_asked_for() {
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a abcdefghij", 4), ["a", "abcd", "efgh", "ij"]);
        let text = "some words and averyveryverylongonewithoutanyspaceinit at all";
        for width in 1..40 {
            let lines = wrap(text, width);
            assert!(
                lines.iter().all(|line| line.chars().count() <= width),
                "{width}: {lines:?}"
            );
        }
    }

    #[test]
    fn cells_keep_their_width() {
        assert_eq!(cell("ab", 4), "ab  ");
        assert_eq!(cell("abcdef", 4), "abc…");
    }
}
