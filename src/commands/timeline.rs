//! `timeline`: requests, errors and bytes over time.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use crate::aggregate::{
    Aggregate, DeriveOptions, Dimension, Dimensions, GroupTable, Intervals, Merge as _, Requests, TimeRange,
    top_n,
};
use crate::args::{CommonArgs, DepthArgs, OutputDefaults};
use crate::record::Record;
use crate::report::{Builder, Chart, Column, Note, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::time::{Interval, IntervalCursor, Timestamp, Window, Zone};
use crate::value_error::ValueError;

/// Requests, errors and bytes over time
///
/// Requests, errors and bytes over time. Intervals in which nothing happened are shown as zero, to the ends of a window that
/// --since and --until give.
///
/// --by makes rows for each of the most frequent values, and `other` for the rest. With --operation 'S3.*' --by operation it
/// shows what S3's own work did: expired objects, delete markers, aborted uploads, transitions.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al timeline logs/ --every 1d --tz Europe/Berlin
  s3al timeline logs/ --by status_class --every 15m --since 24h
  s3al timeline logs/ --operation 'S3.*' --by operation --values 0")]
pub(crate) struct Args {
    /// Length of an interval: 1m, 15m, 1h, 6h, 1d, 1w, 1mo, or auto
    ///
    /// auto makes no more than 60 of them. A part of a day is counted from midnight in the zone of --tz; whole weeks begin on Monday.
    #[arg(long, value_name = "INTERVAL", default_value = "auto")]
    every: Every,

    /// Rows for each value of a field or derived value (s3al help fields)
    #[arg(long, value_name = "FIELD")]
    by: Option<Dimension>,

    /// Number of --by values with their own rows; 0 is all
    #[arg(long, value_name = "N", default_value_t = 5)]
    values: usize,

    #[command(flatten)]
    prefix: DepthArgs,

    #[command(flatten)]
    common: CommonArgs,
}

/// The length of an interval as it was typed.
#[derive(Clone, Copy, Debug)]
enum Every {
    Auto,
    Interval(Interval),
}

impl FromStr for Every {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        if typed.trim().eq_ignore_ascii_case("auto") {
            Ok(Self::Auto)
        } else {
            typed.parse().map(Self::Interval)
        }
    }
}

/// How many intervals there are at the most where nobody says how long they are: as rows, and as rows for each value.
const MAX_DEFAULT_ROWS: usize = 60;
const MAX_DEFAULT_ROWS_PER_VALUE: usize = 24;
/// Gaps are not filled where that makes more intervals than anyone wants to see.
const MAX_FILLED_INTERVALS: usize = 100_000;

struct Timeline {
    by: Dimensions,
    zone: Zone,
    /// Counts are kept by intervals of this cursor, which are no longer than those that will be shown.
    cursor: IntervalCursor,
    /// How many intervals may be shown, if their length is to be chosen.
    most: Option<usize>,
    groups: GroupTable<Intervals<Requests>>,
    /// All requests, where they are grouped: what memory does not hold of the groups is counted here all the same.
    all: Intervals<Requests>,
    seen: TimeRange,
}

impl Aggregate for Timeline {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let time = record.timestamp();
        if time < self.seen.first || time > self.seen.last {
            self.seen.add(time);
            self.coarsen();
        }
        let start = self.cursor.start(time);
        self.groups.update(self.by.key(record), |intervals| intervals.value(start).add(record));
        if !self.by.list().is_empty() {
            self.all.value(start).add(record);
        }
    }

    fn memory(&self) -> usize {
        self.groups.bytes() + self.all.heap_bytes()
    }

    fn merge(&mut self, mut other: Self) {
        self.seen.merge(other.seen);
        let interval = self.cursor.interval().max(other.cursor.interval());
        self.fold(interval);
        other.fold(interval);
        self.groups.merge(other.groups);
        self.all.merge(other.all);
    }
}

impl Timeline {
    fn new(args: &Args, options: &DeriveOptions, memory: usize) -> Self {
        let zone = options.zone;
        let (interval, most) = match args.every {
            Every::Interval(interval) => (interval, None),
            Every::Auto => (
                Interval::MINUTE,
                Some(if args.by.is_some() { MAX_DEFAULT_ROWS_PER_VALUE } else { MAX_DEFAULT_ROWS }),
            ),
        };
        Self {
            by: Dimensions::of(args.by.into_iter().collect(), options.clone()),
            zone,
            cursor: IntervalCursor::new(interval, zone),
            most,
            groups: GroupTable::bounded(memory),
            all: Intervals::default(),
            seen: TimeRange::default(),
        }
    }

    /// Keeps the counts by longer intervals as soon as it is sure that shorter ones will not be shown, so that memory depends
    /// on the number of values and not on the span of time.
    fn coarsen(&mut self) {
        let (Some(most), Some((first, last))) = (self.most, self.seen.get()) else { return };
        let interval = self.cursor.interval().within(most, first, last);
        if interval > self.cursor.interval() {
            self.fold(interval);
        }
    }

    fn fold(&mut self, interval: Interval) {
        if interval == self.cursor.interval() {
            return;
        }
        self.cursor = IntervalCursor::new(interval, self.zone);
        self.groups.update_all(|intervals| intervals.fold(|start| self.cursor.start(start)));
        self.all.fold(|start| self.cursor.start(start));
    }
}

/// The rows that belong to one value, or to all others.
struct Line {
    value: Option<Value>,
    all: Requests,
    intervals: BTreeMap<Timestamp, Requests>,
}

impl Line {
    fn new(value: Option<Value>) -> Self {
        Self { value, all: Requests::default(), intervals: BTreeMap::new() }
    }

    fn add(&mut self, intervals: &Intervals<Requests>, mut start: impl FnMut(Timestamp) -> Timestamp) {
        for (time, requests) in intervals.iter() {
            self.all.merge(*requests);
            self.intervals.entry(start(time)).or_default().merge(*requests);
        }
    }
}

impl Line {
    fn value(&self) -> Value {
        self.value.clone().unwrap_or(Value::Null)
    }

    /// Takes out what another line counts.
    fn subtract(&mut self, other: &Self) {
        self.all.subtract(&other.all);
        for (start, requests) in &other.intervals {
            if let Some(all) = self.intervals.get_mut(start) {
                all.subtract(requests);
            }
        }
    }
}

/// Runs `timeline`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(context, &args.common, OutputDefaults { limit: 0, ..OutputDefaults::default() })?;
    let zone = run.output.zone;
    let memory = run.memory_of(1);
    let options = run.derive(args.by.as_slice(), args.prefix)?;
    let timeline = run.aggregate(|| Timeline::new(&args, &options, memory))?;
    let span = timeline.seen.get().map(|seen| whole(seen, run.filter.window()));
    let interval = match (timeline.most, span) {
        (Some(most), Some((first, last))) => timeline.cursor.interval().fitting(most, first, last, zone),
        _ => timeline.cursor.interval(),
    };
    let values = if args.values == 0 { usize::MAX } else { args.values };
    let lines = lines(&timeline, interval, args.by, values);
    let mut notes: Vec<_> = timeline.groups.approximation().map(Note::from).into_iter().collect();
    let mut starts: BTreeSet<_> = lines.iter().flat_map(|line| line.intervals.keys().copied()).collect();
    if let Some((first, last)) = span {
        // Even the longest intervals to choose from can be too many, where a single record is of the year 9999.
        if interval.starts(first, last, zone).nth(timeline.most.unwrap_or(MAX_FILLED_INTERVALS)).is_none() {
            starts.extend(interval.starts(first, last, zone));
        } else {
            notes.push("gaps are left out: there are too many".into());
        }
    }
    let mut tables = vec![Table { notes, ..over_time(&lines, &starts, interval, args.by, run.output.limit) }];
    if let Some(by) = args.by {
        tables.push(by_value(&lines, &starts, by).notes(timeline.groups.approximation()).build());
    }
    run.report(Report { name: "timeline", main: "timeline", tables, ..Report::default() })
}

/// The first and the last moment to show: those of a typed window, or else of what was found.
fn whole((first, last): (Timestamp, Timestamp), window: Window) -> (Timestamp, Timestamp) {
    let end = window.until.map(|until| Timestamp::from_millis(until.millis().saturating_sub(1)));
    (window.since.unwrap_or(first), end.unwrap_or(last))
}

/// The most frequent values, and then the others together.
fn lines(timeline: &Timeline, interval: Interval, by: Option<Dimension>, most: usize) -> Vec<Line> {
    let mut cursor = IntervalCursor::new(interval, timeline.zone);
    let sum = |intervals: &Intervals<Requests>| {
        intervals.iter().map(|(_, requests)| requests.requests).sum::<u64>()
    };
    let groups = timeline.groups.iter().map(|(key, intervals)| (key, (sum(intervals), intervals)));
    let ranked = top_n(groups, usize::MAX, |(requests, _)| *requests);
    let is_whole = ranked.len() <= most && timeline.groups.approximation().is_none();
    let mut lines = Vec::new();
    for (key, (_, intervals)) in ranked.into_iter().take(most) {
        let value = timeline.by.values(key).pop().flatten();
        let mut line = Line::new(by.map(|by| Value::of_dimension(by, value.as_deref())));
        line.add(intervals, |time| cursor.start(time));
        lines.push(line);
    }
    if by.is_some() && !is_whole {
        let mut other = Line::new(Some("other".into()));
        other.add(&timeline.all, |time| cursor.start(time));
        lines.iter().for_each(|line| other.subtract(line));
        lines.push(other);
    }
    lines
}

fn over_time(
    lines: &[Line],
    starts: &BTreeSet<Timestamp>,
    interval: Interval,
    by: Option<Dimension>,
    limit: usize,
) -> Table {
    let total = starts.len() * lines.len();
    let all = starts.iter().flat_map(|start| lines.iter().map(move |line| (*start, line)));
    let rows = all
        .skip(total.saturating_sub(limit))
        .map(|(start, line)| (start, line, line.intervals.get(&start).copied().unwrap_or_default()));
    let title = match by {
        Some(by) => format!("Requests every {interval} by {by}"),
        None => format!("Requests every {interval}"),
    };
    let chart = match by {
        Some(_) => Chart::stack("time", &["requests"]).by(Some("value")),
        None => Chart::line("time", &["requests", "errors"]),
    };
    let mut table = Table::builder("timeline", title, rows).column("time", Value::Time, |(start, ..)| *start);
    if let Some(by) = by {
        table = table.one(Column::of_dimension(by), |(_, line, _)| line.value()).named("value");
    }
    table
        .column("requests", Value::Count, |(.., requests)| requests.requests)
        .column("errors", Value::Count, |(.., requests)| requests.errors)
        .column("bytes_sent", Value::Bytes, |(.., requests)| requests.bytes_sent)
        .context()
        .column("bytes_received", Value::Bytes, |(.., requests)| requests.bytes_received)
        .detail()
        .hide_zero()
        .chart(chart)
        .total(total as u64)
        .build()
}

/// One row for each value, with a line of its requests over time.
fn by_value<'a>(lines: &'a [Line], starts: &'a BTreeSet<Timestamp>, by: Dimension) -> Builder<'a, &'a Line> {
    let all: u64 = lines.iter().map(|line| line.all.requests).sum();
    Table::builder("values", format!("Requests by {by}"), lines)
        .one(Column::of_dimension(by), |line| line.value())
        .named("value")
        .column("requests", Value::Count, |line| line.all.requests)
        .column("share", Value::Share, move |line| line.all.requests as f64 / all as f64)
        .context()
        .column("errors", Value::Count, |line| line.all.errors)
        .column("bytes_sent", Value::Bytes, |line| line.all.bytes_sent)
        .context()
        .column("requests_over_time", Value::Series, |line| {
            let requests = |start| line.intervals.get(start).map_or(0, |requests| requests.requests);
            starts.iter().map(requests).collect()
        })
        .context()
        .column("bytes_received", Value::Bytes, |line| line.all.bytes_received)
        .detail()
        .hide_zero()
        .chart(Chart::bars("requests"))
}
