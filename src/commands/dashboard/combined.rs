//! Counts of values that come together: who asks, with what, from where. A client sends many requests that differ in their keys only, so
//! a combination of values is looked up once, and not each of its values; what was counted of it goes to the tables of its values when
//! another one takes its place.

use std::hash::BuildHasher as _;

use hashbrown::DefaultHashBuilder;

use super::tops::Count;
use crate::aggregate::{Dimensions, GroupTable, Merge as _};
use crate::record::{Field, Record};

/// How many combinations are kept: a power of two, few enough to stay in the cache.
const SLOTS: usize = 1 << 10;
/// Longer ones are counted at once: a client can send texts of any length, and each slot keeps the memory of its longest.
const MAX_BYTES: usize = 1 << 10;
/// The length of a value that is not there.
const NULL: [u8; 4] = u32::MAX.to_le_bytes();

/// Tables of values of some fields.
pub(super) struct Combined<E> {
    fields: &'static [Field],
    tables: Vec<(Dimensions, GroupTable<Count>)>,
    slots: Vec<Slot<E>>,
    hash: DefaultHashBuilder,
    texts: Vec<u8>,
    /// What is known of a combination that is not kept.
    other: E,
}

/// A combination, what was counted of it, and whatever else is known of it.
struct Slot<E> {
    texts: Vec<u8>,
    /// Its keys in the tables.
    keys: Vec<Vec<u8>>,
    count: Count,
    extra: E,
}

impl<E: Default> Combined<E> {
    /// The tables are of values of `fields`, and of nothing else.
    pub(super) fn new(fields: &'static [Field], tables: Vec<(Dimensions, GroupTable<Count>)>) -> Self {
        Self {
            fields,
            tables,
            slots: Vec::new(),
            hash: DefaultHashBuilder::default(),
            texts: Vec::new(),
            other: E::default(),
        }
    }

    /// Counts a record. Returns what is known of its combination, which begins anew whenever it was not kept.
    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>, one: Count) -> &mut E {
        self.read(record);
        if self.texts.len() > MAX_BYTES {
            return self.add_long(record, one);
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || Slot {
                texts: Vec::new(),
                keys: vec![Vec::new(); self.tables.len()],
                count: Count::default(),
                extra: E::default(),
            });
        }
        let place = self.hash.hash_one(&self.texts) as usize % SLOTS;
        if self.slots[place].texts != self.texts {
            self.replace(place, record);
        }
        let slot = &mut self.slots[place];
        slot.count.merge(one);
        &mut slot.extra
    }

    /// Writes what tells a combination from all others.
    #[inline]
    fn read(&mut self, record: &Record<'_>) {
        self.texts.clear();
        let tail = if self.fields.iter().any(|field| field.index() >= Field::HEAD) {
            record.tail()
        } else {
            Default::default()
        };
        for field in self.fields {
            // To find one field of the tail takes as long as to find all of them.
            let text = match field.index().checked_sub(Field::HEAD) {
                Some(place) => tail[place],
                None => record.get(*field),
            };
            match text {
                Some(text) => {
                    self.texts.extend_from_slice(&(text.len() as u32).to_le_bytes());
                    self.texts.extend_from_slice(text);
                }
                None => self.texts.extend_from_slice(&NULL),
            }
        }
    }

    /// Lets a combination take the place of another one.
    fn replace(&mut self, place: usize, record: &Record<'_>) {
        let slot = &mut self.slots[place];
        settle(slot, &mut self.tables);
        slot.texts.clear();
        slot.texts.extend_from_slice(&self.texts);
        slot.extra = E::default();
        for ((by, _), key) in self.tables.iter_mut().zip(&mut slot.keys) {
            key.clear();
            key.extend_from_slice(by.key(record));
        }
    }

    #[cold]
    fn add_long(&mut self, record: &Record<'_>, one: Count) -> &mut E {
        for (by, groups) in &mut self.tables {
            groups.update(by.key(record), |count| count.merge(one));
        }
        self.other = E::default();
        &mut self.other
    }

    fn settle(&mut self) {
        for mut slot in std::mem::take(&mut self.slots) {
            settle(&mut slot, &mut self.tables);
        }
    }

    /// Takes in what another part has seen.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.settle();
        other.settle();
        for ((_, groups), (_, more)) in self.tables.iter_mut().zip(other.tables) {
            groups.merge(more);
        }
    }

    /// About how many bytes the tables take.
    pub(super) fn bytes(&self) -> usize {
        self.tables.iter().map(|(_, groups)| groups.bytes()).sum()
    }

    /// The tables with all that was counted.
    pub(super) fn done(mut self) -> Vec<(Dimensions, GroupTable<Count>)> {
        self.settle();
        self.tables
    }
}

fn settle<E>(slot: &mut Slot<E>, tables: &mut [(Dimensions, GroupTable<Count>)]) {
    let counted = std::mem::take(&mut slot.count);
    if counted.requests == 0 {
        return;
    }
    for ((_, groups), key) in tables.iter_mut().zip(&slot.keys) {
        groups.update(key, |count| count.merge(counted));
    }
}
