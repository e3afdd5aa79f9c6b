//! What was read: everything that is left out is counted here.

use derive_more::AddAssign;

/// What was read to answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, AddAssign)]
pub struct Tally {
    /// Files or objects that were read to the end.
    pub files: u64,
    /// Bytes of log text, after decompression.
    pub bytes: u64,
    /// Lines that are not blank.
    pub lines: u64,
    /// Lines that were read as a record.
    pub records: u64,
    /// Lines that could not be read.
    pub rejected: u64,
    /// Records whose referer and user agent can be told apart in more than one way.
    pub ambiguous: u64,
    /// Records that passed the filters.
    pub matched: u64,
    /// Records that passed the filters and were left out: they had been seen before (`--dedupe`).
    pub duplicates: u64,
    /// Files or objects without any readable line: they are not logs.
    pub not_logs: u64,
    /// Objects of a bucket that were skipped: their names are not those of logs.
    pub skipped: u64,
    /// Sources that could not be read to the end.
    pub unread: u64,
    /// Scans that were interrupted.
    pub interrupted: u64,
}

impl Tally {
    /// Whether the answer covers less than what was asked for.
    pub fn is_partial(&self) -> bool {
        self.interrupted > 0 || self.unread > 0
    }
}
