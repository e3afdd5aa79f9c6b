//! Counts by second, in little space.

use super::Merge;
use crate::time::Timestamp;

/// So few counts are not worth sorting.
const MIN_COUNTS_TO_SORT: usize = 64;

/// How many requests there were in each second: eight bytes for each second that has any. Seconds before 1970 and after 2106
/// are counted as the first and the last one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seconds {
    /// Seconds since 1970 and their counts. A second can be here several times until all are packed.
    counts: Vec<(u32, u32)>,
}

impl Seconds {
    /// Takes in one more time. Neighbouring lines share a second, or are close to each other.
    #[inline]
    pub(crate) fn add(&mut self, time: Timestamp) {
        let second = second(time);
        match self.counts.last_mut() {
            Some((last, count)) if *last == second => *count = count.saturating_add(1),
            _ => {
                if self.counts.len() == self.counts.capacity() {
                    self.make_room();
                }
                self.counts.push((second, 1));
            }
        }
    }

    /// Packs before it grows, and grows if packing made little room: every count is sorted a few times only.
    #[cold]
    fn make_room(&mut self) {
        if self.counts.len() > MIN_COUNTS_TO_SORT {
            self.pack();
            if self.counts.len() > self.counts.capacity() / 4 * 3 {
                self.counts.reserve(self.counts.capacity());
            }
        }
    }

    fn pack(&mut self) {
        // The stable sort takes sorted parts as they are, and logs are nearly sorted.
        self.counts.sort();
        self.counts.dedup_by(|(second, count), (kept, sum)| {
            let same = second == kept;
            if same {
                *sum = sum.saturating_add(*count);
            }
            same
        });
    }

    /// The seconds that have any, in their order, each once.
    pub(crate) fn packed(&self) -> Vec<(u32, u32)> {
        let mut all = self.clone();
        all.pack();
        all.counts
    }
}

/// The second of a time, as it is counted here.
fn second(time: Timestamp) -> u32 {
    time.millis().div_euclid(1000).clamp(0, u32::MAX.into()) as u32
}

impl Merge for Seconds {
    #[inline]
    fn heap_bytes(&self) -> usize {
        self.counts.capacity() * size_of::<(u32, u32)>()
    }

    fn merge(&mut self, other: Self) {
        self.counts.extend(other.counts);
        self.pack();
    }

    fn weight(&self) -> u64 {
        self.counts.iter().map(|(_, count)| u64::from(*count)).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_a_naive_loop_counts(
            times in prop::collection::vec(prop_oneof![0i64..100_000, 0i64..10_000_000, any::<i64>()], 0..600),
            parts in 1usize..4,
        ) {
            let mut naive: BTreeMap<u32, u32> = BTreeMap::new();
            let mut split = vec![Seconds::default(); parts];
            for (place, time) in times.iter().enumerate() {
                let clamped = time.div_euclid(1000).clamp(0, u32::MAX.into()) as u32;
                *naive.entry(clamped).or_default() += 1;
                split[place % parts].add(Timestamp::from_millis(*time));
            }
            let merged = split.into_iter().reduce(|mut all, part| { all.merge(part); all }).unwrap();
            prop_assert_eq!(merged.packed(), naive.into_iter().collect::<Vec<_>>());
        }
    }
}
