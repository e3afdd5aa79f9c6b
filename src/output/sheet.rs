//! A table as texts: what is in each cell, before it is known how much of it there is room for.
//!
//! No text is kept: a table can have more rows than memory holds. What has to be known of all rows is found in two passes, and
//! the texts are made once more when they are written.

use std::collections::BTreeMap;
use std::io;

use anstyle::{AnsiColor, Color, Effects, Style as Ansi};

use super::facts::{Bars, ColumnFacts, Facts, Forms, TimeForm};
use super::{human, short, truncate};
use crate::report::{self, Accent, Fit, Importance, NO_VALUE, Row, Short, Table, Value, WithoutRoom};
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
    pub(super) without_room: WithoutRoom,
    /// The least width at which values that are cut say enough.
    pub(super) minimum: usize,
    /// Whether it holds numbers, so that their digits are to be below each other.
    pub(super) is_numeric: bool,
    text: TextOf,
    /// The error code that a status takes along.
    code: Option<TextOf>,
    /// What every row has in it.
    same: Option<Cell>,
    /// Whether any row has nothing in it.
    has_null: bool,
}

/// What a status is called where there is little room.
const STATUS: &str = "status";
/// A line of counts over time has no fewer steps, if it has more.
const MIN_STEPS: usize = 16;

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
    /// Columns whose numbers are added to it.
    added: Vec<usize>,
    /// The column whose value is said where there is none, and what that is called.
    instead: Option<(usize, String)>,
    /// Where the status is that says how a value looks.
    status: Option<usize>,
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
        let of = |place: usize| row.values.get(place).unwrap_or(&Value::Null);
        let value = of(self.place);
        let sum = (!self.added.is_empty())
            .then(|| self.added.iter().fold(value.clone(), |sum, place| add(sum, of(*place))));
        let value = sum.as_ref().unwrap_or(value);
        let text = match (value, &self.shorter) {
            (Value::Time(time), _) => self.times.show(&self.zone.show(*time)).to_owned(),
            (Value::Text(text), Shorter::Client) => short::client(text),
            (Value::Null, _) if self.instead.is_some() => self.said_instead(row),
            (Value::Text(text), Shorter::Known(known)) if known.contains_key(text) => known[text].clone(),
            (value, _) => human::show(value, &self.column, self.zone),
        };
        let part = match value {
            Value::Count(count) | Value::Bytes(count) if self.most > 0 => *count as f64 / self.most as f64,
            Value::Share(share) => *share,
            _ => 0.0,
        };
        let tone = match self.status.map(of) {
            Some(Value::Integer(status)) => Tone::of_status(u16::try_from(*status).ok()),
            _ => tone(value, self.column.accent, self.column.null),
        };
        Cell { text, tone, part }
    }
}

impl TextOf {
    /// `bucket example-data`
    fn said_instead(&self, row: &Row) -> String {
        let value = self.instead.as_ref().and_then(|(place, name)| Some((row.values.get(*place)?, name)));
        match value {
            Some((Value::Text(text), name)) => format!("{name} {}", super::sanitize(text)),
            _ => self.column.null.to_owned(),
        }
    }
}

fn add(sum: Value, more: &Value) -> Value {
    match (sum, more) {
        (Value::Count(sum), Value::Count(more)) => Value::Count(sum.saturating_add(*more)),
        (Value::Bytes(sum), Value::Bytes(more)) => Value::Bytes(sum.saturating_add(*more)),
        (Value::Null, more) => more.clone(),
        (sum, _) => sum,
    }
}

impl Sheet {
    /// The texts of a table.
    ///
    /// # Errors
    /// If its rows cannot be read.
    pub(super) fn new(table: &Table, zone: Zone, forms: Forms) -> io::Result<Self> {
        let facts = Facts::of(table, zone, forms == Forms::Short)?;
        let (times, time_forms) = facts.times(zone, forms);
        let all = table.columns.iter().enumerate().zip(facts.columns.iter().zip(time_forms));
        let shown = all.filter(|((_, column), (facts, _))| !(column.hide_zero && facts.is_zero));
        let status = table.columns.iter().position(|column| column.short == Some(Short::Status));
        let mut columns: Vec<Column> = shown
            .map(|((place, column), (facts, times))| self::column(column, place, facts, (zone, times), forms))
            .collect();
        let by_status =
            columns.iter_mut().filter(|column| column.text.column.accent == Some(Accent::Outcome));
        by_status.for_each(|column| column.text.status = status);
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

    /// Says the values of a column that there is no room for where others have none. Returns whether there are such.
    pub(super) fn say_instead(&mut self, hidden: &Column) -> bool {
        let with = |column: &&mut Column| {
            let instead = column.text.column.instead.filter(|_| column.has_null);
            instead.is_some_and(|field| field.name() == hidden.text.column.name)
        };
        let columns = self.columns.iter_mut().filter(with);
        let changed = columns.map(|column| {
            column.text.instead = Some((hidden.text.place, hidden.name.clone()));
        });
        changed.count() > 0
    }

    /// Finds out how wide each column is, and which have the same text in every row.
    pub(super) fn measure(&mut self, table: &Table) -> io::Result<()> {
        let mut is_first = true;
        self.columns.iter_mut().for_each(|column| column.widest = 0);
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

    /// Its numbers are added to those of this column from now on.
    pub(super) fn take_in(&mut self, other: &Self) {
        self.text.added.push(other.text.place);
        self.text.added.extend(&other.text.added);
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
    let (fit, minimum) = match column.fit {
        Fit::Whole if facts.has_series => (Fit::Peaks, MIN_STEPS),
        fit => (fit, column.minimum),
    };
    Column {
        heading: match column.short.filter(|_| forms == Forms::Short) {
            _ if matches!(shorter, Shorter::Client) => "client".to_owned(),
            Some(Short::Status) => STATUS.to_owned(),
            _ => heading,
        },
        name,
        widest: 0,
        bars: facts.bars,
        fit,
        importance: column.importance,
        without_room: column.without_room,
        minimum,
        is_numeric: facts.is_numeric(),
        text: TextOf {
            place,
            added: Vec::new(),
            instead: None,
            status: None,
            column: column.clone(),
            zone,
            times,
            shorter,
            most,
        },
        code: None,
        same: None,
        has_null: facts.has_null,
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
        Value::Count(1..) if accent == Some(Accent::Denials) => Tone::Bad,
        Value::Count(1..) if accent == Some(Accent::Errors) => Tone::Warning,
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
    status.importance = status.importance.min(error.importance);
    (status.fit, status.minimum, status.is_numeric) = (Fit::End, error.minimum, false);
    status.code = Some(error.text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Field;

    #[test]
    fn what_went_wrong_stands_out() {
        let rows = [(200, 0), (404, 1), (403, 2), (503, 3)];
        let table = Table::builder("t", "T", rows)
            .one(report::Column::whole("event"), |_| "read".into())
            .event()
            .one(report::Column::of(Field::HttpStatus), |(status, _)| Value::Integer(*status))
            .column("errors", Value::Count, |(_, count)| *count)
            .column("denials", Value::Count, |(_, count)| *count)
            .build();
        let sheet = Sheet::new(&table, Zone::Utc, Forms::Full).unwrap();
        let mut tones = vec![Vec::new(); sheet.columns.len()];
        table
            .rows
            .for_each(|row| {
                sheet
                    .columns
                    .iter()
                    .zip(&mut tones)
                    .for_each(|(column, tones)| tones.push(column.cell(row).tone));
                Ok(())
            })
            .unwrap();
        let by_status = vec![Tone::Plain, Tone::Warning, Tone::Bad, Tone::Bad];
        assert_eq!(tones[0], by_status);
        assert_eq!(tones[1], by_status);
        assert_eq!(tones[2], [Tone::Plain, Tone::Warning, Tone::Warning, Tone::Warning]);
        assert_eq!(tones[3], [Tone::Plain, Tone::Bad, Tone::Bad, Tone::Bad]);
    }

    #[test]
    fn a_day_that_all_times_share_is_said_once() {
        let millis = 1_785_578_400_000;
        let table = |step: i64| {
            Table::builder("t", "T", [0, 1])
                .column("time", Value::Time, move |row| {
                    crate::time::Timestamp::from_millis(millis + row * step)
                })
                .build()
        };
        let texts = |table: &Table, forms: Forms| -> (String, String) {
            let sheet = Sheet::new(table, Zone::Utc, forms).unwrap();
            let first = sheet.columns.first().map(|column| {
                let mut text = None;
                table
                    .rows
                    .for_each(|row| {
                        text.get_or_insert(column.cell(row).text);
                        Ok(())
                    })
                    .unwrap();
                text.unwrap()
            });
            (sheet.times.unwrap(), first.unwrap())
        };
        let (hours, days) = (table(3_600_000), table(86_400_000 * 2));
        assert_eq!(texts(&hours, Forms::Full), ("times in UTC".into(), "2026-08-01 10:00:00".into()));
        assert_eq!(texts(&hours, Forms::OneDay), ("times in UTC, 2026-08-01".into(), "10:00:00".into()));
        assert_eq!(texts(&days, Forms::OneDay), ("times in UTC".into(), "2026-08-01 10:00:00".into()));
        assert_eq!(texts(&days, Forms::Short), ("times in UTC, 2026".into(), "08-01 10:00:00".into()));
    }
}
