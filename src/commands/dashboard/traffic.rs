//! Requests over time: by status, bytes, times, visitors, and the hours of the week.

use crate::aggregate::{
    Combination, DeriveOptions, Dimension, Distinct, DistinctValues, Merge, Percentiles, TimeRange,
};
use crate::record::{Field, Record};
use crate::report::{Chart, Column, Note, Table, Value};
use crate::semantics::{Outcome, bytes_received};
use crate::time::{Interval, IntervalCursor, Timestamp, Zone};

use super::over_time::OverTime;
use super::visitors::KnownVisitors;

/// How many points a chart has, and how many rows the table of days.
const MAX_INTERVALS: usize = 200;
const MAX_DAYS: usize = 400;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const HOURS: usize = 24;

/// Requests by the first digit of their status; S3's own work has none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Classes {
    pub(super) successes: u64,
    pub(super) redirects: u64,
    pub(super) client_errors: u64,
    pub(super) server_errors: u64,
    pub(super) own: u64,
}

/// Requests and bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) requests: u64,
    pub(super) classes: Classes,
    pub(super) errors: u64,
    /// Errors of what is not there.
    pub(super) missing: u64,
    pub(super) throttled: u64,
    pub(super) bytes_sent: u64,
    pub(super) bytes_received: u64,
}

impl Counts {
    /// Of one request.
    #[inline]
    fn of(record: &Record<'_>) -> Self {
        let outcome = Outcome::of(record);
        let mut classes = Classes::default();
        let class = match record.http_status() {
            None => &mut classes.own,
            Some(..=299) => &mut classes.successes,
            Some(300..=399) => &mut classes.redirects,
            Some(400..=499) => &mut classes.client_errors,
            Some(500..) => &mut classes.server_errors,
        };
        *class = 1;
        Self {
            requests: 1,
            classes,
            errors: u64::from(outcome.is_error()),
            missing: u64::from(outcome == Outcome::Missing),
            throttled: u64::from(outcome == Outcome::Throttled),
            bytes_sent: record.bytes_sent().unwrap_or_default(),
            bytes_received: bytes_received(record),
        }
    }
}

impl Merge for Counts {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.classes.successes += other.classes.successes;
        self.classes.redirects += other.classes.redirects;
        self.classes.client_errors += other.classes.client_errors;
        self.classes.server_errors += other.classes.server_errors;
        self.classes.own += other.classes.own;
        self.errors += other.errors;
        self.missing += other.missing;
        self.throttled += other.throttled;
        self.bytes_sent = self.bytes_sent.saturating_add(other.bytes_sent);
        self.bytes_received = self.bytes_received.saturating_add(other.bytes_received);
    }
}

/// What is kept of an interval.
#[derive(Debug, Default)]
struct Slot {
    counts: Counts,
    total_time: Percentiles,
    turn_around_time: Percentiles,
}

impl Merge for Slot {
    fn merge(&mut self, other: Self) {
        self.counts.merge(other.counts);
        self.total_time.merge(other.total_time);
        self.turn_around_time.merge(other.turn_around_time);
    }
}

/// What is kept of a day.
#[derive(Debug, Default)]
struct Day {
    counts: Counts,
    visitors: DistinctValues,
}

impl Day {
    fn visitors(&self) -> u64 {
        self.visitors.counts().first().copied().unwrap_or_default()
    }
}

impl Merge for Day {
    fn merge(&mut self, other: Self) {
        self.counts.merge(other.counts);
        self.visitors.merge(other.visitors);
    }
}

/// All requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct All {
    pub(super) counts: Counts,
    pub(super) seen: TimeRange,
    /// Those of all days together.
    pub(super) visitors: u64,
}

/// The requests over time.
pub(super) struct Traffic {
    zone: Zone,
    slots: OverTime<Slot>,
    days: OverTime<Day>,
    visitor: Distinct,
    known: KnownVisitors,
    hour: IntervalCursor,
    /// The hour of the week of an hour that was seen last.
    last: (Timestamp, usize),
    week: [u64; WEEKDAYS.len() * HOURS],
}

impl Traffic {
    pub(super) fn new(zone: Zone) -> Self {
        let visitor =
            Combination(vec![Dimension::Field(Field::RemoteIp), Dimension::Field(Field::UserAgent)]);
        Self {
            zone,
            slots: OverTime::new(Interval::MINUTE, MAX_INTERVALS, zone),
            days: OverTime::new(Interval::DAY, MAX_DAYS, zone),
            // As few values as it can be are counted exactly: there can be hundreds of days.
            visitor: Distinct::new(&[visitor], &DeriveOptions::default(), 0),
            known: KnownVisitors::default(),
            hour: IntervalCursor::new(Interval::HOUR, zone),
            last: (Timestamp::from_millis(i64::MIN), 0),
            week: [0; WEEKDAYS.len() * HOURS],
        }
    }

    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>) {
        let (time, one) = (record.timestamp(), Counts::of(record));
        let (_, slot) = self.slots.at(time);
        slot.counts.merge(one);
        if let Some(millis) = record.total_time() {
            slot.total_time.add(millis);
        }
        if let Some(millis) = record.turn_around_time() {
            slot.turn_around_time.add(millis);
        }
        let (start, day) = self.days.at(time);
        day.counts.merge(one);
        if self.known.is_new(record, start) {
            day.visitors.add(self.visitor.values(record));
        }
        let start = self.hour.start(time);
        if start != self.last.0 {
            self.last = (start, hour_of_week(start, self.zone));
        }
        self.week[self.last.1] += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.slots.merge(other.slots);
        self.days.merge(other.days);
        self.week.iter_mut().zip(other.week).for_each(|(count, more)| *count += more);
    }

    pub(super) fn bytes(&self) -> usize {
        self.slots.bytes() + self.days.bytes()
    }

    /// What was counted in all, the tables of it, and that of response times.
    pub(super) fn finish(self) -> (All, [Table; 4], Table) {
        let (week, seen) = (self.week, self.slots.seen());
        let note = self.visitor.note();
        let (interval, slots) = self.slots.finish();
        let (day, days) = self.days.finish();
        let mut counts = Counts::default();
        slots.iter().for_each(|(_, slot)| counts.merge(slot.counts));
        let all = All { counts, seen, visitors: days.iter().map(|(_, day)| day.visitors()).sum() };
        let tables =
            [over_time(interval, &slots), by_day(day, &days, note), by_weekday(&week), by_hour(&week)];
        (all, tables, times(interval, &slots))
    }
}

fn hour_of_week(start: Timestamp, zone: Zone) -> usize {
    let seconds = start.millis().div_euclid(1_000) + i64::from(zone.seconds_ahead(start).unwrap_or_default());
    // The epoch began on a Thursday.
    let hours = seconds.div_euclid(3_600) + 3 * 24;
    usize::try_from(hours.rem_euclid(7 * 24)).unwrap_or_default()
}

/// The columns of the requests by status.
const CLASSES: [&str; 5] = ["status_2xx", "status_3xx", "status_4xx", "status_5xx", "no_status"];

fn over_time(interval: Interval, slots: &[(Timestamp, Slot)]) -> Table {
    let of = |read: fn(&Counts) -> u64| move |(_, slot): &&(Timestamp, Slot)| read(&slot.counts);
    let mut table = Table::builder("over_time", format!("Requests every {interval}"), slots)
        .column("time", Value::Time, |(start, _)| *start)
        .column("requests", Value::Count, of(|counts| counts.requests))
        .column("errors", Value::Count, of(|counts| counts.errors))
        .column(CLASSES[0], Value::Count, of(|counts| counts.classes.successes))
        .context()
        .column(CLASSES[1], Value::Count, of(|counts| counts.classes.redirects))
        .context()
        .column(CLASSES[2], Value::Count, of(|counts| counts.classes.client_errors))
        .context()
        .column(CLASSES[3], Value::Count, of(|counts| counts.classes.server_errors))
        .context()
        .column(CLASSES[4], Value::Count, of(|counts| counts.classes.own))
        .detail()
        .column("throttled", Value::Count, of(|counts| counts.throttled))
        .context()
        .column("bytes_sent", Value::Bytes, of(|counts| counts.bytes_sent))
        .context()
        .column("bytes_received", Value::Bytes, of(|counts| counts.bytes_received))
        .detail()
        .chart(Chart::stack("time", &CLASSES))
        .chart(Chart::line("time", &["bytes_sent", "bytes_received"]));
    if slots.iter().any(|(_, slot)| slot.counts.throttled > 0) {
        table = table.chart(Chart::line("time", &["throttled"]));
    }
    table.note("no_status: S3's own work; throttled: status 503 and 429").build()
}

fn times(interval: Interval, slots: &[(Timestamp, Slot)]) -> Table {
    let total = |at: f64| move |(_, slot): &&(Timestamp, Slot)| slot.total_time.at(at);
    let turn_around = |at: f64| move |(_, slot): &&(Timestamp, Slot)| slot.turn_around_time.at(at);
    Table::builder("latency_over_time", format!("Response times every {interval}"), slots)
        .column("time", Value::Time, |(start, _)| *start)
        .column("total_time_p50", Value::millis, total(0.5))
        .column("total_time_p90", Value::millis, total(0.9))
        .column("total_time_p99", Value::millis, total(0.99))
        .column("turn_around_time_p50", Value::millis, turn_around(0.5))
        .context()
        .column("turn_around_time_p90", Value::millis, turn_around(0.9))
        .context()
        .column("turn_around_time_p99", Value::millis, turn_around(0.99))
        .context()
        .chart(Chart::line(
            "time",
            &["total_time_p99", "total_time_p90", "total_time_p50", "turn_around_time_p50"],
        ))
        .note(
            "total_time: the whole request, with the transfer; turn_around_time: S3's part; accurate to 1 %",
        )
        .build()
}

fn by_day(interval: Interval, days: &[(Timestamp, Day)], estimate: String) -> Table {
    let of = |read: fn(&Counts) -> u64| move |(_, day): &&(Timestamp, Day)| read(&day.counts);
    let is_estimated = days.iter().any(|(_, day)| day.visitors.is_estimated());
    Table::builder("days", format!("Requests and visitors every {interval}"), days)
        .column("time", Value::Time, |(start, _)| *start)
        .column("requests", Value::Count, of(|counts| counts.requests))
        .column("errors", Value::Count, of(|counts| counts.errors))
        .column("visitors", Value::Count, |(_, day)| day.visitors())
        .column("bytes_sent", Value::Bytes, of(|counts| counts.bytes_sent))
        .context()
        .chart(Chart::line("time", &["requests", "visitors"]))
        .note("visitors: different pairs of address and user agent")
        .notes(is_estimated.then(|| Note::Approximate(format!("visitors: {estimate}"))))
        .build()
}

fn by_weekday(week: &[u64]) -> Table {
    Table::builder("week", "Hours of the week", WEEKDAYS.iter().zip(week.chunks(HOURS)))
        .one(Column::whole("weekday"), |(day, _)| Value::from(**day))
        .column("requests", Value::Count, |(_, hours)| hours.iter().sum())
        .column("requests_by_hour", |hours: &[u64]| Value::Series(hours.to_vec()), |(_, hours)| *hours)
        .chart(Chart::heat_map("weekday", "requests_by_hour"))
        .build()
}

fn by_hour(week: &[u64]) -> Table {
    let of_hour = |hour: &usize| week.iter().skip(*hour).step_by(HOURS).sum::<u64>();
    Table::builder("hours", "Hours of the day", 0..HOURS)
        .column("hour_of_day", |hour| Value::Integer(hour as i64), |hour| *hour)
        .column("requests", Value::Count, of_hour)
        .chart(Chart::histogram("hour_of_day", "requests"))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_a_week() {
        let monday = 1_785_715_200_000;
        let at =
            |hours: i64, zone: Zone| hour_of_week(Timestamp::from_millis(monday + hours * 3_600_000), zone);
        assert_eq!([0, 1, 25, -1].map(|hours| at(hours, Zone::Utc)), [0, 1, 25, 167]);
        // Summer time.
        assert_eq!(at(0, "Europe/Berlin".parse().unwrap()), 2);
        assert_eq!(hour_of_week(Timestamp::from_millis(0), Zone::Utc), 3 * 24);
    }
}
