//! What is counted of requests, for all of them or for each group.

use serde::{Deserialize, Serialize};

use super::Merge;
use crate::record::Record;
use crate::semantics::{Outcome, bytes_received};
use crate::time::Timestamp;

/// The first and the last time something was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TimeRange {
    /// The first time; later than `last` if there was none.
    pub(crate) first: Timestamp,
    /// The last time.
    pub(crate) last: Timestamp,
}

impl Default for TimeRange {
    fn default() -> Self {
        Self { first: Timestamp::from_millis(i64::MAX), last: Timestamp::from_millis(i64::MIN) }
    }
}

impl TimeRange {
    /// Takes in one more time.
    #[inline]
    pub(crate) fn add(&mut self, time: Timestamp) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    /// The first and the last time; `None` if there was none.
    pub(crate) fn get(self) -> Option<(Timestamp, Timestamp)> {
        (self.first <= self.last).then_some((self.first, self.last))
    }
}

impl Merge for TimeRange {
    fn merge(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Requests, errors, bytes and times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requests {
    /// How many requests.
    pub(crate) requests: u64,
    /// How many of them failed: see [`Outcome::is_error`].
    pub(crate) errors: u64,
    /// Bytes sent in all.
    pub(crate) bytes_sent: u64,
    /// Bytes that successful writes brought in: see [`bytes_received`].
    pub(crate) bytes_received: u64,
    /// The first and the last of them.
    pub(crate) seen: TimeRange,
}

impl Requests {
    /// Takes in one more request.
    #[inline]
    pub(crate) fn add(&mut self, record: &Record<'_>) {
        self.requests += 1;
        self.errors += u64::from(Outcome::of(record).is_error());
        self.bytes_sent = self.bytes_sent.saturating_add(record.bytes_sent().unwrap_or_default());
        self.bytes_received = self.bytes_received.saturating_add(bytes_received(record));
        self.seen.add(record.timestamp());
    }
}

impl Requests {
    /// Takes out requests that were counted too. The times stay those of all.
    pub(crate) fn subtract(&mut self, other: &Self) {
        self.requests = self.requests.saturating_sub(other.requests);
        self.errors = self.errors.saturating_sub(other.errors);
        self.bytes_sent = self.bytes_sent.saturating_sub(other.bytes_sent);
        self.bytes_received = self.bytes_received.saturating_sub(other.bytes_received);
    }
}

impl Merge for Requests {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.bytes_sent = self.bytes_sent.saturating_add(other.bytes_sent);
        self.bytes_received = self.bytes_received.saturating_add(other.bytes_received);
        self.seen.merge(other.seen);
    }

    fn weight(&self) -> u64 {
        self.requests
    }
}
