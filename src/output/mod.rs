//! How an answer looks and where it goes. One renderer a file; they see reports and nothing else of the program.
//!
//! Standard output carries data only. Progress, warnings and the tally go to standard error.

mod apache;
mod arriving;
mod ascii;
mod cell;
mod combined;
mod csv;
mod delimited;
mod envelope;
mod facts;
mod findings;
mod format;
mod html;
mod human;
mod json;
mod layout;
#[cfg(test)]
mod layout_tests;
mod lines;
mod list;
mod markdown;
mod messages;
mod ndjson;
mod object;
mod ocsf;
mod pager;
mod progress;
mod raw;
mod renderer;
mod rows;
mod sanitize;
mod sarif;
mod screen;
mod sheet;
mod short;
mod silence;
mod sink;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod truncate;
mod tsv;
mod verbose;

use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

pub(crate) use cell::Cell;
pub(crate) use format::Format;
pub(crate) use human::{counted, size};
pub(crate) use messages::Messages;
pub(crate) use progress::ProgressDisplay;
pub(crate) use rows::Rows;
pub(crate) use sanitize::sanitize;
pub(crate) use screen::Screen;
pub(crate) use short::column_of;
pub(crate) use sink::{Target, is_broken_pipe};
pub(crate) use stream::Stream;
pub(crate) use verbose::show;

use self::renderer::Look;
use self::sink::Sink;
use crate::report::{Report, Selection};
use crate::source::Progress;
use crate::time::Zone;

/// How tables for people look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether to use colors.
    pub(crate) color: bool,
    /// Whether someone sees it at once: then bars are drawn, and no raw byte of the log goes through.
    pub(crate) terminal: bool,
    /// How wide a table may be; `None` is as wide as it needs.
    pub(crate) width: Option<usize>,
    /// Whether there can be no signs but those of ASCII.
    pub(crate) ascii: bool,
}

/// Everything about the output that was asked for, checked and ready.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// Output format.
    pub(crate) format: Format,
    /// Where it goes.
    pub(crate) target: Target,
    /// How tables look.
    pub(crate) style: Style,
    /// The zone that times are shown in.
    pub(crate) zone: Zone,
    /// How many rows a table may have; `usize::MAX` is all of them.
    pub(crate) limit: usize,
    /// What shows a long answer a screen at a time: a program and its arguments; empty for none.
    pub(crate) pager: Vec<String>,
    /// What is said on standard error.
    pub(crate) messages: Messages,
    /// Whether to show how far the run is.
    pub(crate) progress: bool,
    /// Whether cells that a spreadsheet would run get a `'` in front.
    pub(crate) spreadsheet_safe: bool,
    /// Whether an answer with rows ends the process with a code of its own.
    pub(crate) fail: bool,
    /// What is wanted of an answer.
    pub(crate) selection: Selection,
    /// How often a file is written anew while the answer changes.
    pub(crate) refresh: Option<Duration>,
    /// The command, word by word, for answers that say how they were made.
    pub(crate) command: Vec<String>,
}

/// Whether every row of the main table stands for a line of the log.
fn has_lines(report: &Report) -> std::io::Result<bool> {
    let Some(table) = report.main_table() else { return Ok(false) };
    let mut has_lines = true;
    table.rows.for_each(|row| {
        has_lines &= row.raw.is_some();
        Ok(())
    })?;
    Ok(has_lines)
}

impl Output {
    /// Writes the answer.
    ///
    /// # Errors
    /// If it cannot be written, or has no lines of the log where those were asked for.
    /// [`is_broken_pipe`] tells whether the reader has just gone away.
    pub(crate) fn write(&self, report: &Report) -> anyhow::Result<()> {
        let renderer = self.format.renderer();
        if renderer.is_of_lines() && !has_lines(report)? {
            bail!("`{}` does not select records; use table or json", report.name);
        }
        if renderer.is_of_findings() && !findings::has_findings(report) {
            bail!("this format holds whole findings; leave out --columns and --table, or use json");
        }
        if !renderer.holds_notes() {
            report.approximate().for_each(|(_, note)| self.messages.warn(note));
        }
        let mut sink = Sink::paged(&self.target, &self.pager)?;
        let mut out = BufWriter::new(&mut sink);
        let written = self.render(report, &mut out).and_then(|()| out.flush());
        drop(out);
        written.map_err(|error| sink.explain(error))?;
        sink.finish()?;
        if renderer.holds_one_table() {
            self.name_other_tables(report);
        }
        Ok(())
    }

    /// Says what a format leaves out that holds one table only, where it holds anything.
    fn name_other_tables(&self, report: &Report) {
        let Some(main) = report.main_table() else { return };
        let others = report.tables.iter().filter(|table| table.name != main.name && !table.rows.is_empty());
        let others: Vec<&str> = others.map(|table| table.name).collect();
        if !others.is_empty() {
            self.messages.note(&format!(
                "this is the table {}; --table chooses another: {}",
                main.name,
                others.join(", ")
            ));
        }
    }

    /// Writes an answer that is a text of its own, whatever the format.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write_text(&self, text: &str) -> anyhow::Result<()> {
        let mut sink = Sink::paged(&self.target, &self.pager)?;
        let written = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
        written.map_err(|error| sink.explain(error))?;
        sink.finish()
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
        self.format.renderer().render(report, &self.look(), out)
    }

    fn look(&self) -> Look<'_> {
        Look {
            zone: self.zone,
            style: self.style,
            spreadsheet_safe: self.spreadsheet_safe,
            command: &self.command,
            refresh: self.refresh,
        }
    }

    /// Starts an answer whose rows are written while more are being found; `None` where the format has to know all rows
    /// first, and wants a [`Report`].
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn stream<'a>(
        &self,
        report: &str,
        table: &'static str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> anyhow::Result<Option<Stream>> {
        let renderer = self.format.renderer();
        let names: Vec<&str> = names.into_iter().collect();
        let Some(rows) = renderer.rows(&names, &self.look()) else { return Ok(None) };
        renderer.stream(rows, Sink::open(&self.target)?, report, table).map(Some)
    }

    /// Starts an answer whose rows are shown as they arrive, for as long as the run goes on. They are added to a file that is there.
    ///
    /// # Errors
    /// If it cannot be written, or if the format has no form for rows that never end.
    pub(crate) fn arriving(
        &self,
        report: &str,
        table: &'static str,
        names: &[&str],
    ) -> anyhow::Result<Stream> {
        let renderer = self.format.renderer();
        let Some(rows) = renderer.arriving(names, &self.look()) else {
            bail!(
                "this format needs all rows before it shows the first, and `{report}` has no last one: use table (a line a \
                 record), ndjson, csv, tsv, raw or combined"
            );
        };
        if renderer.holds_tally() {
            return renderer.stream(rows, Sink::open(&self.target)?, report, table);
        }
        let (sink, has_rows) = Sink::appended(&self.target)?;
        if has_rows { Ok(Stream::further(sink, rows)) } else { renderer.stream(rows, sink, report, table) }
    }

    /// Starts to show an answer that changes, in place.
    pub(crate) fn screen(&self, height: usize) -> Screen {
        Screen::new(self.clone(), height)
    }

    /// Starts to say how far the run is.
    pub(crate) fn start_progress(&self, progress: Arc<Progress>) -> ProgressDisplay {
        ProgressDisplay::start(progress, self.progress, self.messages)
    }
}
