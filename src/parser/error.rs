//! Why a line could not be read.

use nom::error::{ErrorKind, ParseError as NomError};

use super::MAX_RECORD_LEN;
use super::shallow::MAX_DEPTH;
use crate::record::Field;

/// Why a line could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ParseError {
    /// The line ends where this field should be: a record cut short.
    #[error("the line ends before {0}")]
    EndsBefore(Field),
    /// Something else is where this field should be: a field is missing, or it is no log line.
    #[error("missing or invalid {0}")]
    Unexpected(Field),
    /// The first fields come without this one: the time is not in its own place.
    #[error("{0} is missing before the time")]
    Missing(Field),
    /// No closing quote of the URI is followed by a status, an error code and four numbers.
    #[error("request_uri is not followed by a status, an error code and four numbers")]
    RequestUri,
    /// The quote that opens this field is never closed.
    #[error("the quote of {0} is not closed")]
    Unclosed(Field),
    /// A second record begins inside the line.
    #[error("two records in one line")]
    Glued,
    /// No version of the format has this many fields.
    #[error("{0} fields; a record has 17, 18, or 23 and more")]
    FieldCount(usize),
    /// A delimited line has another number of texts than there are columns.
    #[error("{found} fields where {named} are named")]
    Columns {
        /// How many there are.
        found: usize,
        /// How many the header names, or what was typed.
        named: usize,
    },
    /// The quotes of a delimited line leave no reading of it, or more than one.
    #[error("its quotes can be read in no way or in more than one, so that fields would be guesses")]
    Quotes,
    /// The line is longer than any record.
    #[error("longer than {MAX_RECORD_LEN} bytes")]
    TooLong,
    /// The line begins like a record of the JSON delivery and is none, or holds lists and objects in too many others.
    #[error("invalid JSON record: not valid JSON, or nested deeper than {MAX_DEPTH} levels")]
    Json,
    /// The JSON record has no such member, or it holds something else.
    #[error("invalid JSON record: {0} is missing or has another type")]
    JsonMember(Field),
}

impl<I> NomError<I> for ParseError {
    fn from_error_kind(_: I, _: ErrorKind) -> Self {
        Self::RequestUri
    }

    fn append(_: I, _: ErrorKind, other: Self) -> Self {
        other
    }

    /// The first alternative is the usual one, so its reason tells most.
    fn or(self, _: Self) -> Self {
        self
    }
}
