//! Points in time, in milliseconds, and as RFC 3339.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Serialize};

const MS_PER_SECOND: i64 = 1_000;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. Log lines carry whole seconds, the JSON delivery
/// milliseconds. Displayed as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub(crate) const fn millis(self) -> i64 {
        self.0
    }

    /// A number in the same order.
    pub(crate) const fn rank(self) -> u64 {
        // Times before the epoch come before those after it.
        self.0.cast_unsigned() ^ (1 << 63)
    }

    /// The time of such a number.
    pub(crate) const fn from_rank(rank: u64) -> Self {
        Self((rank ^ (1 << 63)).cast_signed())
    }

    /// The start of the span of `millis` that holds this time; spans are counted from the epoch.
    pub(crate) const fn floor(self, millis: i64) -> Self {
        Self(self.0.div_euclid(millis) * millis)
    }

    /// As a chrono time; `None` for years that chrono cannot hold.
    pub(crate) fn to_utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }

    /// RFC 3339 in the given zone: whole seconds unless there are milliseconds.
    pub(crate) fn to_rfc3339<Tz: TimeZone>(self, zone: &Tz) -> String
    where
        Tz::Offset: fmt::Display,
    {
        let format = if self.0 % MS_PER_SECOND == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
        match self.to_utc() {
            Some(time) => time.with_timezone(zone).to_rfc3339_opts(format, true),
            None => format!("{}ms", self.0),
        }
    }

    /// Reads a time of the JSON delivery: ISO 8601 as in RFC 3339.
    pub(crate) fn from_iso(text: &[u8]) -> Option<Self> {
        let time = DateTime::parse_from_rfc3339(std::str::from_utf8(text).ok()?).ok()?;
        Some(Self(time.timestamp_millis()))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_millis())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_rfc3339(&Utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_times_keep_milliseconds() {
        let time = Timestamp::from_iso(b"2026-03-01T12:00:00.123Z");
        assert_eq!(time.map(|time| time.to_string()).as_deref(), Some("2026-03-01T12:00:00.123Z"));
        assert_eq!(Timestamp::from_iso(b"yesterday"), None);
    }

    #[test]
    fn floors_below_the_epoch_go_down() {
        assert_eq!(Timestamp(-1).floor(1000), Timestamp(-1000));
    }
}
