//! A block of lines for each row: for tables that are wider than the terminal, and for reading one row at a time.

use std::io::{self, Write};

use super::facts::Forms;
use super::lines::{self, Lines, MIN_SENTENCE_WIDTH};
use super::renderer::{self, Look};
use super::sheet::{Sheet, Tone};
use super::truncate;
use crate::report::{Fit, Importance, Report, Table};

/// Blocks below the titles of their tables.
pub(super) struct Renderer;

impl renderer::Renderer for Renderer {
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        lines::render_tables(report, look, out, |table, look, lines| blocks(table, look, lines, true))
    }

    fn is_for_people(&self) -> bool {
        true
    }
}

/// The rows of a table, one block after the other; without the details that a row does not have, unless `all` is wanted.
pub(super) fn blocks(table: &Table, look: &Look, lines: &mut Lines<'_>, all: bool) -> io::Result<()> {
    let sheet = Sheet::new(table, look.zone, Forms::Full)?;
    lines.title(table, sheet.times.as_deref());
    let width = sheet.columns.iter().map(|column| truncate::width(&column.heading)).max().unwrap_or(0);
    let mut is_first = true;
    table.rows.for_each(|row| {
        if !std::mem::take(&mut is_first) {
            lines.plain("");
        }
        for column in &sheet.columns {
            let padding = " ".repeat(width - truncate::width(&column.heading));
            let cell = column.cell(row);
            if !all && column.importance == Importance::Detail && cell.tone == Tone::Faint {
                continue;
            }
            let heading = format!("{}{padding} ", column.heading);
            // Sentences go on in the next line; what could be copied from the terminal stays in one.
            let room = look.style.width.map(|columns| columns.saturating_sub(width + 2));
            match room.filter(|room| column.fit == Fit::End && *room >= MIN_SENTENCE_WIDTH) {
                Some(room) => {
                    let blank = " ".repeat(width + 1);
                    for (place, part) in truncate::wrapped(&cell.text, room).iter().enumerate() {
                        lines.pair(if place == 0 { &heading } else { &blank }, part, cell.tone);
                    }
                }
                None => lines.pair(&heading, &cell.text, cell.tone),
            }
        }
        lines.hand_on()
    })
}
