//! Values by key: the table behind every "by".

use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::Merge;
use super::bound::{Approximation, Bound};

/// Values by key. A key that was seen before is not copied, and keys are stored one behind the other, not each in an
/// allocation of its own. The hash is seeded: keys come from strangers.
#[derive(Clone, Debug)]
pub struct Groups<V> {
    table: HashTable<Slot<V>>,
    keys: Vec<u8>,
    hash: DefaultHashBuilder,
    bound: Bound,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    /// Kept so that a growing table need not read the keys again.
    hash: u64,
    start: usize,
    len: u32,
    value: V,
}

impl<V> Slot<V> {
    #[inline]
    fn key<'k>(&self, keys: &'k [u8]) -> &'k [u8] {
        &keys[self.start..self.start + self.len as usize]
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
        Self {
            table: HashTable::new(),
            keys: Vec::new(),
            hash: DefaultHashBuilder::default(),
            bound: Bound::new(memory),
        }
    }
}

impl<V: Merge> Groups<V> {
    /// The value of a key; the default if the key is new. Of keys longer than 4 GiB only the start counts.
    #[inline]
    pub fn value(&mut self, key: &[u8]) -> &mut V {
        let key = &key[..key.len().min(u32::MAX as usize)];
        let hash = self.hash.hash_one(key);
        let keys = &mut self.keys;
        match self.table.entry(hash, |slot| slot.key(keys) == key, |slot| slot.hash) {
            Entry::Occupied(slot) => &mut slot.into_mut().value,
            Entry::Vacant(place) => {
                let slot = Slot { hash, start: keys.len(), len: key.len() as u32, value: V::default() };
                keys.extend_from_slice(key);
                self.bound.seen(key);
                &mut place.insert(slot).into_mut().value
            }
        }
    }

    /// Makes room if the table has grown over its bound, by leaving out the half of the keys that weigh least. Call it now
    /// and then, when no value is borrowed.
    #[inline]
    pub fn keep_bound(&mut self) {
        if self.keys.len() + self.table.len() * (size_of::<Slot<V>>() + 2) > self.bound.memory() {
            self.shrink();
        }
    }

    #[cold]
    fn shrink(&mut self) {
        let mut weights: Vec<u64> = self.table.iter().map(|slot| slot.value.weight()).collect();
        if weights.is_empty() {
            return;
        }
        let middle = weights.len() / 2;
        let least = *weights.select_nth_unstable(middle).1;
        self.bound.leave_out(least, self.table.iter().map(|slot| slot.key(&self.keys)));
        let old = std::mem::take(&mut self.keys);
        self.table.retain(|slot| slot.value.weight() > least);
        for slot in &mut self.table {
            let start = self.keys.len();
            self.keys.extend_from_slice(slot.key(&old));
            slot.start = start;
        }
    }

    /// Takes in all keys and values of another table.
    pub fn merge(&mut self, mut other: Self) {
        if self.len() < other.len() {
            std::mem::swap(self, &mut other);
        }
        self.bound.merge(&other.bound, self.table.iter().map(|slot| slot.key(&self.keys)));
        for slot in other.table {
            self.value(slot.key(&other.keys)).merge(slot.value);
            self.keep_bound();
        }
    }
}

impl<V> Groups<V> {
    /// How many keys the table holds.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// How many different keys there were; an estimate if the table is approximate.
    pub fn distinct(&self) -> u64 {
        self.approximation().map_or(self.table.len() as u64, |approximation| approximation.distinct)
    }

    /// How far from the truth the table can be; `None` if it is exact.
    pub fn approximation(&self) -> Option<Approximation> {
        self.bound.approximation()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Whether the key has been seen.
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        let slot = self.table.find(self.hash.hash_one(key), |slot| slot.key(&self.keys) == key)?;
        Some(&slot.value)
    }

    /// All keys and values, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.table.iter().map(|slot| (slot.key(&self.keys), &slot.value))
    }

    /// All values, to be changed, in no order that means anything.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.table.iter_mut().map(|slot| &mut slot.value)
    }

    /// The first `limit` keys by `rank`, greatest first; ties by the key's text.
    pub fn top<R: Ord>(&self, limit: usize, rank: impl Fn(&V) -> R) -> Vec<(&[u8], &V)> {
        first(self.iter().collect(), limit, |value| rank(value))
    }
}

/// The first `limit` of keys and values by `rank`, greatest first; ties by the key's text.
pub fn first<V, R: Ord>(mut all: Vec<(&[u8], V)>, limit: usize, rank: impl Fn(&V) -> R) -> Vec<(&[u8], V)> {
    let order = |a: &(&[u8], V), b: &(&[u8], V)| rank(&b.1).cmp(&rank(&a.1)).then_with(|| a.0.cmp(b.0));
    if limit < all.len() {
        all.select_nth_unstable_by(limit, order);
        all.truncate(limit);
    }
    all.sort_unstable_by(order);
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_parts_give_the_count_of_a_naive_loop(
            keys in prop::collection::vec("[a-d]{0,3}", 0..200), parts in 1usize..5, limit in 0usize..9,
        ) {
            let mut naive: BTreeMap<&str, u64> = BTreeMap::new();
            let mut groups: Vec<Groups<u64>> = vec![Groups::default(); parts];
            for (place, key) in keys.iter().enumerate() {
                *naive.entry(key).or_default() += 1;
                *groups[place % parts].value(key.as_bytes()) += 1;
            }
            let merged = groups.into_iter().reduce(|mut all, part| { all.merge(part); all }).unwrap();
            prop_assert_eq!(merged.len(), naive.len());
            let mut expected: Vec<_> = naive.into_iter().collect();
            expected.sort_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
            expected.truncate(limit);
            let top: Vec<_> = merged.top(limit, |count| *count);
            let top: Vec<_> = top.iter().map(|(key, count)| (std::str::from_utf8(key).unwrap(), **count)).collect();
            prop_assert_eq!(top, expected);
        }
    }
}
