//! What a command found: titled tables of typed values, and the tally of what was read. The only thing renderers see.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::aggregate::Approximation;

mod builder;
mod chart;
mod column;
mod record;
mod rows;
mod select;
mod tally;
mod value;

pub(crate) use builder::Builder;
pub(crate) use chart::Chart;
pub(crate) use column::{Accent, Column, Fit, Importance, NO_VALUE, Short, WithoutRoom};
pub(crate) use record::{EXTRA, RecordColumns};
pub(crate) use rows::{RowWriter, TableRows};
pub(crate) use select::Selection;
pub(crate) use tally::Tally;
pub(crate) use value::Value;

/// What a command found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// The command's name.
    pub(crate) name: &'static str,
    /// The tables in the order they are shown.
    pub(crate) tables: Vec<Table>,
    /// The name of the table that ndjson, csv, tsv and raw print.
    pub(crate) main: &'static str,
    /// What is so of records that passed the filters where the main table has no row: `none of them failed`.
    pub(crate) if_empty: String,
    /// What was read to find it.
    pub(crate) tally: Tally,
}

impl Report {
    /// The table that row formats print; the first one if none has the name.
    pub(crate) fn main_table(&self) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == self.main).or(self.tables.first())
    }

    /// The tables that are approximate: the name of each, and how far from the truth it can be.
    pub(crate) fn approximate(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.tables.iter().flat_map(|table| table.notes.iter().map(|note| (table.name, note)));
        all.filter(|(_, note)| matches!(note, Note::Approximate(_))).map(|(table, note)| (table, note.text()))
    }
}

/// A titled table of typed values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// Its name in JSON.
    pub(crate) name: &'static str,
    /// Its heading for people.
    pub(crate) title: String,
    /// The columns.
    pub(crate) columns: Vec<Column>,
    /// The rows; each has a value for every column.
    pub(crate) rows: TableRows,
    /// Whether rows are records, and so have log lines.
    pub(crate) is_of_records: bool,
    /// Whether people read one row at a time, as a block, however wide the terminal is.
    pub(crate) is_of_blocks: bool,
    /// Who is shown it, unless it is asked for by name.
    pub(crate) audience: Audience,
    /// How many rows there are in all, where `rows` was cut by a limit.
    pub(crate) total: Option<u64>,
    /// Which of them were kept, where that is not clear from their order: `the newest`.
    pub(crate) kept: &'static str,
    /// Sentences that belong under the table.
    pub(crate) notes: Vec<Note>,
    /// What its numbers are, for formats that draw.
    pub(crate) charts: Vec<Chart>,
}

/// Who is shown a table or a column: some numbers read well in a form that programs cannot use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Audience {
    /// All.
    #[default]
    All,
    /// Formats for people.
    People,
    /// Formats for programs.
    Programs,
}

/// A sentence that belongs under a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// The answer in one sentence. People read it before the table.
    Verdict(String),
    /// What columns mean, or what cannot be seen. Formats for programs leave it out.
    Meaning(String),
    /// How far from the truth the table can be. Readers must not miss it.
    Approximate(String),
}

impl Note {
    /// A note that a table is approximate, and which part of it.
    pub(crate) fn approximate(of: impl fmt::Display, approximation: Approximation) -> Self {
        Self::Approximate(format!("{of}: {approximation}"))
    }

    /// The sentence.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Verdict(text) | Self::Meaning(text) | Self::Approximate(text) => text,
        }
    }
}

impl Table {
    /// The answer in one sentence, if there is one.
    pub(crate) fn verdict(&self) -> Option<&str> {
        self.notes.iter().find(|note| matches!(note, Note::Verdict(_))).map(Note::text)
    }

    /// What belongs below the table.
    pub(crate) fn remarks(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().filter(|note| !matches!(note, Note::Verdict(_))).map(Note::text)
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
    /// The charts whose columns are all there.
    pub(crate) fn drawn(&self) -> impl Iterator<Item = &Chart> {
        let has = |name: &str| self.columns.iter().any(|column| column.name == name);
        self.charts.iter().filter(move |chart| chart.columns().all(has))
    }

    /// The names of its columns.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.columns.iter().map(|column| column.name.as_str())
    }
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// A value for every column.
    pub(crate) values: Vec<Value>,
    /// The log line of the row, if it is one record.
    pub(crate) raw: Option<Vec<u8>>,
}

impl From<Vec<Value>> for Row {
    fn from(values: Vec<Value>) -> Self {
        Self { values, raw: None }
    }
}
