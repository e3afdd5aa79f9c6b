//! What keeps a table of groups within its memory, and says how far from the truth it then is.
//!
//! A table that is full leaves out the lighter half of its keys, each of which weighs at most some N; a key that comes back
//! begins anew. So no key's weight is ever too high, and it is too low by at most the sum of all these N: lossy counting
//! (Manku and Motwani, "Approximate Frequency Counts over Data Streams"). A frequent-items sketch would bound the same error,
//! but keeps nothing beside a count for each key. The number of different keys is estimated by HyperLogLog.

use std::fmt;

use datasketches::hll::HllUnion;

/// Registers of the estimate, as a power of two: 16 kB, and a standard error of 0.8 %.
const REGISTERS: u8 = 14;
const STANDARD_ERROR: f64 = 0.008;

/// How far from the truth an approximate table can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Approximation {
    /// How much too low any count can be. None is too high.
    pub(crate) undercount: u64,
    /// How many different keys there were, about.
    pub(crate) distinct: u64,
}

impl fmt::Display for Approximation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { undercount, distinct } = self;
        let error = STANDARD_ERROR * 100.0;
        write!(
            f,
            "approximate, ±{undercount}: --memory did not hold all keys, so a count can be up to {undercount} too low; \
             about {distinct} different keys (standard error {error:.1} %)"
        )
    }
}

/// The bound of a table's memory, and what had to be given up for it.
#[derive(Clone, Debug)]
pub(super) struct LossyCounting {
    memory: usize,
    undercount: u64,
    /// Every key that was ever seen, from when the first one was left out.
    distinct: Option<Box<HllUnion>>,
}

impl LossyCounting {
    pub(super) fn new(memory: usize) -> Self {
        Self { memory, undercount: 0, distinct: None }
    }

    /// How many bytes the table may take.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Notes a key that is new to the table.
    #[inline]
    pub(super) fn seen(&mut self, key: &[u8]) {
        if let Some(distinct) = &mut self.distinct {
            distinct.update_value(key);
        }
    }

    /// Notes that keys of at most this weight are left out. `keys` are all keys that the table holds before.
    pub(super) fn leave_out<'k>(&mut self, weight: u64, keys: impl Iterator<Item = &'k [u8]>) {
        self.undercount = self.undercount.saturating_add(weight);
        self.count_distinct(keys);
    }

    /// Takes in the bound of another part, and what that had to give up. `keys` are all keys that this part's table holds, and
    /// `others` those that the other's holds.
    pub(super) fn merge<'k>(
        &mut self,
        other: &Self,
        keys: impl Iterator<Item = &'k [u8]>,
        others: impl Iterator<Item = &'k [u8]>,
    ) {
        self.memory = self.memory.saturating_add(other.memory);
        self.undercount = self.undercount.saturating_add(other.undercount);
        if other.distinct.is_some() {
            self.count_distinct(keys);
        }
        match (&mut self.distinct, &other.distinct) {
            (Some(own), Some(distinct)) => own.update(&distinct.to_sketch(datasketches::hll::HllType::Hll8)),
            (Some(own), None) => others.for_each(|key| own.update_value(key)),
            (None, _) => {}
        }
    }

    fn count_distinct<'k>(&mut self, keys: impl Iterator<Item = &'k [u8]>) {
        if self.distinct.is_none()
            && let Ok(mut distinct) = HllUnion::new(REGISTERS)
        {
            keys.for_each(|key| distinct.update_value(key));
            self.distinct = Some(Box::new(distinct));
        }
    }

    pub(super) fn approximation(&self) -> Option<Approximation> {
        let distinct = self.distinct.as_ref()?.estimate().round() as u64;
        Some(Approximation { undercount: self.undercount, distinct })
    }
}

#[cfg(test)]
mod tests {
    use super::super::GroupTable;

    #[test]
    fn a_bounded_table_keeps_its_word() {
        let mut parts = [GroupTable::<u64>::bounded(20_000), GroupTable::bounded(20_000)];
        // Key k comes about 100,000 / k times, in an order that mixes them; and 50,000 keys come once.
        let mut truth = std::collections::HashMap::new();
        let mut add = |part: usize, key: String| {
            *truth.entry(key.clone()).or_insert(0u64) += 1;
            parts[part].update(key.as_bytes(), |count| *count += 1);
        };
        for round in 1..=2_000u64 {
            for key in 1..=50 {
                if round % key == 0 {
                    add((round % 2) as usize, format!("often/{key}"));
                }
            }
            for place in 0..25 {
                add((place % 2) as usize, format!("once/{round}/{place}"));
            }
        }
        let [mut all, other] = parts;
        all.merge(other);
        let approximation = all.approximation().expect("more than fits");
        for (key, count) in all.iter() {
            let truth = truth[std::str::from_utf8(key).expect("text")];
            assert!(*count <= truth && count + approximation.undercount >= truth, "{count} of {truth}");
        }
        // Every key that is more frequent than the error is there.
        for (key, count) in truth.iter().filter(|(_, count)| **count > approximation.undercount) {
            assert!(all.get(key.as_bytes()).is_some(), "{key} came {count} times");
        }
        let distinct = truth.len() as f64;
        assert!(
            (approximation.distinct as f64 - distinct).abs() < distinct * 0.04,
            "{approximation} of {distinct}"
        );
        assert!(approximation.undercount < 1_000, "{approximation}");
        assert_eq!(all.top(1, |count| *count)[0].0, b"often/1");
    }

    #[test]
    fn below_the_bound_all_is_exact() {
        let mut groups = GroupTable::<u64>::bounded(1 << 20);
        for key in 0..1_000u32 {
            groups.update(&key.to_le_bytes(), |count| *count += 1);
        }
        assert_eq!((groups.approximation(), groups.distinct()), (None, 1_000));
    }
}
