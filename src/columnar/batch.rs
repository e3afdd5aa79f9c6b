//! Builds rows of the columns that a query asks for, and of no other.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Int32Builder, Int64Builder, ListBuilder, RecordBatch,
    RecordBatchOptions, StringBuilder, StringViewBuilder, TimestampMillisecondBuilder,
};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;

use super::Known;
use super::column::{Column, schema_of};
use crate::dimension::{DeriveOptions, Dimension, field_text, read_time};
use crate::record::{Field, FieldKind, Record};

/// How many rows a batch has.
pub(crate) const BATCH_ROWS: usize = 8192;

/// How long a day is, in milliseconds: days are those of UTC.
pub(crate) const MILLIS_OF_DAY: i64 = 86_400_000;

/// For so many columns it is cheaper to look at a line once than for each value.
const MANY_COLUMNS: usize = 8;

/// Takes in records, and makes batches of rows of them.
pub(crate) struct BatchBuilder {
    schema: SchemaRef,
    columns: Vec<(Column, Values)>,
    options: Arc<DeriveOptions>,
    rows: usize,
    /// Where what is derived is written.
    text: Vec<u8>,
}

/// The values of a column.
enum Values {
    Text(StringViewBuilder),
    Time(TimestampMillisecondBuilder),
    Status(Int32Builder),
    Number(Int64Builder),
    Boolean(BooleanBuilder),
    Day(Date32Builder),
    List(ListBuilder<StringBuilder>),
}

impl Values {
    fn of(column: Column) -> Self {
        let number = || Self::Number(Int64Builder::with_capacity(BATCH_ROWS));
        let dimension = match column {
            Column::Dimension(dimension) => dimension,
            Column::Extra => return Self::List(ListBuilder::new(StringBuilder::new())),
            Column::Date => return Self::Day(Date32Builder::with_capacity(BATCH_ROWS)),
            Column::SourceFile => return Self::Text(StringViewBuilder::with_capacity(BATCH_ROWS)),
            Column::LineNumber => return number(),
        };
        match dimension.kind() {
            FieldKind::Text => Self::Text(StringViewBuilder::with_capacity(BATCH_ROWS)),
            FieldKind::Time => {
                Self::Time(TimestampMillisecondBuilder::with_capacity(BATCH_ROWS).with_timezone("UTC"))
            }
            FieldKind::Integer if matches!(dimension, Dimension::Field(_)) => {
                Self::Status(Int32Builder::with_capacity(BATCH_ROWS))
            }
            FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds => number(),
            FieldKind::Boolean => Self::Boolean(BooleanBuilder::with_capacity(BATCH_ROWS)),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(values) => Arc::new(values.finish()),
            Self::Time(values) => Arc::new(values.finish()),
            Self::Status(values) => Arc::new(values.finish()),
            Self::Number(values) => Arc::new(values.finish()),
            Self::Boolean(values) => Arc::new(values.finish()),
            Self::Day(values) => Arc::new(values.finish()),
            Self::List(values) => Arc::new(values.finish()),
        }
    }
}

impl BatchBuilder {
    pub(crate) fn new(columns: &[Column], options: Arc<DeriveOptions>) -> Self {
        let schema = schema_of(columns);
        let columns = columns.iter().map(|column| (*column, Values::of(*column))).collect();
        Self { schema, columns, options, rows: 0, text: Vec::new() }
    }

    /// How many rows wait to become a batch.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Takes in a record, of which it is known where it was read.
    pub(crate) fn push(&mut self, record: &Record<'_>, source: &str, line: u64) {
        let known = (self.columns.len() >= MANY_COLUMNS).then(|| Known::of(record));
        self.put(record, known.as_ref(), source, line);
    }

    /// Takes in a record of which much is known.
    pub(crate) fn push_known<'r>(&mut self, record: &Record<'r>, known: &Known<'r>) {
        self.put(record, Some(known), "", 0);
    }

    #[inline]
    fn put<'r>(&mut self, record: &Record<'r>, known: Option<&Known<'r>>, source: &str, line: u64) {
        self.rows += 1;
        for (column, values) in &mut self.columns {
            match (column, values) {
                (Column::Dimension(Dimension::Field(field)), values) => {
                    push_field(record, known, *field, values)
                }
                (Column::Dimension(dimension), values) => {
                    let text = dimension.text(record, &self.options, &mut self.text);
                    push_text(text, known, values);
                }
                (Column::Date, Values::Day(values)) => {
                    let day = record.timestamp().millis().div_euclid(MILLIS_OF_DAY);
                    values.append_value(i32::try_from(day).unwrap_or(i32::MAX));
                }
                (Column::SourceFile, Values::Text(values)) => values.append_value(source),
                (Column::LineNumber, Values::Number(values)) => values.append_value(line.cast_signed()),
                (Column::Extra, Values::List(values)) => {
                    let mut is_empty = true;
                    for text in record.extra() {
                        values.values().append_value(String::from_utf8_lossy(text));
                        is_empty = false;
                    }
                    values.append(!is_empty);
                }
                (Column::Date | Column::SourceFile | Column::LineNumber | Column::Extra, _) => {}
            }
        }
    }

    /// The rows so far.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch> {
        let columns = self.columns.iter_mut().map(|(_, values)| values.finish()).collect();
        // A query that only counts asks for no column at all.
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.rows)));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

#[inline]
fn push_field<'r>(record: &Record<'r>, known: Option<&Known<'r>>, field: Field, values: &mut Values) {
    match values {
        Values::Text(values) => {
            let text = match known {
                Some(known) => known.field_text(field, record),
                None => field_text(field, record),
            };
            append(text, known, values);
        }
        Values::Time(values) => values.append_value(record.timestamp().millis()),
        Values::Status(values) => values.append_option(record.http_status().map(i32::from)),
        Values::Number(values) => values.append_option(record.number(field).map(signed)),
        Values::Boolean(values) => values.append_option(record.acl_required()),
        Values::Day(values) => values.append_null(),
        Values::List(values) => values.append_null(),
    }
}

/// Appends what is derived, which is a text whatever its type.
fn push_text(text: Option<&[u8]>, known: Option<&Known<'_>>, values: &mut Values) {
    match values {
        Values::Text(values) => append(text, known, values),
        Values::Time(values) => values.append_option(text.and_then(read_time).map(|time| time.millis())),
        Values::Number(values) => values.append_option(number(text).map(signed)),
        Values::Status(values) => {
            values.append_option(number(text).and_then(|number| i32::try_from(number).ok()))
        }
        Values::Boolean(values) => values.append_option(text.map(|text| text == b"Yes")),
        Values::Day(values) => values.append_null(),
        Values::List(values) => values.append_null(),
    }
}

/// Appends a text.
#[inline]
fn append(text: Option<&[u8]>, known: Option<&Known<'_>>, values: &mut StringViewBuilder) {
    let Some(text) = text else { return values.append_null() };
    let known = known.and_then(|known| known.text(text));
    match known.map_or_else(|| std::str::from_utf8(text), Ok) {
        Ok(text) => values.append_value(text),
        Err(_) => values.append_value(String::from_utf8_lossy(text)),
    }
}

fn number(text: Option<&[u8]>) -> Option<u64> {
    std::str::from_utf8(text?).ok()?.parse().ok()
}

/// SQL's integers have a sign. No size or time comes near the largest.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
