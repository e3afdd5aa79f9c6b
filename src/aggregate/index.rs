//! Which place belongs to a hash: the index of a table whose values lie one behind the other.
//!
//! A crate's hash table would do, and did. But with millions of keys each look into memory is a wait, and this takes one where
//! that takes two or three: hash and place lie in one word, words that are tried one after the other share a cache line, and
//! an index that grows is copied from its start to its end.

/// How many of the upper bits of a hash are no help in finding its place, as they are the same for all keys of a table.
pub(super) const SHARED_BITS: u32 = 5;

/// Places by hash, in open addressing with linear probing.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// The hash in the upper half, the place and one more in the lower half; zero if it is free. A power of two of them, so that
    /// they are in the order of their hashes, but for those that had to give way.
    words: Vec<u64>,
    len: usize,
}

/// What an index has at the least.
const SMALLEST: usize = 16;

impl Index {
    /// About what a key takes: an index is between five sixteenths and five eighths full.
    pub(super) const BYTES: usize = 2 * size_of::<u64>();

    /// Where the search for a hash begins.
    #[inline]
    fn home(&self, hash: u32) -> usize {
        let upper = u64::from(hash) << (u32::BITS + SHARED_BITS);
        (upper >> (u64::BITS - self.words.len().ilog2())) as usize
    }

    /// The place of a hash for which `is_it` holds.
    #[inline]
    pub(super) fn get(&self, hash: u32, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        if self.words.is_empty() {
            return None;
        }
        self.find(hash, is_it).ok()
    }

    /// The place of a hash for which `is_it` holds, or else `new`, which is taken in.
    #[inline]
    pub(super) fn get_or_insert(&mut self, hash: u32, new: usize, is_it: impl Fn(usize) -> bool) -> usize {
        if (self.len + 1) * 8 > self.words.len() * 5 {
            self.grow();
        }
        self.find(hash, is_it).unwrap_or_else(|free| {
            self.len += 1;
            self.words[free] = word(hash, new);
            new
        })
    }

    /// The place, or the word where it would be.
    #[inline]
    fn find(&self, hash: u32, is_it: impl Fn(usize) -> bool) -> Result<usize, usize> {
        let last = self.words.len() - 1;
        let mut at = self.home(hash);
        loop {
            let word = self.words[at & last];
            if word == 0 {
                return Err(at & last);
            }
            if hash_of(word) == hash && is_it(place_of(word)) {
                return Ok(place_of(word));
            }
            at += 1;
        }
    }

    /// The word that a search would look at first, whatever it means. Reading it brings it into the cache, and those after it.
    #[inline]
    pub(super) fn first_word(&self, hash: u32) -> u64 {
        if self.words.is_empty() { 0 } else { self.words[self.home(hash)] }
    }

    /// The place that a search would look at first, if it is one with that hash.
    #[inline]
    pub(super) fn likely(&self, hash: u32) -> Option<usize> {
        let word = self.first_word(hash);
        (word != 0 && hash_of(word) == hash).then(|| place_of(word))
    }

    #[cold]
    fn grow(&mut self) {
        let old = std::mem::take(&mut self.words);
        self.words = vec![0; (old.len() * 2).max(SMALLEST)];
        for word in old.into_iter().filter(|word| *word != 0) {
            self.insert_new(word);
        }
    }

    /// Forgets all places, and takes in those of these hashes from zero on.
    pub(super) fn refill(&mut self, hashes: impl ExactSizeIterator<Item = u32>) {
        self.words.fill(0);
        self.len = hashes.len();
        hashes.enumerate().for_each(|(place, hash)| self.insert_new(word(hash, place)));
    }

    fn insert_new(&mut self, word: u64) {
        if let Err(free) = self.find(hash_of(word), |_| false) {
            self.words[free] = word;
        }
    }
}

#[inline]
fn word(hash: u32, place: usize) -> u64 {
    u64::from(hash) << u32::BITS | (place as u64 + 1)
}

#[inline]
fn hash_of(word: u64) -> u32 {
    (word >> u32::BITS) as u32
}

#[inline]
fn place_of(word: u64) -> usize {
    (word as u32 - 1) as usize
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
