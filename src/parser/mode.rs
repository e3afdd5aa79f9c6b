//! What becomes of a line that is not as usual.
//!
//! The grammar is compiled twice. The first time, with [`Unusual`] for an error, it has no rare cases, so that the compiler
//! can keep in registers what is left to be read. A line that this refuses is read again, with all cases and all reasons.

use nom::Err;

use super::error::ParseError;

/// How a line is refused, and with that, which lines are.
pub(super) trait Refuse: Sized {
    /// Whether rare cases are read.
    const READS_RARE: bool;

    /// The error that ends the reading.
    fn refuse(reject: ParseError) -> Err<Self>;

    /// Reads a rare case.
    fn rare<T>(read: impl FnOnce() -> Result<T, Err<ParseError>>) -> Result<T, Err<Self>>;
}

/// The line is not as nearly all are.
pub(super) struct Unusual;

impl Refuse for Unusual {
    const READS_RARE: bool = false;

    #[inline(always)]
    fn refuse(_: ParseError) -> Err<Self> {
        Err::Error(Self)
    }

    #[inline(always)]
    fn rare<T>(_: impl FnOnce() -> Result<T, Err<ParseError>>) -> Result<T, Err<Self>> {
        Err(Err::Error(Self))
    }
}

impl Refuse for ParseError {
    const READS_RARE: bool = true;

    fn refuse(reject: ParseError) -> Err<Self> {
        Err::Error(reject)
    }

    fn rare<T>(read: impl FnOnce() -> Result<T, Err<ParseError>>) -> Result<T, Err<Self>> {
        read()
    }
}
