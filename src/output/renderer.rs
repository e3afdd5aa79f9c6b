//! What a format has to do, and what it is told.

use std::io::{self, Write};
use std::time::Duration;

use super::Style;
use super::delimited::Cells;
use super::rows::Rows;
use super::sink::Sink;
use super::stream::Stream;
use crate::report::Report;
use crate::time::Zone;

/// How values look, in every format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    /// The zone that times are shown in.
    pub(super) zone: Zone,
    /// How tables for people look.
    pub(super) style: Style,
    /// Whether cells that a spreadsheet would run get a `'` in front.
    pub(super) spreadsheet_safe: bool,
    /// The command that makes the answer, word by word.
    pub(super) command: &'a [String],
    /// How often it is made anew, if it is.
    pub(super) refresh: Option<Duration>,
}

impl Look<'_> {
    /// How cells of delimited formats are written.
    pub(super) fn cells(&self) -> Cells {
        Cells { spreadsheet_safe: self.spreadsheet_safe, terminal: self.style.terminal }
    }
}

/// Makes text of a report. A format is one file that has one, and one line in [`Format`].
pub(super) trait Renderer: Sync {
    /// Writes the report.
    ///
    /// # Errors
    /// If it cannot be written.
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()>;

    /// What encodes rows with these names while more are being found; `None` where all rows have to be known first.
    fn rows(&self, _names: &[&str], _look: &Look) -> Option<Rows> {
        None
    }

    /// What encodes rows that are shown as they arrive, for as long as a run goes on; `None` where there is no such form.
    fn arriving(&self, names: &[&str], look: &Look) -> Option<Rows> {
        self.rows(names, look)
    }

    /// Starts an answer whose rows come one after the other.
    ///
    /// # Errors
    /// If it cannot be written.
    fn stream(&self, rows: Rows, sink: Sink, _report: &str, _table: &'static str) -> anyhow::Result<Stream> {
        Stream::plain(sink, rows)
    }

    /// Whether it holds the notes of a table, so that nobody has to be told elsewhere that an answer is approximate.
    fn holds_notes(&self) -> bool {
        self.is_for_people()
    }

    /// Whether it holds one table of a report only.
    fn holds_one_table(&self) -> bool {
        !self.is_for_people()
    }

    /// Whether people read it, and not programs.
    fn is_for_people(&self) -> bool {
        false
    }

    /// Whether it holds the tally, which must not depend on how far the threads were when there were enough rows.
    fn holds_tally(&self) -> bool {
        false
    }

    /// Whether rows have to stand for lines of the log.
    fn is_of_lines(&self) -> bool {
        false
    }

    /// Whether rows have to be findings.
    fn is_of_findings(&self) -> bool {
        false
    }
}

/// Writes the rows of the main table, for formats that hold nothing else.
pub(super) fn render_rows(
    renderer: &(impl Renderer + ?Sized),
    report: &Report,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(table) = report.main_table() else { return Ok(()) };
    let names: Vec<&str> = table.names().collect();
    renderer.rows(&names, look).map_or(Ok(()), |rows| rows.render(table, out))
}
