//! Counts over time, when the span is not known beforehand.

use super::{Intervals, Merge as _, TimeRange};
use crate::time::Timestamp;

const MINUTE: i64 = 60_000;

/// Counts by minute, folded into spans of equal length when all is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    minutes: Intervals<u64>,
    seen: TimeRange,
}

impl Series {
    /// Takes in one more time.
    #[inline]
    pub(crate) fn add(&mut self, time: Timestamp) {
        self.seen.add(time);
        *self.minutes.value(time.floor(MINUTE)) += 1;
    }

    /// Takes in what another part has seen.
    pub(crate) fn merge(&mut self, other: Self) {
        self.seen.merge(other.seen);
        self.minutes.merge(other.minutes);
    }

    /// The counts in at most `parts` spans of equal length, gaps as zero; and that length in minutes.
    pub(crate) fn fold(self, parts: usize) -> (Vec<u64>, u64) {
        let Some((first, last)) = self.seen.get() else { return (Vec::new(), 1) };
        let (first, last) = (first.millis().div_euclid(MINUTE), last.millis().div_euclid(MINUTE));
        let minutes = (last - first + 1).unsigned_abs();
        let length = minutes.div_ceil(parts.max(1) as u64);
        let mut counts = vec![0; minutes.div_ceil(length) as usize];
        for (start, count) in self.minutes.iter() {
            let minute = start.millis().div_euclid(MINUTE);
            counts[((minute - first).unsigned_abs() / length) as usize] += count;
        }
        (counts, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_zero_and_nothing_is_lost() {
        let mut series = Series::default();
        for minute in [0, 0, 1, 9] {
            series.add(Timestamp::from_millis(minute * MINUTE + 1));
        }
        let mut other = Series::default();
        other.add(Timestamp::from_millis(-MINUTE));
        series.merge(other);
        assert_eq!(series.clone().fold(100), (vec![1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 1], 1));
        assert_eq!(series.fold(3), (vec![4, 0, 1], 4));
        assert_eq!(Series::default().fold(3), (vec![], 1));
    }
}
