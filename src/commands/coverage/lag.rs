//! How late records were delivered.

use hashbrown::HashMap;

use crate::aggregate::Merge;
use crate::report::{Table, Value};
use crate::time::Timestamp;

/// From a record to the delivery of the log that holds it, in whole seconds: names of logs tell no more.
#[derive(Clone, Debug, Default)]
pub(super) struct Lag {
    seconds: HashMap<u64, u64>,
    /// Records of a later time than their delivery.
    after_delivery: u64,
}

impl Lag {
    #[inline]
    pub(super) fn add(&mut self, delivered: Timestamp, record: Timestamp) {
        let seconds = delivered.millis().saturating_sub(record.millis()).div_euclid(1000);
        match u64::try_from(seconds) {
            Ok(seconds) => *self.seconds.entry(seconds).or_default() += 1,
            Err(_) => self.after_delivery += 1,
        }
    }

    /// The lags of these shares of the records, and of the last one: at least so many had no more.
    fn quantiles(&self, percents: [u64; 3]) -> Option<[u64; 3]> {
        let mut seconds: Vec<(u64, u64)> = self.seconds.iter().map(|(lag, count)| (*lag, *count)).collect();
        seconds.sort_unstable();
        let total: u64 = seconds.iter().map(|(_, count)| count).sum();
        let last = seconds.last()?.0;
        Some(percents.map(|percent| {
            let mut left = (total * percent).div_ceil(100);
            let lag = seconds.iter().find(|(_, count)| {
                left = left.saturating_sub(*count);
                left == 0
            });
            lag.map_or(last, |(lag, _)| *lag)
        }))
    }

    pub(super) fn table(&self) -> Table {
        let lags = self.quantiles([50, 99, 100]);
        let records = self.seconds.values().sum();
        let millis = |place: usize| move |_: &&Self| lags.map(|lags| lags[place].saturating_mul(1000));
        let is_known = lags.is_some() || self.after_delivery > 0;
        let after_delivery = "after_delivery: records that are later than the time in the name of their log";
        Table::builder("lag", "From the request to the delivery of its record", is_known.then_some(self))
            .column("records", Value::Count, |_| records)
            .column("p50", Value::millis, millis(0))
            .column("p99", Value::millis, millis(1))
            .column("max", Value::millis, millis(2))
            .column("after_delivery", Value::Count, |lag| lag.after_delivery)
            .context()
            .notes((self.after_delivery > 0).then_some(after_delivery))
            .notes((!is_known).then_some("no source has a delivery time in its name"))
            .build()
    }
}

impl Merge for Lag {
    fn merge(&mut self, other: Self) {
        self.after_delivery += other.after_delivery;
        for (seconds, count) in other.seconds {
            *self.seconds.entry(seconds).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_lags_that_were() {
        let mut lag = Lag::default();
        assert_eq!(lag.quantiles([50, 99, 100]), None);
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        for seconds in 1..=200 {
            lag.add(at(1000), at(1000 - seconds));
        }
        lag.add(at(0), at(1));
        assert_eq!(lag.quantiles([50, 99, 100]), Some([100, 198, 200]));
        assert_eq!(lag.after_delivery, 1);
    }
}
