//! Where results go: stdout, with colours where somebody sees them.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::{Color, Common, Format};

/// What a piece of text says by its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Quiet,
    Strong,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Quiet => Style::new().dimmed(),
            Self::Strong => Style::new().bold(),
        }
    }

    /// The text in the tone's colours; they are taken out again where they are not wanted.
    pub(crate) fn paint(self, text: &str) -> String {
        let style = self.style();
        format!("{style}{text}{style:#}")
    }
}

/// Stdout. `NO_COLOR` (no-color.org) and what is not a terminal get no colours.
pub(crate) fn stdout(common: &Common) -> io::BufWriter<AutoStream<io::StdoutLock<'static>>> {
    let choice = match (common.format, common.color) {
        // They have no colours, and what looks like some is data.
        (Format::Json | Format::Csv, _) => ColorChoice::AlwaysAnsi,
        (Format::Table, Color::Auto) => ColorChoice::Auto,
        (Format::Table, Color::Always) => ColorChoice::Always,
        (Format::Table, Color::Never) => ColorChoice::Never,
    };
    io::BufWriter::new(AutoStream::new(io::stdout().lock(), choice))
}

/// A line of CSV on stdout. A terminal is shown nothing that moves its cursor; a file and a pipe get every
/// character.
pub(crate) fn csv_line(out: &mut impl Write, fields: &[&str]) -> io::Result<()> {
    let is_terminal = io::stdout().is_terminal();
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        let field = match is_terminal {
            true => crate::text::printable(field, false),
            false => Cow::Borrowed(*field),
        };
        out.write_all(crate::text::csv_field(&field).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

/// A table for people: as wide as the terminal, or as the text where there is none. Every cell is
/// made printable.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    let terminal = console::Term::stdout();
    if terminal.is_term() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(terminal.size().1);
    }
    table.set_header(header.iter().map(|name| name.to_uppercase()));
    for row in rows {
        table.add_row(
            row.iter()
                .map(|cell| crate::text::printable(cell, false).into_owned()),
        );
    }
    table
}

/// A table, or on a terminal that is too narrow for it a block of lines for each row, so that an id
/// stays in one piece and can be copied.
pub(crate) fn table_or_blocks(header: &[&str], rows: &[Vec<String>]) -> String {
    let table = table(header, rows.iter().cloned());
    let Some(width) = table.width() else {
        return table.trim_fmt();
    };
    let whole = content_width(header, rows);
    if whole <= usize::from(width) {
        table.trim_fmt()
    } else {
        blocks(header, rows)
    }
}

/// As wide as a table is that breaks no cell: each column with a blank at both sides.
fn content_width(header: &[&str], rows: &[Vec<String>]) -> usize {
    let cell = |text: &str| console::measure_text_width(&crate::text::printable(text, false));
    let columns = header.iter().enumerate().map(|(column, name)| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|text| cell(text)).max().unwrap_or(0);
        widest.max(cell(name)) + 2
    });
    columns.sum()
}

/// Each row as lines of a name and a value, without those that are empty.
fn blocks(header: &[&str], rows: &[Vec<String>]) -> String {
    let names = header.iter().map(|name| name.len()).max().unwrap_or(0);
    let block = |row: &Vec<String>| {
        let cells = header.iter().zip(row).filter(|(_, text)| !text.is_empty());
        let lines = cells.map(|(name, text)| {
            let text = crate::text::printable(text, false);
            format!("{:names$}  {text}", name.to_uppercase())
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

/// A spinner on stderr for work of unknown length; nothing where stderr is not a terminal.
pub(crate) fn spinner(template: &str) -> ProgressBar {
    let bar = bar_of(None, template);
    bar.tick();
    bar
}

/// A bar on stderr for work of so many steps; nothing where stderr is not a terminal.
pub(crate) fn progress(steps: u64, what: &str) -> ProgressBar {
    let bar = bar_of(Some(steps), "{msg} {wide_bar} {pos}/{len}").with_message(what.to_owned());
    // One of no steps looks as if they were done.
    if steps > 0 {
        bar.tick();
    }
    bar
}

/// Not drawn yet.
fn bar_of(steps: Option<u64>, template: &str) -> ProgressBar {
    // It hides itself where stderr is no terminal.
    let bar = ProgressBar::with_draw_target(steps, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_keep_each_value_on_a_line() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["1", "acme", "a\nb"]), row(["22", "", "why"])];
        let header = ["id", "tenant", "reason"];
        assert_eq!(
            blocks(&header, &rows),
            "ID      1\nTENANT  acme\nREASON  a\\nb\n\nID      22\nREASON  why"
        );
        assert_eq!(content_width(&header, &rows), 4 + 8 + 8);
        let drawn = table(&header, rows.clone()).to_string();
        let widest = drawn.lines().map(str::len).max();
        assert_eq!(widest, Some(content_width(&header, &rows)), "{drawn}");
    }
}
