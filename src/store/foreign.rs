//! Rows of Parquet that others wrote: each becomes an object of the JSON delivery, with its columns as members.
//!
//! So the parser knows AWS's own delivery in Parquet, which has the members of the JSON delivery as columns ("Log format in CloudWatch Logs",
//! Amazon S3 User Guide), and whatever else names its columns so or as we do.

use std::io;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef};
use datafusion::arrow::json::WriterBuilder;
use datafusion::arrow::json::writer::LineDelimited;

use crate::parser::field_of_member;
use crate::record::{Field, FieldKind};

/// Without a zone, a time is one of UTC.
const TIME_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.3fZ";

/// The name of the column of times, if the columns are those of an access log: there is a time, and another field.
pub(super) fn time_column(schema: &Schema) -> Option<&str> {
    let names = || schema.fields().iter().map(|field| field.name().as_str());
    let mut times = names().filter(|name| field_of_member(name) == Some(Field::Timestamp));
    let has_more = names().any(|name| field_of_member(name).is_some_and(|field| field != Field::Timestamp));
    // AWS's name comes first where both are there.
    times.clone().find(|name| *name != Field::Timestamp.name()).or_else(|| times.next()).filter(|_| has_more)
}

/// Writes the rows, an object a line.
pub(super) fn write_objects(batch: &RecordBatch, out: &mut Vec<u8>) -> io::Result<()> {
    let batch = with_texts(batch).map_err(io::Error::other)?;
    let builder = WriterBuilder::new().with_timestamp_format(TIME_FORMAT.to_owned());
    let mut writer = builder.build::<_, LineDelimited>(out);
    writer.write(&batch).and_then(|()| writer.finish()).map_err(io::Error::other)
}

/// The same rows, with texts where some writers have bytes.
fn with_texts(batch: &RecordBatch) -> datafusion::arrow::error::Result<RecordBatch> {
    let (mut fields, mut columns): (Vec<_>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let column = match column.data_type() {
            DataType::Dictionary(_, value) => cast(column, value)?,
            _ => Arc::clone(column),
        };
        let column = match column.data_type() {
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
                texts(&cast(&column, &DataType::Binary)?)
            }
            _ => column,
        };
        // As in objects of the JSON delivery: without a value, a text is the dash of the log. A dash as the cipher is plain HTTP.
        let is_text = field_of_member(field.name()).is_some_and(|field| field.kind() == FieldKind::Text);
        let column = match column.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
                if is_text && column.null_count() > 0 =>
            {
                dashes(&cast(&column, &DataType::Utf8)?)
            }
            _ => column,
        };
        fields.push(ArrowField::new(field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    RecordBatch::try_new(schema, columns)
}

fn dashes(texts: &ArrayRef) -> ArrayRef {
    Arc::new(texts.as_string::<i32>().iter().map(|text| text.or(Some("-"))).collect::<StringArray>())
}

fn texts(bytes: &ArrayRef) -> ArrayRef {
    let bytes = bytes.as_binary::<i32>();
    let text = |row| bytes.is_valid(row).then(|| String::from_utf8_lossy(bytes.value(row)));
    Arc::new((0..bytes.len()).map(text).collect::<StringArray>())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{BinaryArray, BooleanArray, Int64Array, TimestampMicrosecondArray};

    use super::*;
    use crate::parser::Parser;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, column)| (name, column, true)),
        )
        .expect("a batch")
    }

    #[test]
    fn rows_are_read_as_records() {
        let rows = batch(vec![
            ("request_time", Arc::new(TimestampMicrosecondArray::from(vec![Some(1_785_578_400_123_456)]))),
            ("bucket_name", Arc::new(StringArray::from(vec![Some("my-bucket")]))),
            ("key_name", Arc::new(BinaryArray::from(vec![Some(&b"a\"\xff\n"[..])]))),
            ("http_status", Arc::new(Int64Array::from(vec![Some(403)]))),
            ("bytes_sent_size", Arc::new(StringArray::from(vec![Some("17")]))),
            ("error_code", Arc::new(StringArray::from(vec![None::<&str>]))),
            ("acl_required", Arc::new(BooleanArray::from(vec![Some(true)]))),
        ]);
        assert_eq!(time_column(&rows.schema()), Some("request_time"));
        let mut out = Vec::new();
        write_objects(&rows, &mut out).expect("lines");
        let line = out.strip_suffix(b"\n").expect("a line");
        let mut parser = Parser::default();
        let record = parser.parse(line).expect("a record");
        assert_eq!(record.timestamp().millis(), 1_785_578_400_123);
        assert_eq!(record.get(Field::Key), Some("a\"\u{fffd}\n".as_bytes()));
        assert_eq!((record.http_status(), record.number(Field::BytesSent)), (Some(403), Some(17)));
        assert_eq!((record.get(Field::ErrorCode), record.acl_required()), (None, Some(true)));
    }

    #[test]
    fn other_tables_are_none_of_records() {
        let of = |names: &[&str]| {
            let fields: Vec<_> =
                names.iter().map(|name| ArrowField::new(*name, DataType::Utf8, true)).collect();
            time_column(&Schema::new(fields)).map(str::to_owned)
        };
        assert_eq!(of(&["timestamp", "message"]), None);
        assert_eq!(of(&["bucket", "key"]), None);
        assert_eq!(of(&["timestamp", "bucket"]).as_deref(), Some("timestamp"));
        assert_eq!(of(&["timestamp", "request_time", "key"]).as_deref(), Some("request_time"));
    }
}
