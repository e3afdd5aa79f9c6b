//! The values of rows, as reports have them.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, LargeStringArray, RecordBatch,
    StringArray, StringViewArray, TimestampMillisecondArray, UInt64Array,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::Result;

use crate::dimension::Dimension;
use crate::output::Cell;
use crate::record::FieldKind;
use crate::report::{Column, Value};
use crate::time::Timestamp;

/// The column of a report for a column of an answer.
pub(crate) fn column_of(name: &str, kind: &DataType) -> Column {
    match dimension_of(name) {
        Some(dimension) => Column::of_dimension(dimension),
        None if kind.is_string() => Column::middle(name),
        None => Column::whole(name),
    }
}

/// What a column of an answer is named after, if it is.
fn dimension_of(name: &str) -> Option<Dimension> {
    name.parse::<Dimension>().ok().filter(|dimension| dimension.name() == name)
}

/// The values of a batch of rows.
pub(crate) struct Cells(Vec<Kept>);

/// The values of a column.
enum Kept {
    View(StringViewArray),
    Text(StringArray),
    LargeText(LargeStringArray),
    Signed(Int64Array),
    Unsigned(UInt64Array),
    Float(Float64Array),
    Boolean(BooleanArray),
    Time(TimestampMillisecondArray),
    /// Lists of texts.
    Lists(Vec<Option<Vec<Vec<u8>>>>),
    /// All that has no type of its own in reports: dates, intervals, structures.
    Shown(Vec<Option<String>>),
}

impl Cells {
    /// Reads a batch.
    ///
    /// # Errors
    /// If a value cannot be shown.
    pub(crate) fn new(batch: &RecordBatch) -> Result<Self> {
        Ok(Self(batch.columns().iter().map(keep).collect::<Result<_>>()?))
    }

    /// The cells of a row.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = Cell<'_>> {
        self.0.iter().map(move |column| column.cell(row))
    }

    /// The values of a row, by the names of the columns.
    pub(crate) fn values(&self, row: usize, names: &[String]) -> Vec<Value> {
        let value = |(column, name): (&Kept, &String)| match column.cell(row) {
            Cell::Null => Value::Null,
            Cell::Text(text) => Value::Text(text.to_vec()),
            Cell::Bool(is) => Value::Bool(is),
            Cell::Signed(number) => sized(number, dimension_of(name)),
            Cell::Unsigned(number) => Value::Count(number),
            Cell::Float(number) => Value::Decimal(number),
            Cell::Time(time) => Value::Time(time),
            Cell::Texts(texts) => Value::List(texts.to_vec()),
            Cell::Slices(_) | Cell::Series(_) | Cell::Gaps(_) => Value::Null,
        };
        self.0.iter().zip(names).map(value).collect()
    }
}

/// A number, of what its column is named after.
fn sized(number: i64, dimension: Option<Dimension>) -> Value {
    match (dimension.map(Dimension::kind), u64::try_from(number)) {
        (Some(FieldKind::Bytes), Ok(bytes)) => Value::Bytes(bytes),
        (Some(FieldKind::Milliseconds), Ok(millis)) => Value::Millis(millis),
        _ => Value::Integer(number),
    }
}

impl Kept {
    fn cell(&self, row: usize) -> Cell<'_> {
        fn get<T>(array: &impl Array, row: usize, value: impl FnOnce() -> T) -> Option<T> {
            array.is_valid(row).then(value)
        }
        let cell = match self {
            Self::View(array) => get(array, row, || Cell::Text(array.value(row).as_bytes())),
            Self::Text(array) => get(array, row, || Cell::Text(array.value(row).as_bytes())),
            Self::LargeText(array) => get(array, row, || Cell::Text(array.value(row).as_bytes())),
            Self::Signed(array) => get(array, row, || Cell::Signed(array.value(row))),
            Self::Unsigned(array) => get(array, row, || Cell::Unsigned(array.value(row))),
            Self::Float(array) => get(array, row, || Cell::Float(array.value(row))),
            Self::Boolean(array) => get(array, row, || Cell::Bool(array.value(row))),
            Self::Time(array) => get(array, row, || Cell::Time(Timestamp::from_millis(array.value(row)))),
            Self::Lists(lists) => lists.get(row).and_then(Option::as_ref).map(|texts| Cell::Texts(texts)),
            Self::Shown(texts) => {
                texts.get(row).and_then(Option::as_ref).map(|text| Cell::Text(text.as_bytes()))
            }
        };
        cell.unwrap_or(Cell::Null)
    }
}

fn keep(array: &ArrayRef) -> Result<Kept> {
    use DataType::{
        Boolean, Decimal128, Decimal256, Dictionary, Float16, Float32, Float64, Int8, Int16, Int32, Int64,
        LargeUtf8, List, UInt8, UInt16, UInt32, UInt64, Utf8, Utf8View,
    };
    Ok(match array.data_type() {
        Utf8View => Kept::View(array.as_string_view().clone()),
        Utf8 => Kept::Text(array.as_string().clone()),
        LargeUtf8 => Kept::LargeText(array.as_string().clone()),
        Dictionary(_, value) => return keep(&cast(array, value)?),
        Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 => {
            Kept::Signed(cast(array, &Int64)?.as_primitive().clone())
        }
        UInt64 => Kept::Unsigned(array.as_primitive().clone()),
        Float16 | Float32 | Float64 | Decimal128(..) | Decimal256(..) => {
            Kept::Float(cast(array, &Float64)?.as_primitive().clone())
        }
        Boolean => Kept::Boolean(array.as_boolean().clone()),
        DataType::Timestamp(..) => {
            let utc = DataType::Timestamp(TimeUnit::Millisecond, None);
            Kept::Time(cast(array, &utc)?.as_primitive().clone())
        }
        List(item) if item.data_type().is_string() => {
            let lists = array.as_list::<i32>();
            let texts = |place: usize| -> Result<Option<Vec<Vec<u8>>>> {
                if lists.is_null(place) {
                    return Ok(None);
                }
                let texts = cast(&lists.value(place), &Utf8)?;
                let texts = texts.as_string::<i32>();
                Ok(Some(texts.iter().map(|text| text.unwrap_or_default().as_bytes().to_vec()).collect()))
            };
            Kept::Lists((0..lists.len()).map(texts).collect::<Result<_>>()?)
        }
        _ => {
            let formatter = ArrayFormatter::try_new(array, &FormatOptions::default())?;
            // A column that is NULL by its type has no mask.
            let nulls = array.logical_nulls();
            let show = |row: usize| -> Result<Option<String>> {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    Ok(None)
                } else {
                    Ok(Some(formatter.value(row).try_to_string()?))
                }
            };
            Kept::Shown((0..array.len()).map(show).collect::<Result<_>>()?)
        }
    })
}
