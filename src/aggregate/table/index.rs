//! Which place belongs to a hash: the index of a table whose values lie one after the other.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// How many of the upper bits of a hash are the same for all keys of a table.
pub(super) const SHARED_BITS: u32 = 5;

/// Places by hash.
#[derive(Clone, Debug, Default)]
pub(super) struct Index(HashTable<Known>);

/// A hash and its place together, so that an index that grows reads nothing else.
#[derive(Clone, Copy, Debug)]
struct Known {
    hash: u32,
    place: u32,
}

impl Known {
    fn spread(&self) -> u64 {
        spread(self.hash)
    }
}

/// The hash in all bits of the word: the table takes its place from the lower ones and a tag from the upper ones.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Index {
    /// About what a key takes.
    pub(super) const BYTES_PER_ENTRY: usize = 16;

    /// The place of a hash for which `is_it` holds.
    #[inline]
    pub(super) fn get(&self, hash: u32, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let known = self.0.find(spread(hash), |known| known.hash == hash && is_it(known.place as usize))?;
        Some(known.place as usize)
    }

    /// The place of a hash for which `is_it` holds, or else `new`, which is taken in.
    #[inline]
    pub(super) fn get_or_insert(&mut self, hash: u32, new: usize, is_it: impl Fn(usize) -> bool) -> usize {
        let is_it = |known: &Known| known.hash == hash && is_it(known.place as usize);
        match self.0.entry(spread(hash), is_it, Known::spread) {
            Entry::Occupied(known) => known.get().place as usize,
            Entry::Vacant(free) => {
                free.insert(Known { hash, place: new as u32 });
                new
            }
        }
    }

    /// The place that a search would look at first, if it is one with that hash. Looking brings it into the cache.
    #[inline]
    pub(super) fn likely(&self, hash: u32) -> Option<usize> {
        self.get(hash, |_| true)
    }

    /// Forgets all places, and takes in those of these hashes from zero on.
    pub(super) fn refill(&mut self, hashes: impl ExactSizeIterator<Item = u32>) {
        self.0.clear();
        for (place, hash) in hashes.enumerate() {
            self.0.insert_unique(spread(hash), Known { hash, place: place as u32 }, Known::spread);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Few hashes, at the end and at the start: they collide, and go past the last word.
        #[test]
        fn finds_what_a_list_holds(hashes in prop::collection::vec((0u32..40, any::<bool>()), 0..300), kept in 0usize..300) {
            let hashes: Vec<u32> = hashes.into_iter().map(|(hash, high)| if high { u32::MAX - hash } else { hash }).collect();
            let mut index = Index::default();
            for (place, hash) in hashes.iter().enumerate() {
                let found = index.get(*hash, |_| true);
                prop_assert_eq!(found.map(|place| hashes[place]), hashes[..place].contains(hash).then_some(*hash));
                // Equal hashes are of different keys.
                prop_assert_eq!(index.get_or_insert(*hash, place, |_| false), place);
                prop_assert_eq!(index.get_or_insert(*hash, usize::MAX, |other| other == place), place);
            }
            let kept = &hashes[..kept.min(hashes.len())];
            index.refill(kept.iter().copied());
            for (place, hash) in hashes.iter().enumerate() {
                let found = index.get(*hash, |other| other == place);
                prop_assert_eq!(found, (place < kept.len()).then_some(place));
            }
        }
    }
}
