//! Tables for people.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::Style as Ansi;

use comfy_table::{Attribute, Cell, CellAlignment, ColumnConstraint, LineStyle, TableStyle, Width};

use super::Style;
use super::arriving::ArrivingLines;
use super::layout::{COLUMN_GAP, Layout};
use super::lines::{self, Lines};
use super::renderer::{self, Look};
use super::rows::Rows;
use super::sheet::{self, Tone};
use super::{human, list, truncate};
use crate::report::{Fit, Report, Row, Table};

/// A blank that no line ends at.
const NO_BREAK: &str = "\u{a0}";
/// What is said below a row is indented by no more than this.
const MAX_INDENT: usize = 12;
/// No more columns are named that became part of another one.
const MAX_NAMED: usize = 8;

/// Of longer tables comfy-table draws only the headings: it keeps several texts of each cell until all are drawn, which takes
/// longer than everything else that is done to make a table of a million cells.
const MAX_DRAWN_ROWS: usize = 500;

/// Tables, one below the other.
pub(super) struct Renderer;

impl renderer::Renderer for Renderer {
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        lines::render_tables(report, look, out, |table, look, lines| {
            match Layout::new(table, look.zone, &look.style)?.filter(|_| !table.is_of_blocks) {
                Some(layout) => {
                    lines.title(table, layout.sheet.times.as_deref());
                    grid(table, &layout, look.style, lines)?;
                    for name in layout.in_fewer_steps() {
                        lines.note(&format!(
                            "{name}: in fewer steps, each the highest of several (--wide shows all)"
                        ));
                    }
                    if !layout.added.is_empty() {
                        lines.note(&added(&layout.added));
                    }
                    if !layout.hidden.is_empty() {
                        lines.note(&format!("hidden: {} (--wide shows them)", layout.hidden.join(", ")));
                    }
                }
                None => list::blocks(table, look, lines, false)?,
            }
            Ok(())
        })
    }

    fn arriving(&self, names: &[&str], look: &Look) -> Option<Rows> {
        Some(Rows::arriving(ArrivingLines::new(names, look.zone, look.style)))
    }

    fn is_for_people(&self) -> bool {
        true
    }
}

/// What all rows share, and the columns below their headings.
fn grid(table: &Table, layout: &Layout, style: Style, lines: &mut Lines<'_>) -> io::Result<()> {
    let color = style.color;
    let Layout { sheet, widths, bars, .. } = layout;
    for (name, value, tone) in &sheet.same {
        lines.pair(&format!("{name}:"), value, *tone);
    }
    let headings = sheet.columns.iter().zip(bars).map(|(column, bar)| {
        let heading = Cell::new(&column.heading).add_attribute(Attribute::Bold);
        if *bar > 0 { heading.set_alignment(CellAlignment::Left) } else { heading }
    });
    let is_long = table.rows.len() > MAX_DRAWN_ROWS || !layout.below.is_empty();
    let mut drawn = comfy_table::Table::new();
    // All that depends on the terminal is decided already.
    drawn.force_no_tty();
    if color {
        drawn.enforce_styling().style_text_only();
    }
    // No character between two columns, so that none is drawn there.
    drawn.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─')));
    drawn.set_header(headings);
    if !is_long {
        table.rows.for_each(|row| {
            let cells = sheet.columns.iter().zip(widths.iter().zip(bars));
            drawn.add_row(cells.map(|(column, (width, bar))| cell(column, column.cell(row), *width, *bar)));
            Ok(())
        })?;
    }
    for (place, column) in drawn.column_iter_mut().enumerate() {
        let gap = if place + 1 < widths.len() { COLUMN_GAP as u16 } else { 0 };
        column.set_padding((0, gap));
        if is_long {
            let width = u16::try_from(widths[place]).unwrap_or(u16::MAX).saturating_add(gap);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        }
        if sheet.columns[place].is_numeric {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    lines.block(&drawn.trim_fmt())?;
    if is_long {
        let mut line = String::new();
        table.rows.for_each(|row| {
            line.clear();
            padded(layout, row, color, &mut line);
            lines.block(line.trim_end_matches(' '))?;
            below(layout, row, style.width).try_for_each(|line| lines.block(&line))
        })?;
    }
    Ok(())
}

/// What is said below a row: the values that there is no room for beside the others.
fn below(layout: &Layout, row: &Row, width: Option<usize>) -> impl Iterator<Item = String> {
    let values = layout.below.iter().filter_map(|column| {
        let cell = column.cell(row);
        let text = match column.fit {
            // Times and sizes are not cut at the end of a line.
            Fit::Whole => cell.text.replace(' ', NO_BREAK),
            // Whoever names an object says nothing in our place.
            Fit::Middle if cell.text.contains([';', '"']) => format!("{:?}", cell.text),
            _ => cell.text,
        };
        (cell.tone != Tone::Faint).then(|| format!("{}: {text}", column.heading))
    });
    let text = values.collect::<Vec<_>>().join("; ");
    // Below the second column, so that the first one is seen to number the rows.
    let first = layout.widths.first().map_or(0, |width| width + COLUMN_GAP);
    let indent = " ".repeat(if first > MAX_INDENT { COLUMN_GAP } else { first });
    let room = width.unwrap_or(usize::MAX).saturating_sub(indent.len()).max(lines::MIN_SENTENCE_WIDTH);
    let parts = truncate::wrapped(&text, room).into_iter();
    let parts: Vec<String> = parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            // A word that is longer than the line.
            let part = truncate::cut(&part, room, Fit::Middle);
            format!("{indent}{}", part.replace(NO_BREAK, " "))
        })
        .collect();
    parts.into_iter()
}

/// Says which columns became part of another one.
fn added(names: &[String]) -> String {
    let first = names.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("in other: {first}{more} (--wide shows a column for each, --format csv a row)")
}

/// Writes a row as comfy-table would.
fn padded(layout: &Layout, row: &Row, color: bool, line: &mut String) {
    let Layout { sheet, widths, bars, .. } = layout;
    for (place, column) in sheet.columns.iter().enumerate() {
        let cell = column.cell(row);
        let text = text(column, &cell, widths[place], bars[place]);
        let room = widths[place].saturating_sub(truncate::width(&text));
        let (before, after) = if column.is_numeric { (room, 0) } else { (0, room) };
        let ansi = if color { cell.tone.ansi() } else { Ansi::new() };
        let gap = if place + 1 < widths.len() { COLUMN_GAP } else { 0 };
        line.extend(std::iter::repeat_n(' ', before));
        // To write to a text cannot fail.
        let _ = write!(line, "{ansi}{text}{ansi:#}");
        line.extend(std::iter::repeat_n(' ', after + gap));
    }
}

/// The text of a cell, with its bar or cut to its width.
fn text<'c>(column: &sheet::Column, cell: &'c sheet::Cell, width: usize, bar: usize) -> Cow<'c, str> {
    if column.bars.is_some() && bar > 0 {
        format!("{} {}", cell.text, human::bar(cell.part, bar)).into()
    } else {
        truncate::cut(&cell.text, width, column.fit)
    }
}

fn cell(column: &sheet::Column, cell: sheet::Cell, width: usize, bar: usize) -> Cell {
    let drawn = Cell::new(text(column, &cell, width, bar));
    match cell.tone {
        Tone::Plain => drawn,
        Tone::Faint => drawn.add_attribute(Attribute::Dim),
        Tone::Warning => drawn.fg(comfy_table::Color::DarkYellow),
        Tone::Bad => drawn.fg(comfy_table::Color::DarkRed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Style;
    use crate::report::{Column, Value};
    use crate::time::{Timestamp, Zone};

    #[test]
    fn rows_of_long_tables_are_those_of_short_ones() {
        let table = |rows: usize| {
            let text = |row: &usize| {
                ["a", "大大", "e\u{301}x", "", "a text of some words", "\u{1b}[31m"][row % 6].as_bytes()
            };
            Table::builder("t", "T", 0..rows)
                .one(Column::middle("name"), move |row| Value::Text(text(row).to_vec()))
                .column("count", Value::Count, |row| (row % 7) as u64 * 1_234)
                .column("share", Value::Share, |row| (row % 11) as f64 / 10.0)
                .one(
                    Column::middle("other"),
                    |row| if row % 2 == 0 { Value::Null } else { Value::Bool(true) },
                )
                .null_as("anonymous")
                .one(Column::end("last"), move |row| Value::Text(text(&(row + 1)).repeat(3)))
                .build()
        };
        for (width, terminal, color) in
            [(None, false, false), (Some(60), true, false), (Some(90), true, true)]
        {
            let lines = |rows: usize| -> Vec<String> {
                let style = Style { width, terminal, color, ascii: false };
                let report = Report { main: "t", tables: vec![table(rows)], ..Report::default() };
                let mut out = Vec::new();
                let look =
                    Look { zone: Zone::Utc, style, spreadsheet_safe: false, command: &[], refresh: None };
                renderer::Renderer::render(&Renderer, &report, &look, &mut out).expect("a table");
                // Which of the codes of a color is written does not matter.
                let text = String::from_utf8(out).expect("text");
                text.lines().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
            };
            let (short, long) = (lines(MAX_DRAWN_ROWS), lines(MAX_DRAWN_ROWS + 6));
            assert_eq!(short.len(), MAX_DRAWN_ROWS + 3, "{width:?}");
            assert_eq!(short, long[..short.len()], "{width:?}");
        }
    }

    #[test]
    fn what_is_below_a_row_is_ours_to_say() {
        let names = ["photos/2026/summer/cat.jpg", "x; why: \"nothing at all\"", ""];
        let table = Table::builder("t", "T", (0_u64..).zip(names))
            .column("count", Value::Count, |(place, _)| *place)
            .one(Column::middle("touched"), |(_, name)| {
                Value::text(Some(name.as_bytes()).filter(|name| !name.is_empty()))
            })
            .context()
            .below()
            .column("seen", Value::Time, |(place, _)| {
                Timestamp::from_millis(*place as i64 * 86_400_000 + 1_000)
            })
            .context()
            .below()
            .build();
        let report = Report { main: "t", tables: vec![table], ..Report::default() };
        let style = Style { width: Some(30), ..Style::default() };
        let look = Look { zone: Zone::Utc, style, spreadsheet_safe: false, command: &[], refresh: None };
        let mut out = Vec::new();
        renderer::Renderer::render(&Renderer, &report, &look, &mut out).expect("a table");
        let text = String::from_utf8(out).expect("text");
        let lines: Vec<&str> = text.lines().skip(3).collect();
        assert_eq!(
            lines,
            [
                "    0",
                "       touched:",
                "       photos/2026…er/cat.jpg;",
                "       seen: 01-01 00:00:01",
                "    1",
                "       touched: \"x; why:",
                "       \\\"nothing at all\\\"\";",
                "       seen: 01-02 00:00:01",
                "    2",
                "       seen: 01-03 00:00:01",
            ]
        );
    }
}
