//! The records that come first by some rank, kept as their lines.

use std::io;

use crate::record::Record;
use crate::spill::{Sorter, Space};
use crate::time::Timestamp;

/// What records are ranked by, as a number in the same order.
pub(crate) trait Rank {
    /// The number.
    fn number(&self) -> u64;
}

impl Rank for u64 {
    #[inline]
    fn number(&self) -> u64 {
        *self
    }
}

impl Rank for Timestamp {
    #[inline]
    fn number(&self) -> u64 {
        self.rank()
    }
}

/// The `limit` records of the greatest rank; ties by the line's text. They are kept as lines: whatever a report shows of them
/// is read from there again. What memory does not hold goes to a temporary file.
#[derive(Debug)]
pub(crate) struct TopRecords {
    lines: Sorter,
}

impl TopRecords {
    /// Keeps `limit` records at the most, and about `memory` bytes of them in memory.
    pub(crate) fn new(limit: usize, space: &Space, memory: usize) -> Self {
        Self { lines: Sorter::of_first(limit, space, memory) }
    }

    /// Takes in one more record.
    #[inline]
    pub(crate) fn add(&mut self, rank: impl Rank, record: &Record<'_>) {
        self.keep(&rank, record.line());
    }

    #[inline]
    fn keep(&mut self, rank: &impl Rank, line: &[u8]) {
        self.lines.push_numbered(!rank.number(), line, b"");
    }

    /// Takes in what another part has selected.
    pub(crate) fn merge(&mut self, other: Self) {
        self.lines.merge(other.lines);
    }

    /// About how many bytes the records take.
    pub(crate) fn bytes(&self) -> usize {
        self.lines.bytes()
    }

    /// How many records there were in all.
    pub(crate) fn total(&self) -> u64 {
        self.lines.len()
    }

    /// Hands on the lines of the selected records, greatest rank first.
    ///
    /// # Errors
    /// If a temporary file cannot be written or read, or if `take` fails.
    pub(crate) fn into_lines(self, take: &mut (dyn FnMut(&[u8]) -> io::Result<()> + Send)) -> io::Result<()> {
        self.lines.sorted()?.for_each(|key, _| take(key.get(size_of::<u64>()..).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greatest_first_and_ties_by_text() {
        let table: &[(usize, &[&str])] =
            &[(9, &["d3", "a2", "b2", "c2", "e1"]), (0, &[]), (2, &["d3", "a2"]), (3, &["d3", "a2", "b2"])];
        for (limit, expected) in table {
            let space = Space::new(std::env::temp_dir(), 1 << 20);
            let mut left = TopRecords::new(*limit, &space, 1 << 20);
            let mut right = TopRecords::new(*limit, &space, 0);
            for (place, line) in ["c2", "e1", "b2", "d3", "a2"].into_iter().enumerate() {
                let part = if place % 2 == 0 { &mut left } else { &mut right };
                part.keep(&u64::from(line.as_bytes()[1]), line.as_bytes());
            }
            left.merge(right);
            assert_eq!(left.total(), 5);
            let mut lines = Vec::new();
            let mut take = |line: &[u8]| {
                lines.push(String::from_utf8(line.to_vec()).unwrap());
                Ok(())
            };
            left.into_lines(&mut take).unwrap();
            assert_eq!(lines, *expected);
        }
    }
}
