//! A picture of coverage: a row a bucket, a cell an hour.

use std::ops::Range;

use super::hours::{Counted, HOUR};
use crate::record::Field;
use crate::report::{Audience, Chart, Column, Table, Value};
use crate::time::Timestamp;

/// A row has no more cells, so that it fits a terminal of 80 columns beside the name of a bucket.
const MAX_CELLS: i64 = 48;
/// How many hours a cell can be; longer ones are whole weeks.
const CELL_HOURS: [i64; 7] = [1, 2, 3, 6, 12, 24, 168];
/// Hours that are looked at one by one; in what is longer nobody would see a cell.
const MAX_HOURS: i64 = 20 * 366 * 24;

/// The records of each bucket over time; without rows where there is no time, or too much of it.
pub(super) fn table(buckets: &[(&[u8], Counted)], limit: usize) -> Table {
    let spans = buckets.iter().filter_map(|(_, hours)| hours.span());
    let span = spans.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)));
    let span = span.filter(|(first, last)| last.checked_sub(*first).is_some_and(|hours| hours <= MAX_HOURS));
    let buckets = if span.is_some() { buckets } else { &[] };
    let (first, last) = span.unwrap_or_default();
    let length = cell_hours(first, last);
    let start = first.div_euclid(length) * length;
    let cells =
        std::iter::successors(Some(start), |hour| Some(hour + length)).take_while(|hour| *hour <= last);
    let cells: Vec<Range<i64>> = cells.map(|hour| hour..hour + length).collect();
    let end = cells.last().map_or(start, |cell| cell.end);
    let count = |hours: &Counted, cell: &Range<i64>| {
        let is_missing = cell.clone().any(|hour| hours.is_missing(hour));
        (!is_missing).then(|| hours.sum(cell.clone()))
    };
    let mut rows: Vec<(&[u8], Vec<Option<u64>>, usize)> = buckets
        .iter()
        .map(|(bucket, hours)| {
            let counts: Vec<Option<u64>> = cells.iter().map(|cell| count(hours, cell)).collect();
            let missing = counts.iter().filter(|count| count.is_none()).count();
            (*bucket, counts, missing)
        })
        .collect();
    rows.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(b.0)));
    let total = rows.len() as u64;
    rows.truncate(limit);
    let every = if length < 24 { format!("{length}h") } else { format!("{}d", length / 24) };
    let at = |hour: i64| Timestamp::from_millis(hour * HOUR);
    // People need not see that there is no picture.
    let audience = if rows.is_empty() { Audience::Programs } else { Audience::All };
    Table::builder("strip", format!("Records every {every}"), rows)
        .field(Field::Bucket, |(bucket, ..)| Some(*bucket))
        .column("since", Value::Time, move |_| at(start))
        .detail()
        // One time alone would look as if all were of its day.
        .column("until", Value::Time, move |_| at(end))
        .detail()
        .for_people()
        .one(Column::whole("records_over_time"), |(_, counts, _)| {
            let of = counts.iter().copied().flatten().max().unwrap_or(0);
            Value::Cells { counts: counts.clone(), of }
        })
        .chart(Chart::heat_map("bucket", "records_over_time"))
        .total(total)
        .note("\u{d7}: hours expected to have records, and without any; the darker, the more of that bucket")
        .audience(audience)
        .build()
}

fn cell_hours(first: i64, last: i64) -> i64 {
    let cells = |length: i64| last.div_euclid(length) - first.div_euclid(length) + 1;
    let week = CELL_HOURS[CELL_HOURS.len() - 1];
    let longer = (1..).map(|weeks| weeks * week);
    CELL_HOURS.into_iter().chain(longer).find(|length| cells(*length) <= MAX_CELLS).unwrap_or(week)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_a_cell() {
        let of = |hours: i64| cell_hours(0, hours - 1);
        assert_eq!((of(1), of(48), of(49), of(24 * 7), of(24 * 48)), (1, 1, 2, 6, 24));
        assert_eq!((of(24 * 49), of(24 * 366), of(24 * 366 * 20)), (168, 336, 168 * 22));
    }
}
