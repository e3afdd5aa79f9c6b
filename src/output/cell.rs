//! One value of a row on its way to a machine format. It borrows, so that a stream of rows need not own its texts.

use serde::Serialize;

use crate::report::Value;
use crate::time::{Timestamp, Zone};

/// A value as machines see it: units are gone, text is borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    /// Nothing there.
    Null,
    /// Text from the log.
    Text(&'a [u8]),
    /// Yes or no.
    Bool(bool),
    /// A number that can be negative.
    Signed(i64),
    /// A count, bytes, milliseconds.
    Unsigned(u64),
    /// A share, a rate, an amount of money.
    Float(f64),
    /// A point in time.
    Time(Timestamp),
    /// Several texts.
    Texts(&'a [Vec<u8>]),
    /// Several texts that are borrowed themselves.
    Slices(&'a [&'a [u8]]),
    /// Several counts.
    Series(&'a [u64]),
    /// Several counts, some of which are not there.
    Gaps(&'a [Option<u64>]),
}

impl<'a> Cell<'a> {
    /// Text, or null.
    pub(crate) fn text(text: Option<&'a [u8]>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }

    /// A number, or null.
    pub(crate) fn unsigned(number: Option<u64>) -> Self {
        number.map_or(Self::Null, Self::Unsigned)
    }
}

impl<'a> From<&'a Value> for Cell<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Text(text) => Self::Text(text),
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Integer(number) => Self::Signed(*number),
            Value::Count(number) | Value::Bytes(number) | Value::Millis(number) => Self::Unsigned(*number),
            Value::Time(time) => Self::Time(*time),
            Value::Share(number) | Value::Decimal(number) | Value::Dollars(number) => Self::Float(*number),
            Value::List(texts) => Self::Texts(texts),
            Value::Series(counts) => Self::Series(counts),
            Value::Cells { counts, .. } => Self::Gaps(counts),
        }
    }
}

/// How a format writes text, and the brackets of a list. Numbers, times and so on look the same in all of them. Unless a
/// format says otherwise, null is nothing, and a list is one text.
pub(super) trait Encoding {
    /// One text.
    fn text(&self, text: &[u8], out: &mut Vec<u8>);

    /// Nothing there.
    fn null(&self, _out: &mut Vec<u8>) {}

    /// Something that is no number and needs no escaping: a time.
    fn token(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        write(out);
    }

    /// Several texts.
    fn texts<T: AsRef<[u8]>>(&self, texts: &[T], out: &mut Vec<u8>) {
        self.text(&texts.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(&b' '), out);
    }

    /// Several numbers.
    fn series(&self, counts: impl Iterator<Item = Option<u64>>, out: &mut Vec<u8>) {
        numbers(counts, b' ', b"-", out);
    }
}

/// Appends a value as the encoding has it.
pub(super) fn write(cell: Cell<'_>, zone: Zone, encoding: &impl Encoding, out: &mut Vec<u8>) {
    match cell {
        Cell::Null => encoding.null(out),
        Cell::Text(text) => encoding.text(text, out),
        Cell::Bool(bool) => out.extend_from_slice(if bool { b"true" } else { b"false" }),
        Cell::Signed(value) => number(value, out),
        Cell::Unsigned(value) => number(value, out),
        // JSON has no word for these, and a sum of nothing is nothing.
        Cell::Float(value) if !value.is_finite() => encoding.null(out),
        Cell::Float(value) => number(value, out),
        Cell::Time(time) => encoding.token(out, |out| zone.write_rfc3339(time, out)),
        Cell::Texts(texts) => encoding.texts(texts, out),
        Cell::Slices(texts) => encoding.texts(texts, out),
        Cell::Series(counts) => encoding.series(counts.iter().copied().map(Some), out),
        Cell::Gaps(counts) => encoding.series(counts.iter().copied(), out),
    }
}

/// Appends numbers with the separator between them, and what stands for those that are not there.
pub(super) fn numbers(
    counts: impl Iterator<Item = Option<u64>>,
    separator: u8,
    absent: &[u8],
    out: &mut Vec<u8>,
) {
    for (place, count) in counts.enumerate() {
        if place > 0 {
            out.push(separator);
        }
        match count {
            Some(count) => number(count, out),
            None => out.extend_from_slice(absent),
        }
    }
}

/// Appends a number.
#[inline]
pub(super) fn number(value: impl Serialize, out: &mut Vec<u8>) {
    // A `Vec` takes all that is written to it, and a number is always JSON.
    let _ = serde_json::to_writer(out, &value);
}
