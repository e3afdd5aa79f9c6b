//! `--min-bytes` and `--max-bytes`: how much was sent.

use std::fmt;
use std::str::FromStr;

use bytesize::ByteSize;

use crate::record::Record;
use crate::value_error::ValueError;

const FORMS: &str =
    "a number of bytes such as 1048576, 50MB, 1.5GB (powers of 1000) or 1GiB (powers of 1024)";

/// A number of bytes, plain or with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(u64);

impl Size {
    /// The number of bytes.
    pub(crate) const fn bytes(self) -> u64 {
        self.0
    }
}

/// As it can be typed, with the greatest unit that it is a whole number of.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 8] = [
            (1 << 40, "TiB"),
            (1_000_000_000_000, "TB"),
            (1 << 30, "GiB"),
            (1_000_000_000, "GB"),
            (1 << 20, "MiB"),
            (1_000_000, "MB"),
            (1 << 10, "KiB"),
            (1_000, "KB"),
        ];
        let bytes = self.0;
        match UNITS.into_iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit)) {
            Some((unit, name)) => write!(f, "{}{name}", bytes / unit),
            None => write!(f, "{bytes}"),
        }
    }
}

impl FromStr for Size {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let size = typed.trim().parse::<ByteSize>();
        size.map(|size| Self(size.0)).map_err(|_| ValueError::invalid("size", typed, FORMS))
    }
}

/// The smallest size is above the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the smallest size ({min} bytes) is above the largest ({max} bytes), so nothing can match")]
pub(crate) struct EmptyRange {
    min: u64,
    max: u64,
}

/// From the smallest to the largest number of bytes sent, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ByteRange {
    min: u64,
    max: u64,
}

impl ByteRange {
    /// The range between two sizes; without one of them it is open on that side.
    ///
    /// # Errors
    /// If no size can be in the range.
    pub(crate) fn new(min: Option<Size>, max: Option<Size>) -> Result<Self, EmptyRange> {
        let (min, max) = (min.map_or(0, Size::bytes), max.map_or(u64::MAX, Size::bytes));
        if min <= max { Ok(Self { min, max }) } else { Err(EmptyRange { min, max }) }
    }

    /// Whether the response's size is in the range. A dash is zero bytes.
    #[inline]
    pub(crate) fn matches(&self, record: &Record<'_>) -> bool {
        self.holds(record.bytes_sent().unwrap_or_default())
    }

    /// Whether a size is in the range.
    #[inline]
    pub(super) fn holds(&self, bytes: u64) -> bool {
        (self.min..=self.max).contains(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::with;
    use crate::record::Field;

    #[test]
    fn sizes() {
        let table: &[(&str, Option<u64>)] = &[
            ("0", Some(0)),
            ("1048576", Some(1_048_576)),
            ("50MB", Some(50_000_000)),
            ("50 mb", Some(50_000_000)),
            ("1GiB", Some(1 << 30)),
            ("1.5KB", Some(1_500)),
            ("18446744073709551615", Some(u64::MAX)),
            ("", None),
            ("MB", None),
            ("-1", None),
            ("1,000", None),
            ("1.2.3MB", None),
            ("10 apples", None),
        ];
        for (typed, bytes) in table {
            assert_eq!(typed.parse::<Size>().ok().map(Size::bytes), *bytes, "{typed}");
        }
        let error = "10 apples".parse::<Size>().unwrap_err().to_string();
        assert!(error.starts_with("invalid size \"10 apples\": expected a number of bytes"), "{error}");
    }

    #[test]
    fn ranges() {
        let table: &[(Option<u64>, Option<u64>, &str, bool)] = &[
            (Some(100), None, "100", true),
            (Some(100), None, "99", false),
            (Some(1), None, "-", false),
            (Some(0), None, "-", true),
            (None, Some(100), "100", true),
            (None, Some(100), "101", false),
            (None, Some(0), "-", true),
            (Some(5), Some(5), "5", true),
            (None, None, "9999999999999999999", true),
        ];
        for (min, max, text, expected) in table {
            let range = ByteRange::new(min.map(Size), max.map(Size)).unwrap();
            let matches = with(&[(Field::BytesSent, text.as_bytes())], |record| range.matches(record));
            assert_eq!(matches, *expected, "{min:?} {max:?} {text}");
        }
        assert!(ByteRange::new(Some(Size(2)), Some(Size(1))).is_err());
    }
}
