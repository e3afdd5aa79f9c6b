//! Tables for people.

use anstyle::{Effects, Style as Ansi};
use comfy_table::{Attribute, Cell, CellAlignment, LineStyle, TableStyle};

use super::zone::Zone;
use super::{Style, fit, human};
use crate::report::{Fit, Report, Row, Table, Value};

/// Spaces between two columns.
const GAP: u16 = 2;

/// The report as tables, one below the other.
pub(super) fn render(report: &Report, zone: Zone, style: &Style) -> String {
    let tables = report.tables.iter().map(|table| one(table, zone, style));
    tables.collect::<Vec<_>>().join("\n")
}

fn one(table: &Table, zone: Zone, style: &Style) -> String {
    let mut out = String::new();
    let mut line = |text: &str, effects| {
        let ansi = if style.color { Ansi::new().effects(effects) } else { Ansi::new() };
        out.push_str(&format!("{ansi}{text}{ansi:#}\n"));
    };
    if !table.title.is_empty() {
        line(&human::sentence(&table.title), Effects::BOLD);
    }
    if table.rows.is_empty() {
        line(human::NOTHING, Effects::new());
    } else {
        line(&grid(table, zone, style), Effects::new());
    }
    for note in human::cut(table).iter().chain(&table.notes) {
        line(&human::sentence(note), Effects::DIMMED);
    }
    out
}

/// The columns under their headings.
fn grid(table: &Table, zone: Zone, style: &Style) -> String {
    let headings = human::headings(table, zone);
    let room = style.width.map(|width| {
        let gaps = usize::from(GAP) * table.columns.len().saturating_sub(1);
        width.saturating_sub(gaps)
    });
    let mut bars = style.terminal;
    let mut cells = texts(table, zone, bars);
    let mut natural = natural_widths(&headings, &cells);
    if bars && room.is_some_and(|room| natural.iter().sum::<usize>() > room) {
        // The bars are the first to go.
        bars = false;
        cells = texts(table, zone, bars);
        natural = natural_widths(&headings, &cells);
    }
    let fits: Vec<_> = table.columns.iter().map(|column| column.fit).collect();
    let widths = room.map_or_else(|| natural.clone(), |room| fit::widths(&natural, &fits, room));

    let mut grid = comfy_table::Table::new();
    // All that depends on the terminal is decided already.
    grid.force_no_tty();
    if style.color {
        grid.enforce_styling().style_text_only();
    }
    // No character between two columns, so that none is drawn there.
    grid.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─')));
    grid.set_header(headings.iter().enumerate().map(|(place, heading)| {
        let heading = Cell::new(fit::cut(heading, widths[place], Fit::End)).add_attribute(Attribute::Bold);
        if bars && has_bar(table, place) { heading.set_alignment(CellAlignment::Left) } else { heading }
    }));
    for (row, texts) in table.rows.iter().zip(&cells) {
        grid.add_row(texts.iter().enumerate().map(|(place, text)| {
            let cell = Cell::new(fit::cut(text, widths[place], fits[place]));
            match row.values.get(place) {
                None | Some(Value::Null) => cell.add_attribute(Attribute::Dim),
                Some(_) => cell,
            }
        }));
    }
    for (place, column) in grid.column_iter_mut().enumerate() {
        column.set_padding((0, if place + 1 < table.columns.len() { GAP } else { 0 }));
        if human::is_numeric(table, place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    grid.trim_fmt()
}

/// Every value as text.
fn texts(table: &Table, zone: Zone, bars: bool) -> Vec<Vec<String>> {
    let row = |row: &Row| {
        let text = |(value, column)| match value {
            &Value::Share(share) if bars => {
                format!("{} {}", human::show(value, column, zone), human::bar(share))
            }
            value => human::show(value, column, zone),
        };
        row.values.iter().zip(&table.columns).map(text).collect()
    };
    table.rows.iter().map(row).collect()
}

fn has_bar(table: &Table, column: usize) -> bool {
    table.rows.iter().any(|row| matches!(row.values.get(column), Some(Value::Share(_))))
}

fn natural_widths(headings: &[String], cells: &[Vec<String>]) -> Vec<usize> {
    let mut widths: Vec<_> = headings.iter().map(|heading| fit::width(heading)).collect();
    for row in cells {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = fit::width(text).max(*width);
        }
    }
    widths
}
