//! Counts over time for each of many groups, in little space.

use serde::{Deserialize, Serialize};

use super::{Merge, TimeRange};
use crate::time::Timestamp;

/// A trend has no more spans than this, and more than half as many where it is longer than this many minutes.
const MAX_SPANS: i64 = 64;
const MINUTE: i64 = 60_000;

/// How often something was seen over time, by spans of equal length: 2ᵏ minutes, the shortest of which no more than [`MAX_SPANS`] are
/// needed. Spans begin at multiples of their length, so that two of them make one of the next length, and the order of times does
/// not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trend {
    doublings: u32,
    /// The span that the first count is of, in spans since 1970.
    first: i64,
    counts: Vec<u64>,
}

impl Trend {
    /// Takes in one more time.
    pub(crate) fn add(&mut self, time: Timestamp) {
        self.count(time.millis().div_euclid(MINUTE) >> self.doublings, 1);
    }

    /// Takes in what was seen in a span of the length that this trend has now.
    fn count(&mut self, mut span: i64, count: u64) {
        if self.counts.is_empty() {
            self.first = span;
        }
        while self.first.max(span).max(self.last()) - self.first.min(span) >= MAX_SPANS {
            self.double();
            span >>= 1;
        }
        if span < self.first {
            let more = (self.first - span) as usize;
            self.counts.splice(..0, std::iter::repeat_n(0, more));
            self.first = span;
        }
        let place = (span - self.first) as usize;
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] = self.counts[place].saturating_add(count);
    }

    fn last(&self) -> i64 {
        self.first + self.counts.len().saturating_sub(1) as i64
    }

    /// Makes one span of two.
    fn double(&mut self) {
        let first = self.first >> 1;
        let mut counts = vec![0_u64; ((self.last() >> 1) - first + 1) as usize];
        for (span, count) in (self.first..).zip(&self.counts) {
            let place = ((span >> 1) - first) as usize;
            counts[place] = counts[place].saturating_add(*count);
        }
        (self.first, self.counts) = (first, counts);
        self.doublings += 1;
    }

    /// The counts over a time that holds all of this trend, in the spans of a trend of that time: as many for every trend.
    pub(crate) fn over(&self, seen: TimeRange) -> Vec<u64> {
        let mut whole = Self::default();
        if let Some((first, last)) = seen.get() {
            whole.add(first);
            whole.add(last);
            whole.counts.fill(0);
            whole.merge(self.clone());
        }
        whole.counts
    }

    /// How many minutes a span of a trend of this time is long.
    pub(crate) fn minutes(seen: TimeRange) -> u64 {
        let mut whole = Self::default();
        seen.get().into_iter().for_each(|(first, last)| {
            whole.add(first);
            whole.add(last);
        });
        1 << whole.doublings
    }
}

impl Merge for Trend {
    fn merge(&mut self, mut other: Self) {
        if self.counts.is_empty() {
            *self = other;
            return;
        }
        if other.counts.is_empty() {
            return;
        }
        while self.doublings < other.doublings {
            self.double();
        }
        while other.doublings < self.doublings {
            other.double();
        }
        for (span, count) in (other.first..).zip(&other.counts) {
            // Counting can have made the spans longer.
            self.count(span >> (self.doublings - other.doublings), *count);
        }
    }

    fn weight(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn heap_bytes(&self) -> usize {
        self.counts.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn trend(times: &[i64]) -> Trend {
        let mut trend = Trend::default();
        times.iter().for_each(|time| trend.add(Timestamp::from_millis(*time)));
        trend
    }

    #[test]
    fn spans_grow_with_the_time() {
        let hours = |hours: i64| trend(&[0, hours * 60 * MINUTE - 1]);
        assert_eq!((hours(1).doublings, hours(1).counts.len()), (0, 60));
        assert_eq!((hours(2).doublings, hours(2).counts.len()), (1, 60));
        assert_eq!((hours(24).doublings, hours(24).counts.len()), (5, 45));
        // All times that there are, back and forth.
        let all = trend(&[i64::MAX, i64::MIN, 0]);
        assert_eq!(all.weight(), 3);
        assert!(all.counts.len() <= MAX_SPANS as usize);
    }

    #[test]
    fn shown_over_the_time_of_all() {
        let all = trend(&[0, 10 * 60 * MINUTE]);
        let mut seen = TimeRange::default();
        seen.add(Timestamp::from_millis(0));
        seen.add(Timestamp::from_millis(10 * 60 * MINUTE));
        assert_eq!(Trend::minutes(seen), 16);
        let shown = trend(&[5 * 60 * MINUTE, 5 * 60 * MINUTE + 1]).over(seen);
        assert_eq!(shown.len(), all.counts.len());
        assert_eq!(shown.iter().position(|count| *count == 2), Some(5 * 60 / 16));
        assert_eq!(Trend::default().over(seen), vec![0; all.counts.len()]);
        assert!(Trend::default().over(TimeRange::default()).is_empty());
    }

    proptest! {
        #[test]
        fn order_and_parts_do_not_matter(
            times in prop::collection::vec(
                prop_oneof![0i64..100 * MINUTE, 0i64..100_000 * MINUTE, -(1i64 << 60)..1i64 << 60],
                1..60,
            ),
            cut in any::<prop::sample::Index>(),
        ) {
            let whole = trend(&times);
            let (left, right) = times.split_at(cut.index(times.len()));
            let mut parts = trend(right);
            parts.merge(trend(left));
            prop_assert_eq!(&parts, &whole);
            let mut naive = BTreeMap::<i64, u64>::new();
            for time in &times {
                *naive.entry(time.div_euclid(MINUTE) >> whole.doublings).or_default() += 1;
            }
            for (place, count) in whole.counts.iter().enumerate() {
                let expected = naive.get(&(whole.first + place as i64)).copied().unwrap_or_default();
                prop_assert_eq!(*count, expected);
            }
            prop_assert_eq!(whole.weight(), times.len() as u64);
        }
    }
}
