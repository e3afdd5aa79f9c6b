//! Counts by hour, and the hours and days where there should be some.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
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

    /// The counts of all hours that have any, to be looked at.
    pub(super) fn counted(mut self, busy: u64) -> Counted {
        self.flush();
        let counts: BTreeMap<i64, u64> = self.counts.into_iter().collect();
        let days = counts.keys().map(|hour| hour.div_euclid(DAY)).collect();
        Counted { counts, days, busy }
    }
}

/// Counts by hour, in order.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    counts: BTreeMap<i64, u64>,
    days: BTreeSet<i64>,
    busy: u64,
}

impl Counted {
    /// The first and the last hour that has any.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        Some((*self.counts.first_key_value()?.0, *self.counts.last_key_value()?.0))
    }

    /// How many there are in these hours.
    pub(super) fn sum(&self, hours: Range<i64>) -> u64 {
        self.counts.range(hours).map(|(_, count)| count).sum()
    }

    fn is_busy(&self, hour: i64) -> bool {
        self.counts.get(&hour).is_some_and(|count| *count >= self.busy)
    }

    /// Whether the hour of the day is busy on the nearest days that have records.
    fn was_busy(&self, hour: i64) -> bool {
        let (day, hour) = (hour.div_euclid(DAY), hour.rem_euclid(DAY));
        let before = self.days.range(..day).next_back();
        let after = self.days.range(day + 1..).next();
        before.zip(after).is_some_and(|(before, after)| {
            self.is_busy(before * DAY + hour) && self.is_busy(after * DAY + hour)
        })
    }

    /// Whether what lies between two hours that have something is so short that both tell about it.
    fn is_short(&self, (before, after): (i64, i64)) -> bool {
        after - before - 1 <= MAX_SHORT_GAP_HOURS && self.is_busy(before) && self.is_busy(after)
    }

    /// Whether an hour should have some and has none.
    pub(super) fn is_missing(&self, hour: i64) -> bool {
        let before = self.counts.range(..=hour).next_back();
        let after = self.counts.range(hour..).next();
        match before.zip(after) {
            Some(((before, _), (after, _))) => {
                before != after && (self.is_short((*before, *after)) || self.was_busy(hour))
            }
            None => false,
        }
    }

    /// The gaps with hours that should not be silent, in order of time.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for ((before, count_before), (after, count_after)) in
            self.counts.iter().zip(self.counts.iter().skip(1))
        {
            let (since, until) = (before + 1, *after);
            let missing = if since == until {
                0
            } else if self.is_short((*before, *after)) {
                until - since
            } else {
                let (first, last) = (since.div_euclid(DAY), until.div_euclid(DAY));
                let count = |hours: Range<i64>| hours.filter(|hour| self.was_busy(*hour)).count() as i64;
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
        let hours = Hours { counts: counts.into_iter().collect(), last: (0, 0) }.counted(10);
        let gaps = hours.gaps();
        for gap in gaps.iter().filter(|gap| gap.until - gap.since < 1000) {
            let missing = (gap.since..gap.until).filter(|hour| hours.is_missing(*hour)).count();
            assert_eq!(missing as u64, gap.missing, "{gap:?}");
            assert!(!hours.is_missing(gap.since - 1) && !hours.is_missing(gap.until));
        }
        gaps.iter().map(|gap| (gap.since, gap.until, gap.missing)).collect()
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
        let day = |day: i64, silent: Range<i64>| {
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
