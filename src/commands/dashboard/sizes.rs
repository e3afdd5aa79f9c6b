//! How many requests took how long, and how many sent how much.

use crate::record::Record;
use crate::report::{Chart, Column, Table, Value};

/// Where ranges of response times begin, in milliseconds, and of responses, in bytes.
const TIMES: [(u64, &str); 10] = [
    (0, "0-9 ms"),
    (10, "10-24 ms"),
    (25, "25-49 ms"),
    (50, "50-99 ms"),
    (100, "100-249 ms"),
    (250, "250-499 ms"),
    (500, "0.5-1 s"),
    (1_000, "1-5 s"),
    (5_000, "5-30 s"),
    (30_000, "30 s and more"),
];
const SIZES: [(u64, &str); 9] = [
    (0, "nothing"),
    (1, "under 1 kB"),
    (1_000, "1-10 kB"),
    (10_000, "10-100 kB"),
    (100_000, "0.1-1 MB"),
    (1_000_000, "1-10 MB"),
    (10_000_000, "10-100 MB"),
    (100_000_000, "0.1-1 GB"),
    (1_000_000_000, "1 GB and more"),
];

/// The counts of all ranges.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sizes {
    times: [u64; TIMES.len()],
    sizes: [u64; SIZES.len()],
}

fn place<const N: usize>(ranges: &[(u64, &str); N], value: u64) -> usize {
    ranges.iter().rposition(|(start, _)| *start <= value).unwrap_or(0)
}

impl Sizes {
    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>) {
        if let Some(millis) = record.total_time() {
            self.times[place(&TIMES, millis)] += 1;
        }
        // What S3 does by itself sends nothing to anybody.
        if record.http_status().is_some() {
            self.sizes[place(&SIZES, record.bytes_sent().unwrap_or_default())] += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.times.iter_mut().zip(other.times).for_each(|(count, more)| *count += more);
        self.sizes.iter_mut().zip(other.sizes).for_each(|(count, more)| *count += more);
    }

    pub(super) fn tables(&self) -> [Table; 2] {
        [
            table("response_times", "Response times", "total_time", &TIMES, &self.times),
            table("response_sizes", "Sizes of responses", "bytes_sent", &SIZES, &self.sizes),
        ]
    }
}

fn table<const N: usize>(
    name: &'static str,
    title: &str,
    of: &'static str,
    ranges: &[(u64, &'static str); N],
    counts: &[u64; N],
) -> Table {
    Table::builder(name, title, ranges.iter().zip(counts))
        .one(Column::whole(of), |((_, words), _)| Value::from(*words))
        .column("requests", Value::Count, |(_, count)| **count)
        .chart(Chart::histogram(of, "requests"))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_in_order_and_hold_their_start() {
        assert!(TIMES.is_sorted_by_key(|(start, _)| *start) && SIZES.is_sorted_by_key(|(start, _)| *start));
        let places = [0, 9, 10, 24, 29_999, 30_000, u64::MAX].map(|millis| place(&TIMES, millis));
        assert_eq!(places, [0, 0, 1, 1, 8, 9, 9]);
        assert_eq!([0, 1, 999_999_999].map(|bytes| place(&SIZES, bytes)), [0, 1, 7]);
    }
}
