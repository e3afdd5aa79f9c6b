//! How many records came more than once.

use std::io;
use std::sync::Arc;

use crate::aggregate::{Dedup, SeenIds};
use crate::record::Record;
use crate::spill::{Sorter, Space};

/// So many parts, by the first byte of an id, that the table of one stays in the cache.
const SHARDS: usize = 256;
/// A part is not looked through before it holds so many ids.
const MIN_IDS_TO_SORT: usize = 4096;

/// How many ids are kept, however little memory there is.
const MIN_IDS: usize = 4096;

/// Counts the records that came more than once. Ids are put aside by their first bits and looked up part by part: one table of
/// all of them is larger than the caches, and would have to be shared by the threads. What memory does not hold goes to a
/// temporary file.
pub(super) struct Duplicates {
    known: Arc<Dedup>,
    parts: Vec<Vec<u128>>,
    /// How many ids are in the parts, and how many may be.
    held: usize,
    most: usize,
    file: Sorter,
    /// How many have been left out of the parts.
    count: u64,
}

impl Duplicates {
    /// None yet; takes about `memory` bytes. All parts that are merged have to know records by the same ids.
    pub(super) fn new(known: Arc<Dedup>, space: &Space, memory: usize) -> Self {
        // While a part grows, its memory is there twice.
        let most = (memory / size_of::<u128>() / 2).max(MIN_IDS);
        let (parts, file) = (vec![Vec::new(); SHARDS], Sorter::new(space, 0));
        Self { known, parts, held: 0, most, file, count: 0 }
    }

    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>) {
        self.put(self.known.id(record));
    }

    #[inline]
    fn put(&mut self, id: u128) {
        let part = &mut self.parts[usize::from(id.to_be_bytes()[0])];
        if part.len() >= MIN_IDS_TO_SORT && part.len() == part.capacity() {
            let left_out = leave_out(part, &mut SeenIds::default());
            self.count += left_out;
            self.held -= left_out as usize;
            if part.len() > part.capacity() / 2 {
                part.reserve(part.capacity());
            }
        }
        part.push(id);
        self.held += 1;
        if self.held > self.most {
            self.write_out();
        }
    }

    /// Writes the ids to the file, in their order.
    #[cold]
    fn write_out(&mut self) {
        let Self { parts, file, held, count, .. } = self;
        file.push_run(|put| {
            for part in parts {
                part.sort_unstable();
                let before = part.len();
                part.dedup();
                *count += (before - part.len()) as u64;
                part.iter().try_for_each(|id| put(&id.to_be_bytes(), b""))?;
                // Not only emptied: another part may be the large one next.
                *part = Vec::new();
            }
            Ok(())
        });
        *held = 0;
    }

    /// About how many bytes the ids take.
    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(|part| size_of_val(&**part)).sum()
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.held += other.held;
        self.most += other.most;
        self.file.merge(other.file);
        for (part, mut more) in self.parts.iter_mut().zip(other.parts) {
            part.append(&mut more);
        }
    }

    /// How many records came after the first that is the same.
    ///
    /// # Errors
    /// If a temporary file could not be written or read.
    pub(super) fn count(mut self) -> io::Result<u64> {
        if self.file.is_empty() {
            let mut ids = SeenIds::default();
            return Ok(self.count + self.parts.iter_mut().map(|part| leave_out(part, &mut ids)).sum::<u64>());
        }
        self.write_out();
        let (sorted, mut last) = (self.file.sorted()?, None);
        sorted.for_each(|id, _| {
            let id: Option<[u8; 16]> = id.try_into().ok();
            self.count += u64::from(last == id);
            last = id;
            Ok(())
        })?;
        Ok(self.count)
    }
}

/// Leaves out ids that were seen before. Returns how many.
fn leave_out(part: &mut Vec<u128>, ids: &mut SeenIds) -> u64 {
    let before = part.len();
    ids.clear();
    part.retain(|id| ids.insert(*id));
    (before - part.len()) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_parts_give_the_count_of_a_naive_loop(
            runs in prop::collection::vec((0u128..40_000, 1u128..20_000), 0..8), parts in 1usize..4,
            memory in prop::sample::select(vec![0usize, 1 << 18, 1 << 30]),
        ) {
            let known = Arc::new(Dedup::default());
            let space = Space::new(std::env::temp_dir(), memory);
            let mut split: Vec<_> = (0..parts).map(|_| Duplicates::new(Arc::clone(&known), &space, memory)).collect();
            let mut naive = std::collections::BTreeSet::new();
            let mut all = 0;
            for (place, (start, length)) in runs.into_iter().enumerate() {
                for number in start..start + length {
                    // All in one part or in two, so that it is looked through more than once.
                    let id = number | (number & 1) << 120;
                    split[place % parts].put(id);
                    naive.insert(id);
                    all += 1;
                }
            }
            let merged = split.into_iter().reduce(|mut all, part| { all.merge(part); all });
            prop_assert_eq!(merged.unwrap().count().unwrap(), all - naive.len() as u64);
        }
    }
}
