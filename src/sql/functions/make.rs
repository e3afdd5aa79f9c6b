//! Makes functions of SQL of functions on one row.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, StringViewArray, TimestampMillisecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampMillisecondType};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

use super::OfTexts;

/// Points in time, as the table has them.
pub(super) fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// Text of texts.
pub(super) fn text(name: &str, arguments: usize, function: OfTexts<String>) -> ScalarUDF {
    let make = move |arguments: &[ColumnarValue]| {
        let values: StringViewArray = each(arguments, &*function)?.into_iter().collect();
        answer(arguments, Arc::new(values))
    };
    udf(name, vec![DataType::Utf8View; arguments], DataType::Utf8View, make)
}

/// Yes or no of texts.
pub(super) fn boolean(name: &str, arguments: usize, function: OfTexts<bool>) -> ScalarUDF {
    let make = move |arguments: &[ColumnarValue]| {
        let values: BooleanArray = each(arguments, &*function)?.into_iter().collect();
        answer(arguments, Arc::new(values))
    };
    udf(name, vec![DataType::Utf8View; arguments], DataType::Boolean, make)
}

/// A time of texts, in milliseconds.
pub(super) fn time(name: &str, arguments: usize, function: OfTexts<i64>) -> ScalarUDF {
    let make = move |arguments: &[ColumnarValue]| times_of(arguments, &*function);
    udf(name, vec![DataType::Utf8View; arguments], time_type(), make)
}

/// The same, for a function that is more than this.
pub(super) fn times_of(
    arguments: &[ColumnarValue],
    function: &dyn Fn(&[Option<&str>]) -> Result<Option<i64>>,
) -> Result<ColumnarValue> {
    let values: TimestampMillisecondArray = each(arguments, function)?.into_iter().collect();
    answer(arguments, Arc::new(values.with_timezone("UTC")))
}

/// Text of a time in milliseconds, and of texts.
pub(super) fn text_of_time(
    name: &str,
    texts: usize,
    function: impl Fn(i64, &[Option<&str>]) -> Result<Option<String>> + Send + Sync + 'static,
) -> ScalarUDF {
    let make = move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let Some((times, texts)) = arrays.split_first() else {
            return Ok(ColumnarValue::from(ScalarValue::Utf8View(None)));
        };
        let times = cast(times, &time_type())?;
        let times = times.as_primitive::<TimestampMillisecondType>();
        let texts: Vec<&StringViewArray> = texts.iter().map(|array| array.as_string_view()).collect();
        let mut row = Vec::new();
        let value = |place: usize| {
            row.clear();
            row.extend(texts.iter().map(|array| array.is_valid(place).then(|| array.value(place))));
            if times.is_null(place) { Ok(None) } else { function(times.value(place), &row) }
        };
        let values = (0..times.len()).map(value).collect::<Result<StringViewArray>>()?;
        answer(arguments, Arc::new(values))
    };
    let mut types = vec![time_type()];
    types.extend(vec![DataType::Utf8View; texts]);
    udf(name, types, DataType::Utf8View, make)
}

fn udf(
    name: &str,
    types: Vec<DataType>,
    answer: DataType,
    make: impl Fn(&[ColumnarValue]) -> Result<ColumnarValue> + Send + Sync + 'static,
) -> ScalarUDF {
    create_udf(name, types, answer, Volatility::Immutable, Arc::new(make))
}

/// The answer for each row.
fn each<T>(
    arguments: &[ColumnarValue],
    function: &dyn Fn(&[Option<&str>]) -> Result<Option<T>>,
) -> Result<Vec<Option<T>>> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let texts: Vec<&StringViewArray> = arrays.iter().map(|array| array.as_string_view()).collect();
    let rows = texts.first().map_or(0, |array| array.len());
    let mut row = Vec::with_capacity(texts.len());
    let value = |place: usize| {
        row.clear();
        row.extend(texts.iter().map(|array| array.is_valid(place).then(|| array.value(place))));
        function(&row)
    };
    (0..rows).map(value).collect()
}

/// One value of single values, so that the planner can compute it before it reads; else as many as there are rows.
fn answer(arguments: &[ColumnarValue], values: ArrayRef) -> Result<ColumnarValue> {
    if values.len() == 1 && arguments.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_))) {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&values, 0)?));
    }
    Ok(ColumnarValue::Array(values))
}
