//! A table as texts: what is in each cell, before it is known how much of it there is room for.

use super::{human, short, truncate};
use crate::report::{Fit, Importance, Row, Short, Table, Value};
use crate::semantics::Outcome;
use crate::time::Zone;

/// The columns of a table as people read them, the most important first.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    /// What all times have in common, to be said once: the zone, and the day or the year where all times share it.
    pub(super) times: Option<String>,
    /// Columns with the same value in every row, to be said once: their headings and that value.
    pub(super) same: Vec<(String, String)>,
    /// The columns.
    pub(super) columns: Vec<Column>,
}

/// A column as people read it.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// What it is called in the report: `http_status, error_code` of two that became one.
    pub(super) name: String,
    /// What is above it.
    pub(super) heading: String,
    /// A text for each row, without a bar.
    pub(super) cells: Vec<String>,
    /// How wide the widest of them is.
    pub(super) widest: usize,
    /// How each of them looks in a terminal with colors.
    pub(super) tones: Vec<Tone>,
    /// The part that its bar takes of the longest one, for each row.
    pub(super) bars: Option<Bars>,
    pub(super) fit: Fit,
    pub(super) importance: Importance,
    /// The least width at which values that are cut say enough.
    pub(super) minimum: usize,
    /// Whether it holds numbers, so that their digits are to be below each other.
    pub(super) is_numeric: bool,
}

/// The bars of a column.
#[derive(Clone, Debug)]
pub(super) enum Bars {
    /// Of shares: short, and dear where there is little room.
    Shares(Vec<f64>),
    /// Of counts: as long as there is room.
    Counts(Vec<f64>),
}

/// How a cell looks in a terminal with colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    /// As everything.
    #[default]
    Plain,
    /// There is no value.
    Faint,
    /// Worth a look: a failed request, an anonymous requester.
    Warning,
    /// Worth more: a denial, or a failure of S3.
    Bad,
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forms {
    /// As they are.
    Full,
    /// Shorter, where nothing is lost by it; what all rows share is said once.
    Short,
}

impl Sheet {
    /// The texts of a table.
    pub(super) fn new(table: &Table, zone: Zone, forms: Forms) -> Self {
        let (times, time_texts) = times(table, zone, forms);
        let mut columns: Vec<Column> = (0..table.columns.len())
            .filter(|place| !is_hidden(table, *place))
            .map(|place| column(table, place, zone, forms, &time_texts))
            .collect();
        if forms == Forms::Short {
            join_status(table, &mut columns);
        }
        // Stable: columns of the same importance keep their order.
        columns.sort_by_key(|column| column.importance);
        let mut sheet = Self { times, same: Vec::new(), columns };
        if forms == Forms::Short {
            sheet.take_out_same();
        }
        sheet
    }

    /// Takes out the columns of text that have the same value in every row.
    fn take_out_same(&mut self) {
        let is_same = |column: &Column| {
            let mut cells = column.cells.iter();
            let first = cells.next();
            column.cells.len() > 1
                && !column.is_numeric
                && column.bars.is_none()
                && cells.all(|cell| Some(cell) == first)
        };
        if self.columns.iter().all(is_same) {
            return;
        }
        let (same, columns) = std::mem::take(&mut self.columns).into_iter().partition::<Vec<_>, _>(is_same);
        self.columns = columns;
        // That there is nothing in any row is no news.
        let said = same.into_iter().filter(|column| column.tones.first() != Some(&Tone::Faint));
        self.same = said.map(|mut column| (column.heading, column.cells.swap_remove(0))).collect();
    }
}

impl Column {
    /// How wide its texts are, with its heading and without bars.
    pub(super) fn natural(&self) -> usize {
        self.widest.max(truncate::width(&self.heading))
    }
}

/// How wide the widest of these texts is.
fn widest(cells: &[String]) -> usize {
    cells.iter().map(|cell| truncate::width(cell)).max().unwrap_or(0)
}

/// Whether a column says nothing to people.
fn is_hidden(table: &Table, place: usize) -> bool {
    let is_zero = |row: &Row| {
        matches!(row.values.get(place), None | Some(Value::Null | Value::Count(0) | Value::Bytes(0)))
    };
    table.columns[place].hide_zero && table.rows.iter().all(is_zero)
}

fn column(table: &Table, place: usize, zone: Zone, forms: Forms, times: &[Vec<Option<String>>]) -> Column {
    let column = &table.columns[place];
    let values: Vec<&Value> =
        table.rows.iter().map(|row| row.values.get(place).unwrap_or(&Value::Null)).collect();
    let mut shorter = match column.short {
        Some(short) if forms == Forms::Short => short::texts(short, &values),
        _ => vec![None; values.len()],
    };
    let cells = values.iter().enumerate().map(|(row, value)| match value {
        Value::Time(_) => times[place][row].clone().unwrap_or_default(),
        value => shorter[row].take().unwrap_or_else(|| human::show(value, column, zone)),
    });
    let cells: Vec<String> = cells.collect();
    let is_status = column.short == Some(Short::Status);
    let name = super::sanitize(column.name.as_bytes());
    let is_client = forms == Forms::Short && column.short == Some(Short::UserAgent);
    Column {
        widest: widest(&cells),
        cells,
        heading: if is_client { "client".to_owned() } else { name.clone() },
        name,
        tones: values.iter().map(|value| tone(value, is_status, column.null)).collect(),
        bars: bars(&values),
        fit: column.fit,
        importance: column.importance,
        minimum: column.minimum,
        is_numeric: human::is_numeric(table, place),
    }
}

fn bars(values: &[&Value]) -> Option<Bars> {
    if values.iter().any(|value| matches!(value, Value::Bar { .. })) {
        let part = |value: &&Value| match value {
            Value::Bar { count, of } => *count as f64 / (*of).max(1) as f64,
            _ => 0.0,
        };
        return Some(Bars::Counts(values.iter().map(part).collect()));
    }
    if values.iter().any(|value| matches!(value, Value::Share(_))) {
        let part = |value: &&Value| if let Value::Share(share) = value { *share } else { 0.0 };
        return Some(Bars::Shares(values.iter().map(part).collect()));
    }
    None
}

fn tone(value: &Value, is_status: bool, null: &str) -> Tone {
    match value {
        Value::Null if null == "anonymous" => Tone::Warning,
        Value::Null => Tone::Faint,
        Value::Integer(status) if is_status => match Outcome::of_status(u16::try_from(*status).ok()) {
            Outcome::Denied | Outcome::Throttled | Outcome::ServerError => Tone::Bad,
            outcome if outcome.is_error() => Tone::Warning,
            _ => Tone::Plain,
        },
        _ => Tone::Plain,
    }
}

/// Lets the status take its error code along, where a table has both.
fn join_status(table: &Table, columns: &mut Vec<Column>) {
    let named = |columns: &[Column], short: Short| {
        let name = table.columns.iter().find(|column| column.short == Some(short))?.name.as_str();
        columns.iter().position(|column| column.name == name)
    };
    let (Some(status), Some(error)) = (named(columns, Short::Status), named(columns, Short::Error)) else {
        return;
    };
    let status = status - usize::from(error < status);
    let error = columns.remove(error);
    let status = &mut columns[status];
    for ((cell, tone), (code, of_code)) in
        status.cells.iter_mut().zip(&mut status.tones).zip(error.cells.into_iter().zip(error.tones))
    {
        match (*tone == Tone::Faint, of_code == Tone::Faint) {
            (_, true) => {}
            (true, false) => (*cell, *tone) = (code, of_code),
            (false, false) => *cell = format!("{cell} {code}"),
        }
    }
    status.widest = widest(&status.cells);
    status.name = format!("{}, {}", status.name, error.name);
    status.heading = "status".to_owned();
    status.importance = status.importance.min(error.importance);
    (status.fit, status.minimum, status.is_numeric) = (Fit::End, error.minimum, false);
}

/// The texts of all times, by column and row, and what they have in common.
fn times(table: &Table, zone: Zone, forms: Forms) -> (Option<String>, Vec<Vec<Option<String>>>) {
    let mut texts: Vec<Vec<Option<String>>> = (0..table.columns.len())
        .map(|place| {
            let text = |row: &Row| match row.values.get(place) {
                Some(Value::Time(time)) => Some(zone.show(*time)),
                _ => None,
            };
            whole_seconds(table.rows.iter().map(text).collect())
        })
        .collect();
    let Some(first) = texts.iter().flatten().flatten().next().cloned() else { return (None, texts) };
    let mut said = format!("times in {}", zone.name());
    let all = |test: &dyn Fn(&str) -> bool| texts.iter().flatten().flatten().all(|text| test(text));
    if forms == Forms::Short && all(&is_civil) {
        let (year, day) = (&first[..5], &first[..11]);
        let kept = if all(&|text| text.starts_with(day)) {
            said = format!("{said}, {}", day.trim_end());
            11
        } else if all(&|text| text.starts_with(year)) {
            said = format!("{said}, {}", &year[..4]);
            5
        } else {
            0
        };
        // Of days nobody has to be told that they begin at midnight.
        let is_day = kept < 11 && all(&|text| text.ends_with(" 00:00:00"));
        for text in texts.iter_mut().flatten().flatten() {
            *text = text[kept..if is_day { 10 } else { text.len() }].to_owned();
        }
    }
    (Some(said), texts)
}

/// Milliseconds are shown where all times of a column have them: one row with them would only make all others wider.
fn whole_seconds(mut texts: Vec<Option<String>>) -> Vec<Option<String>> {
    let has_millis = |text: &String| is_civil(text) && text.len() > 19;
    if !texts.iter().flatten().all(has_millis) {
        texts.iter_mut().flatten().filter(|text| has_millis(text)).for_each(|text| text.truncate(19));
    }
    texts
}

/// Whether it is `2026-08-01 10:30:12`, with or without milliseconds: only years of four digits are written so.
fn is_civil(text: &str) -> bool {
    text.len() >= 19 && text.is_ascii() && text.as_bytes()[4] == b'-' && text.as_bytes()[10] == b' '
}
