//! A table as texts: what is in each cell, before it is known how much of it there is room for.
//!
//! No text is kept: a table can have more rows than memory holds. What has to be known of all rows is found in two passes, and
//! the texts are made once more when they are written.

use std::collections::BTreeMap;
use std::io;

use anstyle::{AnsiColor, Color, Effects, Style as Ansi};

use super::facts::{Bars, ColumnFacts, Facts, TimeForm};
use super::{human, short, truncate};
use crate::report::{self, Accent, Fit, Importance, NO_VALUE, Row, Short, Table, Value};
use crate::semantics::Outcome;
use crate::time::Zone;

/// The columns of a table as people read them, the most important first.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    /// What all times have in common, to be said once: the zone, and the day or the year where all times share it.
    pub(super) times: Option<String>,
    /// Columns with the same value in every row, to be said once: their headings, that value, and how it looks.
    pub(super) same: Vec<(String, String, Tone)>,
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
    /// How wide the widest of its texts is.
    pub(super) widest: usize,
    /// What its bars are of, if it has any.
    pub(super) bars: Option<Bars>,
    pub(super) fit: Fit,
    pub(super) importance: Importance,
    /// The least width at which values that are cut say enough.
    pub(super) minimum: usize,
    /// Whether it holds numbers, so that their digits are to be below each other.
    pub(super) is_numeric: bool,
    text: TextOf,
    /// The error code that a status takes along.
    code: Option<TextOf>,
    /// What every row has in it.
    same: Option<Cell>,
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

impl Tone {
    pub(super) fn ansi(self) -> Ansi {
        match self {
            Self::Plain => Ansi::new(),
            Self::Faint => Ansi::new().effects(Effects::DIMMED),
            Self::Warning => Ansi::new().fg_color(Some(Color::Ansi(AnsiColor::Yellow))),
            Self::Bad => Ansi::new().fg_color(Some(Color::Ansi(AnsiColor::Red))),
        }
    }

    /// How a status stands out.
    pub(super) fn of_status(status: Option<u16>) -> Self {
        match Outcome::of_status(status) {
            Outcome::Denied | Outcome::Throttled | Outcome::ServerError => Self::Bad,
            outcome if outcome.is_error() => Self::Warning,
            _ => Self::Plain,
        }
    }
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forms {
    /// As they are.
    Full,
    /// Shorter, where nothing is lost by it; what all rows share is said once.
    Short,
}

/// What is in a row of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    /// Without a bar.
    pub(super) text: String,
    /// How it looks in a terminal with colors.
    pub(super) tone: Tone,
    /// The part that its bar takes of the longest one.
    pub(super) part: f64,
}

/// How the texts of a column of the table are made.
#[derive(Clone, Debug)]
struct TextOf {
    place: usize,
    column: report::Column,
    zone: Zone,
    times: TimeForm,
    shorter: Shorter,
    /// The count of the longest bar, where counts have bars.
    most: u64,
}

/// How the values of a column are said in less.
#[derive(Clone, Debug)]
enum Shorter {
    Not,
    Client,
    Known(BTreeMap<Vec<u8>, String>),
}

impl TextOf {
    fn cell(&self, row: &Row) -> Cell {
        let value = row.values.get(self.place).unwrap_or(&Value::Null);
        let text = match (value, &self.shorter) {
            (Value::Time(time), _) => self.times.show(&self.zone.show(*time)).to_owned(),
            (Value::Text(text), Shorter::Client) => short::client(text),
            (Value::Text(text), Shorter::Known(known)) if known.contains_key(text) => known[text].clone(),
            (value, _) => human::show(value, &self.column, self.zone),
        };
        let part = match value {
            Value::Count(count) | Value::Bytes(count) if self.most > 0 => *count as f64 / self.most as f64,
            Value::Share(share) => *share,
            _ => 0.0,
        };
        Cell { text, tone: tone(value, self.column.accent, self.column.null), part }
    }
}

impl Sheet {
    /// The texts of a table.
    ///
    /// # Errors
    /// If its rows cannot be read.
    pub(super) fn new(table: &Table, zone: Zone, forms: Forms) -> io::Result<Self> {
        let facts = Facts::of(table, zone, forms == Forms::Short)?;
        let (times, time_forms) = facts.times(zone, forms == Forms::Short);
        let all = table.columns.iter().enumerate().zip(facts.columns.iter().zip(time_forms));
        let shown = all.filter(|((_, column), (facts, _))| !(column.hide_zero && facts.is_zero));
        let mut columns: Vec<Column> = shown
            .map(|((place, column), (facts, times))| self::column(column, place, facts, (zone, times), forms))
            .collect();
        if forms == Forms::Short {
            join_status(table, &mut columns);
        }
        // Stable: columns of the same importance keep their order.
        columns.sort_by_key(|column| column.importance);
        let mut sheet = Self { times, same: Vec::new(), columns };
        sheet.measure(table)?;
        if forms == Forms::Short {
            sheet.take_out_same(table.rows.len());
        }
        Ok(sheet)
    }

    /// Finds out how wide each column is, and which have the same text in every row.
    fn measure(&mut self, table: &Table) -> io::Result<()> {
        let mut is_first = true;
        table.rows.for_each(|row| {
            for column in &mut self.columns {
                let cell = column.cell(row);
                column.widest = column.widest.max(truncate::width(&cell.text));
                if is_first {
                    column.same = Some(cell);
                } else if column.same.as_ref().is_some_and(|same| same.text != cell.text) {
                    column.same = None;
                }
            }
            is_first = false;
            Ok(())
        })
    }

    /// Takes out the columns of text that have the same value in every row.
    fn take_out_same(&mut self, rows: usize) {
        let is_same = |column: &Column| {
            column.same.is_some() && rows > 1 && !column.is_numeric && column.bars.is_none()
        };
        if self.columns.iter().all(is_same) {
            return;
        }
        let (same, columns) = std::mem::take(&mut self.columns).into_iter().partition::<Vec<_>, _>(is_same);
        self.columns = columns;
        // That there is nothing in any row is no news, unless a word is said for it: never read.
        let said = same.into_iter().filter_map(|column| Some((column.heading, column.same?)));
        let said = said.filter(|(_, cell)| cell.tone != Tone::Faint || cell.text != NO_VALUE);
        self.same = said.map(|(heading, cell)| (heading, cell.text, cell.tone)).collect();
    }
}

impl Column {
    /// How wide its texts are, with its heading and without bars.
    pub(super) fn natural(&self) -> usize {
        self.widest.max(truncate::width(&self.heading))
    }

    /// What is in a row.
    pub(super) fn cell(&self, row: &Row) -> Cell {
        let cell = self.text.cell(row);
        let Some(code) = &self.code else { return cell };
        let code = code.cell(row);
        match (cell.tone == Tone::Faint, code.tone == Tone::Faint) {
            (_, true) => cell,
            (true, false) => Cell { text: code.text, tone: code.tone, ..cell },
            (false, false) => Cell { text: format!("{} {}", cell.text, code.text), ..cell },
        }
    }
}

fn column(
    column: &report::Column,
    place: usize,
    facts: &ColumnFacts,
    (zone, times): (Zone, TimeForm),
    forms: Forms,
) -> Column {
    let name = super::sanitize(column.name.as_bytes());
    let heading = column.heading.clone().unwrap_or_else(|| name.clone());
    let shorter = match column.short.filter(|_| forms == Forms::Short) {
        // Rows that are of different user agents have to look different.
        Some(Short::UserAgent) if column.importance > Importance::Answer => Shorter::Client,
        Some(short) if short::keeps_apart(short) => Shorter::Known(facts.short_texts(short)),
        _ => Shorter::Not,
    };
    let most = if facts.bars == Some(Bars::Counts) { facts.most } else { 0 };
    Column {
        heading: if matches!(shorter, Shorter::Client) { "client".to_owned() } else { heading },
        name,
        widest: 0,
        bars: facts.bars,
        fit: column.fit,
        importance: column.importance,
        minimum: column.minimum,
        is_numeric: facts.is_numeric(),
        text: TextOf { place, column: column.clone(), zone, times, shorter, most },
        code: None,
        same: None,
    }
}

fn tone(value: &Value, accent: Option<Accent>, null: &str) -> Tone {
    match value {
        Value::Null if null == "anonymous" => Tone::Warning,
        Value::Null => Tone::Faint,
        Value::List(texts) if texts.is_empty() => Tone::Faint,
        Value::Cells { counts, .. } if counts.contains(&None) => Tone::Bad,
        Value::Text(word) => match (accent, word.as_slice()) {
            (Some(Accent::Status), b"5xx") | (Some(Accent::Severity), b"high" | b"critical") => Tone::Bad,
            (Some(Accent::Status), b"4xx") | (Some(Accent::Severity), b"medium") => Tone::Warning,
            _ => Tone::Plain,
        },
        Value::Integer(status) if accent == Some(Accent::Status) => {
            Tone::of_status(u16::try_from(*status).ok())
        }
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
    status.name = format!("{}, {}", status.name, error.name);
    status.heading = "status".to_owned();
    status.importance = status.importance.min(error.importance);
    (status.fit, status.minimum, status.is_numeric) = (Fit::End, error.minimum, false);
    status.code = Some(error.text);
}
