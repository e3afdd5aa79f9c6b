//! Reads a store: each row becomes the line again that it was made of.

use std::fs::File;
use std::io::{self, Read};

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type, TimestampMillisecondType};
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use datafusion::parquet::file::metadata::RowGroupMetaData;
use datafusion::parquet::file::reader::ChunkReader;
use datafusion::parquet::file::statistics::Statistics;

use super::line::{Form, write_acl};
use super::rows::{FORM, LINE};
use super::{VERSION, VERSION_KEY};
use crate::record::{Field, FieldKind};
use crate::time::{Timestamp, Window};

/// How many rows are read at a time.
const BATCH_ROWS: usize = 4096;

/// The lines of a file of a store, as bytes.
pub(crate) struct Lines {
    batches: ParquetRecordBatchReader,
    text: Vec<u8>,
    read: usize,
}

impl Lines {
    /// Of a file. Row groups without any row of the window are left out.
    ///
    /// # Errors
    /// If it cannot be read, or is none of a store.
    pub(crate) fn of_file(file: File, window: Window) -> io::Result<Self> {
        Self::new(file, window)
    }

    /// Of what is in memory.
    ///
    /// # Errors
    /// If it is no file of a store.
    pub(crate) fn of_bytes(bytes: bytes::Bytes, window: Window) -> io::Result<Self> {
        Self::new(bytes, window)
    }

    fn new(file: impl ChunkReader + 'static, window: Window) -> io::Result<Self> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(io::Error::other)?;
        let metadata = builder.metadata();
        let pairs = metadata.file_metadata().key_value_metadata();
        let version = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == VERSION_KEY));
        match version.and_then(|pair| pair.value.as_deref()) {
            Some(VERSION) => {}
            Some(other) => {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    format!(
                        "this file of a store has version {other}, and this s3al reads version {VERSION}"
                    ),
                ));
            }
            None => {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "this Parquet file was not written by s3al convert, and s3al does not read others; have the delivery write \
                     JSON (outputFormat json), or convert it to JSON lines",
                ));
            }
        }
        let groups = (0..metadata.num_row_groups())
            .filter(|place| can_hold(metadata.row_group(*place), window))
            .collect();
        let batches =
            builder.with_row_groups(groups).with_batch_size(BATCH_ROWS).build().map_err(io::Error::other)?;
        Ok(Self { batches, text: Vec::new(), read: 0 })
    }
}

/// Whether a row group can hold a time of the window.
fn can_hold(group: &RowGroupMetaData, window: Window) -> bool {
    let times =
        group.columns().iter().find(|column| column.column_path().string() == Field::Timestamp.name());
    let Some(Statistics::Int64(times)) = times.and_then(|column| column.statistics()) else { return true };
    let (Some(first), Some(last)) = (times.min_opt(), times.max_opt()) else { return true };
    window.until.is_none_or(|until| *first < until.millis())
        && window.since.is_none_or(|since| since.millis() <= *last)
}

impl Read for Lines {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.read == self.text.len() {
            let Some(batch) = self.batches.next() else { return Ok(0) };
            self.text.clear();
            self.read = 0;
            write_lines(&batch.map_err(io::Error::other)?, &mut self.text)?;
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
    let utc = DataType::Timestamp(datafusion::arrow::datatypes::TimeUnit::Millisecond, None);
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
        FieldKind::Time => DataType::Timestamp(datafusion::arrow::datatypes::TimeUnit::Millisecond, None),
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
