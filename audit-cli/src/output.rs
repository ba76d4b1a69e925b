//! Where results go: stdout, with colours where somebody sees them.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::{Color, Common};

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
    let choice = match common.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    io::BufWriter::new(AutoStream::new(io::stdout().lock(), choice))
}

/// A line of CSV.
pub(crate) fn csv_line(out: &mut impl Write, fields: &[&str]) -> io::Result<()> {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        out.write_all(crate::text::csv_field(field).as_bytes())?;
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

/// A spinner on stderr for work of unknown length; nothing where stderr is not a terminal.
pub(crate) fn spinner(template: &str) -> ProgressBar {
    let bar = progress(0, "");
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// A bar on stderr for work of so many steps; nothing where stderr is not a terminal.
pub(crate) fn progress(steps: u64, what: &str) -> ProgressBar {
    let bar = if io::stderr().is_terminal() {
        ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr())
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}
