//! Rows as lines of CSV that no spreadsheet takes for formulas.

use std::io::Write;

use audit_core::invisible::is_deceptive;
use chrono::{DateTime, SecondsFormat, Utc};
use csv::{ErrorKind, Terminator, Writer, WriterBuilder};

use super::out::{self, BUFFER};
use crate::error::AuditError;
use crate::trail::{AuditEntry, COLUMNS};

pub(super) struct Csv<W: Write> {
    out: Writer<W>,
    cell: String,
}

impl<W: Write> Csv<W> {
    /// Writes the header.
    pub(super) fn new(writer: W) -> Result<Self, AuditError> {
        let mut out = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .buffer_capacity(BUFFER)
            .from_writer(writer);
        out.write_record(COLUMNS.split(", ").map(str::trim))
            .map_err(failed)?;
        Ok(Self {
            out,
            cell: String::new(),
        })
    }

    pub(super) fn row(&mut self, entry: &AuditEntry) -> Result<(), AuditError> {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        self.plain(&entry.seq.to_string())?;
        for id in [entry.id, entry.change_id, entry.operation_id] {
            self.plain(&id.hyphenated().to_string())?;
        }
        self.text(entry.tenant_id.as_deref())?;
        self.text(entry.table_name.as_deref())?;
        self.text(entry.record_id.as_deref())?;
        self.text(Some(&entry.action))?;
        self.text(entry.field_name.as_deref())?;
        self.json(entry.old_value.as_deref())?;
        self.json(entry.new_value.as_deref())?;
        self.text(Some(entry.actor.kind()))?;
        self.text(entry.actor.id())?;
        self.text(entry.on_behalf_of.as_ref().map(|actor| actor.as_str()))?;
        self.text(Some(&time(entry.changed_at)))?;
        self.text(Some(&time(entry.recorded_at)))?;
        self.text(entry.request_id.as_deref())?;
        self.text(entry.reason.as_deref())?;
        self.json(entry.context.as_deref())?;
        self.out.write_record(None::<&[u8]>).map_err(failed)
    }

    pub(super) fn finish(mut self) -> Result<(), AuditError> {
        self.out.flush().map_err(out::failed)
    }

    fn plain(&mut self, cell: &str) -> Result<(), AuditError> {
        self.out.write_field(cell).map_err(failed)
    }

    fn text(&mut self, cell: Option<&str>) -> Result<(), AuditError> {
        let cell = cell.unwrap_or_default();
        if !is_formula(cell) {
            return self.plain(cell);
        }
        self.cell.clear();
        self.cell.push('\'');
        self.cell.push_str(cell);
        self.out.write_field(&self.cell).map_err(failed)
    }

    fn json(&mut self, cell: Option<&str>) -> Result<(), AuditError> {
        match cell {
            Some(number) if is_negative_number(number) => self.plain(number),
            other => self.text(other),
        }
    }
}

/// The writer's own error, by whose kind a closed pipe is told; the crate's conversion hides it.
fn failed(error: csv::Error) -> AuditError {
    match error.into_kind() {
        ErrorKind::Io(error) => out::failed(error),
        kind => out::failed(std::io::Error::other(format!("{kind:?}"))),
    }
}

/// True where a spreadsheet might run a cell, or where taking an apostrophe away would be wrong.
fn is_formula(cell: &str) -> bool {
    // What a reader of the file may drop is not looked at.
    let shown = |c: &char| !(c.is_whitespace() || is_deceptive(*c));
    let starts = |c: char| {
        matches!(
            c,
            '=' | '+'
                | '-'
                | '@'
                | '\''
                | '\u{ff1d}'
                | '\u{ff0b}'
                | '\u{ff0d}'
                | '\u{ff20}'
                | '\u{2212}'
                | '\u{fe62}'
                | '\u{fe63}'
                | '\u{fe66}'
                | '\u{fe6b}'
                | '|'
                | '%'
        )
    };
    matches!(cell.chars().next(), Some('\t' | '\r' | '\n' | '\''))
        || cell.chars().find(shown).is_some_and(starts)
}

/// A number below zero in the grammar of RFC 8259: a sign, digits, `.`, `e`, and nothing else.
fn is_negative_number(text: &str) -> bool {
    text.len() > 1
        && text.starts_with('-')
        && serde_json::from_str::<&serde_json::value::RawValue>(text)
            .is_ok_and(|raw| raw.get() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_runs_is_known() {
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "\tx",
            " =1",
            "\u{a0}=1",
            "\u{feff}=1",
            "\u{200b}=1",
            "\u{61c}=1",
            "\u{ff1d}1",
            "\u{ff0b}1",
            "\u{ff0d}1",
            "\u{ff20}x",
            "'x",
            "''",
            " 'x",
            "|x",
            "%x",
        ] {
            assert!(is_formula(formula), "{formula:?}");
        }
        for text in [
            "",
            " ",
            "a=1",
            "1-1",
            "user:1",
            "{\"a\":1}",
            "\"=1\"",
            "\u{e9}",
            "2026-03-01T00:00:00Z",
        ] {
            assert!(!is_formula(text), "{text:?}");
        }
    }

    #[test]
    fn only_a_number_is_a_number() {
        for number in ["-5", "-0", "-1.5e+3", "-12345678901234567890.123"] {
            assert!(is_negative_number(number), "{number}");
        }
        for other in [
            "-", "-1+1", "-a", "--1", "-1 ", "-01", "-=1", "5", "- 5", "-\t5", "-1\n",
        ] {
            assert!(!is_negative_number(other), "{other}");
        }
    }
}
