//! Tables for people.

use std::io::{self, Write};

use comfy_table::{Attribute, Cell, CellAlignment, ColumnConstraint, LineStyle, TableStyle, Width};

use super::layout::{COLUMN_GAP, Layout};
use super::lines::{self, Lines};
use super::renderer::{self, Look};
use super::sheet::{Bars, Sheet, Tone};
use super::{human, list, truncate};
use crate::report::Report;

/// So many rows are laid out together: each cell takes some hundred bytes until it is written.
const ROWS_AT_ONCE: usize = 500;

/// Tables, one below the other.
pub(super) struct Renderer;

impl renderer::Renderer for Renderer {
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        lines::render_tables(report, look, out, |table, look, lines| {
            match Layout::new(table, look.zone, &look.style).filter(|_| !table.is_of_blocks) {
                Some(layout) => {
                    lines.title(table, layout.sheet.times.as_deref());
                    grid(&layout, table.rows.len(), look.style.color, lines);
                    if !layout.hidden.is_empty() {
                        lines.note(&format!("hidden: {} (--wide shows them)", layout.hidden.join(", ")));
                    }
                }
                None => list::blocks(table, look, lines),
            }
        })
    }

    fn holds_notes(&self) -> bool {
        true
    }

    fn holds_one_table(&self) -> bool {
        false
    }
}

/// What all rows share, and the columns below their headings.
fn grid(layout: &Layout, rows: usize, color: bool, lines: &mut Lines<'_>) {
    let Layout { sheet, widths, bars, .. } = layout;
    for (name, value) in &sheet.same {
        lines.pair(&format!("{name}:"), value, Tone::Plain);
    }
    let headings = sheet.columns.iter().zip(bars).map(|(column, bar)| {
        let heading = Cell::new(&column.heading).add_attribute(Attribute::Bold);
        if *bar > 0 { heading.set_alignment(CellAlignment::Left) } else { heading }
    });
    let mut headings = Some(headings.collect::<Vec<_>>());
    for start in (0..rows).step_by(ROWS_AT_ONCE) {
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
        for row in start..rows.min(start + ROWS_AT_ONCE) {
            grid.add_row((0..widths.len()).map(|place| cell(sheet, place, row, widths[place], bars[place])));
        }
        for (place, column) in grid.column_iter_mut().enumerate() {
            let gap = if place + 1 < widths.len() { COLUMN_GAP as u16 } else { 0 };
            column.set_padding((0, gap));
            if rows > ROWS_AT_ONCE {
                let width = u16::try_from(widths[place]).unwrap_or(u16::MAX).saturating_add(gap);
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
            if sheet.columns[place].is_numeric {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        lines.block(&grid.trim_fmt());
    }
}

fn cell(sheet: &Sheet, place: usize, row: usize, width: usize, bar: usize) -> Cell {
    let column = &sheet.columns[place];
    let text = &column.cells[row];
    let cell = match &column.bars {
        Some(Bars::Shares(parts) | Bars::Counts(parts)) if bar > 0 => {
            Cell::new(format!("{text} {}", human::bar(parts[row], bar)))
        }
        _ => Cell::new(truncate::cut(text, width, column.fit)),
    };
    match column.tones[row] {
        Tone::Plain => cell,
        Tone::Faint => cell.add_attribute(Attribute::Dim),
        Tone::Warning => cell.fg(comfy_table::Color::DarkYellow),
        Tone::Bad => cell.fg(comfy_table::Color::DarkRed),
    }
}
