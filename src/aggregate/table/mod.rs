//! Values by key: the table of every "by".
//!
//! What a table of millions of keys costs is its way through memory, and so it is laid out: values lie one after the other in
//! the order in which their keys came, so do the texts of the keys, and only an index of hashes is read at random and
//! copied when it grows. A large table is cut in parts by the hash of its keys, so that the tables of all threads can be
//! merged on all threads, a part each.

mod index;
mod lossy;
mod part;
mod prefetch;
mod spilling;
mod top_n;

use std::cmp::Reverse;
use std::hash::BuildHasher;
use std::sync::LazyLock;

use hashbrown::DefaultHashBuilder;

use self::index::SHARED_BITS;
pub(crate) use self::lossy::Approximation;
use self::lossy::LossyCounting;
use self::part::{Part, fetch};
pub(crate) use self::prefetch::Prefetched;
pub(crate) use self::spilling::Groups;
use self::spilling::Spilling;
pub(crate) use self::top_n::top_n;
use super::Merge;
use crate::threads::share_out;

/// A table with more keys than this is cut in parts. Smaller ones stay in one piece: they are merged in no time, and their few
/// values are best close together.
const MAX_KEYS_IN_ONE_PART: usize = if cfg!(test) { 32 } else { 1 << 12 };

/// In how many parts. A power of two, more than threads of most machines.
const PARTS: usize = 1 << SHARED_BITS;

/// How many keys are fetched together: enough to wait for memory once, and few enough to find all of them in the cache.
pub(super) const PREFETCHED_KEYS: usize = 64;

/// Seeded, for keys come from strangers; and the same for all tables, so that what one has hashed need not be hashed again
/// when it is merged into another.
static HASH: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

/// Values by key. A key that was seen before is not copied.
#[derive(Debug)]
pub(crate) struct GroupTable<V> {
    /// One, or [`PARTS`] of them.
    parts: Vec<Part<V>>,
    hash: DefaultHashBuilder,
    /// About what all keys and values take.
    bytes: usize,
    bound: LossyCounting,
    /// Where it goes when it is full, if nothing of it may be lost.
    spilling: Option<Box<Spilling<V>>>,
    /// How many tables it was made of: one for each thread, so that merging takes no more threads than counting did.
    tables: usize,
}

impl<V> Default for GroupTable<V> {
    fn default() -> Self {
        Self::bounded(usize::MAX)
    }
}

impl<V> GroupTable<V> {
    /// A table that takes about `memory` bytes at the most. What does not fit is approximated: see [`GroupTable::approximation`].
    pub(crate) fn bounded(memory: usize) -> Self {
        Self {
            parts: vec![Part::default()],
            hash: HASH.clone(),
            bytes: 0,
            bound: LossyCounting::new(memory),
            spilling: None,
            tables: 1,
        }
    }

    #[inline]
    pub(super) fn hash(&self, key: &[u8]) -> u32 {
        let hash = self.hash.hash_one(key);
        (hash ^ (hash >> 32)) as u32
    }

    /// Whether it takes a look into memory to find a key.
    #[inline]
    pub(super) fn is_large(&self) -> bool {
        self.parts.len() > 1
    }

    /// Brings into the cache what is needed to find keys with these hashes.
    pub(super) fn fetch(&self, hashes: impl Iterator<Item = u32> + Clone) {
        fetch(hashes.map(|hash| (hash, &self.parts[self.part(hash)])));
    }

    /// Which part a key belongs to.
    #[inline]
    fn part(&self, hash: u32) -> usize {
        (hash >> (u32::BITS - SHARED_BITS)) as usize & (self.parts.len() - 1)
    }
}

impl<V: Merge> GroupTable<V> {
    /// Changes the value of a key, which is the default if the key is new, and keeps the bound: where there is no room, the
    /// lightest keys are left out. Of keys longer than 4 GiB only the start counts.
    #[inline]
    pub(crate) fn update<R>(&mut self, key: &[u8], update: impl FnOnce(&mut V) -> R) -> R {
        let key = cut(key);
        self.update_hashed(self.hash(key), key, update)
    }

    /// The same for a key whose hash is known.
    #[inline]
    fn update_hashed<R>(&mut self, hash: u32, key: &[u8], update: impl FnOnce(&mut V) -> R) -> R {
        let (result, grown) = self.insert(hash, key, update);
        self.bytes = self.bytes.saturating_add_signed(grown);
        if self.bytes > self.bound.memory() {
            self.shrink();
        }
        result
    }

    /// Changes the value of a key, and tells by how many bytes the table has grown.
    #[inline]
    fn insert<R>(&mut self, hash: u32, key: &[u8], update: impl FnOnce(&mut V) -> R) -> (R, isize) {
        if self.parts.len() == 1 && self.parts[0].slots.len() > MAX_KEYS_IN_ONE_PART {
            self.split();
        }
        let part = self.part(hash);
        let (value, is_new) = self.parts[part].value(hash, key);
        let before = if is_new { 0 } else { value.heap_bytes() };
        let result = update(value);
        // No value takes more than half of what can be addressed.
        let mut grown = value.heap_bytes() as isize - before as isize;
        if is_new {
            grown += (key.len() + Part::<V>::BYTES_PER_KEY) as isize;
            self.bound.seen(key);
        }
        (result, grown)
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

    /// Leaves out the half of the keys that weighs least, of equal ones those whose text comes last, until there is room. What
    /// is left does not depend on where keys lie in memory. A key that takes more than the bound by itself stays: without it
    /// nothing would be known, and whoever asks for the memory of the table sees that it is too much.
    #[cold]
    fn shrink(&mut self) {
        if let Some(spilling) = &mut self.spilling {
            spilling.write_out(&mut self.parts);
            self.bytes = 0;
        }
        while self.bytes > self.bound.memory() && self.len() > 1 {
            let mut keys: Vec<_> = self.iter().map(|(key, value)| (Reverse(value.weight()), key)).collect();
            let middle = keys.len() / 2;
            let (Reverse(least), text) = *keys.select_nth_unstable(middle).1;
            let text = text.to_vec();
            self.bound.leave_out(least, self.parts.iter().flat_map(Part::keys));
            let keeps = |key: &[u8], value: &V| (Reverse(value.weight()), key) < (Reverse(least), &text);
            self.parts.iter_mut().for_each(|part| part.retain(keeps));
            self.bytes = self.parts.iter().map(Part::bytes).sum();
        }
    }

    /// Changes every value.
    pub(crate) fn update_all(&mut self, mut update: impl FnMut(&mut V)) {
        let slots = self.parts.iter_mut().flat_map(|part| &mut part.slots);
        slots.for_each(|slot| update(&mut slot.value));
        self.bytes = self.parts.iter().map(Part::bytes).sum();
    }

    /// Takes in all keys and values of another table. The bounds of both add up: what one gives away, the other may take.
    pub(crate) fn merge(&mut self, mut other: Self) {
        if self.len() < other.len() {
            std::mem::swap(self, &mut other);
        }
        self.tables += other.tables;
        if let (Some(own), Some(more)) = (&mut self.spilling, other.spilling.take()) {
            own.merge(*more);
        }
        self.bound.merge(
            &other.bound,
            self.parts.iter().flat_map(Part::keys),
            other.parts.iter().flat_map(Part::keys),
        );
        if self.is_large() && other.is_large() {
            let pairs = self.parts.iter_mut().zip(other.parts);
            share_out(pairs, self.tables.min(PARTS), |(part, other)| part.merge(other));
            self.bytes = self.parts.iter().map(Part::bytes).sum();
        } else {
            for part in other.parts {
                for slot in part.slots {
                    let (hash, key) = (slot.hash, slot.key(&part.keys));
                    // What both had to leave out is settled already, so the bound is kept when all is in.
                    let ((), grown) = self.insert(hash, key, |value| value.merge(slot.value));
                    self.bytes = self.bytes.saturating_add_signed(grown);
                }
            }
        }
        if self.bytes > self.bound.memory() {
            self.shrink();
        }
    }
}

/// What of a key counts, so that its length can be kept in four bytes.
#[inline]
pub(super) fn cut(key: &[u8]) -> &[u8] {
    &key[..key.len().min(u32::MAX as usize)]
}

impl<V> GroupTable<V> {
    /// How many keys the table holds.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.slots.len()).sum()
    }

    /// About how many bytes all keys and values take, with what the values hold elsewhere.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many different keys there were; an estimate if the table is approximate.
    pub(crate) fn distinct(&self) -> u64 {
        self.approximation().map_or(self.len() as u64, |approximation| approximation.distinct)
    }

    /// How far from the truth the table can be; `None` if it is exact.
    pub(crate) fn approximation(&self) -> Option<Approximation> {
        self.bound.approximation()
    }

    /// The value of a key, if it has been seen.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&V> {
        let key = cut(key);
        let hash = self.hash(key);
        self.parts[self.part(hash)].get(hash, key)
    }

    /// All keys and values, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.parts.iter().flat_map(Part::iter)
    }

    /// The first `limit` keys by `rank`, greatest first; ties by the key's text.
    pub(crate) fn top<R: Ord>(&self, limit: usize, rank: impl Fn(&V) -> R) -> Vec<(&[u8], &V)> {
        top_n(self.iter(), limit, |value| rank(value))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    fn texts<'a, V: Copy>(rows: &[(&'a [u8], &V)]) -> Vec<(&'a str, V)> {
        rows.iter().map(|(key, value)| (std::str::from_utf8(key).unwrap(), **value)).collect()
    }

    /// Tables of threads hold a share of the memory each, and what was merged of them had to fit into one share.
    #[test]
    fn a_merged_table_left_out_keys_that_there_was_room_for() {
        const KEYS: usize = 100;
        let memory = KEYS * (Part::<u64>::BYTES_PER_KEY + 3);
        let full = |first: usize| {
            let mut table = GroupTable::<u64>::bounded(memory);
            for key in first..first + KEYS {
                table.update(key.to_string().as_bytes(), |count| *count += 1);
            }
            assert_eq!((table.len(), table.approximation()), (KEYS, None));
            table
        };
        let merged = [200, 300, 400].map(full).into_iter().fold(full(100), |mut all, table| {
            all.merge(table);
            all
        });
        assert_eq!((merged.len(), merged.approximation()), (4 * KEYS, None));
    }

    /// The threads that merged it.
    #[derive(Clone, Default)]
    struct MergedBy(Vec<thread::ThreadId>);

    impl Merge for MergedBy {
        fn merge(&mut self, other: Self) {
            self.0.extend(other.0);
            self.0.push(thread::current().id());
        }
    }

    #[test]
    fn merging_took_more_threads_than_there_were_tables() {
        let full = || {
            let mut table = GroupTable::<MergedBy>::default();
            for key in 0..=2 * MAX_KEYS_IN_ONE_PART {
                table.update(key.to_string().as_bytes(), |_| ());
            }
            table
        };
        let mut merged = full();
        for tables in 2..5 {
            let before: usize = merged.iter().map(|(_, by)| by.0.len()).sum();
            merged.merge(full());
            let last = merged.iter().filter_map(|(_, by)| by.0.last());
            let threads: std::collections::HashSet<_> = last.collect();
            assert!((1..=tables).contains(&threads.len()), "{} threads for {tables} tables", threads.len());
            let after: usize = merged.iter().map(|(_, by)| by.0.len()).sum();
            assert_eq!(after - before, 2 * MAX_KEYS_IN_ONE_PART + 1);
        }
    }

    proptest! {
        // Some of the parts are large and some are not, so that all ways to merge are taken.
        #[test]
        fn any_parts_give_the_count_of_a_naive_loop(
            keys in prop::collection::vec(("[a-f]{0,3}", 0usize..20), 0..600),
            parts in 1usize..5, limit in 0usize..9,
        ) {
            let mut naive: BTreeMap<&str, u64> = BTreeMap::new();
            let mut groups: Vec<GroupTable<u64>> = (0..parts).map(|_| GroupTable::default()).collect();
            for (key, place) in &keys {
                *naive.entry(key).or_default() += 1;
                groups[place % parts].update(key.as_bytes(), |count| *count += 1);
            }
            let merged = groups.into_iter().reduce(|mut all, part| { all.merge(part); all }).unwrap();
            prop_assert_eq!((merged.len(), merged.approximation()), (naive.len(), None));
            prop_assert_eq!(merged.get(b"g"), None);
            for (key, count) in &naive {
                prop_assert_eq!(merged.get(key.as_bytes()), Some(count));
            }
            let mut expected: Vec<_> = naive.into_iter().collect();
            expected.sort_by_key(|(key, count)| (Reverse(*count), *key));
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
            let mut groups = [GroupTable::<u64>::bounded(memory), GroupTable::bounded(memory)];
            for (place, key) in keys.iter().enumerate() {
                *naive.entry(key).or_default() += 1;
                let groups = &mut groups[place % 2];
                groups.update(key.as_bytes(), |count| *count += 1);
                prop_assert!(groups.bytes <= memory || groups.len() == 1);
                prop_assert_eq!(groups.bytes, groups.parts.iter().map(Part::bytes).sum::<usize>());
            }
            let [mut all, other] = groups;
            all.merge(other);
            prop_assert!(all.bytes <= 2 * memory || all.len() == 1);
            prop_assert_eq!(all.bytes, all.parts.iter().map(Part::bytes).sum::<usize>());
            let undercount = all.approximation().map_or(0, |approximation| approximation.undercount);
            for (key, count) in naive {
                let kept = all.get(key.as_bytes()).copied().unwrap_or_default();
                prop_assert!(kept <= count && kept + undercount >= count, "{} {} {}", kept, count, undercount);
            }
        }
    }
}
