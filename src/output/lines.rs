//! The lines around and in tables for people: titles, notes, names with their values.

use std::io::{self, Write};

use anstyle::{AnsiColor, Color, Effects, Style as Ansi};

use super::human;
use super::renderer::Look;
use super::sheet::Tone;
use crate::report::{Report, Table};

/// Writes the tables of a report, each with what is said about it; `rows` writes the title and the rows.
pub(super) fn render_tables(
    report: &Report,
    look: &Look,
    out: &mut dyn Write,
    rows: impl Fn(&Table, &Look, &mut Lines<'_>),
) -> io::Result<()> {
    let mut text = String::new();
    for (place, table) in report.tables.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        let mut lines = Lines { out: &mut text, color: look.style.color };
        if let Some(verdict) = table.verdict() {
            lines.verdict(verdict);
        }
        if table.rows.is_empty() {
            lines.title(table, None);
            lines.plain(human::NOTHING);
        } else {
            rows(table, look, &mut lines);
        }
        human::cut(table).iter().for_each(|cut| lines.note(cut));
        table.remarks().for_each(|note| lines.note(note));
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    Ok(())
}

/// Lines of text, in colors where those are wanted.
pub(super) struct Lines<'a> {
    out: &'a mut String,
    color: bool,
}

impl Lines<'_> {
    fn styled(&mut self, text: &str, ansi: Ansi) {
        let ansi = if self.color { ansi } else { Ansi::new() };
        self.out.push_str(&format!("{ansi}{text}{ansi:#}\n"));
    }

    /// A line as it is.
    pub(super) fn plain(&mut self, text: &str) {
        self.styled(text, Ansi::new());
    }

    /// The answer in one sentence, and an empty line.
    fn verdict(&mut self, text: &str) {
        self.styled(&human::sentence(text), Ansi::new().effects(Effects::BOLD));
        self.plain("");
    }

    /// The title of a table, with what its times have in common.
    pub(super) fn title(&mut self, table: &Table, times: Option<&str>) {
        if let Some(title) = human::title(table, times) {
            self.styled(&title, Ansi::new().effects(Effects::BOLD));
        }
    }

    /// Lines that are laid out already, in colors of their own.
    pub(super) fn block(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// A sentence about the table.
    pub(super) fn note(&mut self, text: &str) {
        self.styled(&human::sentence(text), Ansi::new().effects(Effects::DIMMED));
    }

    /// A name and its value.
    pub(super) fn pair(&mut self, name: &str, value: &str, tone: Tone) {
        let (faint, tone) = match self.color {
            true => (Ansi::new().effects(Effects::DIMMED), ansi(tone)),
            false => (Ansi::new(), Ansi::new()),
        };
        let line = format!("{faint}{name}{faint:#} {tone}{value}{tone:#}");
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }
}

fn ansi(tone: Tone) -> Ansi {
    match tone {
        Tone::Plain => Ansi::new(),
        Tone::Faint => Ansi::new().effects(Effects::DIMMED),
        Tone::Warning => Ansi::new().fg_color(Some(Color::Ansi(AnsiColor::Yellow))),
        Tone::Bad => Ansi::new().fg_color(Some(Color::Ansi(AnsiColor::Red))),
    }
}
