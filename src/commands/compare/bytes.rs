//! Who or what was sent more or fewer bytes.

use std::io;

use super::{BASELINE, Compare, WINDOW, value_columns};
use crate::aggregate::Requests;
use crate::report::{Table, Value};
use crate::spill::Space;
use crate::time::Window;

/// Changes of less than this part of all bytes of the greater side are no news.
const MIN_PART_OF_ALL: f64 = 0.01;
/// What is open on a side is as long as what was seen of it, but no shorter: of one request, no rate can be told.
const MIN_HOURS: f64 = 1.0;
const MILLIS_PER_HOUR: f64 = 3_600_000.0;

/// How long both sides are, in hours: windows that are closed from their start to their end, others from the first request to the last.
pub(super) fn hours(windows: Option<[Window; 2]>, all: &[Requests; 2]) -> [f64; 2] {
    [BASELINE, WINDOW].map(|side| {
        let window = windows.map(|windows| windows[side]);
        let closed = window.and_then(|window| window.since.zip(window.until));
        match (closed, all[side].seen.get()) {
            (Some((since, until)), _) => (until.millis() - since.millis()) as f64 / MILLIS_PER_HOUR,
            (None, Some((first, last))) => {
                ((last.millis() - first.millis()) as f64 / MILLIS_PER_HOUR).max(MIN_HOURS)
            }
            (None, None) => MIN_HOURS,
        }
    })
}

/// A value that was sent more or fewer bytes an hour.
struct Change<'a> {
    by: usize,
    key: &'a [u8],
    name: &'static str,
    bytes: [u64; 2],
    /// The new rate by the old one.
    factor: Option<f64>,
    /// How many more or fewer bytes an hour.
    difference: f64,
}

impl<'a> Change<'a> {
    /// `None` if it has changed too little to be shown.
    fn of(
        (by, key): (usize, &'a [u8]),
        bytes: [u64; 2],
        hours: [f64; 2],
        least: f64,
        min_factor: f64,
    ) -> Option<Self> {
        let rates = [BASELINE, WINDOW].map(|side| bytes[side] as f64 / hours[side]);
        let factor = rates[WINDOW] / rates[BASELINE];
        let difference = rates[WINDOW] - rates[BASELINE];
        let name = match bytes {
            [0, 0] => return None,
            _ if difference.abs() < least => return None,
            [0, _] => "new",
            [_, 0] => "gone",
            _ if factor >= min_factor => "up",
            _ if factor * min_factor <= 1.0 => "down",
            _ => return None,
        };
        let factor = Some(factor).filter(|factor| factor.is_finite());
        Some(Self { by, key, name, bytes, factor, difference })
    }
}

/// The changes, greatest first.
pub(super) fn table(
    compare: &Compare,
    hours: [f64; 2],
    min_factor: f64,
    limit: usize,
    space: &Space,
) -> io::Result<Table> {
    let rates = [BASELINE, WINDOW].map(|side| compare.all[side].bytes_sent as f64 / hours[side]);
    let least = rates[BASELINE].max(rates[WINDOW]) * MIN_PART_OF_ALL;
    let groups = compare.groups.iter().enumerate();
    let mut changes: Vec<Change<'_>> = groups
        .flat_map(|(by, groups)| groups.iter().map(move |(key, counts)| ((by, key), counts.bytes)))
        .filter_map(|(place, bytes)| Change::of(place, bytes, hours, least, min_factor))
        .collect();
    changes.sort_unstable_by(|a, b| {
        b.difference.abs().total_cmp(&a.difference.abs()).then_with(|| (a.by, a.key).cmp(&(b.by, b.key)))
    });
    let table = Table::builder("bytes", "Changes in bytes sent, greatest first", []);
    value_columns(table, compare, |change: &&Change<'_>| (change.by, change.key))
        .word("change", |change| change.name)
        .column("baseline_bytes_sent", Value::Bytes, |change| change.bytes[BASELINE])
        .headed("baseline")
        .column("window_bytes_sent", Value::Bytes, |change| change.bytes[WINDOW])
        .headed("window")
        .column("factor", Value::decimal, |change| change.factor)
        .total(changes.len() as u64)
        .note("factor: bytes an hour in the window ÷ bytes an hour in the baseline")
        .build_with(space, |put| changes.iter().take(limit).try_for_each(|change| put(&change)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_a_change() {
        let name = |bytes| Change::of((0, b""), bytes, [24.0, 12.0], 10.0, 2.0).map(|change| change.name);
        assert_eq!(name([0, 120]), Some("new"));
        assert_eq!(name([240, 0]), Some("gone"));
        // As many bytes in half of the time.
        assert_eq!(name([480, 480]), Some("up"));
        assert_eq!(name([480, 120]), Some("down"));
        assert_eq!(name([480, 470]), None);
        // Less than a hundredth of all.
        assert_eq!(name([0, 119]), None);
        assert_eq!(name([0, 0]), None);
    }

    #[test]
    fn how_long_the_sides_are() {
        let of = |since: &str, until: &str| {
            let at = |text: &str| {
                text.parse::<i64>().ok().map(|hour| crate::time::Timestamp::from_millis(hour * 3_600_000))
            };
            Window { since: at(since), until: at(until) }
        };
        let mut seen = Requests::default();
        seen.seen.add(crate::time::Timestamp::from_millis(0));
        let once = seen;
        seen.seen.add(crate::time::Timestamp::from_millis(5 * 3_600_000));
        assert_eq!(hours(Some([of("0", "24"), of("24", "36")]), &[once, seen]), [24.0, 12.0]);
        assert_eq!(hours(Some([of("", "24"), of("24", "")]), &[seen, once]), [5.0, 1.0]);
        assert_eq!(hours(None, &[Requests::default(), seen]), [1.0, 5.0]);
    }
}
