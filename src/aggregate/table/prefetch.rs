//! Values that are taken into a table many at a time.

use super::GroupTable;
use super::{PREFETCHED_KEYS, cut};
use crate::aggregate::Merge;

/// How many bytes of keys wait at the most.
const MAX_WAITING_BYTES: usize = 1 << 14;

/// A table of groups where nobody looks until all is taken in. While it is small, that makes no difference. When it is large,
/// where a key is has to be fetched from memory, which takes longer than reading a line; so keys are taken in many at a
/// time, and fetched all at once.
#[derive(Debug, Default)]
pub(crate) struct Prefetched<V> {
    groups: GroupTable<V>,
    /// Each with the hash of its key, and where that ends.
    waiting: Vec<(u32, usize, V)>,
    keys: Vec<u8>,
}

impl<V: Merge> Prefetched<V> {
    /// The same in front of a table that somebody has made.
    pub(crate) fn of(groups: GroupTable<V>) -> Self {
        Self { groups, waiting: Vec::new(), keys: Vec::new() }
    }

    /// Adds to the value of a key. What `add` is given may be a new value that is merged with the key's later.
    #[inline]
    pub(crate) fn update(&mut self, key: &[u8], add: impl FnOnce(&mut V)) {
        if !self.groups.is_large() {
            return self.groups.update(key, add);
        }
        let mut value = V::default();
        add(&mut value);
        let key = cut(key);
        self.keys.extend_from_slice(key);
        self.waiting.push((self.groups.hash(key), self.keys.len(), value));
        if self.waiting.len() == PREFETCHED_KEYS || self.keys.len() >= MAX_WAITING_BYTES {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.groups.fetch(self.waiting.iter().map(|(hash, ..)| *hash));
        let mut start = 0;
        for (hash, end, value) in self.waiting.drain(..) {
            self.groups.update_hashed(hash, &self.keys[start..end], |kept| kept.merge(value));
            start = end;
        }
        self.keys.clear();
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.groups.bytes() + self.keys.capacity() + self.waiting.capacity() * size_of::<(u32, usize, V)>()
    }

    /// Takes in what another part has seen.
    pub(crate) fn merge(&mut self, other: Self) {
        self.settle();
        self.groups.merge(other.done());
    }

    /// The table with all that was added.
    pub(crate) fn done(mut self) -> GroupTable<V> {
        self.settle();
        self.groups
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost_in_a_queue(
            keys in prop::collection::vec(("[a-f]{0,3}", 0usize..20), 0..900),
            parts in 1usize..4, length in 0usize..300, memory in 0usize..20_000,
        ) {
            let mut naive: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
            let mut all: Vec<Prefetched<u64>> = (0..parts).map(|_| Prefetched::default()).collect();
            let mut bounded: Vec<Prefetched<u64>> = (0..parts).map(|_| Prefetched::of(GroupTable::bounded(memory))).collect();
            for (key, place) in &keys {
                // Some are so long that few of them wait.
                let key = if *place == 0 { key.repeat(length).into_bytes() } else { key.clone().into_bytes() };
                all[place % parts].update(&key, |count| *count += 1);
                bounded[place % parts].update(&key, |count| *count += 1);
                *naive.entry(key).or_default() += 1;
            }
            let merged = |list: Vec<Prefetched<u64>>| {
                list.into_iter().reduce(|mut all, part| { all.merge(part); all }).unwrap().done()
            };
            let all = merged(all);
            prop_assert_eq!(all.len(), naive.len());
            for (key, count) in &naive {
                prop_assert_eq!(all.get(key), Some(count));
            }
            let bounded = merged(bounded);
            let undercount = bounded.approximation().map_or(0, |approximation| approximation.undercount);
            for (key, count) in naive {
                let kept = bounded.get(&key).copied().unwrap_or_default();
                prop_assert!(kept <= count && kept + undercount >= count, "{} {} {}", kept, count, undercount);
            }
        }
    }
}
