//! A part of a table: the keys of some range of hashes.

use std::hint::black_box;

use super::PREFETCHED_KEYS;
use super::index::Index;
use crate::aggregate::Merge;

/// All keys of some range of hashes.
#[derive(Clone, Debug)]
pub(super) struct Part<V> {
    /// Places in `slots`.
    index: Index,
    pub(super) slots: Vec<Slot<V>>,
    /// The texts of all keys, one after the other.
    pub(super) keys: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(super) struct Slot<V> {
    start: usize,
    len: u32,
    /// Half of the key's hash. It is kept so that no key is read again when tables are merged.
    pub(super) hash: u32,
    pub(super) value: V,
}

impl<V> Slot<V> {
    #[inline]
    pub(super) fn key<'k>(&self, keys: &'k [u8]) -> &'k [u8] {
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
    pub(super) const BYTES_PER_KEY: usize = size_of::<Slot<V>>() + Index::BYTES_PER_ENTRY;

    pub(super) fn get(&self, hash: u32, key: &[u8]) -> Option<&V> {
        let place = self.index.get(hash, |place| self.slots[place].key(&self.keys) == key)?;
        Some(&self.slots[place].value)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.slots.iter().map(|slot| slot.key(&self.keys))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.slots.iter().map(|slot| (slot.key(&self.keys), &slot.value))
    }
}

impl<V: Merge> Part<V> {
    /// About what its keys and values take.
    pub(super) fn bytes(&self) -> usize {
        let heap: usize = self.slots.iter().map(|slot| slot.value.heap_bytes()).sum();
        self.keys.len() + self.slots.len() * Self::BYTES_PER_KEY + heap
    }

    /// The value of a key, and whether the key is new.
    #[inline]
    pub(super) fn value(&mut self, hash: u32, key: &[u8]) -> (&mut V, bool) {
        let Self { index, slots, keys } = self;
        let new = slots.len();
        let place = index.get_or_insert(hash, new, |place| slots[place].key(keys) == key);
        if place == new {
            slots.push(Slot { start: keys.len(), len: key.len() as u32, hash, value: V::default() });
            keys.extend_from_slice(key);
        }
        (&mut slots[place].value, place == new)
    }

    pub(super) fn merge(&mut self, other: Self) {
        let mut slots = other.slots.into_iter();
        while !slots.as_slice().is_empty() {
            fetch(slots.as_slice().iter().take(PREFETCHED_KEYS).map(|slot| (slot.hash, &*self)));
            for slot in slots.by_ref().take(PREFETCHED_KEYS) {
                self.value(slot.hash, slot.key(&other.keys)).0.merge(slot.value);
            }
        }
    }

    /// Forgets all of them, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.keys.clear();
        self.index.refill(std::iter::empty());
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&[u8], &V) -> bool) {
        let Self { index, slots, keys } = self;
        slots.retain(|slot| keep(slot.key(keys), &slot.value));
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
pub(super) fn fetch<'p, V: 'p>(searches: impl Iterator<Item = (u32, &'p Part<V>)> + Clone) {
    let slots = searches.filter_map(|(hash, part)| Some((part, &part.slots[part.index.likely(hash)?])));
    black_box(slots.clone().fold(0, |all, (_, slot)| all ^ slot.start));
    black_box(slots.fold(0, |all, (part, slot)| all ^ part.keys.get(slot.start).copied().unwrap_or(0)));
}
