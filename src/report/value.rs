//! Typed values: what a cell holds, before anyone decides how it looks.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A typed value. Renderers decide how it looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Value {
    /// No value.
    Null,
    /// Text from the log, as bytes.
    Text(Vec<u8>),
    /// Yes or no.
    Bool(bool),
    /// A number that is not a quantity, such as a status code. No thousands separators.
    Integer(i64),
    /// A count.
    Count(u64),
    /// A number of bytes.
    Bytes(u64),
    /// A number of milliseconds.
    Millis(u64),
    /// A point in time.
    Time(Timestamp),
    /// A part of a whole, 0 to 1.
    Share(f64),
    /// A measure with decimals: a rate, a factor.
    Decimal(f64),
    /// An amount of money in US dollars.
    Dollars(f64),
    /// Several texts.
    List(Vec<Vec<u8>>),
    /// Counts over equal spans of time, for a sparkline.
    Series(Vec<u64>),
    /// Counts over equal spans of time, for a row of a heat map: the darker the more.
    Cells {
        /// The count of each; `None` where there should be some and are none.
        counts: Vec<Option<u64>>,
        /// The count of the darkest cell of all rows.
        of: u64,
    },
}

impl Value {
    /// Text, or null.
    pub(crate) fn text(text: Option<&[u8]>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.to_vec()))
    }
}

macro_rules! optional {
    ($($name:ident $from:ty => $variant:ident: $doc:literal;)*) => {
        impl Value {
            $(#[doc = $doc]
            pub(crate) fn $name(value: Option<$from>) -> Self {
                value.map_or(Self::Null, Self::$variant)
            })*
        }
    };
}

optional! {
    count u64 => Count: "A count, or null.";
    bytes u64 => Bytes: "A number of bytes, or null.";
    millis u64 => Millis: "A number of milliseconds, or null.";
    time Timestamp => Time: "A point in time, or null.";
    bool bool => Bool: "Yes or no, or null.";
    share f64 => Share: "A part of a whole, or null.";
    decimal f64 => Decimal: "A measure with decimals, or null.";
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }
}
