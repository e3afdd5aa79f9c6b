//! Which objects were touched, and how: all of them while they are few, and a sample beyond.
//!
//! A sample by hash: the smallest hashes of all. Two samples of different requests hold the same objects, so what they have in common tells
//! how much all requests had in common ("bottom-k sketch"). Up to [`MAX_KEYS`] objects, numbers are exact.

use smallvec::SmallVec;

use crate::detect::event::kind;

/// How many objects of an hour are kept.
pub(crate) const MAX_KEYS: usize = 256;

/// An object of the sample: its hash, what was done with it, and in which order. From the highest bit on: 32 bits of the hash, 8 of kinds,
/// 12 for the second of the hour of the first read, 12 for the one after the last write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark(u64);

const NO_READ: u64 = 0xfff;

/// So many objects of a sample have to agree before it says anything of all: a single one in it can stand for hundreds, and is chance.
const MIN_SAMPLED: usize = 3;

impl Mark {
    #[inline]
    fn new(key: u64, kinds: u8, second: u16) -> Self {
        let second = u64::from(second).min(NO_READ - 1);
        let is = |kind: u8| kinds & kind != 0;
        let read = if is(kind::READ) { second } else { NO_READ };
        let written = if is(kind::WRITE) { second + 1 } else { 0 };
        Self(key >> 32 << 32 | u64::from(kinds) << 24 | read << 12 | written)
    }

    #[inline]
    fn hash(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    fn kinds(self) -> u8 {
        (self.0 >> 24) as u8
    }

    fn first_read(self) -> u64 {
        self.0 >> 12 & 0xfff
    }

    fn last_write(self) -> u64 {
        self.0 & 0xfff
    }

    /// Whether it was written in the second in which it was first read, or later.
    fn is_read_first(self) -> bool {
        self.first_read() < self.last_write()
    }

    /// The same object in both.
    fn merged(self, other: Self) -> Self {
        let read = self.first_read().min(other.first_read());
        let written = self.last_write().max(other.last_write());
        Self(self.0 >> 32 << 32 | u64::from(self.kinds() | other.kinds()) << 24 | read << 12 | written)
    }
}

/// Objects, each by a hash and what was done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    /// Sorted by hash. Most hours have few.
    marks: SmallVec<[Mark; 4]>,
    /// The greatest hash that the sample is sure to hold.
    threshold: u32,
}

impl Default for Keys {
    fn default() -> Self {
        Self { marks: SmallVec::new(), threshold: u32::MAX }
    }
}

impl Keys {
    /// Takes in an object by its hash, what was done with it (bits of [`kind`]), and in which second of the hour.
    #[inline]
    pub(crate) fn add(&mut self, key: u64, kinds: u8, second: u16) {
        self.put(Mark::new(key, kinds, second));
    }

    #[inline]
    fn put(&mut self, mark: Mark) {
        if mark.hash() > self.threshold {
            return;
        }
        match self.marks.binary_search_by_key(&mark.hash(), |known| known.hash()) {
            Ok(place) => self.marks[place] = self.marks[place].merged(mark),
            Err(place) => {
                self.marks.insert(place, mark);
                self.cut();
            }
        }
    }

    /// Keeps the bound.
    fn cut(&mut self) {
        if self.marks.len() > MAX_KEYS {
            self.marks.truncate(MAX_KEYS);
            self.threshold = self.marks.last().map_or(u32::MAX, |last| last.hash());
        }
    }

    /// Takes in those of another, and keeps the bound.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.add_all(other);
        self.cut();
    }

    /// Takes in those of another, and is as large as it takes: as exact as the less exact one of both.
    pub(crate) fn add_all(&mut self, other: &Self) {
        // Most often there is nothing to take in.
        if *other != Self::default() {
            *self = Self::union([&*self, other]);
        }
    }

    /// All of many, as large as it takes: as exact as the least exact one. They are sorted once, and not once each.
    pub(crate) fn union<'a>(all: impl IntoIterator<Item = &'a Self> + Clone) -> Self {
        let threshold = all.clone().into_iter().map(|one| one.threshold).min().unwrap_or(u32::MAX);
        let below = all.into_iter().flat_map(|one| {
            let end = one.marks.partition_point(|mark| mark.hash() <= threshold);
            one.marks[..end].iter().copied()
        });
        let mut sorted: Vec<Mark> = below.collect();
        sorted.sort_unstable_by_key(|mark| mark.hash());
        let mut marks: SmallVec<[Mark; 4]> = SmallVec::with_capacity(sorted.len());
        for mark in sorted {
            match marks.last_mut() {
                Some(last) if last.hash() == mark.hash() => *last = last.merged(mark),
                _ => marks.push(mark),
            }
        }
        Self { marks, threshold }
    }

    /// How many objects were written after they had been read in the same hour.
    pub(crate) fn read_and_written(&self) -> u64 {
        estimate(self.marks.iter().filter(|mark| mark.is_read_first()).count(), self.threshold)
    }

    /// How many objects were read, written or deleted, as asked.
    pub(crate) fn count(&self, kinds: u8) -> u64 {
        let counted = self.of(kinds).count();
        scaled(counted, self.threshold)
    }

    /// How many of the objects that had something done with them had something else done in any of other samples: exact while all are, else
    /// an estimate.
    pub(crate) fn overlap<'a>(
        &self,
        kinds: u8,
        others: impl IntoIterator<Item = &'a Self> + Clone,
        other_kinds: u8,
    ) -> u64 {
        let thresholds = others.clone().into_iter().map(|other| other.threshold);
        let threshold = thresholds.fold(self.threshold, u32::min);
        let below = |hash: &u32| *hash <= threshold;
        let mut own: Vec<(u32, bool)> = self.of(kinds).filter(below).map(|hash| (hash, false)).collect();
        // Both are sorted, so each sample is gone through once.
        for other in others {
            let mut others = other.of(other_kinds).filter(below).peekable();
            for (hash, is_in_both) in &mut own {
                while others.next_if(|other| other < hash).is_some() {}
                *is_in_both |= others.peek() == Some(hash);
            }
        }
        estimate(own.iter().filter(|(_, is_in_both)| *is_in_both).count(), threshold)
    }

    /// Which part of all objects of another sample, which holds those of this one too, had something done with them here. Only this
    /// sample is gone through.
    pub(crate) fn part_of(&self, all: &Self, kinds: u8) -> f64 {
        let threshold = self.threshold.min(all.threshold);
        let below = |keys: &Self| keys.marks.partition_point(|mark| mark.hash() <= threshold);
        let here = self.marks[..below(self)].iter().filter(|mark| mark.kinds() & kinds != 0).count();
        here as f64 / below(all).max(1) as f64
    }

    fn of(&self, kinds: u8) -> impl Iterator<Item = u32> {
        self.marks.iter().filter(move |mark| mark.kinds() & kinds != 0).map(|mark| mark.hash())
    }

    /// How many bytes it takes elsewhere.
    #[inline]
    pub(crate) fn heap_bytes(&self) -> usize {
        if self.marks.spilled() { self.marks.capacity() * size_of::<Mark>() } else { 0 }
    }
}

/// How many there are in all, if so many are below the threshold.
fn scaled(count: usize, threshold: u32) -> u64 {
    if threshold == u32::MAX {
        return count as u64;
    }
    (count as f64 * (f64::from(u32::MAX) / f64::from(threshold.max(1)))).round() as u64
}

/// The same of objects of which few can be there by chance.
fn estimate(count: usize, threshold: u32) -> u64 {
    if threshold < u32::MAX && count < MIN_SAMPLED { 0 } else { scaled(count, threshold) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::event::{hash, mix};

    fn keys(range: std::ops::Range<u64>, kinds: u8) -> Keys {
        let mut keys = Keys::default();
        range.for_each(|number| keys.add(mix(hash(&number.to_be_bytes()), number), kinds, 0));
        keys
    }

    #[test]
    fn few_objects_are_counted_exactly() {
        let (read, written) = (keys(0..200, kind::READ), keys(100..250, kind::WRITE));
        assert_eq!((read.count(kind::READ), read.count(kind::WRITE)), (200, 0));
        assert_eq!(written.overlap(kind::WRITE, [&read], kind::READ), 100);
        let parts = [&keys(0..120, kind::READ), &keys(110..130, kind::READ), &keys(240..300, kind::READ)];
        assert_eq!(written.overlap(kind::WRITE, parts, kind::READ), 40);
        let mut all = read.clone();
        all.merge(&written);
        let mut other = written.clone();
        other.merge(&read);
        assert_eq!(all, other);
        assert_eq!((all.count(kind::READ | kind::WRITE), all.count(kind::WRITE)), (250, 150));
        assert_eq!((read.part_of(&all, kind::READ), read.part_of(&all, kind::WRITE)), (0.8, 0.0));
    }

    #[test]
    fn all_of_many_are_those_of_each_after_the_other() {
        let parts: Vec<Keys> =
            (0..9_u64).map(|part| keys(part * 60..part * 60 + part * 90, kind::READ)).collect();
        let mut one_by_one = Keys::default();
        parts.iter().for_each(|part| one_by_one.add_all(part));
        assert_eq!(Keys::union(&parts), one_by_one);
        assert_eq!(Keys::union(parts.iter().rev()), one_by_one);
        assert_eq!(Keys::union([]), Keys::default());
    }

    #[test]
    fn what_was_read_before_it_was_written() {
        let mut keys = Keys::default();
        let key = |number: u64| mix(hash(&number.to_be_bytes()), number);
        for (number, read, written) in [(1, 10, 20), (2, 20, 10), (3, 10, 10)] {
            keys.add(key(number), kind::WRITE, written);
            keys.add(key(number), kind::READ, read);
        }
        keys.add(key(4), kind::READ, 0);
        keys.add(key(5), kind::WRITE, 3_599);
        assert_eq!(keys.read_and_written(), 2);
    }

    /// One object in a sample of many would stand for hundreds.
    #[test]
    fn chance_is_no_estimate() {
        let read = keys(0..100_000, kind::READ);
        for number in 0..100_000 {
            let two = [&keys(number..number + 2, kind::DELETE)];
            assert_eq!(read.overlap(kind::READ, two, kind::DELETE), 0, "{number}");
        }
    }

    #[test]
    fn many_are_estimated() {
        let (read, written) = (keys(0..40_000, kind::READ), keys(20_000..30_000, kind::WRITE));
        let near = |found: u64, truth: f64, error: f64| {
            assert!((found as f64 / truth - 1.0).abs() < error, "{found} is not near {truth}");
        };
        near(read.count(kind::READ), 40_000.0, 0.3);
        near(read.overlap(kind::READ, [&written], kind::WRITE), 10_000.0, 0.6);
        let all = Keys::union([&read, &written]);
        let (both, first) = (all.overlap(u8::MAX, [&written], kind::WRITE), all.count(u8::MAX));
        assert!((written.part_of(&all, kind::WRITE) - both as f64 / first as f64).abs() < 0.001);
        assert!(read.heap_bytes() <= MAX_KEYS * 16);
    }
}
