//! How many records came more than once.

use std::sync::Arc;

use crate::aggregate::{Dedup, SeenIds};
use crate::record::Record;

/// So many parts, by the first byte of an id, that the table of one stays in the cache.
const SHARDS: usize = 256;
/// A part is not looked through before it holds so many ids.
const MIN_IDS_TO_SORT: usize = 4096;

/// Counts the records that came more than once. SeenIds are put aside by their first bits and looked up part by part: one table of
/// all of them is larger than the caches, and would have to be shared by the threads.
pub(super) struct Duplicates {
    known: Arc<Dedup>,
    parts: Vec<Vec<u128>>,
    /// How many have been left out of the parts.
    count: u64,
}

impl Duplicates {
    /// None yet. All parts that are merged have to know records by the same ids.
    pub(super) fn new(known: Arc<Dedup>) -> Self {
        Self { known, parts: vec![Vec::new(); SHARDS], count: 0 }
    }

    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>) {
        self.put(self.known.id(record));
    }

    #[inline]
    fn put(&mut self, id: u128) {
        let part = &mut self.parts[usize::from(id.to_be_bytes()[0])];
        if part.len() >= MIN_IDS_TO_SORT && part.len() == part.capacity() {
            self.count += leave_out(part, &mut SeenIds::default());
            if part.len() > part.capacity() / 2 {
                part.reserve(part.capacity());
            }
        }
        part.push(id);
    }

    /// About how many bytes the ids take.
    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(|part| size_of_val(&**part)).sum()
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.count += other.count;
        for (part, mut more) in self.parts.iter_mut().zip(other.parts) {
            part.append(&mut more);
        }
    }

    /// How many records came after the first that is the same.
    pub(super) fn count(&mut self) -> u64 {
        let mut ids = SeenIds::default();
        self.count += self.parts.iter_mut().map(|part| leave_out(part, &mut ids)).sum::<u64>();
        self.count
    }
}

/// Leaves out ids that were seen before. Returns how many.
fn leave_out(part: &mut Vec<u128>, ids: &mut SeenIds) -> u64 {
    let before = part.len();
    ids.clear();
    part.retain(|id| ids.insert(*id));
    (before - part.len()) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_parts_give_the_count_of_a_naive_loop(
            runs in prop::collection::vec((0u128..40_000, 1u128..20_000), 0..8), parts in 1usize..4,
        ) {
            let known = Arc::new(Dedup::default());
            let mut split: Vec<_> = (0..parts).map(|_| Duplicates::new(Arc::clone(&known))).collect();
            let mut naive = std::collections::BTreeSet::new();
            let mut all = 0;
            for (place, (start, length)) in runs.into_iter().enumerate() {
                for number in start..start + length {
                    // All in one part or in two, so that it is looked through more than once.
                    let id = number | (number & 1) << 120;
                    split[place % parts].put(id);
                    naive.insert(id);
                    all += 1;
                }
            }
            let merged = split.into_iter().reduce(|mut all, part| { all.merge(part); all });
            let mut merged = merged.unwrap();
            prop_assert_eq!(merged.count(), all - naive.len() as u64);
            prop_assert_eq!(merged.count(), all - naive.len() as u64);
        }
    }
}
