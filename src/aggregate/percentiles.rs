//! Percentiles of times and rates.

use hdrhistogram::Histogram;

use super::Merge;

/// So many values are kept as they are: most groups have few, and a histogram takes some kilobytes.
const MAX_EXACT_VALUES: usize = 64;
/// Decimal digits that a histogram keeps: its values are right within 1 %.
const SIGNIFICANT_DIGITS: u8 = 2;

/// The values of a group, so that any percentile can be told: exact for a few of them, within 1 % for many. The greatest is
/// always exact.
#[derive(Clone, Debug, Default)]
pub(crate) struct Percentiles {
    values: Values,
    max: u64,
}

#[derive(Clone, Debug)]
enum Values {
    Few(Vec<u64>),
    Many(Box<Histogram<u64>>),
}

impl Default for Values {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Percentiles {
    /// Takes in one more value.
    #[inline]
    pub(crate) fn add(&mut self, value: u64) {
        self.max = self.max.max(value);
        match &mut self.values {
            Values::Many(histogram) => record(histogram, value),
            Values::Few(values) => {
                values.push(value);
                self.condense();
            }
        }
    }

    /// What it is kept as depends on nothing but how many values there are, so that all ways to merge give the same answer.
    fn condense(&mut self) {
        if let Values::Few(values) = &self.values
            && values.len() > MAX_EXACT_VALUES
            && let Ok(mut histogram) = Histogram::new(SIGNIFICANT_DIGITS)
        {
            for value in values {
                record(&mut histogram, *value);
            }
            self.values = Values::Many(Box::new(histogram));
        }
    }

    /// How many values there are.
    pub(crate) fn count(&self) -> u64 {
        match &self.values {
            Values::Few(values) => values.len() as u64,
            Values::Many(histogram) => histogram.len(),
        }
    }

    /// The greatest value; `None` if there is none.
    pub(crate) fn max(&self) -> Option<u64> {
        (self.count() > 0).then_some(self.max)
    }

    /// The least value that is no less than this part (0 to 1) of all values; `None` if there is none.
    pub(crate) fn at(&self, quantile: f64) -> Option<u64> {
        let max = self.max()?;
        Some(match &self.values {
            Values::Few(values) => {
                let mut values = values.clone();
                values.sort_unstable();
                let rank = (quantile * values.len() as f64).ceil() as usize;
                values[rank.clamp(1, values.len()) - 1]
            }
            Values::Many(histogram) => histogram.value_at_quantile(quantile).min(max),
        })
    }
}

fn record(histogram: &mut Histogram<u64>, value: u64) {
    // It grows as it has to, so there is no value that it refuses.
    let _ = histogram.record(value);
}

impl Merge for Percentiles {
    #[inline]
    fn heap_bytes(&self) -> usize {
        match &self.values {
            Values::Few(values) => values.capacity() * size_of::<u64>(),
            Values::Many(histogram) => {
                size_of::<Histogram<u64>>() + histogram.distinct_values() * size_of::<u64>()
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.max = self.max.max(other.max);
        let (mut into, from) = match (std::mem::take(&mut self.values), other.values) {
            (few @ Values::Few(_), many @ Values::Many(_)) => (many, few),
            pair => pair,
        };
        match (&mut into, from) {
            (Values::Many(into), Values::Many(from)) => {
                // It grows as for single values.
                let _ = into.add(&*from);
            }
            (Values::Many(into), Values::Few(from)) => {
                from.into_iter().for_each(|value| record(into, value));
            }
            (Values::Few(into), Values::Few(from)) => into.extend(from),
            (Values::Few(_), Values::Many(_)) => {}
        }
        self.values = into;
        self.condense();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_values_are_exact() {
        let mut percentiles = Percentiles::default();
        assert_eq!((percentiles.at(0.5), percentiles.max()), (None, None));
        for value in [10, 30, 20, 40] {
            percentiles.add(value);
        }
        let values = [0.0, 0.25, 0.5, 0.9, 1.0].map(|quantile| percentiles.at(quantile));
        assert_eq!(values, [10, 10, 20, 40, 40].map(Some));
    }

    proptest! {
        /// Against the sorted values, in any number of parts, from milliseconds to days and beyond.
        #[test]
        fn within_one_percent_of_a_naive_loop(
            values in prop::collection::vec(prop_oneof![0u64..100, 0u64..100_000, 0u64..1_000_000_000, any::<u64>()], 1..400),
            parts in 1usize..4,
        ) {
            let mut split = vec![Percentiles::default(); parts];
            let mut whole = Percentiles::default();
            for (place, value) in values.iter().enumerate() {
                split[place % parts].add(*value);
                whole.add(*value);
            }
            let merged = split.into_iter().reduce(|mut all, part| { all.merge(part); all }).unwrap();
            let mut sorted = values;
            sorted.sort_unstable();
            prop_assert_eq!(merged.count(), sorted.len() as u64);
            prop_assert_eq!(merged.max(), sorted.last().copied());
            for quantile in [0.1, 0.5, 0.9, 0.99] {
                let rank = ((quantile * sorted.len() as f64).ceil() as usize).max(1);
                let (exact, told) = (sorted[rank - 1], merged.at(quantile).unwrap());
                prop_assert_eq!(Some(told), whole.at(quantile));
                prop_assert!(told.abs_diff(exact) <= exact / 100 + 1, "{} for {}", told, exact);
            }
        }
    }
}
