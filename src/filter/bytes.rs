//! `--min-bytes` and `--max-bytes`: how much was sent.

use std::str::FromStr;

use bytesize::ByteSize;

use super::BadValue;
use crate::parser::Entry;

const FORMS: &str =
    "a number of bytes such as 1048576, 50MB, 1.5GB (powers of 1000) or 1GiB (powers of 1024)";

/// A number of bytes, plain or with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

impl Size {
    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = BadValue;

    fn from_str(typed: &str) -> Result<Self, BadValue> {
        let size = typed.trim().parse::<ByteSize>();
        size.map(|size| Self(size.0)).map_err(|_| BadValue::new(typed, "is no size", FORMS))
    }
}

/// The smallest size is above the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the smallest size ({min} bytes) is above the largest ({max} bytes), so nothing can match")]
pub struct EmptyRange {
    min: u64,
    max: u64,
}

/// From the smallest to the largest number of bytes sent, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    min: u64,
    max: u64,
}

impl ByteRange {
    /// The range between two sizes, open where there is none.
    ///
    /// # Errors
    /// If nothing can be in it.
    pub fn new(min: Option<Size>, max: Option<Size>) -> Result<Self, EmptyRange> {
        let (min, max) = (min.map_or(0, Size::bytes), max.map_or(u64::MAX, Size::bytes));
        if min <= max { Ok(Self { min, max }) } else { Err(EmptyRange { min, max }) }
    }

    /// Whether the response's size is in the range. A dash is zero bytes.
    #[inline]
    pub fn matches(&self, entry: &Entry<'_>) -> bool {
        (self.min..=self.max).contains(&entry.bytes_sent().unwrap_or_default())
    }
}
