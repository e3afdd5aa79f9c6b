//! Tables for people.

use std::io::{self, Write};

use comfy_table::{Attribute, Cell, CellAlignment, ColumnConstraint, LineStyle, TableStyle, Width};

use super::arriving::ArrivingLines;
use super::layout::{COLUMN_GAP, Layout};
use super::lines::{self, Lines};
use super::renderer::{self, Look};
use super::rows::Rows;
use super::sheet::{self, Tone};
use super::{human, list, truncate};
use crate::report::{Report, Table};

/// So many rows are laid out together: each cell takes some hundred bytes until it is written.
const ROWS_AT_ONCE: usize = 500;

/// Tables, one below the other.
pub(super) struct Renderer;

impl renderer::Renderer for Renderer {
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        lines::render_tables(report, look, out, |table, look, lines| {
            match Layout::new(table, look.zone, &look.style)?.filter(|_| !table.is_of_blocks) {
                Some(layout) => {
                    lines.title(table, layout.sheet.times.as_deref());
                    grid(table, &layout, look.style.color, lines)?;
                    if !layout.hidden.is_empty() {
                        lines.note(&format!("hidden: {} (--wide shows them)", layout.hidden.join(", ")));
                    }
                }
                None => list::blocks(table, look, lines)?,
            }
            Ok(())
        })
    }

    fn arriving(&self, names: &[&str], look: &Look) -> Option<Rows> {
        Some(Rows::arriving(ArrivingLines::new(names, look.zone, look.style)))
    }

    fn holds_notes(&self) -> bool {
        true
    }

    fn is_for_people(&self) -> bool {
        true
    }

    fn holds_one_table(&self) -> bool {
        false
    }
}

/// What all rows share, and the columns below their headings.
fn grid(table: &Table, layout: &Layout, color: bool, lines: &mut Lines<'_>) -> io::Result<()> {
    let Layout { sheet, widths, bars, .. } = layout;
    for (name, value) in &sheet.same {
        lines.pair(&format!("{name}:"), value, Tone::Plain);
    }
    let headings = sheet.columns.iter().zip(bars).map(|(column, bar)| {
        let heading = Cell::new(&column.heading).add_attribute(Attribute::Bold);
        if *bar > 0 { heading.set_alignment(CellAlignment::Left) } else { heading }
    });
    let mut headings = Some(headings.collect::<Vec<_>>());
    let mut draw = |rows: &mut Vec<Vec<Cell>>| {
        let mut grid = comfy_table::Table::new();
        // All that depends on the terminal is decided already.
        grid.force_no_tty();
        if color {
            grid.enforce_styling().style_text_only();
        }
        // No character between two columns, so that none is drawn there.
        grid.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─')));
        if let Some(headings) = headings.take() {
            grid.set_header(headings);
        }
        for row in rows.drain(..) {
            grid.add_row(row);
        }
        for (place, column) in grid.column_iter_mut().enumerate() {
            let gap = if place + 1 < widths.len() { COLUMN_GAP as u16 } else { 0 };
            column.set_padding((0, gap));
            if table.rows.len() > ROWS_AT_ONCE {
                let width = u16::try_from(widths[place]).unwrap_or(u16::MAX).saturating_add(gap);
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
            if sheet.columns[place].is_numeric {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        lines.block(&grid.trim_fmt())
    };
    let mut rows = Vec::new();
    table.rows.for_each(|row| {
        rows.push(
            sheet
                .columns
                .iter()
                .zip(widths.iter().zip(bars))
                .map(|(column, (width, bar))| cell(column, column.cell(row), *width, *bar))
                .collect(),
        );
        if rows.len() == ROWS_AT_ONCE { draw(&mut rows) } else { Ok(()) }
    })?;
    if rows.is_empty() { Ok(()) } else { draw(&mut rows) }
}

fn cell(column: &sheet::Column, cell: sheet::Cell, width: usize, bar: usize) -> Cell {
    let sheet::Cell { text, tone, part } = cell;
    let cell = if column.bars.is_some() && bar > 0 {
        Cell::new(format!("{text} {}", human::bar(part, bar)))
    } else {
        Cell::new(truncate::cut(&text, width, column.fit))
    };
    match tone {
        Tone::Plain => cell,
        Tone::Faint => cell.add_attribute(Attribute::Dim),
        Tone::Warning => cell.fg(comfy_table::Color::DarkYellow),
        Tone::Bad => cell.fg(comfy_table::Color::DarkRed),
    }
}
