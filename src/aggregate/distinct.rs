//! How many different values each group has.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashSet};

use super::{Combination, DeriveOptions, Dimensions, GroupTable, Merge};
use crate::record::Record;

/// The different values of some dimensions in each group. Values are kept as 64-bit hashes, not as texts: a million different
/// values are counted right but for one time in ten million.
///
/// All parts that are merged have to be clones of one, so that they hash alike.
#[derive(Clone, Debug)]
pub struct Distinct {
    of: Vec<Dimensions>,
    groups: GroupTable<Sets>,
    hash: DefaultHashBuilder,
    /// How many bytes they may take.
    memory: usize,
    is_cut: bool,
}

/// A set for each of the dimensions.
#[derive(Clone, Debug, Default)]
struct Sets(Vec<HashSet<u64>>);

impl Merge for Sets {
    fn merge(&mut self, other: Self) {
        self.0.resize_with(self.0.len().max(other.0.len()), HashSet::default);
        for (set, more) in self.0.iter_mut().zip(other.0) {
            set.extend(more);
        }
    }

    fn heap_bytes(&self) -> usize {
        let sets = self.0.iter().map(HashSet::allocation_size).sum::<usize>();
        sets + self.0.capacity() * size_of::<HashSet<u64>>()
    }
}

impl Distinct {
    /// Counts the different values of each of `of` by itself, in about `memory` bytes. When they are full, no more values are
    /// taken in: see [`Distinct::is_approximate`].
    pub fn new(of: &[Combination], options: &DeriveOptions, memory: usize) -> Self {
        let of = of.iter().map(|of| Dimensions::of(of.0.clone(), options.clone())).collect();
        Self { of, groups: GroupTable::default(), hash: DefaultHashBuilder::default(), memory, is_cut: false }
    }

    /// Takes in one more record of a group. A null is no value, and neither is a combination of nulls.
    pub fn add(&mut self, group: &[u8], record: &Record<'_>) {
        if self.groups.bytes() > self.memory {
            self.is_cut = true;
            return;
        }
        let count = self.of.len();
        for (place, of) in self.of.iter_mut().enumerate() {
            let is_null = of.null_test();
            let value = of.key(record);
            // A group without any value is not kept: nobody bounds how many groups there are.
            if is_null(value) {
                continue;
            }
            let value = self.hash.hash_one(value);
            self.groups.update(group, |Sets(sets)| {
                sets.resize_with(count, HashSet::default);
                sets[place].insert(value);
            });
        }
    }

    /// About how many bytes the values and their groups take.
    pub fn bytes(&self) -> usize {
        self.groups.bytes()
    }

    /// Takes in what another part has seen.
    pub fn merge(&mut self, other: Self) {
        self.memory += other.memory;
        self.groups.merge(other.groups);
        self.is_cut |= other.is_cut;
    }

    /// Whether some values were not taken in, for want of memory: then counts can be too low.
    pub fn is_approximate(&self) -> bool {
        self.is_cut
    }

    /// How many different values a group has, for each of the dimensions.
    pub fn counts(&self, group: &[u8]) -> Vec<u64> {
        let sets = self.groups.get(group).map_or(&[][..], |sets| &sets.0);
        (0..self.of.len()).map(|place| sets.get(place).map_or(0, |set| set.len() as u64)).collect()
    }
}
