//! Counts by hour, and the hours and days where there should be some.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hashbrown::HashMap;

use crate::aggregate::Merge;
use crate::time::Timestamp;

/// Milliseconds in an hour.
pub(super) const HOUR: i64 = 3_600_000;
/// Hours in a day.
pub(super) const DAY: i64 = 24;
/// The longest gap, in hours, that the hours around it tell about. Longer ones can be a night.
const MAX_SHORT_GAP_HOURS: i64 = 3;

/// Counts by hour, in hours since the epoch.
#[derive(Clone, Debug, Default)]
pub(super) struct Hours {
    counts: HashMap<i64, u64>,
    /// Neighbouring lines share an hour: the last one, and its count that is not in the table yet.
    last: (i64, u64),
}

/// Hours without anything between two that have something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The first silent hour.
    pub(super) since: i64,
    /// The first hour after it.
    pub(super) until: i64,
    /// How many of them should not be silent.
    pub(super) missing: u64,
    /// The count of the hour in front.
    pub(super) before: u64,
    /// The count of the hour after.
    pub(super) after: u64,
}

impl Hours {
    #[inline]
    pub(super) fn add(&mut self, time: Timestamp) {
        let hour = time.millis().div_euclid(HOUR);
        if hour == self.last.0 {
            self.last.1 += 1;
        } else {
            self.flush();
            self.last = (hour, 1);
        }
    }

    fn flush(&mut self) {
        let (hour, count) = std::mem::take(&mut self.last);
        if count > 0 {
            *self.counts.entry(hour).or_default() += count;
        }
    }

    /// The gaps with hours that should not be silent, in order of time.
    pub(super) fn gaps(mut self, busy: u64) -> Vec<Gap> {
        self.flush();
        let counts: BTreeMap<i64, u64> = self.counts.into_iter().collect();
        let days: BTreeSet<i64> = counts.keys().map(|hour| hour.div_euclid(DAY)).collect();
        let is_busy = |hour: i64| counts.get(&hour).is_some_and(|count| *count >= busy);
        // Whether the hour of the day is busy on the nearest days that have records.
        let was_busy = |day: i64, hour: i64| {
            let before = days.range(..day).next_back();
            let after = days.range(day + 1..).next();
            before
                .zip(after)
                .is_some_and(|(before, after)| is_busy(before * DAY + hour) && is_busy(after * DAY + hour))
        };
        let mut gaps = Vec::new();
        for ((before, count_before), (after, count_after)) in counts.iter().zip(counts.iter().skip(1)) {
            let (since, until) = (before + 1, *after);
            let missing = if since == until {
                0
            } else if until - since <= MAX_SHORT_GAP_HOURS && is_busy(*before) && is_busy(*after) {
                until - since
            } else {
                let (first, last) = (since.div_euclid(DAY), until.div_euclid(DAY));
                let count = |hours: std::ops::Range<i64>| {
                    let was_busy = |hour: &i64| was_busy(hour.div_euclid(DAY), hour.rem_euclid(DAY));
                    hours.filter(was_busy).count() as i64
                };
                if first == last {
                    count(since..until)
                } else {
                    // Silent days have the same neighbours, so one stands for all: a gap can be centuries long.
                    let silent = count((first + 1) * DAY..(first + 2) * DAY) * i64::from(last > first + 1);
                    count(since..(first + 1) * DAY) + silent * (last - first - 1) + count(last * DAY..until)
                }
            };
            if missing > 0 {
                let missing = missing.unsigned_abs();
                gaps.push(Gap { since, until, missing, before: *count_before, after: *count_after });
            }
        }
        gaps
    }
}

impl Merge for Hours {
    fn merge(&mut self, mut other: Self) {
        other.flush();
        for (hour, count) in other.counts {
            *self.counts.entry(hour).or_default() += count;
        }
    }
}

/// The days that have records, in days since the epoch.
#[derive(Debug, Default)]
pub(super) struct Days(BTreeSet<i64>);

/// Days that should have records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MissingDays {
    /// How many days should have.
    pub(super) expected: u64,
    /// Those that have none: the first and the last day of each run.
    pub(super) runs: Vec<(i64, i64)>,
}

impl MissingDays {
    /// How many have none.
    pub(super) fn missing(&self) -> u64 {
        self.runs.iter().map(|(first, last)| (last - first + 1).unsigned_abs()).sum()
    }
}

impl Days {
    /// Takes in the days of these hours.
    pub(super) fn add(&mut self, hours: &Hours) {
        let last = (hours.last.1 > 0).then_some(hours.last.0);
        self.0.extend(hours.counts.keys().chain(&last).map(|hour| hour.div_euclid(DAY)));
    }

    /// How many days have records.
    pub(super) fn held(&self) -> u64 {
        self.0.len() as u64
    }

    /// The days without a record among the whole ones of `retention` before `until`.
    pub(super) fn missing(&self, retention: Duration, until: Timestamp) -> MissingDays {
        let expected = i64::try_from(retention.as_secs().div_ceil(DAY as u64 * 3600)).unwrap_or(i64::MAX);
        let end = until.millis().div_euclid(DAY * HOUR);
        let start = end.saturating_sub(expected);
        let mut runs = Vec::new();
        let mut next = start;
        for day in self.0.range(start..end).copied().chain([end]) {
            if next < day {
                runs.push((next, day - 1));
            }
            next = day + 1;
        }
        MissingDays { expected: expected.unsigned_abs(), runs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(counts: impl IntoIterator<Item = (i64, u64)>) -> Vec<(i64, i64, u64)> {
        let hours = Hours { counts: counts.into_iter().collect(), last: (0, 0) };
        hours.gaps(10).iter().map(|gap| (gap.since, gap.until, gap.missing)).collect()
    }

    #[test]
    fn what_the_hours_around_tell() {
        assert_eq!(gaps([(1, 10), (3, 10)]), [(2, 3, 1)]);
        assert_eq!(gaps([(1, 10), (5, 10)]), [(2, 5, 3)]);
        assert_eq!(gaps([(1, 10), (6, 10)]), []);
        assert_eq!(gaps([(1, 9), (3, 10)]), []);
        assert_eq!(gaps([(1, 10), (2, 1), (4, 10)]), []);
        assert_eq!(gaps([(-5, 10), (-3, 10)]), [(-4, -3, 1)]);
        assert_eq!(gaps([]), []);
    }

    #[test]
    fn what_the_days_around_tell() {
        // Three days, busy from 9 to 17; the second one is silent from 11 to 14.
        let day = |day: i64, silent: std::ops::Range<i64>| {
            (9..17).filter(move |hour| !silent.contains(hour)).map(move |hour| (day * 24 + hour, 20))
        };
        let whole = 0..0;
        let days = day(0, whole.clone()).chain(day(1, 11..15)).chain(day(2, whole.clone()));
        assert_eq!(gaps(days), [(24 + 11, 24 + 15, 4)]);
        // The nights are none.
        assert_eq!(gaps(day(0, whole.clone()).chain(day(1, whole.clone()))), []);
        // Two silent days, however many.
        assert_eq!(gaps(day(0, whole.clone()).chain(day(3, whole.clone()))), [(17, 3 * 24 + 9, 16)]);
        let gap = gaps(day(0, whole.clone()).chain(day(1_000_000_000, whole)));
        assert_eq!(gap[0].2, 8 * 999_999_999);
    }

    #[test]
    fn days_of_a_retention() {
        let days = Days([3, 4, 7, 20].into());
        let day = Duration::from_secs(86_400);
        let missing = |days_kept: u32, until: i64| {
            days.missing(day * days_kept, Timestamp::from_millis(until * DAY * HOUR + 5))
        };
        assert_eq!(missing(6, 9), MissingDays { expected: 6, runs: vec![(5, 6), (8, 8)] });
        assert_eq!(missing(2, 5).missing(), 0);
        assert_eq!(missing(3, 3).runs, [(0, 2)]);
    }
}
