//! The lines around and in tables for people: titles, notes, names with their values.

use std::io::{self, Write};

use anstyle::{Effects, Style as Ansi};

use super::ascii::Ascii;
use super::human;
use super::renderer::Look;
use super::sheet::Tone;
use super::truncate;
use crate::report::{Report, Table};

/// Lines go out in blocks of about this many bytes.
const BLOCK_SIZE: usize = 64 * 1024;

/// Sentences are not wrapped into less.
pub(super) const MIN_SENTENCE_WIDTH: usize = 20;

/// Writes the tables of a report, each with what is said about it; `rows` writes the title and the rows.
pub(super) fn render_tables(
    report: &Report,
    look: &Look,
    out: &mut dyn Write,
    rows: impl Fn(&Table, &Look, &mut Lines<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut in_ascii = Ascii(out);
    let out: &mut dyn Write = if look.style.ascii { &mut in_ascii } else { in_ascii.0 };
    let mut lines = Lines { text: String::new(), out, color: look.style.color, width: look.style.width };
    for (place, table) in report.tables.iter().enumerate() {
        if place > 0 {
            lines.text.push('\n');
        }
        if let Some(verdict) = table.verdict() {
            lines.verdict(verdict);
        }
        if table.rows.is_empty() {
            lines.title(table, None);
            lines.plain(human::NOTHING);
        } else {
            rows(table, look, &mut lines)?;
        }
        human::cut(table).iter().for_each(|cut| lines.note(cut));
        table.remarks().for_each(|note| lines.note(note));
    }
    lines.out.write_all(lines.text.as_bytes())
}

/// Lines of text, in colors where those are wanted.
pub(super) struct Lines<'a> {
    /// What has not been handed on yet.
    text: String,
    out: &'a mut dyn Write,
    color: bool,
    /// How wide sentences may be.
    width: Option<usize>,
}

impl Lines<'_> {
    fn styled(&mut self, text: &str, ansi: Ansi) {
        let ansi = if self.color { ansi } else { Ansi::new() };
        self.text.push_str(&format!("{ansi}{text}{ansi:#}\n"));
    }

    /// A line as it is.
    pub(super) fn plain(&mut self, text: &str) {
        self.styled(text, Ansi::new());
    }

    /// A sentence, that goes on in the next line where it is too long.
    fn sentence(&mut self, text: &str, ansi: Ansi) {
        let text = human::sentence(text);
        match self.width {
            Some(width) if width >= MIN_SENTENCE_WIDTH => {
                truncate::wrapped(&text, width).iter().for_each(|line| self.styled(line, ansi))
            }
            _ => self.styled(&text, ansi),
        }
    }

    /// The answer in one sentence, and an empty line.
    fn verdict(&mut self, text: &str) {
        self.sentence(text, Ansi::new().effects(Effects::BOLD));
        self.plain("");
    }

    /// The title of a table, with what its times have in common.
    pub(super) fn title(&mut self, table: &Table, times: Option<&str>) {
        if let Some(title) = human::title(table, times) {
            self.styled(&title, Ansi::new().effects(Effects::BOLD));
        }
    }

    /// Lines that are laid out already, in colors of their own.
    pub(super) fn block(&mut self, text: &str) -> io::Result<()> {
        self.text.push_str(text);
        self.text.push('\n');
        self.hand_on()
    }

    /// Writes what there is, if that is much.
    pub(super) fn hand_on(&mut self) -> io::Result<()> {
        if self.text.len() >= BLOCK_SIZE {
            self.out.write_all(self.text.as_bytes())?;
            self.text.clear();
        }
        Ok(())
    }

    /// A sentence about the table.
    pub(super) fn note(&mut self, text: &str) {
        self.sentence(text, Ansi::new().effects(Effects::DIMMED));
    }

    /// A name and its value.
    pub(super) fn pair(&mut self, name: &str, value: &str, tone: Tone) {
        let (faint, tone) = match self.color {
            true => (Ansi::new().effects(Effects::DIMMED), tone.ansi()),
            false => (Ansi::new(), Ansi::new()),
        };
        let line = format!("{faint}{name}{faint:#} {tone}{value}{tone:#}");
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}
