//! The records that come first by some rank, kept as their lines.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::record::Record;

/// How many times as much memory a record takes as a line and as a row of a table, with the text of its cells, as measured.
pub const ROW_BYTES_PER_LINE_BYTE: usize = 10;

/// The `limit` records of the greatest rank; ties by the line's text. They are kept as lines: whatever a report shows of them
/// is read from there again.
#[derive(Clone, Debug)]
pub struct TopRecords<R> {
    limit: usize,
    /// The one that goes first on top.
    heap: BinaryHeap<Reverse<RankedLine<R>>>,
    total: u64,
    /// What the lines take.
    line_bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct RankedLine<R> {
    rank: R,
    line: Vec<u8>,
}

impl<R: Ord> Ord for RankedLine<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank).then_with(|| other.line.cmp(&self.line))
    }
}

impl<R: Ord> PartialOrd for RankedLine<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R: Ord> TopRecords<R> {
    /// Keeps `limit` records at the most.
    pub fn new(limit: usize) -> Self {
        Self { limit, heap: BinaryHeap::new(), total: 0, line_bytes: 0 }
    }

    /// Takes in one more record.
    #[inline]
    pub fn add(&mut self, rank: R, record: &Record<'_>) {
        self.total += 1;
        self.keep(rank, record.line());
    }

    fn keep(&mut self, rank: R, line: &[u8]) {
        if self.heap.len() < self.limit {
            self.line_bytes += line.len();
            self.heap.push(Reverse(RankedLine { rank, line: line.to_vec() }));
            return;
        }
        let Some(mut least) = self.heap.peek_mut() else { return };
        let Reverse(kept) = &*least;
        if rank.cmp(&kept.rank).then_with(|| kept.line.as_slice().cmp(line)) == Ordering::Greater {
            // The old line's memory serves for the new one.
            self.line_bytes = self.line_bytes - least.0.line.len() + line.len();
            least.0.rank = rank;
            least.0.line.clear();
            least.0.line.extend_from_slice(line);
        }
    }

    /// Takes in what another part has selected.
    pub fn merge(&mut self, other: Self) {
        self.total += other.total;
        for Reverse(kept) in other.heap {
            self.keep(kept.rank, &kept.line);
        }
    }

    /// About how many bytes the records take, as lines and as the rows that they become.
    pub fn bytes(&self) -> usize {
        self.heap.len() * size_of::<RankedLine<R>>() + self.line_bytes.saturating_mul(ROW_BYTES_PER_LINE_BYTE)
    }

    /// How many records there were in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The lines of the selected records, greatest rank first.
    pub fn into_lines(self) -> Vec<Vec<u8>> {
        // Sorted by `Reverse`, so the greatest comes first.
        self.heap.into_sorted_vec().into_iter().map(|Reverse(kept)| kept.line).collect()
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
            let mut left = TopRecords::new(*limit);
            let mut right = TopRecords::new(*limit);
            for (place, line) in ["c2", "e1", "b2", "d3", "a2"].into_iter().enumerate() {
                let part = if place % 2 == 0 { &mut left } else { &mut right };
                part.keep(line.as_bytes()[1], line.as_bytes());
            }
            left.merge(right);
            let lines: Vec<_> =
                left.into_lines().into_iter().map(|line| String::from_utf8(line).unwrap()).collect();
            assert_eq!(lines, *expected);
        }
    }
}
