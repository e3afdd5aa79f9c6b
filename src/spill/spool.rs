//! Entries that are given back in the order in which they came.

use std::io;

use super::Space;
use super::entries::{Entries, Key};
use super::run::{Run, RunFile, RunReader};

/// How much of a file is read at a time, in bytes.
const READ_SIZE: usize = 64 << 10;

/// Takes entries, and gives them back in their order as often as one likes. What memory does not hold goes to a temporary file.
#[derive(Debug)]
pub(crate) struct Spool {
    space: Space,
    memory: usize,
    file: RunFile,
    runs: Vec<Run>,
    /// What came after all that is in the file.
    entries: Entries,
    len: usize,
}

impl Spool {
    /// None yet; takes about `memory` bytes.
    pub(crate) fn new(space: &Space, memory: usize) -> Self {
        let (file, entries) = (RunFile::default(), Entries::default());
        Self { space: space.clone(), memory, file, runs: Vec::new(), entries, len: 0 }
    }

    /// Takes in one more entry.
    ///
    /// # Errors
    /// If it does not fit into memory and cannot be written.
    pub(crate) fn push(&mut self, entry: &[u8]) -> io::Result<()> {
        self.entries.push(Key::new(entry), b"");
        self.len += 1;
        if self.entries.bytes() > self.memory / 2 {
            self.runs.push(self.file.write(&self.space, self.entries.iter())?);
            self.entries.clear();
        }
        Ok(())
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Where its own space is.
    pub(crate) fn space(&self) -> &Space {
        &self.space
    }

    /// Hands all entries on, in their order.
    ///
    /// # Errors
    /// If a temporary file cannot be read, or if `take` fails.
    pub(crate) fn for_each(&self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let (mut entry, mut key_len) = (Vec::new(), 0);
        for run in &self.runs {
            let mut reader = RunReader::new(run.clone(), self.space.clone(), READ_SIZE);
            while reader.next(&mut entry, &mut key_len)? {
                take(&entry)?;
            }
        }
        self.entries.iter().try_for_each(|(entry, _)| take(entry))
    }
}
