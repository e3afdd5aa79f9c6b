//! Where in a run the entries of a number are, so that threads can read the entries of one number each.

use std::sync::Arc;

use super::entries::number_of;

/// After so many bytes of a run it is noted again where the entries of a number begin.
const STEP: u64 = 64 << 10;

/// Where in a run the entries of some numbers begin, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Index(
    #[cfg_attr(
        not(any(feature = "sql", test)),
        expect(dead_code, reason = "only convert asks for a number")
    )]
    Arc<[(u64, u64)]>,
);

#[cfg(any(feature = "sql", test))]
impl Index {
    /// Where the entries of a number are, of those that are in `whole`; and few others.
    pub(super) fn part(&self, whole: std::ops::Range<u64>, number: u64) -> std::ops::Range<u64> {
        let after = self.0.partition_point(|(known, _)| *known <= number);
        let start = after.checked_sub(1).map_or(whole.start, |place| self.0[place].1);
        start..self.0.get(after).map_or(whole.end, |(_, start)| *start)
    }
}

/// Makes the index of a run while that is written.
#[derive(Debug, Default)]
pub(super) struct IndexBuilder {
    /// What the last key begins with.
    last: Option<u64>,
    /// Before this place nothing more is noted.
    next: Option<u64>,
    notes: Vec<(u64, u64)>,
}

impl IndexBuilder {
    /// Hears of the next key, and where its entry begins.
    #[inline]
    pub(super) fn see(&mut self, key: &[u8], at: u64) {
        let number = number_of(key);
        if self.last.replace(number) == Some(number) {
            return;
        }
        let next = *self.next.get_or_insert(at + STEP);
        if at >= next {
            self.notes.push((number, at));
            self.next = Some(at + STEP);
        }
    }

    pub(super) fn finish(self) -> Index {
        Index(self.notes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However little each number has: else a run would be read from its start for each of them.
    #[test]
    fn numbers_of_a_few_bytes_are_noted_too() {
        const LEN: u64 = 100;
        let mut builder = IndexBuilder::default();
        for number in 0..10_000_u64 {
            builder.see(&number.to_be_bytes(), 7 + number * LEN);
        }
        let (index, whole) = (builder.finish(), 7..7 + 10_000 * LEN);
        for number in 0..10_000 {
            let part = index.part(whole.clone(), number);
            let own = 7 + number * LEN..7 + (number + 1) * LEN;
            assert!(part.start <= own.start && own.end <= part.end, "{number}: {part:?}");
            assert!(part.end - part.start <= STEP + LEN, "{number}: {part:?}");
        }
    }
}
