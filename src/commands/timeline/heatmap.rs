//! `--heatmap`: when in the week, or on which day, requests come.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate, Timelike as _};

use super::Metric;
use crate::aggregate::{Aggregate, Requests};
use crate::output::{counted, size};
use crate::record::Record;
use crate::report::{Chart, Column, Table, Value};
use crate::time::{Interval, IntervalCursor, Timestamp, Zone};

/// More days than this are shown by weekday, where nobody says how.
const MAX_DEFAULT_DAYS: i64 = 14;
/// Days without a request are not shown where that makes more rows than anyone wants to see.
const MAX_FILLED_DAYS: i64 = 1_000;
const HOURS: usize = 24;
/// The hours above their cells, of which each takes two signs.
const HOURS_HEADING: &str = "00    03    06    09    12    15    18    21   ";
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What a row of the map is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Rows {
    /// Days if there are two weeks of them at the most, else weekdays
    Auto,
    /// A row a day
    Days,
    /// A row for all Mondays, and so on
    Weekdays,
}

type Day = [u64; HOURS];

/// What there is in each hour.
pub(super) struct HeatMap {
    rows: Rows,
    metric: Metric,
    zone: Zone,
    cursor: IntervalCursor,
    /// The hour that was read last, and its place: neighboring lines share it.
    last: Option<(Timestamp, NaiveDate, usize)>,
    /// By weekday, from Monday on.
    week: [Day; 7],
    /// By day; none as soon as there are too many.
    days: Option<BTreeMap<NaiveDate, Day>>,
    /// Records of a time that no calendar holds.
    outside: u64,
}

impl Aggregate for HeatMap {
    fn add(&mut self, record: &Record<'_>) {
        let Some((date, hour)) = self.place(record.timestamp()) else {
            self.outside += 1;
            return;
        };
        let mut requests = Requests::default();
        requests.add(record);
        let amount = self.metric.of_requests(&requests);
        let cell = &mut self.week[date.weekday().num_days_from_monday() as usize][hour];
        *cell = cell.saturating_add(amount);
        if let Some(days) = &mut self.days {
            let cell = &mut days.entry(date).or_default()[hour];
            *cell = cell.saturating_add(amount);
            self.drop_days();
        }
    }

    fn merge(&mut self, other: Self) {
        let add = |all: &mut Day, more: &Day| {
            all.iter_mut().zip(more).for_each(|(all, more)| *all = all.saturating_add(*more));
        };
        self.week.iter_mut().zip(&other.week).for_each(|(all, more)| add(all, more));
        self.days = self.days.take().zip(other.days).map(|(mut all, more)| {
            more.iter().for_each(|(date, more)| add(all.entry(*date).or_default(), more));
            all
        });
        self.drop_days();
        self.outside += other.outside;
    }

    fn memory(&self) -> usize {
        self.days.as_ref().map_or(0, |days| days.len() * 2 * size_of::<(NaiveDate, Day)>())
    }
}

impl HeatMap {
    pub(super) fn new(rows: Rows, metric: Metric, zone: Zone) -> Self {
        Self {
            rows,
            metric,
            zone,
            cursor: IntervalCursor::new(Interval::HOUR, zone),
            last: None,
            week: [[0; HOURS]; 7],
            days: (rows != Rows::Weekdays).then(BTreeMap::new),
            outside: 0,
        }
    }

    /// The day and the hour of the zone's clocks; `None` where there are no such.
    fn place(&mut self, time: Timestamp) -> Option<(NaiveDate, usize)> {
        let start = self.cursor.start(time);
        match self.last {
            Some((last, date, hour)) if last == start => Some((date, hour)),
            _ => {
                let clock = self.zone.clock(time)?;
                let (date, hour) = (clock.date(), clock.hour() as usize);
                self.last = Some((start, date, hour));
                Some((date, hour))
            }
        }
    }

    /// Forgets days as soon as it is sure that they are not shown.
    fn drop_days(&mut self) {
        if self.rows == Rows::Auto
            && self.span().is_some_and(|(first, last)| days(first, last) > MAX_DEFAULT_DAYS)
        {
            self.days = None;
        }
    }

    fn span(&self) -> Option<(NaiveDate, NaiveDate)> {
        let days = self.days.as_ref()?;
        Some((*days.first_key_value()?.0, *days.last_key_value()?.0))
    }

    /// The map as a table.
    pub(super) fn table(self, limit: usize) -> Table {
        let by = if self.days.is_some() { "day" } else { "weekday" };
        let title = format!("{} by {by} and hour ({})", self.metric.title(), self.zone.name());
        let mut notes = Vec::new();
        if self.outside > 0 {
            notes.push(format!("{} requests have a time outside of the calendar", self.outside));
        }
        let all: Vec<(Option<NaiveDate>, Day)> = match (self.span(), self.days) {
            (_, None) => self.week.into_iter().map(|day| (None, day)).collect(),
            (None, Some(_)) => Vec::new(),
            (Some((first, last)), Some(mut held)) => {
                if days(first, last) <= MAX_FILLED_DAYS {
                    for date in first.iter_days().take_while(|date| *date <= last) {
                        held.entry(date).or_default();
                    }
                } else {
                    notes.push("days without a request are left out: there are too many".to_owned());
                }
                held.into_iter().map(|(date, day)| (Some(date), day)).collect()
            }
        };
        let of = all.iter().flat_map(|(_, day)| day).copied().max().unwrap_or(0);
        let (metric, total) = (self.metric, all.len());
        let shade = darkest(&all);
        let or_more = if shade < of { " or more" } else { "" };
        notes.insert(0, format!("a cell an hour, the darker the more: █ {}{or_more}", shown(metric, shade)));
        let rows = all.into_iter().enumerate().skip(total.saturating_sub(limit));
        let mut table = Table::builder("heatmap", title, rows);
        if by == "day" {
            table = table.column("day", Value::Text, |(_, (date, _))| {
                date.map(|date| date.to_string().into_bytes()).unwrap_or_default()
            });
        }
        let cells_name = format!("{}_by_hour", metric.name());
        let cells = Column::whole(cells_name.clone()).headed(HOURS_HEADING);
        table
            .word("weekday", |(place, (date, _))| {
                WEEKDAYS[date.map_or(*place, |date| date.weekday().num_days_from_monday() as usize) % 7]
            })
            .one(cells, move |(_, (_, day))| Value::Cells {
                counts: day.iter().copied().map(Some).collect(),
                of: shade,
            })
            .column(
                metric.name(),
                |amount| metric.value(Some(amount)),
                |(_, (_, day))| day.iter().fold(0_u64, |sum, amount| sum.saturating_add(*amount)),
            )
            .chart(Chart::heat_map(by, &cells_name))
            .total(total as u64)
            .notes(notes)
            .build()
    }
}

/// What is as dark as can be: so much that of the hours with anything one of twenty has more. A single rush would leave all others pale.
fn darkest(rows: &[(Option<NaiveDate>, Day)]) -> u64 {
    let mut amounts: Vec<u64> =
        rows.iter().flat_map(|(_, day)| day).copied().filter(|amount| *amount > 0).collect();
    amounts.sort_unstable();
    amounts.get((amounts.len() * 19).div_ceil(20).saturating_sub(1)).copied().unwrap_or(0)
}

/// An amount of the metric, as people read it.
fn shown(metric: Metric, amount: u64) -> String {
    match metric.value(Some(amount)) {
        Value::Bytes(bytes) => size(bytes),
        _ => counted(amount, "request", "requests"),
    }
}

/// How many days there are from the first to the last.
fn days(first: NaiveDate, last: NaiveDate) -> i64 {
    last.signed_duration_since(first).num_days() + 1
}
