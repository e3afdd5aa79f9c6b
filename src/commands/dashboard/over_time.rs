//! Values over time, in intervals that get longer as the span does.

use std::collections::BTreeMap;

use crate::aggregate::{Intervals, Merge, TimeRange};
use crate::time::{Interval, IntervalCursor, Timestamp, Zone};

/// Values of intervals of equal length. Memory depends on how many of them are to be shown, not on the span of time.
pub(super) struct OverTime<V> {
    zone: Zone,
    cursor: IntervalCursor,
    most: usize,
    intervals: Intervals<V>,
    seen: TimeRange,
}

impl<V: Merge> OverTime<V> {
    /// At most `most` intervals of this length or a longer one.
    pub(super) fn new(interval: Interval, most: usize, zone: Zone) -> Self {
        let cursor = IntervalCursor::new(interval, zone);
        Self { zone, cursor, most, intervals: Intervals::default(), seen: TimeRange::default() }
    }

    /// The start of the interval that holds the time, and its value to be added to.
    #[inline]
    pub(super) fn at(&mut self, time: Timestamp) -> (Timestamp, &mut V) {
        if time < self.seen.first || time > self.seen.last {
            self.seen.add(time);
            self.coarsen();
        }
        let start = self.cursor.start(time);
        (start, self.intervals.value(start))
    }

    /// Longer intervals as soon as it is sure that shorter ones will not be shown.
    fn coarsen(&mut self) {
        let Some((first, last)) = self.seen.get() else { return };
        let interval = self.cursor.interval().within(self.most, first, last);
        if interval > self.cursor.interval() {
            self.fold(interval);
        }
    }

    fn fold(&mut self, interval: Interval) {
        if interval != self.cursor.interval() {
            self.cursor = IntervalCursor::new(interval, self.zone);
            self.intervals.fold(|start| self.cursor.start(start));
        }
    }

    /// Takes in what another part has seen.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.seen.merge(other.seen);
        let interval = self.cursor.interval().max(other.cursor.interval());
        self.fold(interval);
        other.fold(interval);
        self.intervals.merge(other.intervals);
        self.coarsen();
    }

    /// The first and the last time.
    pub(super) fn seen(&self) -> TimeRange {
        self.seen
    }

    /// About how many bytes the table takes, without what its values hold.
    pub(super) fn bytes(&self) -> usize {
        self.intervals.heap_bytes()
    }

    /// The length of the intervals, and all of them in their order, those in which nothing happened too.
    pub(super) fn finish(mut self) -> (Interval, Vec<(Timestamp, V)>) {
        let Some((first, last)) = self.seen.get() else { return (self.cursor.interval(), Vec::new()) };
        let interval = self.cursor.interval().fitting(self.most, first, last, self.zone);
        self.fold(interval);
        let mut values = BTreeMap::<Timestamp, V>::new();
        // The longest intervals to choose from can be too many, where a single record is of the year 9999.
        if interval.starts(first, last, self.zone).nth(self.most).is_none() {
            values.extend(interval.starts(first, last, self.zone).map(|start| (start, V::default())));
        }
        for (start, value) in self.intervals.into_values() {
            values.entry(start).or_default().merge(value);
        }
        (interval, values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_grow_with_the_span() {
        let hour = 3_600_000;
        let mut parts = [0, 1].map(|_| OverTime::<u64>::new(Interval::MINUTE, 10, Zone::Utc));
        for place in 0..100 {
            *parts[place % 2].at(Timestamp::from_millis(place as i64 * hour / 2)).1 += 1;
        }
        let [mut all, other] = parts;
        all.merge(other);
        let (interval, values) = all.finish();
        assert_eq!((interval.to_string().as_str(), values.len()), ("6h", 9));
        assert_eq!(values[0], (Timestamp::from_millis(0), 12));
        assert_eq!(values.iter().map(|(_, count)| count).sum::<u64>(), 100);
    }
}
