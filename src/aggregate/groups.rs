//! Values by key: the table behind every "by".
//!
//! A table of millions of keys is bound by memory, not by arithmetic, and so it is laid out: values lie one behind the
//! other in the order in which their keys came, so do the texts of the keys, and what grows by doubling and is hit at
//! random is only an index of four bytes a key. A large table is cut in parts by the hash of the keys, for then the tables
//! of all threads can be merged part by part, on all threads.

use std::hash::BuildHasher;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::Merge;
use super::bound::{Approximation, Bound};

/// A table with more keys than this is cut in parts. Smaller ones stay in one piece: they are merged in no time, and their few
/// values are best close together.
const LARGE: usize = if cfg!(test) { 32 } else { 1 << 12 };

/// In how many parts. A power of two, more than threads of most machines.
const PARTS: usize = 32;

/// Seeded, for keys come from strangers; and the same for all tables, so that what one has hashed need not be hashed again
/// when it is merged into another.
static HASH: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

/// Values by key. A key that was seen before is not copied.
#[derive(Clone, Debug)]
pub struct Groups<V> {
    /// One, or [`PARTS`] of them.
    parts: Vec<Part<V>>,
    hash: DefaultHashBuilder,
    /// About what all keys and values take.
    bytes: usize,
    bound: Bound,
}

/// All keys of some range of hashes.
#[derive(Clone, Debug)]
struct Part<V> {
    /// Places in `slots`.
    index: HashTable<u32>,
    slots: Vec<Slot<V>>,
    /// The texts of all keys, one behind the other.
    keys: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    start: usize,
    len: u32,
    hash: Hash,
    value: V,
}

/// The half of a hash. It is kept beside the key, so that no key is read again when an index grows, or when tables are
/// merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hash(u32);

impl Hash {
    /// What an index takes for a hash: it looks at both ends, and the upper bits of ours are the same for all keys of a part.
    #[inline]
    fn spread(self) -> u64 {
        u64::from(self.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl<V> Slot<V> {
    #[inline]
    fn key<'k>(&self, keys: &'k [u8]) -> &'k [u8] {
        &keys[self.start..self.start + self.len as usize]
    }
}

impl<V> Default for Part<V> {
    fn default() -> Self {
        Self { index: HashTable::new(), slots: Vec::new(), keys: Vec::new() }
    }
}

impl<V> Part<V> {
    /// What a key takes beside its text: its value, and its place in the index, which is between half and seven eighths full.
    const SLOT: usize = size_of::<Slot<V>>() + 8;

    #[inline]
    fn is_at(&self, place: u32, hash: Hash, key: &[u8]) -> bool {
        let slot = &self.slots[place as usize];
        slot.hash == hash && slot.key(&self.keys) == key
    }

    fn get(&self, hash: Hash, key: &[u8]) -> Option<&V> {
        let place = self.index.find(hash.spread(), |place| self.is_at(*place, hash, key))?;
        Some(&self.slots[*place as usize].value)
    }

    /// About what its keys and values take.
    fn bytes(&self) -> usize {
        self.keys.len() + self.slots.len() * Self::SLOT
    }

    fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.slots.iter().map(|slot| (slot.key(&self.keys), &slot.value))
    }
}

impl<V: Merge> Part<V> {
    /// The value of a key, and whether the key is new.
    #[inline]
    fn value(&mut self, hash: Hash, key: &[u8]) -> (&mut V, bool) {
        let Self { index, slots, keys } = self;
        let is_it = |place: &u32| {
            let slot = &slots[*place as usize];
            slot.hash == hash && slot.key(keys) == key
        };
        match index.entry(hash.spread(), is_it, |place| slots[*place as usize].hash.spread()) {
            Entry::Occupied(place) => (&mut slots[*place.get() as usize].value, false),
            Entry::Vacant(entry) => {
                let place = slots.len();
                entry.insert(place as u32);
                slots.push(Slot { start: keys.len(), len: key.len() as u32, hash, value: V::default() });
                keys.extend_from_slice(key);
                (&mut slots[place].value, true)
            }
        }
    }

    fn merge(&mut self, other: Self) {
        for slot in other.slots {
            self.value(slot.hash, slot.key(&other.keys)).0.merge(slot.value);
        }
    }

    fn retain(&mut self, keep: impl Fn(&V) -> bool) {
        let Self { index, slots, keys } = self;
        slots.retain(|slot| keep(&slot.value));
        let mut end = 0;
        for slot in slots.iter_mut() {
            // Texts are in the order of the slots, so each moves to where it or one that is gone was.
            let len = slot.len as usize;
            keys.copy_within(slot.start..slot.start + len, end);
            slot.start = end;
            end += len;
        }
        keys.truncate(end);
        index.clear();
        for (place, slot) in slots.iter().enumerate() {
            let rehash = |place: &u32| slots[*place as usize].hash.spread();
            index.insert_unique(slot.hash.spread(), place as u32, rehash);
        }
    }
}

impl<V> Default for Groups<V> {
    fn default() -> Self {
        Self::bounded(usize::MAX)
    }
}

impl<V> Groups<V> {
    /// A table that takes about `memory` bytes at the most. What does not fit is approximated: see [`Groups::approximation`].
    pub fn bounded(memory: usize) -> Self {
        Self { parts: vec![Part::default()], hash: HASH.clone(), bytes: 0, bound: Bound::new(memory) }
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> Hash {
        let hash = self.hash.hash_one(key);
        Hash((hash ^ (hash >> 32)) as u32)
    }

    /// Which part a key belongs to.
    #[inline]
    fn part(&self, hash: Hash) -> usize {
        (hash.0 >> (u32::BITS - PARTS.ilog2())) as usize & (self.parts.len() - 1)
    }
}

impl<V: Merge> Groups<V> {
    /// The value of a key; the default if the key is new. Of keys longer than 4 GiB only the start counts.
    #[inline]
    pub fn value(&mut self, key: &[u8]) -> &mut V {
        let key = &key[..key.len().min(u32::MAX as usize)];
        self.hashed_value(self.hash(key), key)
    }

    #[inline]
    fn hashed_value(&mut self, hash: Hash, key: &[u8]) -> &mut V {
        if self.parts.len() == 1 && self.parts[0].slots.len() > LARGE {
            self.split();
        }
        let part = self.part(hash);
        let (value, is_new) = self.parts[part].value(hash, key);
        if is_new {
            self.bytes += key.len() + Part::<V>::SLOT;
            self.bound.seen(key);
        }
        value
    }

    /// Makes room if the table has grown over its bound, by leaving out the half of the keys that weigh least. Call it now
    /// and then, when no value is borrowed.
    #[inline]
    pub fn keep_bound(&mut self) {
        if self.bytes > self.bound.memory() {
            self.shrink();
        }
    }

    #[cold]
    fn split(&mut self) {
        let whole = std::mem::take(&mut self.parts[0]);
        self.parts.resize_with(PARTS, Part::default);
        for slot in whole.slots {
            let part = self.part(slot.hash);
            let (value, _) = self.parts[part].value(slot.hash, slot.key(&whole.keys));
            *value = slot.value;
        }
    }

    #[cold]
    fn shrink(&mut self) {
        let mut weights: Vec<u64> = self.iter().map(|(_, value)| value.weight()).collect();
        if weights.is_empty() {
            return;
        }
        let middle = weights.len() / 2;
        let least = *weights.select_nth_unstable(middle).1;
        self.bound.leave_out(least, self.parts.iter().flat_map(Part::iter).map(|(key, _)| key));
        self.parts.iter_mut().for_each(|part| part.retain(|value| value.weight() > least));
        self.bytes = self.parts.iter().map(Part::bytes).sum();
    }

    /// Takes in all keys and values of another table.
    pub fn merge(&mut self, mut other: Self) {
        if self.len() < other.len() {
            std::mem::swap(self, &mut other);
        }
        self.bound.merge(&other.bound, self.parts.iter().flat_map(Part::iter).map(|(key, _)| key));
        let is_exact = self.bound.approximation().is_none();
        if is_exact && other.parts.len() == PARTS && self.bytes + other.bytes <= self.bound.memory() {
            merge_parts(&mut self.parts, other.parts);
            self.bytes = self.parts.iter().map(Part::bytes).sum();
            return;
        }
        for part in other.parts {
            for slot in part.slots {
                self.hashed_value(slot.hash, slot.key(&part.keys)).merge(slot.value);
                self.keep_bound();
            }
        }
    }
}

/// Merges parts of the same ranges of hashes, on all threads.
fn merge_parts<V: Merge>(parts: &mut [Part<V>], others: Vec<Part<V>>) {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(PARTS);
    let pairs = Mutex::new(parts.iter_mut().zip(others));
    let next = || pairs.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((part, other)) = next() {
                    part.merge(other);
                }
            });
        }
    });
}

impl<V> Groups<V> {
    /// How many keys the table holds.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.slots.len()).sum()
    }

    /// How many different keys there were; an estimate if the table is approximate.
    pub fn distinct(&self) -> u64 {
        self.approximation().map_or(self.len() as u64, |approximation| approximation.distinct)
    }

    /// How far from the truth the table can be; `None` if it is exact.
    pub fn approximation(&self) -> Option<Approximation> {
        self.bound.approximation()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key, if it has been seen.
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        let hash = self.hash(key);
        self.parts[self.part(hash)].get(hash, key)
    }

    /// All keys and values, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.parts.iter().flat_map(Part::iter)
    }

    /// All values, to be changed, in no order that means anything.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.parts.iter_mut().flat_map(|part| &mut part.slots).map(|slot| &mut slot.value)
    }

    /// The first `limit` keys by `rank`, greatest first; ties by the key's text.
    pub fn top<R: Ord>(&self, limit: usize, rank: impl Fn(&V) -> R) -> Vec<(&[u8], &V)> {
        first(self.iter(), limit, |value| rank(value))
    }
}

/// The first `limit` of keys and values by `rank`, greatest first; ties by the key's text.
pub fn first<'k, V, R: Ord>(
    all: impl IntoIterator<Item = (&'k [u8], V)>,
    limit: usize,
    rank: impl Fn(&V) -> R,
) -> Vec<(&'k [u8], V)> {
    let order = |a: &(&[u8], V), b: &(&[u8], V)| rank(&b.1).cmp(&rank(&a.1)).then_with(|| a.0.cmp(b.0));
    let mut best: Vec<(&[u8], V)> = Vec::new();
    // Of millions of keys few are shown: those that cannot be among them are dropped whenever there are twice as many.
    let most = limit.saturating_mul(2).max(1 << 10);
    for one in all {
        if best.len() == most {
            best.select_nth_unstable_by(limit, order);
            best.truncate(limit);
        }
        best.push(one);
    }
    best.sort_unstable_by(order);
    best.truncate(limit);
    best
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn texts<'a, V: Copy>(rows: &[(&'a [u8], &V)]) -> Vec<(&'a str, V)> {
        rows.iter().map(|(key, value)| (std::str::from_utf8(key).unwrap(), **value)).collect()
    }

    proptest! {
        // Some of the parts are large and some are not, so that all ways to merge are taken.
        #[test]
        fn any_parts_give_the_count_of_a_naive_loop(
            keys in prop::collection::vec(("[a-f]{0,3}", 0usize..20), 0..600),
            parts in 1usize..5, limit in 0usize..9,
        ) {
            let mut naive: BTreeMap<&str, u64> = BTreeMap::new();
            let mut groups: Vec<Groups<u64>> = vec![Groups::default(); parts];
            for (key, place) in &keys {
                *naive.entry(key).or_default() += 1;
                *groups[place % parts].value(key.as_bytes()) += 1;
            }
            let merged = groups.into_iter().reduce(|mut all, part| { all.merge(part); all }).unwrap();
            prop_assert_eq!((merged.len(), merged.approximation()), (naive.len(), None));
            prop_assert_eq!(merged.get(b"g"), None);
            for (key, count) in &naive {
                prop_assert_eq!(merged.get(key.as_bytes()), Some(count));
            }
            let mut expected: Vec<_> = naive.into_iter().collect();
            expected.sort_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
            prop_assert_eq!(&texts(&merged.top(usize::MAX, |count| *count)), &expected);
            expected.truncate(limit);
            prop_assert_eq!(texts(&merged.top(limit, |count| *count)), expected);
        }

        // Weights are above zero, so a key that is left out is one that was there.
        #[test]
        fn a_bounded_table_forgets_only_the_lightest(
            keys in prop::collection::vec("[a-f]{0,3}", 1..600), memory in 0usize..4_000,
        ) {
            let mut naive: BTreeMap<&str, u64> = BTreeMap::new();
            let mut groups = [Groups::<u64>::bounded(memory), Groups::bounded(memory)];
            for (place, key) in keys.iter().enumerate() {
                *naive.entry(key).or_default() += 1;
                let groups = &mut groups[place % 2];
                *groups.value(key.as_bytes()) += 1;
                groups.keep_bound();
                prop_assert!(groups.bytes <= memory);
                prop_assert_eq!(groups.bytes, groups.parts.iter().map(Part::bytes).sum::<usize>());
            }
            let [mut all, other] = groups;
            all.merge(other);
            prop_assert!(all.bytes <= memory);
            let undercount = all.approximation().map_or(0, |approximation| approximation.undercount);
            for (key, count) in naive {
                let kept = all.get(key.as_bytes()).copied().unwrap_or_default();
                prop_assert!(kept <= count && kept + undercount >= count, "{} {} {}", kept, count, undercount);
            }
        }
    }

    #[test]
    fn the_first_of_many_are_those_of_a_sort() {
        // 10,000 keys of 100 ranks, in an order that is neither theirs nor that of their ranks.
        let keys: Vec<String> = (0..10_000).map(|key| format!("{:04}", key * 7_919 % 10_000)).collect();
        let all = || keys.iter().enumerate().map(|(place, key)| (key.as_bytes(), place * 31 % 100));
        let mut sorted: Vec<_> = all().collect();
        sorted.sort_by_key(|(key, rank)| (std::cmp::Reverse(*rank), *key));
        for limit in [0, 1, 10, 511, 512, 513, 6_000, 10_000, usize::MAX] {
            let expected = &sorted[..limit.min(sorted.len())];
            assert_eq!(first(all(), limit, |rank| *rank), expected, "{limit}");
        }
    }
}
