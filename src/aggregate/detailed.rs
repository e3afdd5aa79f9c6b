//! What is counted of a group: requests, and more of them where that was asked for.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{DistinctValues, Merge, Requests, TimeRange, Trend, Values};
use crate::record::Record;

/// What is asked for beside requests, errors and bytes.
#[derive(Clone, Copy)]
pub(crate) struct Details<'a> {
    /// The values of this record whose different ones are counted.
    pub(crate) distinct: Option<Values<'a>>,
    /// Whether requests are counted over time.
    pub(crate) trend: bool,
}

/// What is counted of a group.
pub(crate) trait Counted: Merge + Clone + Sync + Serialize + DeserializeOwned {
    /// Takes in one more request.
    fn add(&mut self, record: &Record<'_>, details: Details<'_>);
    /// Requests, errors and bytes.
    fn requests(&self) -> &Requests;
    /// How many different values there are, of each of what is counted.
    fn counts(&self) -> Vec<u64>;
    /// Whether any of these is an estimate.
    fn is_estimated(&self) -> bool;
    /// Requests over the time of all groups.
    fn over_time(&self, seen: TimeRange) -> Vec<u64>;
    /// Takes out requests that were counted too; how many different values are left cannot be told, so there are none.
    fn subtract(&mut self, other: &Self);
}

impl Counted for Requests {
    #[inline]
    fn add(&mut self, record: &Record<'_>, _: Details<'_>) {
        self.add(record);
    }

    fn requests(&self) -> &Requests {
        self
    }

    fn counts(&self) -> Vec<u64> {
        Vec::new()
    }

    fn is_estimated(&self) -> bool {
        false
    }

    fn over_time(&self, _: TimeRange) -> Vec<u64> {
        Vec::new()
    }

    fn subtract(&mut self, other: &Self) {
        self.subtract(other);
    }
}

/// Requests, different values of them, and when they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Detailed {
    requests: Requests,
    values: DistinctValues,
    trend: Trend,
}

impl Merge for Detailed {
    fn merge(&mut self, other: Self) {
        self.requests.merge(other.requests);
        self.values.merge(other.values);
        self.trend.merge(other.trend);
    }

    fn weight(&self) -> u64 {
        self.requests.weight()
    }

    fn heap_bytes(&self) -> usize {
        self.values.heap_bytes() + self.trend.heap_bytes()
    }
}

impl Counted for Detailed {
    fn add(&mut self, record: &Record<'_>, details: Details<'_>) {
        self.requests.add(record);
        if let Some(values) = details.distinct {
            self.values.add(values);
        }
        if details.trend {
            self.trend.add(record.timestamp());
        }
    }

    fn requests(&self) -> &Requests {
        &self.requests
    }

    fn counts(&self) -> Vec<u64> {
        self.values.counts()
    }

    fn is_estimated(&self) -> bool {
        self.values.is_estimated()
    }

    fn over_time(&self, seen: TimeRange) -> Vec<u64> {
        self.trend.over(seen)
    }

    fn subtract(&mut self, other: &Self) {
        self.requests.subtract(&other.requests);
        self.values = DistinctValues::default();
    }
}
