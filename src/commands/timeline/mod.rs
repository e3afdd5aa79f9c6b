//! `timeline`: requests, errors and bytes over time.

mod heatmap;
mod lines;
mod metric;

use std::str::FromStr;

use anyhow::bail;

use crate::aggregate::{
    Aggregate, Combination, Counted, DeriveOptions, Detailed, Details, Dimension, Dimensions, Distinct,
    GroupTable, Intervals, Merge as _, Requests, TimeRange,
};
use crate::args::{CommonArgs, DepthArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Note, Report, Table};
use crate::run::{Context, Exit, Run};
use crate::time::{Interval, IntervalCursor, Timestamp, Window, Zone};
use crate::value_error::ValueError;
use heatmap::{HeatMap, Rows};
use lines::Lines;
use metric::Metric;

/// What it does where nothing is typed.
const DEFAULTS: OutputDefaults = OutputDefaults { limit: 0, ..OutputDefaults::REPORT };

/// Requests, errors and bytes over time
///
/// Intervals in which nothing happened are shown as zero, to the ends of a window that
/// --since and --until give.
///
/// --by makes a column for each of the most frequent values, and `other` for the rest; formats for programs have a row for each value
/// and interval. --metric chooses what is shown in them. With --operation 'S3.*' --by operation it shows what S3's own work did:
/// expired objects, delete markers, aborted uploads, transitions.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al timeline logs/ --every 1d --tz Europe/Berlin
  s3al timeline logs/ --by status_class --every 15m --since 24h
  s3al timeline logs/ --metric bytes_sent --by requester
  s3al timeline logs/ --heatmap --tz Europe/Berlin
  s3al timeline logs/ --operation 'S3.*' --by operation --values 0")]
#[command(mut_args(DEFAULTS.said()))]
pub(crate) struct Args {
    /// Length of an interval: 1m, 15m, 1h, 6h, 1d, 1w, 1mo, or auto
    ///
    /// auto makes no more than 60 of them. A part of a day is counted from midnight in the zone of --tz; whole weeks begin on Monday.
    #[arg(long, value_name = "INTERVAL", default_value = "auto")]
    every: Every,

    /// A column for each value of a field or derived value (s3al help fields)
    #[arg(short, long, value_name = "FIELD")]
    by: Option<Dimension>,

    /// What is shown
    #[arg(long, value_name = "METRIC", value_enum, default_value_t = Metric::Requests)]
    metric: Metric,

    /// The hours of each day, or of each day of the week, as a map that is dark where there is much
    #[arg(
        long,
        value_name = "ROWS",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "auto",
        conflicts_with_all = ["every", "by"]
    )]
    heatmap: Option<Rows>,

    /// Number of --by values with a column of their own; 0 is all
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

struct Timeline<C> {
    by: Dimensions,
    zone: Zone,
    /// Counts are kept by intervals of this cursor, which are no longer than those that will be shown.
    cursor: IntervalCursor,
    /// How many intervals may be shown, if their length is to be chosen.
    most: Option<usize>,
    groups: GroupTable<Intervals<C>>,
    /// All requests, where they are grouped: what memory does not hold of the groups is counted here all the same.
    all: Intervals<C>,
    distinct: Option<Distinct>,
    seen: TimeRange,
}

impl<C: Counted> Aggregate for Timeline<C> {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        let time = record.timestamp();
        if time < self.seen.first || time > self.seen.last {
            self.seen.add(time);
            self.coarsen();
        }
        let start = self.cursor.start(time);
        let distinct = self.distinct.as_mut().map(|distinct| distinct.values(record));
        let details = Details { distinct, trend: false };
        self.groups.update(self.by.key(record), |intervals| intervals.value(start).add(record, details));
        if !self.by.list().is_empty() {
            self.all.value(start).add(record, details);
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

impl<C: Counted> Timeline<C> {
    fn new(args: &Args, options: &DeriveOptions, memory: usize, distinct: Option<Distinct>) -> Self {
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
            distinct,
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

/// Runs `timeline`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let run = Run::new(context, &args.common, DEFAULTS)?;
    if let Some(rows) = args.heatmap {
        return heatmap(run, rows, args.metric);
    }
    let options = run.derive(args.by.as_slice(), args.prefix)?;
    if args.metric == Metric::Requesters {
        let requester = Combination(vec![Dimension::Field(Field::Requester)]);
        let distinct = Distinct::new(&[requester], &options, run.space().memory());
        answer::<Detailed>(run, &args, &options, Some(distinct))
    } else {
        answer::<Requests>(run, &args, &options, None)
    }
}

fn heatmap(mut run: Run, rows: Rows, metric: Metric) -> anyhow::Result<Exit> {
    if metric == Metric::Requesters {
        bail!(
            "--heatmap adds hours up, and different requesters cannot be added up; choose another --metric"
        );
    }
    let (zone, limit) = (run.output.zone, run.output.limit);
    let table = run.aggregate(|| HeatMap::new(rows, metric, zone))?.table(limit);
    run.report(Report { name: "timeline", main: table.name, tables: vec![table], ..Report::default() })
}

fn answer<C: Counted>(
    mut run: Run,
    args: &Args,
    options: &DeriveOptions,
    distinct: Option<Distinct>,
) -> anyhow::Result<Exit> {
    let zone = run.output.zone;
    let memory = run.memory_of(1);
    let timeline = run.aggregate(|| Timeline::<C>::new(args, options, memory, distinct.clone()))?;
    let span = timeline.seen.get().map(|seen| whole(seen, run.filter.window()));
    let interval = match (timeline.most, span) {
        (Some(most), Some((first, last))) => timeline.cursor.interval().fitting(most, first, last, zone),
        _ => timeline.cursor.interval(),
    };
    let values = if args.values == 0 { usize::MAX } else { args.values };
    let mut lines = Lines::new(&timeline, interval, args.by, values, args.metric);
    let approximation: Vec<Note> = timeline.groups.approximation().map(Note::from).into_iter().collect();
    let mut notes = approximation.clone();
    notes
        .extend(distinct.filter(|_| lines.is_estimated()).map(|distinct| Note::Approximate(distinct.note())));
    if let Some((first, last)) = span {
        // Even the longest intervals to choose from can be too many, where a single record is of the year 9999.
        if interval.starts(first, last, zone).nth(timeline.most.unwrap_or(MAX_FILLED_INTERVALS)).is_none() {
            lines.starts.extend(interval.starts(first, last, zone));
        } else {
            notes.push("gaps are left out: there are too many".into());
        }
    }
    let limit = run.output.limit;
    let mut tables = vec![Table { notes: notes.clone(), ..lines.over_time(limit) }];
    if let Some(by) = args.by {
        tables.push(Table { notes, ..lines.side_by_side(by, limit) });
        tables.push(Table { notes: approximation, ..lines.by_value(by) });
    }
    run.report(Report { name: "timeline", main: "timeline", tables, ..Report::default() })
}

/// The first and the last moment to show: those of a typed window, or else of what was found.
fn whole((first, last): (Timestamp, Timestamp), window: Window) -> (Timestamp, Timestamp) {
    let end = window.until.map(|until| Timestamp::from_millis(until.millis().saturating_sub(1)));
    (window.since.unwrap_or(first), end.unwrap_or(last))
}
