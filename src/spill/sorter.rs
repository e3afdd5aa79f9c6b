//! Entries that are given back in the order of their keys.

use std::io;

use super::Space;
use super::entries::{Entries, Key};
use super::merge::{MAX_MERGED_RUNS, Merged};
#[cfg(any(feature = "sql", test))]
use super::numbered::OfNumber;
use super::run::{Run, RunFile};

/// So few entries are not worth sorting to forget some.
const MIN_ENTRIES_TO_SORT: usize = 1 << 9;

/// Takes keys and values in any order. What memory does not hold goes to a temporary file in sorted runs.
#[derive(Debug)]
pub(crate) struct Sorter {
    space: Space,
    memory: usize,
    entries: Entries,
    file: RunFile,
    runs: Vec<Run>,
    len: u64,
    /// How many of the first ones are wanted.
    wanted: usize,
    /// No key after this one is among them.
    last: Option<Vec<u8>>,
}

impl Sorter {
    /// None yet; takes about `memory` bytes.
    pub(crate) fn new(space: &Space, memory: usize) -> Self {
        Self::of_first(usize::MAX, space, memory)
    }

    /// None yet; only the first `wanted` are asked for, and what cannot be one of them may be forgotten.
    pub(crate) fn of_first(wanted: usize, space: &Space, memory: usize) -> Self {
        let (space, entries, file) = (space.clone(), Entries::default(), RunFile::default());
        Self { space, memory, entries, file, runs: Vec::new(), len: 0, wanted, last: None }
    }

    /// Takes in one more entry. A failure to write is told by [`Space::check`] and by [`Sorter::sorted`].
    #[inline]
    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) {
        self.put(Key::new(key), value);
    }

    /// Takes in one more entry, whose key begins with a number.
    #[inline]
    pub(crate) fn push_numbered(&mut self, number: u64, rest: &[u8], value: &[u8]) {
        self.put(Key::of_number(number, rest), value);
    }

    #[inline]
    fn put(&mut self, key: Key<'_>, value: &[u8]) {
        self.len += 1;
        if self.last.as_ref().is_some_and(|last| key.is_after(last)) {
            return;
        }
        self.entries.push(key, value);
        // While it grows, its memory is there twice. To sort out what is not wanted pays where it is much.
        let is_much = self.entries.len() / 2 > self.wanted.max(MIN_ENTRIES_TO_SORT);
        if self.entries.bytes() > self.memory / 2 || is_much {
            self.make_room();
        }
    }

    /// Takes in entries that `write` hands on in their order: they go to the file.
    pub(crate) fn push_run(
        &mut self,
        write: impl FnOnce(&mut dyn FnMut(&[u8], &[u8]) -> io::Result<()>) -> io::Result<()>,
    ) {
        let written = self.file.writer(&self.space).and_then(|mut run| {
            write(&mut |key, value| {
                self.len += 1;
                run.push(key, value)
            })?;
            run.finish()
        });
        match written {
            Ok(run) => self.runs.push(run),
            Err(error) => self.space.fail(error),
        }
    }

    /// Forgets what is not wanted, and writes the rest to the file if it is still much.
    #[cold]
    fn make_room(&mut self) {
        self.entries.sort();
        if self.entries.len() > self.wanted {
            self.entries.truncate(self.wanted);
            self.last = self
                .wanted
                .checked_sub(1)
                .and_then(|last| self.entries.get(last))
                .map(|(key, _)| key.to_vec());
            if self.entries.bytes() <= self.memory / 4 {
                return;
            }
        }
        match self.file.write(&self.space, self.entries.iter()) {
            Ok(run) => self.runs.push(run),
            Err(error) => self.space.fail(error),
        }
        self.entries.clear();
    }

    /// About how many bytes it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.entries.bytes()
    }

    /// How many entries it was given.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Whether there was none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes in what another part has seen.
    pub(crate) fn merge(&mut self, mut other: Self) {
        self.len += other.len;
        self.memory = self.memory.saturating_add(other.memory);
        self.runs.append(&mut other.runs);
        for (key, value) in other.entries.iter() {
            self.push(key, value);
            self.len -= 1;
        }
    }

    /// All entries in their order.
    ///
    /// # Errors
    /// If a temporary file could not be written or read.
    pub(crate) fn sorted(mut self) -> io::Result<Sorted> {
        self.space.check()?;
        self.entries.sort();
        while self.runs.len() > MAX_MERGED_RUNS {
            // What has been merged is freed: the files of merged runs hold nothing else.
            let mut file = RunFile::default();
            let mut merged_runs = Vec::new();
            for runs in self.runs.chunks(MAX_MERGED_RUNS) {
                let mut merged = Merged::new(&self.space, runs, None)?;
                let mut writer = file.writer(&self.space)?;
                while let Some((key, value)) = merged.next()? {
                    writer.push(key, value)?;
                }
                merged_runs.push(writer.finish()?);
            }
            (self.runs, self.file) = (merged_runs, file);
        }
        Ok(Sorted { space: self.space, entries: self.entries, runs: self.runs, wanted: self.wanted })
    }
}

/// Entries in their order, to be read as often as one likes.
#[derive(Debug)]
pub(crate) struct Sorted {
    space: Space,
    entries: Entries,
    runs: Vec<Run>,
    wanted: usize,
}

impl Sorted {
    /// Hands on the entries that are wanted, in their order.
    ///
    /// # Errors
    /// If a temporary file cannot be read, or if `take` fails.
    pub(crate) fn for_each(&self, mut take: impl FnMut(&[u8], &[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut merged = self.iter()?;
        for _ in 0..self.wanted {
            let Some((key, value)) = merged.next()? else { break };
            take(key, value)?;
        }
        Ok(())
    }

    /// Reads them from the first one on.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(crate) fn iter(&self) -> io::Result<Merged<'_>> {
        Merged::new(&self.space, &self.runs, self.entries().map(|entries| (entries, 0)))
    }

    /// Reads those whose keys begin with a number, in their order. Threads can read one number each.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    #[cfg(any(feature = "sql", test))]
    pub(crate) fn of_number(&self, number: u64) -> io::Result<OfNumber<'_>> {
        OfNumber::new(&self.space, &self.runs, self.entries(), number)
    }

    fn entries(&self) -> Option<&Entries> {
        (self.entries.len() > 0).then_some(&self.entries)
    }
}
