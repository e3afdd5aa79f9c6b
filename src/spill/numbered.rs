//! Entries whose keys begin with a number, without those before them.

use std::cmp::Ordering;
use std::io;

use super::Space;
use super::entries::{Entries, number_of};
use super::merge::Merged;
use super::run::Run;

/// The entries whose keys begin with a number, in the order of their keys; of equal keys, of their values.
#[derive(Debug)]
pub(crate) struct OfNumber<'e> {
    merged: Merged<'e>,
    number: u64,
}

impl<'e> OfNumber<'e> {
    pub(super) fn new(
        space: &Space,
        runs: &[Run],
        entries: Option<&'e Entries>,
        number: u64,
    ) -> io::Result<Self> {
        let runs: Vec<Run> = runs.iter().map(|run| run.around(number)).collect();
        let entries = entries.map(|entries| (entries, entries.first_of(number)));
        Ok(Self { merged: Merged::new(space, &runs, entries)?, number })
    }

    /// The next key and its value.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<(&[u8], &[u8])>> {
        // The parts of the runs begin with entries of smaller numbers.
        while let Some((key, _)) = self.merged.next()? {
            match number_of(key).cmp(&self.number) {
                Ordering::Less => {}
                Ordering::Equal => return Ok(self.merged.head()),
                Ordering::Greater => break,
            }
        }
        Ok(None)
    }
}
