//! Reads Parquet as lines: a row of a store becomes the line again that it was made of.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type, TimeUnit, TimestampMillisecondType};
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use datafusion::parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};
use datafusion::parquet::file::reader::ChunkReader;
use datafusion::parquet::file::statistics::Statistics;

use super::foreign::{time_column, write_objects};
use super::line::{Form, write_acl};
use super::pruning;
use super::rows::{FORM, LINE};
use super::{VERSION, VERSION_KEY};
use crate::filter::Selection;
use crate::record::{Field, FieldKind};
use crate::time::{Timestamp, Window};

/// How many rows are read at a time.
const BATCH_ROWS: usize = 4096;

/// The lines of a file, as bytes.
pub(crate) struct Lines {
    batches: ParquetRecordBatchReader,
    write: fn(&RecordBatch, &mut Vec<u8>) -> io::Result<()>,
    text: Vec<u8>,
    read: usize,
    /// Rows that were not read so far.
    left: u64,
    selection: Selection,
}

impl Lines {
    /// Of a file. What is not selected may be left out.
    ///
    /// # Errors
    /// If it cannot be read, or holds no records.
    pub(crate) fn of_file(file: File, selection: &Selection) -> io::Result<Self> {
        Self::new(file, selection)
    }

    /// Of what is in memory.
    ///
    /// # Errors
    /// If it cannot be read, or holds no records.
    pub(crate) fn of_bytes(bytes: bytes::Bytes, selection: &Selection) -> io::Result<Self> {
        Self::new(bytes, selection)
    }

    fn new(file: impl ChunkReader + 'static, selection: &Selection) -> io::Result<Self> {
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let builder =
            ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(io::Error::other)?;
        let metadata = Arc::clone(builder.metadata());
        let pairs = metadata.file_metadata().key_value_metadata();
        let version = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == VERSION_KEY));
        let version = version.and_then(|pair| pair.value.as_deref());
        if let Some(other) = version.filter(|version| *version != VERSION) {
            return Err(unsupported(format!(
                "this file of a store has version {other}, and this s3al reads version {VERSION}"
            )));
        }
        let schema = Arc::clone(builder.schema());
        // Another engine may have written rows of a store anew.
        let is_of_store = version.is_some() || [FORM, LINE].iter().all(|name| schema.index_of(name).is_ok());
        let (write, time): (fn(&RecordBatch, &mut Vec<u8>) -> io::Result<()>, _) = match is_of_store {
            true => (write_lines, Some(Field::Timestamp.name())),
            false => (write_objects, time_column(&schema)),
        };
        let time = time.ok_or_else(|| {
            let names: Vec<&str> = schema.fields().iter().take(8).map(|field| field.name().as_str()).collect();
            unsupported(format!(
                "this Parquet file has no columns of an access log, which are named as in the JSON delivery (request_time, \
                 bucket_name, ...) or as fields (timestamp, bucket, ...); it has {}",
                names.join(", ")
            ))
        })?;
        let unit = schema.field_with_name(time).ok().and_then(|field| unit(field.data_type()));
        let can_hold = |place: &usize| {
            unit.is_none_or(|unit| can_hold(metadata.row_group(*place), time, unit, selection.window))
        };
        let mut groups: Vec<usize> = (0..metadata.num_row_groups()).filter(can_hold).collect();
        let mut rows = None;
        // The columns of others are not what our fields are made of.
        if is_of_store {
            groups = pruning::groups(&builder, selection, groups)?;
            rows = pruning::rows(&builder, selection);
        }
        let mut builder = builder.with_row_groups(groups).with_batch_size(BATCH_ROWS);
        if let Some(rows) = rows {
            builder = builder.with_row_filter(rows);
        }
        let batches = builder.build().map_err(io::Error::other)?;
        let left = pruning::count(metadata.row_groups());
        Ok(Self { batches, write, text: Vec::new(), read: 0, left, selection: selection.clone() })
    }
}

fn unsupported(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, text)
}

/// How many of its units a column of times has for a second.
fn unit(kind: &DataType) -> Option<i64> {
    match kind {
        DataType::Timestamp(TimeUnit::Millisecond, _) => Some(1_000),
        DataType::Timestamp(TimeUnit::Microsecond, _) => Some(1_000_000),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => Some(1_000_000_000),
        _ => None,
    }
}

/// Whether a row group can hold a time of the window.
fn can_hold(group: &RowGroupMetaData, time: &str, unit: i64, window: Window) -> bool {
    let times = group.columns().iter().find(|column| column.column_path().string() == time);
    // A time of 96 bits has statistics of another type, and none is believed.
    let Some(Statistics::Int64(times)) = times.and_then(|column| column.statistics()) else { return true };
    let (Some(first), Some(last)) = (times.min_opt(), times.max_opt()) else { return true };
    let millis = |time: i64| time.div_euclid(unit / 1_000);
    window.until.is_none_or(|until| millis(*first) < until.millis())
        && window.since.is_none_or(|since| since.millis() <= millis(*last))
}

impl Read for Lines {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.read == self.text.len() {
            let Some(batch) = self.batches.next() else {
                self.selection.passed_over.fetch_add(std::mem::take(&mut self.left), Relaxed);
                return Ok(0);
            };
            self.text.clear();
            self.read = 0;
            let batch = batch.map_err(io::Error::other)?;
            self.left = self.left.saturating_sub(batch.num_rows() as u64);
            (self.write)(&batch, &mut self.text)?;
        }
        let len = out.len().min(self.text.len() - self.read);
        out[..len].copy_from_slice(&self.text[self.read..self.read + len]);
        self.read += len;
        Ok(len)
    }
}

/// Writes the lines of the rows.
fn write_lines(batch: &RecordBatch, out: &mut Vec<u8>) -> io::Result<()> {
    let column = |name: &str| {
        batch
            .column_by_name(name)
            .ok_or_else(|| io::Error::other(format!("this file of a store has no column {name}")))
    };
    let (forms, lines) = (cast(column(FORM)?, &DataType::Int32), cast(column(LINE)?, &DataType::Binary));
    let (forms, lines) = (forms.map_err(io::Error::other)?, lines.map_err(io::Error::other)?);
    let (forms, lines) = (forms.as_primitive::<Int32Type>(), lines.as_binary::<i32>());
    let utc = DataType::Timestamp(TimeUnit::Millisecond, None);
    let times = cast(column(Field::Timestamp.name())?, &utc).map_err(io::Error::other)?;
    let times = times.as_primitive::<TimestampMillisecondType>();
    let fields: Vec<ArrayRef> = Field::ALL
        .into_iter()
        .map(|field| cast(column(field.name())?, &plain(field)).map_err(io::Error::other))
        .collect::<io::Result<_>>()?;
    for row in 0..batch.num_rows() {
        if lines.is_valid(row) {
            out.extend_from_slice(lines.value(row));
        } else {
            let form = forms.is_valid(row).then(|| forms.value(row)).and_then(Form::of_code);
            let form = form.ok_or_else(|| io::Error::other("a row has neither a line nor a form"))?;
            let time = Timestamp::from_millis(times.value(row));
            form.write(time, &mut |field, out| write_value(&fields[field.index()], field, row, out), out);
        }
        out.push(b'\n');
    }
    Ok(())
}

/// The type in which a field is read here.
fn plain(field: Field) -> DataType {
    match field.kind() {
        FieldKind::Text => DataType::Utf8View,
        FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds => DataType::Int64,
        FieldKind::Boolean => DataType::Boolean,
        FieldKind::Time => DataType::Timestamp(TimeUnit::Millisecond, None),
    }
}

fn write_value(values: &ArrayRef, field: Field, row: usize, out: &mut Vec<u8>) -> bool {
    if values.is_null(row) {
        return false;
    }
    match field.kind() {
        FieldKind::Text => out.extend_from_slice(values.as_string_view().value(row).as_bytes()),
        FieldKind::Integer | FieldKind::Bytes | FieldKind::Milliseconds => {
            out.extend_from_slice(values.as_primitive::<Int64Type>().value(row).to_string().as_bytes());
        }
        FieldKind::Boolean => return write_acl(Some(values.as_boolean().value(row)), out),
        FieldKind::Time => return false,
    }
    true
}
