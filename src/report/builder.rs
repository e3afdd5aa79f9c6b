//! Builds a table from its rows: one line names a column and where its values come from.

use std::io;

use super::column::{MIN_EVENT_WIDTH, MIN_WORDS_WIDTH};
use super::{
    Accent, Audience, Chart, Column, Fit, Importance, Note, Row, RowWriter, Short, Table, Value, WithoutRoom,
};
use crate::aggregate::{Dimension, Dimensions};
use crate::record::Field;
use crate::spill::Space;

/// Reads the values of one or more columns from a row's source.
type Read<'a, R> = Box<dyn Fn(&R, &mut Vec<Value>) + 'a>;

/// A table that is being described, column by column. Methods such as [`Builder::detail`] apply to what was added last.
pub(crate) struct Builder<'a, R> {
    rows: Vec<R>,
    table: Table,
    read: Vec<Read<'a, R>>,
    /// Where the columns begin that were added last.
    last: usize,
}

impl Table {
    /// Begins a table with a row for each of `rows`.
    pub(crate) fn builder<'a, R>(
        name: &'static str,
        title: impl Into<String>,
        rows: impl IntoIterator<Item = R>,
    ) -> Builder<'a, R> {
        let table = Self { name, title: title.into(), ..Self::default() };
        Builder { rows: rows.into_iter().collect(), table, read: Vec::new(), last: 0 }
    }
}

impl<'a, R> Builder<'a, R> {
    /// Adds a column of numbers, times or shares, which is never cut: `.column("errors", Value::Count, |group| group.errors)`.
    pub(crate) fn column<T>(
        self,
        name: impl Into<String>,
        kind: impl Fn(T) -> Value + 'a,
        read: impl Fn(&R) -> T + 'a,
    ) -> Self {
        self.one(Column::whole(name), move |row| kind(read(row)))
    }

    /// Adds a column of texts, whose middle is cut if there is no room.
    pub(crate) fn text<T: AsRef<[u8]> + ?Sized + 'a>(
        self,
        name: impl Into<String>,
        read: impl Fn(&R) -> Option<&T> + 'a,
    ) -> Self {
        self.one(Column::middle(name), move |row| Value::text(read(row).map(AsRef::as_ref)))
    }

    /// Adds a column of our own words, which are never cut.
    pub(crate) fn word(self, name: impl Into<String>, read: impl Fn(&R) -> &'static str + 'a) -> Self {
        self.one(Column::whole(name), move |row| read(row).into())
    }

    /// Adds the column of a field of the log, from its text.
    pub(crate) fn field<T: AsRef<[u8]> + ?Sized + 'a>(
        self,
        field: Field,
        read: impl Fn(&R) -> Option<&T> + 'a,
    ) -> Self {
        self.dimension(Dimension::Field(field), read)
    }

    /// Adds the column of something to group by, from its text.
    pub(crate) fn dimension<T: AsRef<[u8]> + ?Sized + 'a>(
        self,
        dimension: Dimension,
        read: impl Fn(&R) -> Option<&T> + 'a,
    ) -> Self {
        let column = Column::of_dimension(dimension);
        self.one(column, move |row| Value::of_dimension(dimension, read(row).map(AsRef::as_ref)))
    }

    /// Adds the columns of what rows are grouped by, from their key in a table of groups.
    pub(crate) fn group(self, by: &'a Dimensions, key: impl Fn(&R) -> &[u8] + 'a) -> Self {
        self.groups(by, move |row| by.values(key(row)))
    }

    /// Adds the columns of what rows are grouped by, from their values.
    pub(crate) fn groups(
        mut self,
        by: &'a Dimensions,
        values: impl Fn(&R) -> Vec<Option<Vec<u8>>> + 'a,
    ) -> Self {
        self.last = self.table.columns.len();
        self.table.columns.extend(by.list().iter().map(|dimension| Column::of_dimension(*dimension)));
        self.read.push(Box::new(move |row, out| {
            let values = by.list().iter().zip(values(row));
            out.extend(values.map(|(by, value)| Value::of_dimension(*by, value.as_deref())));
        }));
        self
    }

    /// Adds any other column.
    pub(crate) fn one(mut self, column: Column, read: impl Fn(&R) -> Value + 'a) -> Self {
        self.last = self.table.columns.len();
        self.table.columns.push(column);
        self.read.push(Box::new(move |row, out| out.push(read(row))));
        self
    }

    fn with_last(mut self, change: impl Fn(&mut Column)) -> Self {
        let last = self.last;
        self.table.columns[last..].iter_mut().for_each(change);
        self
    }

    /// It has this importance.
    pub(crate) fn importance(self, importance: Importance) -> Self {
        self.with_last(|column| column.importance = importance)
    }

    /// It is what the reader looks at first.
    pub(crate) fn lead(self) -> Self {
        self.with_last(|column| column.importance = Importance::Lead)
    }

    /// It helps to understand the answer.
    pub(crate) fn context(self) -> Self {
        self.with_last(|column| column.importance = Importance::Context)
    }

    /// It is good to have if there is room.
    pub(crate) fn detail(self) -> Self {
        self.with_last(|column| column.importance = Importance::Detail)
    }

    /// Its values are cut at their end if there is no room, to no less than this many columns of a terminal.
    pub(crate) fn cut_at_end(self, minimum: usize) -> Self {
        self.with_last(|column| (column.fit, column.minimum) = (Fit::End, minimum))
    }

    /// What a null in it means to people.
    pub(crate) fn null_as(self, null: &'static str) -> Self {
        self.with_last(|column| column.null = null)
    }

    /// People read this above it.
    pub(crate) fn headed(self, heading: &str) -> Self {
        self.with_last(|column| column.heading = Some(heading.to_owned()))
    }

    /// This of it stands out in a terminal with colors.
    pub(crate) fn accent(self, accent: Accent) -> Self {
        self.with_last(|column| column.accent = Some(accent))
    }

    /// It says what was done, which a status of the table says the end of.
    pub(crate) fn event(self) -> Self {
        self.with_last(|column| {
            (column.fit, column.minimum) = (Fit::Middle, MIN_EVENT_WIDTH);
            column.accent = Some(Accent::Outcome);
        })
    }

    /// It has a short form, which takes no less room than the first words of a text.
    pub(crate) fn short_as(self, short: Short) -> Self {
        self.with_last(|column| (column.short, column.minimum) = (Some(short), MIN_WORDS_WIDTH))
    }

    /// Tables for people leave it out if all of its values are zero or null.
    pub(crate) fn hide_zero(self) -> Self {
        self.with_last(|column| column.hide_zero = true)
    }

    /// Formats for programs leave it out.
    pub(crate) fn for_people(self) -> Self {
        self.with_last(|column| column.audience = Audience::People)
    }

    /// It has another name.
    pub(crate) fn named(self, name: &str) -> Self {
        self.with_last(|column| column.name = name.to_owned())
    }

    /// Where there is no room for it, its values are said below their rows.
    pub(crate) fn below(self) -> Self {
        self.with_last(|column| column.without_room = WithoutRoom::Below)
    }

    /// Its rows are read one at a time.
    pub(crate) fn one_at_a_time(mut self) -> Self {
        self.table.is_of_blocks = true;
        self
    }

    /// Only these are shown it, unless it is asked for by name.
    pub(crate) fn audience(mut self, audience: Audience) -> Self {
        self.table.audience = audience;
        self
    }

    /// How many rows there are in all, where some were left out by a limit.
    pub(crate) fn total(mut self, total: u64) -> Self {
        self.table.total = Some(total);
        self
    }

    /// The same, and which of them a limit keeps, such as `the newest`.
    pub(crate) fn total_of(mut self, total: u64, kept: &'static str) -> Self {
        self.table.kept = kept;
        self.total(total)
    }

    /// Says what its numbers are, for formats that draw.
    pub(crate) fn chart(mut self, chart: Chart) -> Self {
        self.table.charts.push(chart);
        self
    }

    /// Adds a sentence below the table.
    pub(crate) fn note(mut self, note: impl Into<Note>) -> Self {
        self.table.notes.push(note.into());
        self
    }

    /// Adds sentences below the table.
    pub(crate) fn notes<N: Into<Note>>(mut self, notes: impl IntoIterator<Item = N>) -> Self {
        self.table.notes.extend(notes.into_iter().map(Into::into));
        self
    }

    /// Makes the rows.
    pub(crate) fn build(mut self) -> Table {
        let rows = self.rows.iter().map(|row| self.row(row)).collect();
        self.table.rows = rows;
        self.table
    }

    /// Makes the rows, also those that `more` hands on after the ones that the table began with.
    ///
    /// # Errors
    /// If memory does not hold the rows and they cannot be written, or if `more` fails.
    pub(crate) fn build_with(
        mut self,
        space: &Space,
        more: impl FnOnce(&mut dyn FnMut(&R) -> io::Result<()>) -> io::Result<()>,
    ) -> io::Result<Table> {
        let mut rows = RowWriter::new(space);
        self.rows.iter().try_for_each(|row| rows.push(self.row(row)))?;
        more(&mut |row| rows.push(self.row(row)))?;
        self.table.rows = rows.finish();
        Ok(self.table)
    }

    fn row(&self, row: &R) -> Row {
        let mut values = Vec::with_capacity(self.table.columns.len());
        self.read.iter().for_each(|read| read(row, &mut values));
        values.into()
    }
}
