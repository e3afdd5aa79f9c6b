//! What was read: everything that is left out is counted here.

use derive_more::AddAssign;

/// What was read to answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, AddAssign)]
pub(crate) struct Tally {
    /// Files or objects that were read to the end.
    pub(crate) files: u64,
    /// Bytes of log text, after decompression.
    pub(crate) bytes: u64,
    /// Lines that are not blank.
    pub(crate) lines: u64,
    /// Lines that were read as a record.
    pub(crate) records: u64,
    /// Lines that could not be read.
    pub(crate) rejected: u64,
    /// Records whose referer and user agent can be told apart in more than one way.
    pub(crate) ambiguous: u64,
    /// Records that passed the filters.
    pub(crate) matched: u64,
    /// Records that passed the filters and were left out: they had been seen before (`--dedupe`).
    pub(crate) duplicates: u64,
    /// Files or objects without any readable line: they are not logs.
    pub(crate) not_logs: u64,
    /// Objects of a bucket that were skipped: their names are not those of logs.
    pub(crate) skipped: u64,
    /// Sources that could not be read to the end.
    pub(crate) unread: u64,
    /// Scans that were interrupted.
    pub(crate) interrupted: u64,
}

impl Tally {
    /// Whether the answer covers less than what was asked for.
    pub(crate) fn is_partial(&self) -> bool {
        self.interrupted > 0 || self.unread > 0
    }
}
