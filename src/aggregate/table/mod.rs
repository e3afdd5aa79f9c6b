//! Values by key: the table behind every "by".
//!
//! What a table of millions of keys costs is its way through memory, and so it is laid out: values lie one behind the other in
//! the order in which their keys came, so do the texts of the keys, and only an index of hashes is read at random and
//! copied when it grows. A large table is cut in parts by the hash of its keys, so that the tables of all threads can be
//! merged on all threads, a part each.

mod index;
mod lossy;
mod prefetch;

use std::hash::BuildHasher;
use std::hint::black_box;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

use hashbrown::DefaultHashBuilder;

use self::index::{Index, SHARED_BITS};
pub use self::lossy::Approximation;
use self::lossy::LossyCounting;
pub use self::prefetch::Prefetched;
use super::Merge;

/// A table with more keys than this is cut in parts. Smaller ones stay in one piece: they are merged in no time, and their few
/// values are best close together.
const LARGE: usize = if cfg!(test) { 32 } else { 1 << 12 };

/// In how many parts. A power of two, more than threads of most machines.
const PARTS: usize = 1 << SHARED_BITS;

/// How many keys are fetched together: enough to wait for memory once, and few enough to find all of them in the cache.
pub(super) const FETCHED: usize = 64;

/// Seeded, for keys come from strangers; and the same for all tables, so that what one has hashed need not be hashed again
/// when it is merged into another.
static HASH: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

/// Values by key. A key that was seen before is not copied.
#[derive(Clone, Debug)]
pub struct GroupTable<V> {
    /// One, or [`PARTS`] of them.
    parts: Vec<Part<V>>,
    hash: DefaultHashBuilder,
    /// About what all keys and values take.
    bytes: usize,
    bound: LossyCounting,
}

/// All keys of some range of hashes.
#[derive(Clone, Debug)]
struct Part<V> {
    /// Places in `slots`.
    index: Index,
    slots: Vec<Slot<V>>,
    /// The texts of all keys, one behind the other.
    keys: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    start: usize,
    len: u32,
    /// Half of the key's hash. It is kept so that no key is read again when tables are merged.
    hash: u32,
    value: V,
}

impl<V> Slot<V> {
    #[inline]
    fn key<'k>(&self, keys: &'k [u8]) -> &'k [u8] {
        &keys[self.start..self.start + self.len as usize]
    }
}

impl<V> Default for Part<V> {
    fn default() -> Self {
        Self { index: Index::default(), slots: Vec::new(), keys: Vec::new() }
    }
}

impl<V> Part<V> {
    /// What a key takes beside its text: its value, and its place in the index.
    const SLOT: usize = size_of::<Slot<V>>() + Index::BYTES;

    fn get(&self, hash: u32, key: &[u8]) -> Option<&V> {
        let place = self.index.get(hash, |place| self.slots[place].key(&self.keys) == key)?;
        Some(&self.slots[place].value)
    }

    /// About what its keys and values take.
    fn bytes(&self) -> usize {
        self.keys.len() + self.slots.len() * Self::SLOT
    }

    fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.slots.iter().map(|slot| slot.key(&self.keys))
    }

    fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.slots.iter().map(|slot| (slot.key(&self.keys), &slot.value))
    }
}

impl<V: Merge> Part<V> {
    /// The value of a key, and whether the key is new.
    #[inline]
    fn value(&mut self, hash: u32, key: &[u8]) -> (&mut V, bool) {
        let Self { index, slots, keys } = self;
        let new = slots.len();
        let place = index.get_or_insert(hash, new, |place| slots[place].key(keys) == key);
        if place == new {
            slots.push(Slot { start: keys.len(), len: key.len() as u32, hash, value: V::default() });
            keys.extend_from_slice(key);
        }
        (&mut slots[place].value, place == new)
    }

    fn merge(&mut self, other: Self) {
        let mut slots = other.slots.into_iter();
        while !slots.as_slice().is_empty() {
            fetch(slots.as_slice().iter().take(FETCHED).map(|slot| (slot.hash, &*self)));
            for slot in slots.by_ref().take(FETCHED) {
                self.value(slot.hash, slot.key(&other.keys)).0.merge(slot.value);
            }
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
        index.refill(slots.iter().map(|slot| slot.hash));
    }
}

/// Brings into the cache what is needed to find keys with these hashes in these parts: a search waits for memory two or
/// three times, but many searches can wait together. That is why this goes step by step: none of the reads of a step has to
/// wait for another one.
fn fetch<'p, V: 'p>(searches: impl Iterator<Item = (u32, &'p Part<V>)> + Clone) {
    let slots = searches.filter_map(|(hash, part)| Some((part, &part.slots[part.index.likely(hash)?])));
    black_box(slots.clone().fold(0, |all, (_, slot)| all ^ slot.start));
    black_box(slots.fold(0, |all, (part, slot)| all ^ part.keys.get(slot.start).copied().unwrap_or(0)));
}

impl<V> Default for GroupTable<V> {
    fn default() -> Self {
        Self::bounded(usize::MAX)
    }
}

impl<V> GroupTable<V> {
    /// A table that takes about `memory` bytes at the most. What does not fit is approximated: see [`GroupTable::approximation`].
    pub fn bounded(memory: usize) -> Self {
        Self { parts: vec![Part::default()], hash: HASH.clone(), bytes: 0, bound: LossyCounting::new(memory) }
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
    /// The value of a key; the default if the key is new. Of keys longer than 4 GiB only the start counts.
    #[inline]
    pub fn value(&mut self, key: &[u8]) -> &mut V {
        let key = cut(key);
        self.hashed_value(self.hash(key), key)
    }

    /// The value of a key whose hash is known.
    #[inline]
    pub(super) fn hashed_value(&mut self, hash: u32, key: &[u8]) -> &mut V {
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
        self.bound.leave_out(least, self.parts.iter().flat_map(Part::keys));
        self.parts.iter_mut().for_each(|part| part.retain(|value| value.weight() > least));
        self.bytes = self.parts.iter().map(Part::bytes).sum();
    }

    /// Takes in all keys and values of another table. The bounds of both add up: what one gives away, the other may take.
    pub fn merge(&mut self, mut other: Self) {
        if self.len() < other.len() {
            std::mem::swap(self, &mut other);
        }
        self.bound.merge(
            &other.bound,
            self.parts.iter().flat_map(Part::keys),
            other.parts.iter().flat_map(Part::keys),
        );
        if self.is_large() && other.is_large() {
            merge_parts(&mut self.parts, other.parts);
            self.bytes = self.parts.iter().map(Part::bytes).sum();
        } else {
            for part in other.parts {
                for slot in part.slots {
                    self.hashed_value(slot.hash, slot.key(&part.keys)).merge(slot.value);
                }
            }
        }
        self.keep_bound();
    }
}

/// What of a key counts, so that its length can be kept in four bytes.
#[inline]
pub(super) fn cut(key: &[u8]) -> &[u8] {
    &key[..key.len().min(u32::MAX as usize)]
}

/// Merges parts of the same ranges of hashes, on all threads.
fn merge_parts<V: Merge>(parts: &mut [Part<V>], others: Vec<Part<V>>) {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(PARTS);
    let pairs = Mutex::new(parts.iter_mut().zip(others));
    let next = || pairs.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some((part, other)) = next() {
            part.merge(other);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
}

impl<V> GroupTable<V> {
    /// How many keys the table holds.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.slots.len()).sum()
    }

    /// About how many bytes all keys and values take, without what the values hold elsewhere.
    pub fn bytes(&self) -> usize {
        self.bytes
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
        let key = cut(key);
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
        top_n(self.iter(), limit, |value| rank(value))
    }
}

/// The first `limit` of keys and values by `rank`, greatest first; ties by the key's text.
pub fn top_n<'k, V, R: Ord>(
    all: impl IntoIterator<Item = (&'k [u8], V)>,
    limit: usize,
    rank: impl Fn(&V) -> R,
) -> Vec<(&'k [u8], V)> {
    let order = |a: &(&[u8], V), b: &(&[u8], V)| rank(&b.1).cmp(&rank(&a.1)).then_with(|| a.0.cmp(b.0));
    let mut best: Vec<(&[u8], V)> = Vec::new();
    if limit == 0 {
        return best;
    }
    // Of millions of keys few are shown. When there are twice as many, the later half is dropped, and from then on what comes
    // after the last of the others.
    let most = limit.saturating_mul(2).max(1 << 10);
    let mut is_cut = false;
    for one in all {
        if is_cut && order(&one, &best[limit - 1]).is_gt() {
            continue;
        }
        best.push(one);
        if best.len() == most {
            best.select_nth_unstable_by(limit - 1, order);
            best.truncate(limit);
            is_cut = true;
        }
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
            let mut groups: Vec<GroupTable<u64>> = vec![GroupTable::default(); parts];
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
            let mut groups = [GroupTable::<u64>::bounded(memory), GroupTable::bounded(memory)];
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
            prop_assert!(all.bytes <= 2 * memory);
            prop_assert_eq!(all.bytes, all.parts.iter().map(Part::bytes).sum::<usize>());
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
            assert_eq!(top_n(all(), limit, |rank| *rank), expected, "{limit}");
        }
    }
}
