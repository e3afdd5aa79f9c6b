//! Tables for people.

use std::borrow::Cow;

use anstyle::{Effects, Style as Ansi};
use comfy_table::{Attribute, Cell, CellAlignment, ColumnConstraint, LineStyle, TableStyle, Width};

use super::{Style, human, truncate};
use crate::record::Field;
use crate::report::{Fit, Note, Report, Row, Table, Value};
use crate::time::Zone;

/// So many rows are laid out together: each cell takes some hundred bytes until it is written.
const TOGETHER: usize = 500;
/// Spaces between two columns.
const GAP: u16 = 2;
/// What a value that is cut needs to be of use: where a column cannot have it, the last columns are left out.
const READABLE: usize = 8;
/// Bars are left out where they would leave less than this of a text that is cut.
const COMFORT: usize = 24;
/// The bar of a share takes this many cells.
const SHARE_BAR: usize = 10;
/// The bar of a count takes what is left of the terminal, within these limits.
const LEAST_BAR: usize = 10;
const USUAL_BAR: usize = 40;
const LONGEST_BAR: usize = 100;

/// What tables of records can do without, where a terminal is narrow: the first of these goes first. Other tables lose
/// their last columns.
const SPARE: [&str; 7] =
    ["request_id", "user_agent", "object_size", "total_time", "remote_ip", "operation", "bucket"];

/// The report as tables, one below the other.
pub(super) fn render(report: &Report, zone: Zone, style: &Style) -> String {
    let mut out = String::new();
    for (place, table) in report.tables.iter().enumerate() {
        if place > 0 {
            out.push('\n');
        }
        one(table, zone, style, &mut out);
    }
    out
}

fn one(table: &Table, zone: Zone, style: &Style, out: &mut String) {
    let line = |text: &str, effects, out: &mut String| {
        let ansi = if style.color { Ansi::new().effects(effects) } else { Ansi::new() };
        out.push_str(&format!("{ansi}{text}{ansi:#}\n"));
    };
    if !table.title.is_empty() {
        line(&human::sentence(&table.title), Effects::BOLD, out);
    }
    let (table, left_out) = narrowed(table, zone, style);
    if table.rows.is_empty() {
        line(human::NOTHING, Effects::new(), out);
    } else {
        grid(&table, zone, style, out);
    }
    let cut = human::cut(&table);
    let notes = table.notes.iter().map(Note::text);
    for note in cut.iter().chain(&left_out).map(String::as_str).chain(notes) {
        line(&human::sentence(note), Effects::DIMMED, out);
    }
}

/// The table without the columns that have no room in the terminal however much is cut, and a word on them.
fn narrowed<'t>(table: &'t Table, zone: Zone, style: &Style) -> (Cow<'t, Table>, Option<String>) {
    let Some(width) = style.width else { return (Cow::Borrowed(table), None) };
    let natural = natural_widths(&human::headings(table, zone), &texts(table, zone, false, 0));
    let least = natural.iter().zip(&table.columns).map(|(natural, column)| match column.fit {
        Fit::Whole => *natural,
        Fit::Middle | Fit::End => READABLE.min(*natural),
    });
    let mut shown: Vec<(usize, usize)> = least.enumerate().collect();
    let mut names = Vec::new();
    let is_of_records = table.columns.first().is_some_and(|column| column.name == Field::Timestamp.name());
    while shown.len() > 1
        && shown.iter().map(|(_, least)| least + usize::from(GAP)).sum::<usize>() > width + usize::from(GAP)
    {
        let named = |name: &&str| shown.iter().position(|(place, _)| table.columns[*place].name == **name);
        let spare = SPARE.iter().find_map(named).filter(|_| is_of_records).unwrap_or(shown.len() - 1);
        names.push(shown.remove(spare).0);
    }
    if names.is_empty() {
        return (Cow::Borrowed(table), None);
    }
    names.sort_unstable();
    let names: Vec<&str> = names.iter().map(|place| table.columns[*place].name.as_str()).collect();
    let note = format!("no room for {}; --no-truncate shows all", names.join(", "));
    let mut table = table.clone();
    table.columns = shown.iter().map(|(place, _)| table.columns[*place].clone()).collect();
    for row in &mut table.rows {
        row.values = shown.iter().filter_map(|(place, _)| row.values.get(*place).cloned()).collect();
    }
    (Cow::Owned(table), Some(note))
}

/// What stands in the cells, and how wide each column is.
struct Layout {
    headings: Vec<String>,
    cells: Vec<Vec<String>>,
    widths: Vec<usize>,
    bars: bool,
}

impl Layout {
    fn new(table: &Table, zone: Zone, style: &Style) -> Self {
        let (layout, tight) = Self::with_bars(style.terminal, table, zone, style);
        if tight && layout.bars { Self::with_bars(false, table, zone, style).0 } else { layout }
    }

    /// The layout, and whether it is too tight for its bars.
    fn with_bars(bars: bool, table: &Table, zone: Zone, style: &Style) -> (Self, bool) {
        let headings = human::headings(table, zone);
        let mut cells = texts(table, zone, bars, 0);
        let mut natural = natural_widths(&headings, &cells);
        let count_bar = if bars { count_bar(table, &cells, &natural, style) } else { 0 };
        if count_bar > 0 {
            cells = texts(table, zone, bars, count_bar);
            natural = natural_widths(&headings, &cells);
        }
        let Some(width) = style.width else {
            return (Self { headings, cells, widths: natural, bars }, false);
        };
        let room = room(table, width);
        let fits: Vec<_> = table.columns.iter().map(|column| column.fit).collect();
        let widths = truncate::widths(&natural, &fits, room);
        let cut = natural.iter().zip(&widths).any(|(natural, width)| width < natural && *width < COMFORT);
        let tight = cut || widths.iter().sum::<usize>() > room;
        (Self { headings, cells, widths, bars }, tight)
    }
}

/// What columns can share of a terminal.
fn room(table: &Table, width: usize) -> usize {
    width.saturating_sub(usize::from(GAP) * table.columns.len().saturating_sub(1))
}

/// How many cells the bars of counts take, where the columns hold these texts without them and are so wide.
fn count_bar(table: &Table, cells: &[Vec<String>], natural: &[usize], style: &Style) -> usize {
    let is_bar = |column: &usize| {
        let mut values = table.rows.iter().filter_map(|row| row.values.get(*column));
        values.any(|value| matches!(value, Value::Bar { .. }))
    };
    let bars: Vec<_> = (0..table.columns.len()).filter(is_bar).collect();
    let Some(width) = style.width else { return USUAL_BAR };
    let left = room(table, width).saturating_sub(natural.iter().sum()).checked_div(bars.len()).unwrap_or(0);
    let count = |column: usize| cells.iter().map(|row| truncate::width(&row[column])).max().unwrap_or(0);
    // A heading can be wider than the counts below it, and a space stands before each bar.
    let room = bars.iter().map(|column| (left + natural[*column]).saturating_sub(count(*column) + 1));
    let bar = room.min().unwrap_or(0);
    if bar < LEAST_BAR { 0 } else { bar.min(LONGEST_BAR) }
}

/// The columns under their headings.
fn grid(table: &Table, zone: Zone, style: &Style, out: &mut String) {
    let Layout { headings, cells, widths, bars } = Layout::new(table, zone, style);
    let headings = headings.iter().enumerate().map(|(place, heading)| {
        let heading =
            Cell::new(truncate::cut(heading, widths[place], Fit::End)).add_attribute(Attribute::Bold);
        if bars && has_bar(table, place) { heading.set_alignment(CellAlignment::Left) } else { heading }
    });
    let mut headings = Some(headings.collect::<Vec<_>>());
    let is_numeric: Vec<_> = (0..table.columns.len()).map(|place| human::is_numeric(table, place)).collect();
    let is_long = table.rows.len() > TOGETHER;
    let mut cells = cells.into_iter();
    for rows in table.rows.chunks(TOGETHER) {
        let mut grid = comfy_table::Table::new();
        // All that depends on the terminal is decided already.
        grid.force_no_tty();
        if style.color {
            grid.enforce_styling().style_text_only();
        }
        // No character between two columns, so that none is drawn there.
        grid.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─')));
        if let Some(headings) = headings.take() {
            grid.set_header(headings);
        }
        for (row, texts) in rows.iter().zip(&mut cells) {
            grid.add_row(texts.iter().enumerate().map(|(place, text)| {
                let cell = Cell::new(truncate::cut(text, widths[place], table.columns[place].fit));
                match row.values.get(place) {
                    None | Some(Value::Null) => cell.add_attribute(Attribute::Dim),
                    Some(_) => cell,
                }
            }));
        }
        for (place, column) in grid.column_iter_mut().enumerate() {
            let gap = if place + 1 < table.columns.len() { GAP } else { 0 };
            column.set_padding((0, gap));
            if is_long {
                let width = u16::try_from(widths[place]).unwrap_or(u16::MAX).saturating_add(gap);
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
            if is_numeric[place] {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        out.push_str(&grid.trim_fmt());
        out.push('\n');
    }
}

/// Every value as text; the bars of counts with so many cells.
fn texts(table: &Table, zone: Zone, bars: bool, count_bar: usize) -> Vec<Vec<String>> {
    let row = |row: &Row| {
        let text = |(value, column)| match value {
            &Value::Share(share) if bars => {
                format!("{} {}", human::show(value, column, zone), human::bar(share, SHARE_BAR))
            }
            &Value::Bar { count, of } if count_bar > 0 => {
                let bar = human::bar(count as f64 / of.max(1) as f64, count_bar);
                format!("{} {bar}", human::show(value, column, zone))
            }
            value => human::show(value, column, zone),
        };
        row.values.iter().zip(&table.columns).map(text).collect()
    };
    table.rows.iter().map(row).collect()
}

fn has_bar(table: &Table, column: usize) -> bool {
    let is_bar = |value: Option<&Value>| matches!(value, Some(Value::Share(_) | Value::Bar { .. }));
    table.rows.iter().any(|row| is_bar(row.values.get(column)))
}

fn natural_widths(headings: &[String], cells: &[Vec<String>]) -> Vec<usize> {
    let mut widths: Vec<_> = headings.iter().map(|heading| truncate::width(heading)).collect();
    for row in cells {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = truncate::width(text).max(*width);
        }
    }
    widths
}
