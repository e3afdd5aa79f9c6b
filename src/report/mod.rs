//! What a command found: titled tables of typed values, and the tally of what was read. The only thing renderers see.

use std::fmt;

use crate::aggregate::Approximation;
use crate::time::Timestamp;

mod record;
mod tally;

pub use record::EXTRA;
pub use tally::Tally;

/// What a command found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The command's name.
    pub name: &'static str,
    /// The tables in the order they are shown.
    pub tables: Vec<Table>,
    /// The name of the table that ndjson, csv, tsv and raw print.
    pub main: &'static str,
    /// What was read to find it.
    pub tally: Tally,
}

impl Report {
    /// The table that row formats print; the first one if none has the name.
    pub fn main_table(&self) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == self.main).or(self.tables.first())
    }

    /// What says how far from the truth a table can be, behind the table's name.
    pub fn approximate(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.tables.iter().flat_map(|table| table.notes.iter().map(|note| (table.name, note)));
        all.filter(|(_, note)| matches!(note, Note::Approximate(_))).map(|(table, note)| (table, note.text()))
    }
}

/// A titled table of typed values.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its heading for people.
    pub title: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; each has a value for every column.
    pub rows: Vec<Row>,
    /// How many rows there are in all, where `rows` was cut by a limit.
    pub total: Option<u64>,
    /// Sentences that belong under the table.
    pub notes: Vec<Note>,
}

/// A sentence that belongs under a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What columns mean, or what cannot be seen. Formats for programs leave it out.
    Meaning(String),
    /// How far from the truth the table can be. Nobody who reads the table may miss it.
    Approximate(String),
}

impl Note {
    /// That a table is approximate, and of what in it that is so.
    pub fn approximate(of: impl fmt::Display, approximation: Approximation) -> Self {
        Self::Approximate(format!("{of}: {approximation}"))
    }

    /// The sentence.
    pub fn text(&self) -> &str {
        match self {
            Self::Meaning(text) | Self::Approximate(text) => text,
        }
    }
}

impl From<String> for Note {
    fn from(text: String) -> Self {
        Self::Meaning(text)
    }
}

impl From<&str> for Note {
    fn from(text: &str) -> Self {
        Self::Meaning(text.to_owned())
    }
}

impl From<Approximation> for Note {
    fn from(approximation: Approximation) -> Self {
        Self::Approximate(approximation.to_string())
    }
}

impl Table {
    /// The names of its columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// A field name of the log format, or a metric name.
    pub name: String,
    /// What to do with a value that does not fit a terminal.
    pub fit: Fit,
    /// What a null means to people (`anonymous`); shown in tables for people only.
    pub null: &'static str,
}

/// What to do with a column that does not fit a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Never cut: numbers, times, short codes.
    Whole,
    /// The middle is lost to `…`: keys, ARNs, addresses.
    Middle,
    /// The end is lost to `…`: user agents.
    End,
}

impl Column {
    /// A column that is never cut.
    pub fn whole(name: impl Into<String>) -> Self {
        Self { name: name.into(), fit: Fit::Whole, null: "-" }
    }

    /// A column whose values lose their middle where they do not fit.
    pub fn middle(name: impl Into<String>) -> Self {
        Self { name: name.into(), fit: Fit::Middle, null: "-" }
    }

    /// A column whose values lose their end where they do not fit.
    pub fn end(name: impl Into<String>) -> Self {
        Self { name: name.into(), fit: Fit::End, null: "-" }
    }

    /// The same column, with another word for null in tables for people.
    pub fn null_as(mut self, null: &'static str) -> Self {
        self.null = null;
        self
    }
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// A value for every column.
    pub values: Vec<Value>,
    /// The log line the row stands for, where it stands for one record.
    pub raw: Option<Vec<u8>>,
}

impl From<Vec<Value>> for Row {
    fn from(values: Vec<Value>) -> Self {
        Self { values, raw: None }
    }
}

/// A typed value. Renderers decide how it looks.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing there.
    Null,
    /// Text from the log, as bytes.
    Text(Vec<u8>),
    /// Yes or no.
    Bool(bool),
    /// A plain number that is no quantity: a status code. No thousands separators.
    Integer(i64),
    /// How many.
    Count(u64),
    /// A number of bytes.
    Bytes(u64),
    /// A number of milliseconds.
    Millis(u64),
    /// A point in time.
    Time(Timestamp),
    /// A part of a whole, 0 to 1.
    Share(f64),
    /// A measure with decimals: a rate, a factor.
    Decimal(f64),
    /// An amount of money in US dollars.
    Dollars(f64),
    /// Several texts.
    List(Vec<Vec<u8>>),
    /// Counts over equal spans of time, for a sparkline.
    Series(Vec<u64>),
    /// A count with a bar beside it, as long as the terminal has room for `of`.
    Bar {
        /// How many.
        count: u64,
        /// The count of the longest bar.
        of: u64,
    },
}

impl Value {
    /// Text, or null.
    pub fn text(text: Option<&[u8]>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.to_vec()))
    }
}

macro_rules! optional {
    ($($name:ident $from:ty => $variant:ident: $doc:literal;)*) => {
        impl Value {
            $(#[doc = $doc]
            pub fn $name(value: Option<$from>) -> Self {
                value.map_or(Self::Null, Self::$variant)
            })*
        }
    };
}

optional! {
    count u64 => Count: "A count, or null.";
    bytes u64 => Bytes: "A number of bytes, or null.";
    millis u64 => Millis: "A number of milliseconds, or null.";
    time Timestamp => Time: "A point in time, or null.";
    bool bool => Bool: "Yes or no, or null.";
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }
}
