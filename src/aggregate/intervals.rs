//! Values by interval of time.

use hashbrown::HashMap;

use super::Merge;
use crate::time::Timestamp;

/// Values by the start of an interval. Neighbouring lines share an interval, so the last one is at hand; something that was seen in one
/// interval only takes no table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intervals<V> {
    table: HashMap<Timestamp, V>,
    last: Option<(Timestamp, V)>,
    /// What the values in the table hold outside of it.
    heap: usize,
}

impl<V: Merge> Intervals<V> {
    /// The value of the interval that starts there, to be added to. It holds what was added since the interval was last left.
    #[inline]
    pub(crate) fn value(&mut self, start: Timestamp) -> &mut V {
        if self.last.as_ref().is_none_or(|(last, _)| *last != start) {
            self.flush();
        }
        &mut self.last.get_or_insert_with(|| (start, V::default())).1
    }

    fn flush(&mut self) {
        if let Some((start, value)) = self.last.take() {
            self.put(start, value);
        }
    }

    fn put(&mut self, start: Timestamp, value: V) {
        let kept = self.table.entry(start).or_default();
        let before = kept.heap_bytes();
        kept.merge(value);
        self.heap = (self.heap + kept.heap_bytes()).saturating_sub(before);
    }

    /// Moves every value to the interval that `start` tells.
    pub(crate) fn fold(&mut self, mut start: impl FnMut(Timestamp) -> Timestamp) {
        self.heap = 0;
        for (interval, value) in std::mem::take(&mut self.table).into_iter().chain(self.last.take()) {
            self.put(start(interval), value);
        }
    }

    /// The same, each by itself.
    pub(crate) fn into_values(self) -> impl Iterator<Item = (Timestamp, V)> {
        self.table.into_iter().chain(self.last)
    }

    /// The values and the starts of their intervals, in no order; an interval can come twice.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timestamp, &V)> {
        let last = self.last.iter().map(|(start, value)| (*start, value));
        self.table.iter().map(|(start, value)| (*start, value)).chain(last)
    }
}

impl<V: Merge> Merge for Intervals<V> {
    fn merge(&mut self, other: Self) {
        for (start, value) in other.table.into_iter().chain(other.last) {
            self.put(start, value);
        }
    }

    fn weight(&self) -> u64 {
        self.iter().map(|(_, value)| value.weight()).sum()
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        self.table.allocation_size()
            + self.heap
            + self.last.as_ref().map_or(0, |(_, value)| value.heap_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn nothing_is_lost_between_steps() {
        let at = Timestamp::from_millis;
        let mut intervals = Intervals::<u64>::default();
        for start in [1, 1, 2, 1, 3] {
            *intervals.value(at(start)) += 1;
        }
        let mut other = Intervals::default();
        *other.value(at(2)) += 5;
        intervals.merge(other);
        let sums = |intervals: &Intervals<u64>| {
            let mut sums = BTreeMap::new();
            for (start, count) in intervals.iter() {
                *sums.entry(start.millis()).or_insert(0) += count;
            }
            sums
        };
        assert_eq!(sums(&intervals), BTreeMap::from([(1, 3), (2, 6), (3, 1)]));
        intervals.fold(|start| start.floor(2));
        assert_eq!(sums(&intervals), BTreeMap::from([(0, 3), (2, 7)]));
    }
}
