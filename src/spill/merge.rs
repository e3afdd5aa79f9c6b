//! Merges runs: the entries of all of them in one order.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io;

use super::Space;
use super::entries::Entries;
use super::run::{Run, RunReader};

/// How many runs are read together.
pub(super) const MAX_MERGED_RUNS: usize = 64;
/// How much of each is read at a time, in bytes: about as much as there is memory for all of them, within these limits.
const READ_SIZES: std::ops::Range<usize> = 4 << 10..256 << 10;

/// The entries of several runs in the order of their keys; of equal keys, of their values.
#[derive(Debug)]
pub(crate) struct Merged<'e> {
    /// The next entry of each run.
    heads: BinaryHeap<Reverse<Head<'e>>>,
    /// Whether the first of them has been given out.
    is_given: bool,
}

/// The next entry of a run.
#[derive(Debug)]
struct Head<'e> {
    entry: Vec<u8>,
    key_len: usize,
    rest: Rest<'e>,
}

/// Where the entries after it are.
#[derive(Debug)]
enum Rest<'e> {
    File(RunReader),
    Memory(&'e Entries, usize),
}

impl Head<'_> {
    fn get(&self) -> (&[u8], &[u8]) {
        self.entry.split_at(self.key_len)
    }

    /// Goes on to the next entry, if there is one.
    fn advance(&mut self) -> io::Result<bool> {
        match &mut self.rest {
            Rest::File(reader) => reader.next(&mut self.entry, &mut self.key_len),
            Rest::Memory(entries, next) => {
                let Some((key, value)) = entries.get(*next) else { return Ok(false) };
                *next += 1;
                self.entry.clear();
                self.entry.extend_from_slice(key);
                self.entry.extend_from_slice(value);
                self.key_len = key.len();
                Ok(true)
            }
        }
    }
}

impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.get().cmp(&other.get())
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head<'_> {}

impl<'e> Merged<'e> {
    /// Begins with the first entry of each run, and with one of those in memory, which are sorted.
    pub(super) fn new(
        space: &Space,
        runs: &[Run],
        entries: Option<(&'e Entries, usize)>,
    ) -> io::Result<Self> {
        let size = (space.memory() / 4 / runs.len().max(1)).clamp(READ_SIZES.start, READ_SIZES.end);
        let files = runs.iter().map(|run| Rest::File(RunReader::new(run.clone(), space.clone(), size)));
        let mut heads = BinaryHeap::new();
        for rest in files.chain(entries.map(|(entries, first)| Rest::Memory(entries, first))) {
            let mut head = Head { entry: Vec::new(), key_len: 0, rest };
            if head.advance()? {
                heads.push(Reverse(head));
            }
        }
        Ok(Self { heads, is_given: false })
    }

    /// The next key and its value.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<(&[u8], &[u8])>> {
        if self.is_given
            && let Some(mut first) = self.heads.peek_mut()
            && !first.0.advance()?
        {
            PeekMut::pop(first);
        }
        self.is_given = true;
        Ok(self.head())
    }

    /// The one that was given out last.
    pub(super) fn head(&self) -> Option<(&[u8], &[u8])> {
        self.heads.peek().map(|Reverse(head)| head.get())
    }
}
