//! How many different values each group has.

use std::hash::{DefaultHasher, Hasher as _};

use datasketches::hll::{HllSketch, HllType, HllUnion};
use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::{Combination, DeriveOptions, Dimensions, Merge};
use crate::record::Record;

/// Registers of an estimate, as a power of two: 4 kB for each set of values.
const REGISTERS: u8 = 12;
/// That of an estimate by so many registers which does not depend on the order of values: 1.04 / √4096.
const STANDARD_ERROR: f64 = 0.01625;
/// What a value takes in a set that is exact, with the room that the set keeps free.
const BYTES_PER_VALUE: usize = 16;
/// One set takes at most this part of the memory of an answer before it is estimated.
const MEMORY_DIVISOR: usize = 64;
/// So many values are exact however little memory there is.
const MIN_EXACT_VALUES: usize = 1 << 10;

/// Reads the values that are counted from records.
#[derive(Clone, Debug)]
pub(crate) struct Distinct {
    of: Vec<Dimensions>,
    exact: usize,
    hashes: Vec<Option<u64>>,
}

impl Distinct {
    /// Counts the different values of each of `of` by itself. How many of a set are counted exactly depends on `memory` and on
    /// nothing else, so that the answer is the same on any number of threads.
    pub(crate) fn new(of: &[Combination], options: &DeriveOptions, memory: usize) -> Self {
        let of = of.iter().map(|of| Dimensions::of(of.0.clone(), options.clone())).collect();
        let exact = (memory / MEMORY_DIVISOR / BYTES_PER_VALUE).max(MIN_EXACT_VALUES);
        Self { of, exact, hashes: Vec::new() }
    }

    /// The values of a record. A null is no value, and neither is a combination of nulls.
    pub(crate) fn values(&mut self, record: &Record<'_>) -> Values<'_> {
        let hash = |of: &mut Dimensions| {
            let is_null = of.null_test();
            let value = of.key(record);
            // Not seeded: the same input has to give the same estimate. To find many values with one hash of SipHash takes longer
            // than to send them.
            let mut hasher = DefaultHasher::new();
            hasher.write(value);
            (!is_null(value)).then(|| hasher.finish())
        };
        self.hashes.clear();
        self.hashes.extend(self.of.iter_mut().map(hash));
        Values { hashes: &self.hashes, exact: self.exact }
    }

    /// How far from the truth a count can be that is estimated.
    pub(crate) fn note(&self) -> String {
        format!(
            "distinct: counts of more than {} values are about right, ±2 % (standard error {:.1} %)",
            self.exact,
            STANDARD_ERROR * 100.0
        )
    }
}

/// The values of a record, as hashes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'d> {
    hashes: &'d [Option<u64>],
    exact: usize,
}

/// The different values of a group, a set for each of what is counted. Values are kept as 64-bit hashes, not as texts: a million
/// different values are counted right but for one time in ten million.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DistinctValues(Vec<Set>);

impl DistinctValues {
    /// Takes in those of one more record.
    pub(crate) fn add(&mut self, values: Values<'_>) {
        self.0.resize_with(values.hashes.len(), || Set::new(values.exact));
        for (set, hash) in self.0.iter_mut().zip(values.hashes) {
            if let Some(hash) = hash {
                set.insert(*hash);
            }
        }
    }

    /// How many there are of each.
    pub(crate) fn counts(&self) -> Vec<u64> {
        self.0.iter().map(Set::count).collect()
    }

    /// Whether any count is an estimate.
    pub(crate) fn is_estimated(&self) -> bool {
        self.0.iter().any(|set| matches!(set.values, SetOf::Many(_)))
    }
}

impl Merge for DistinctValues {
    fn merge(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
            return;
        }
        for (set, more) in self.0.iter_mut().zip(other.0) {
            set.merge(more);
        }
    }

    fn heap_bytes(&self) -> usize {
        self.0.iter().map(Set::heap_bytes).sum::<usize>() + self.0.capacity() * size_of::<Set>()
    }
}

/// Different values: exact for some of them, an estimate for many. Which of both it is depends on nothing but how many there are, so
/// that all ways to merge give the same answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Set {
    exact: usize,
    values: SetOf,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
enum SetOf {
    Few(HashSet<u64>),
    Many(Box<HllSketch>),
}

/// A set in a file.
#[derive(Serialize, Deserialize)]
enum Stored {
    Few(Vec<u64>),
    Many(Vec<u8>),
}

impl From<SetOf> for Stored {
    fn from(set: SetOf) -> Self {
        match set {
            SetOf::Few(values) => Self::Few(values.into_iter().collect()),
            SetOf::Many(sketch) => Self::Many(sketch.serialize()),
        }
    }
}

impl TryFrom<Stored> for SetOf {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        Ok(match stored {
            Stored::Few(values) => Self::Few(values.into_iter().collect()),
            Stored::Many(bytes) => {
                Self::Many(Box::new(HllSketch::deserialize(&bytes).map_err(|error| error.to_string())?))
            }
        })
    }
}

impl Set {
    fn new(exact: usize) -> Self {
        Self { exact, values: SetOf::Few(HashSet::default()) }
    }

    fn insert(&mut self, hash: u64) {
        match &mut self.values {
            SetOf::Few(values) => {
                values.insert(hash);
                self.condense();
            }
            SetOf::Many(sketch) => sketch.update(hash),
        }
    }

    fn condense(&mut self) {
        if let SetOf::Few(values) = &self.values
            && values.len() > self.exact
            && let Ok(mut sketch) = HllSketch::new(REGISTERS, HllType::Hll8)
        {
            values.iter().for_each(|hash| sketch.update(hash));
            self.values = SetOf::Many(Box::new(sketch));
        }
    }

    fn merge(&mut self, other: Self) {
        let (mut into, from) =
            match (std::mem::replace(&mut self.values, SetOf::Few(HashSet::default())), other.values) {
                (few @ SetOf::Few(_), many @ SetOf::Many(_)) => (many, few),
                pair => pair,
            };
        match (&mut into, from) {
            (SetOf::Many(into), SetOf::Many(from)) => {
                if let Ok(mut union) = HllUnion::new(REGISTERS) {
                    union.update(into);
                    union.update(&from);
                    **into = union.to_sketch(HllType::Hll8);
                }
            }
            (SetOf::Many(into), SetOf::Few(from)) => from.iter().for_each(|hash| into.update(hash)),
            (SetOf::Few(into), SetOf::Few(from)) => into.extend(from),
            (SetOf::Few(_), SetOf::Many(_)) => {}
        }
        self.values = into;
        self.condense();
    }

    fn count(&self) -> u64 {
        match &self.values {
            SetOf::Few(values) => values.len() as u64,
            // The usual estimate is better, but depends on the order in which values came.
            SetOf::Many(sketch) => sketch.composite_estimate().round() as u64,
        }
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        match &self.values {
            SetOf::Few(values) => values.allocation_size(),
            SetOf::Many(_) => size_of::<HllSketch>() + (1 << REGISTERS),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spill::{decode, encode};

    fn hash(value: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(value);
        hasher.finish()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// In any number of parts, some of them through a file, in any order.
        #[test]
        fn exact_or_within_what_is_said(
            count in prop_oneof![0u64..2_000, 1_000u64..60_000], parts in 1u64..5, step in prop::sample::select(vec![1u64, 7, 31]),
        ) {
            let mut whole = DistinctValues::default();
            let mut split = vec![DistinctValues::default(); parts as usize];
            // Every value twice.
            for place in 0..2 * count {
                let hashes = [Some(hash(place * step % count)), None];
                let values = Values { hashes: &hashes, exact: MIN_EXACT_VALUES };
                whole.add(values);
                split[(place % parts) as usize].add(values);
            }
            let distinct = (0..count).map(|place| place * step % count).collect::<HashSet<_>>().len() as u64;
            let merged = split.into_iter().rev().reduce(|mut all, part| {
                let mut bytes = Vec::new();
                encode(&part, &mut bytes);
                all.merge(decode(&bytes).expect("a set"));
                all
            }).expect("a part");
            prop_assert_eq!(merged.counts(), whole.counts());
            let counts = merged.counts();
            let told = counts.first().copied().unwrap_or_default();
            if merged.is_estimated() {
                prop_assert!(distinct > MIN_EXACT_VALUES as u64);
                // Four standard errors.
                prop_assert!(told.abs_diff(distinct) as f64 <= 4.0 * STANDARD_ERROR * distinct as f64, "{} of {}", told, distinct);
            } else {
                prop_assert_eq!(told, distinct);
            }
            prop_assert_eq!(counts.get(1).copied().unwrap_or_default(), 0);
        }
    }
}
