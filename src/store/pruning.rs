//! What of a file need not be read: row groups that hold nothing that passes, and rows by the fields that decide.

use std::io;

use datafusion::arrow::array::{Array, ArrayRef, AsArray as _, BooleanArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMillisecondType};
use datafusion::arrow::error::ArrowError;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter,
};
use datafusion::parquet::file::metadata::RowGroupMetaData;
use datafusion::parquet::file::reader::ChunkReader;
use datafusion::parquet::file::statistics::Statistics;

use crate::filter::{FieldPart, Selection, ValueTest};
use crate::record::Field;
use crate::time::{Timestamp, Window};

/// How many numbers of a row group are tested one by one.
const MAX_NUMBERS: i64 = 4096;

/// What takes the place of bytes that are no text, so that a value with it stands for others.
const REPLACEMENT: &str = "\u{fffd}";

/// The row groups of a file of a store that can hold what is wanted.
///
/// # Errors
/// If a bloom filter cannot be read.
pub(super) fn groups<T: ChunkReader + 'static>(
    builder: &ParquetRecordBatchReaderBuilder<T>,
    selection: &Selection,
    candidates: Vec<usize>,
) -> io::Result<Vec<usize>> {
    let mut wanted = Vec::with_capacity(candidates.len());
    for group in candidates {
        let metadata = builder.metadata().row_group(group);
        if selection.parts.iter().all(|part| statistics_allow(metadata, part))
            && bloom_filters_allow(builder, group, selection)?
        {
            wanted.push(group);
        }
    }
    Ok(wanted)
}

fn place(group: &RowGroupMetaData, field: Field) -> Option<usize> {
    group.columns().iter().position(|column| column.column_path().string() == field.name())
}

/// Whether a row group can hold a value that passes, by the least and the greatest that it has.
fn statistics_allow(group: &RowGroupMetaData, part: &FieldPart) -> bool {
    let Some(statistics) = place(group, part.field).and_then(|place| group.column(place).statistics()) else {
        return true;
    };
    let has_nulls = statistics.null_count_opt() != Some(0);
    let range = match statistics {
        Statistics::Int32(values) => {
            values.min_opt().zip(values.max_opt()).map(|(min, max)| (i64::from(*min), i64::from(*max)))
        }
        Statistics::Int64(values) => values.min_opt().zip(values.max_opt()).map(|(min, max)| (*min, *max)),
        _ => None,
    };
    match (&part.test, range, statistics) {
        (ValueTest::Number(test), Some((min, max)), _)
            if min >= 0 && max < i64::MAX && max - min <= MAX_NUMBERS =>
        {
            has_nulls && test(None) || (min..=max).any(|number| test(Some(number.unsigned_abs())))
        }
        (ValueTest::Text(test), _, Statistics::ByteArray(values)) => {
            let Some((min, max)) = values.min_opt().zip(values.max_opt()) else { return true };
            let (min, max) = (min.data(), max.data());
            if let Some(only) = &part.only {
                return only.iter().any(|text| (min..=max).contains(&text.as_bytes()));
            }
            let is_one = min == max && values.min_is_exact() && values.max_is_exact();
            !is_one || is_replaced(min) || test(Some(min)) || has_nulls && test(None)
        }
        _ => true,
    }
}

fn is_replaced(text: &[u8]) -> bool {
    memchr::memmem::find(text, REPLACEMENT.as_bytes()).is_some()
}

/// Whether a row group can hold one of the only texts that pass.
fn bloom_filters_allow<T: ChunkReader + 'static>(
    builder: &ParquetRecordBatchReaderBuilder<T>,
    group: usize,
    selection: &Selection,
) -> io::Result<bool> {
    for part in &selection.parts {
        let Some(only) = &part.only else { continue };
        let Some(place) = place(builder.metadata().row_group(group), part.field) else { continue };
        let bloom = builder.get_row_group_column_bloom_filter(group, place).map_err(io::Error::other)?;
        if bloom.is_some_and(|bloom| !only.iter().any(|text| bloom.check(text.as_str()))) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What leaves out rows before their other fields are read; `None` if all are wanted.
pub(super) fn rows<T: ChunkReader + 'static>(
    builder: &ParquetRecordBatchReaderBuilder<T>,
    selection: &Selection,
) -> Option<RowFilter> {
    let schema = builder.parquet_schema();
    let has = |field: Field| schema.columns().iter().any(|column| column.path().string() == field.name());
    let mask = |field: Field| ProjectionMask::columns(schema, [field.name()]);
    let mut tests: Vec<Box<dyn ArrowPredicate>> = Vec::new();
    let window = selection.window;
    if !window.is_open() && has(Field::Timestamp) {
        let test = move |batch: RecordBatch| times(batch.column(0), window);
        tests.push(Box::new(ArrowPredicateFn::new(mask(Field::Timestamp), test)));
    }
    // Numbers cost less than texts.
    let is_number = |part: &&FieldPart| matches!(part.test, ValueTest::Number(_));
    let (numbers, texts): (Vec<_>, Vec<_>) =
        selection.parts.iter().filter(|part| has(part.field)).partition(is_number);
    for part in numbers.into_iter().chain(texts) {
        let test = part.test.clone();
        let test = move |batch: RecordBatch| match &test {
            ValueTest::Number(test) => numbers_of(batch.column(0), &**test),
            ValueTest::Text(test) => texts_of(batch.column(0), &**test),
        };
        tests.push(Box::new(ArrowPredicateFn::new(mask(part.field), test)));
    }
    (!tests.is_empty()).then(|| RowFilter::new(tests))
}

fn times(column: &ArrayRef, window: Window) -> Result<BooleanArray, ArrowError> {
    let times = cast(column, &DataType::Timestamp(TimeUnit::Millisecond, None))?;
    let times = times.as_primitive::<TimestampMillisecondType>();
    Ok(times
        .iter()
        .map(|time| Some(time.is_none_or(|time| window.holds(Timestamp::from_millis(time)))))
        .collect())
}

fn numbers_of(
    column: &ArrayRef,
    test: &(dyn Fn(Option<u64>) -> bool + Send + Sync),
) -> Result<BooleanArray, ArrowError> {
    let numbers = cast(column, &DataType::Int64)?;
    let passes = |number: Option<i64>| match number {
        // Of what is larger, only that is known.
        Some(i64::MAX) => true,
        Some(number) => u64::try_from(number).map_or(true, |number| test(Some(number))),
        None => test(None),
    };
    Ok(numbers.as_primitive::<Int64Type>().iter().map(|number| Some(passes(number))).collect())
}

fn texts_of(
    column: &ArrayRef,
    test: &(dyn Fn(Option<&[u8]>) -> bool + Send + Sync),
) -> Result<BooleanArray, ArrowError> {
    let texts = cast(column, &DataType::Utf8View)?;
    let texts = texts.as_string_view();
    let mut last: Option<(Option<&str>, bool)> = None;
    let mut passed = Vec::with_capacity(texts.len());
    for row in 0..texts.len() {
        let text = texts.is_valid(row).then(|| texts.value(row));
        // Rows are sorted, and many follow one like them.
        let passes = match last {
            Some((before, passes)) if before == text => passes,
            _ => text.is_some_and(|text| is_replaced(text.as_bytes())) || test(text.map(str::as_bytes)),
        };
        last = Some((text, passes));
        passed.push(passes);
    }
    Ok(BooleanArray::from(passed))
}

/// How many rows these row groups have.
pub(super) fn count(groups: &[RowGroupMetaData]) -> u64 {
    groups.iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).sum()
}
