//! How late records were delivered.

use std::time::Duration;

use hashbrown::HashMap;

use crate::aggregate::Merge;
use crate::output::counted;
use crate::report::{Chart, Table, Value};
use crate::time::{Timestamp, length};

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

    /// How many were delivered more than this after the request.
    fn later_than(&self, lag: Duration) -> u64 {
        self.seconds.iter().filter(|(seconds, _)| **seconds > lag.as_secs()).map(|(_, count)| count).sum()
    }

    /// What to warn of: records that a window of time does not find with this lag.
    pub(super) fn warning(&self, lag: Duration) -> Option<String> {
        let late = self.later_than(lag);
        let latest = self.seconds.keys().max().filter(|_| late > 0)?;
        let (typed, latest) = (length(lag), Duration::from_secs(*latest));
        Some(format!(
            "{} delivered more than {typed} after the request, the latest {}: a window of time finds all of them with \
             --delivery-lag {}",
            counted(late, "record was", "records were"),
            length(latest),
            length(round_up(latest)),
        ))
    }

    /// `lag` is what other commands look for; `looked` is how long after a window of time logs were looked for.
    pub(super) fn table(&self, lag: Duration, looked: Option<Duration>) -> Table {
        let lags = self.quantiles([50, 99, 100]);
        let records = self.seconds.values().sum();
        let millis = |place: usize| move |_: &&Self| lags.map(|lags| lags[place].saturating_mul(1000));
        let late = self.later_than(lag);
        let looked = looked.map(|looked| {
            format!(
                "; in S3, logs were looked for that were delivered up to {} after --until",
                length(looked)
            )
        });
        let meaning = format!(
            "late: delivered more than {} (--delivery-lag) after the request{}",
            length(lag),
            looked.unwrap_or_default()
        );
        let is_known = lags.is_some() || self.after_delivery > 0;
        let after_delivery = "after_delivery: records that are later than the time in the name of their log";
        Table::builder("lag", "Delivery delay", is_known.then_some(self))
            .column("records", Value::Count, |_| records)
            .column("p50", Value::millis, millis(0))
            .column("p99", Value::millis, millis(1))
            .column("max", Value::millis, millis(2))
            .column("after_delivery", Value::Count, |lag| lag.after_delivery)
            .context()
            .column("late", Value::Count, move |_| late)
            .chart(Chart::cards())
            .notes([meaning])
            .notes((self.after_delivery > 0).then_some(after_delivery))
            .notes((!is_known).then_some("no source has a delivery time in its name"))
            .build()
    }
}

/// The time so long after another.
pub(super) fn later(time: Timestamp, lag: Duration) -> Timestamp {
    let millis = i64::try_from(lag.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(time.millis().saturating_add(millis))
}

/// The next whole hour, or the next whole day of more than a day.
fn round_up(lag: Duration) -> Duration {
    let unit = if lag > Duration::from_secs(DAY) { DAY } else { HOUR };
    Duration::from_secs(lag.as_secs().div_ceil(unit).max(1).saturating_mul(unit))
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

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
        assert_eq!(lag.later_than(Duration::from_secs(150)), 50);
        assert_eq!(lag.warning(Duration::from_secs(200)), None);
    }

    #[test]
    fn late_records_say_which_lag_finds_them() {
        let mut lag = Lag::default();
        lag.add(Timestamp::from_millis(30 * 3_600_000 + 1000), Timestamp::from_millis(0));
        lag.add(Timestamp::from_millis(1000), Timestamp::from_millis(0));
        let day = Duration::from_secs(DAY);
        let warning = "1 record was delivered more than 1d after the request, the latest 1d 6h 1s: a window of time finds all \
                       of them with --delivery-lag 2d";
        assert_eq!(lag.warning(day).as_deref(), Some(warning));
        assert_eq!(lag.warning(2 * day), None);
        for (lag, up) in [(1, HOUR), (HOUR, HOUR), (HOUR + 1, 2 * HOUR), (DAY, DAY), (DAY + 1, 2 * DAY)] {
            assert_eq!(round_up(Duration::from_secs(lag)), Duration::from_secs(up));
        }
    }
}
