//! How an answer looks and where it goes. One renderer a file; they see reports and nothing else of the program.
//!
//! Standard output carries data only. ProgressDisplay, warnings and the tally go to standard error.

mod cell;
mod csv;
mod human;
mod json;
mod markdown;
mod progress;
mod raw;
mod rows;
mod sanitize;
mod sink;
mod stream;
mod table;
mod tally;
#[cfg(test)]
mod tests;
mod truncate;
mod tsv;

use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

pub use cell::Cell;
pub use human::{counted, size};
pub use progress::ProgressDisplay;
pub use rows::Rows;
pub use sanitize::{message, sanitize};
pub use sink::{Target, is_broken_pipe};
pub use stream::Stream;
pub use tally::{print_error, print_note, print_tally, print_warning};

use self::csv::Cells;
use self::sink::Sink;
use crate::report::{Report, Tally};
use crate::source::Progress;
use crate::time::Zone;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables for people
    Table,
    /// One object with all tables and the tally
    Json,
    /// One JSON object a row
    Ndjson,
    /// Comma-separated values with a line of names
    Csv,
    /// Tab-separated values with a line of names
    Tsv,
    /// Tables for GitHub
    Markdown,
    /// The matching lines of the log, as they are
    Raw,
}

/// How tables for people look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colors.
    pub color: bool,
    /// Whether someone sees it at once: then bars are drawn, and no raw byte of the log goes through.
    pub terminal: bool,
    /// How wide a table may be; `None` is as wide as it needs.
    pub width: Option<usize>,
}

/// Everything about the output that was asked for, checked and ready.
#[derive(Clone, Debug)]
pub struct Output {
    /// How the answer is written.
    pub format: Format,
    /// Where it goes.
    pub target: Target,
    /// How tables look.
    pub style: Style,
    /// The zone that times are shown in.
    pub zone: Zone,
    /// How many rows a table may have; `usize::MAX` is all of them.
    pub limit: usize,
    /// Whether standard error gets errors only.
    pub quiet: bool,
    /// Whether to show how far the run is.
    pub progress: bool,
    /// Whether cells that a spreadsheet would run get a `'` in front.
    pub spreadsheet_safe: bool,
}

impl Output {
    /// Writes the answer.
    ///
    /// # Errors
    /// If it cannot be written, or has no lines of the log where those were asked for.
    /// [`is_broken_pipe`] tells whether the reader has just gone away.
    pub fn write(&self, report: &Report) -> anyhow::Result<()> {
        if self.format == Format::Raw
            && report.main_table().is_none_or(|table| table.rows.iter().any(|row| row.raw.is_none()))
        {
            bail!("`{}` does not select records; use table or json", report.name);
        }
        if !matches!(self.format, Format::Table | Format::Markdown) {
            report.approximate().for_each(|(_, note)| self.warn(note));
        }
        let mut sink = Sink::open(&self.target)?;
        let mut out = BufWriter::new(&mut sink);
        let written = self.render(report, &mut out).and_then(|()| out.flush());
        drop(out);
        written.map_err(|error| sink.explain(error))?;
        sink.finish()
    }

    /// Writes an answer that is a text of its own, whatever the format.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_text(&self, text: &str) -> anyhow::Result<()> {
        let mut sink = Sink::open(&self.target)?;
        let written = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
        written.map_err(|error| sink.explain(error))?;
        sink.finish()
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
        match self.format {
            Format::Table => out.write_all(table::render(report, self.zone, &self.style).as_bytes()),
            Format::Markdown => out.write_all(markdown::render(report, self.zone).as_bytes()),
            Format::Json => json::render(report, self.zone, out),
            Format::Ndjson | Format::Csv | Format::Tsv | Format::Raw => {
                let Some(table) = report.main_table() else { return Ok(()) };
                self.rows(table.names()).map_or(Ok(()), |rows| rows.render(table, out))
            }
        }
    }

    /// Starts an answer whose rows are written while more are being found; `None` where the format has to know all rows
    /// first, and wants a [`Report`].
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn stream<'a>(
        &self,
        report: &str,
        table: &'static str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> anyhow::Result<Option<Stream>> {
        let Some(rows) = self.rows(names) else { return Ok(None) };
        let sink = Sink::open(&self.target)?;
        let stream = match self.format {
            Format::Json => Stream::object(sink, rows, report, table),
            _ => Stream::plain(sink, rows),
        };
        stream.map(Some)
    }

    /// What encodes the rows of the format, if it has rows that stand alone.
    fn rows<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Option<Rows> {
        let terminal = self.style.terminal;
        let cells = Cells { spreadsheet_safe: self.spreadsheet_safe, terminal };
        match self.format {
            Format::Table | Format::Markdown => None,
            Format::Json => Some(Rows::json(names, self.zone)),
            Format::Ndjson => Some(Rows::ndjson(names, self.zone)),
            Format::Csv => Some(Rows::csv(names, self.zone, cells)),
            Format::Tsv => Some(Rows::tsv(names, self.zone, cells)),
            Format::Raw => Some(Rows::raw(terminal)),
        }
    }

    /// Starts the progress line, if there is to be one.
    pub fn start_progress(&self, progress: Arc<Progress>) -> ProgressDisplay {
        if self.progress { ProgressDisplay::start(progress) } else { ProgressDisplay::hidden() }
    }

    /// Says in one line what was read, unless that is not wanted.
    pub fn tally(&self, tally: &Tally, elapsed: Duration) {
        if !self.quiet {
            print_tally(tally, elapsed);
        }
    }

    /// Says something that may be good to know, unless that is not wanted.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            print_note(text);
        }
    }

    /// Warns, unless that is not wanted.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            print_warning(text);
        }
    }
}
