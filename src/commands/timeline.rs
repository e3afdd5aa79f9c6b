//! `timeline`: requests, errors and bytes over time.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use crate::aggregate::{
    Aggregate, Clock, Dimension, Dimensions, Groups, Merge as _, Requests, Span, Step, Steps, first,
};
use crate::args::{CommonArgs, OutputDefaults};
use crate::filter::BadValue;
use crate::parser::{Entry, Timestamp, Zone};
use crate::report::{Column, Note, Report, Row, Table, Value};
use crate::run::{Exit, Run};

/// Requests, errors and bytes over time
///
/// Requests, errors and bytes over time. Steps in which nothing happened are shown as zero.
///
/// --by makes rows for each of the most frequent values, and `other` for the rest. With --operation 'S3.*' --by operation it
/// shows what S3's own work did: expired objects, delete markers, aborted uploads, transitions.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al timeline logs/ --every 1d --tz Europe/Berlin
  s3al timeline logs/ --operation 'S3.*' --by operation --values 0")]
pub struct Args {
    /// The length of a step: 1m, 5m, 15m, 1h, 6h, 1d, 1w, or auto for no more than 60 of them
    ///
    /// A part of a day, counted from midnight in the zone of --tz, or whole days; whole weeks begin on Monday.
    #[arg(long, value_name = "STEP", default_value = "auto")]
    every: Every,

    /// Rows for each value of a field, or of what is derived from one (see `top`)
    #[arg(long, value_name = "FIELD")]
    by: Option<Dimension>,

    /// How many values of --by have rows of their own, the most frequent; 0 is all
    #[arg(long, value_name = "N", default_value_t = 5)]
    values: usize,

    /// How many parts of the key make a prefix
    #[arg(long, value_name = "N", default_value_t = 1)]
    depth: usize,

    #[command(flatten)]
    common: CommonArgs,
}

/// The length of a step as it was typed.
#[derive(Clone, Copy, Debug)]
enum Every {
    Auto,
    Step(Step),
}

impl FromStr for Every {
    type Err = BadValue;

    fn from_str(typed: &str) -> Result<Self, BadValue> {
        if typed.trim().eq_ignore_ascii_case("auto") { Ok(Self::Auto) } else { typed.parse().map(Self::Step) }
    }
}

/// How many steps there are at the most where nobody says how long they are: as rows, and as rows for each value.
const ROWS: usize = 60;
const ROWS_EACH: usize = 24;
/// Gaps are not filled where that makes more steps than anyone wants to see.
const MOST: usize = 100_000;

struct Timeline {
    by: Dimensions,
    zone: Zone,
    /// Counts are kept by steps of this clock, which are no longer than those that will be shown.
    clock: Clock,
    /// How many steps may be shown, if their length is to be chosen.
    most: Option<usize>,
    groups: Groups<Steps<Requests>>,
    seen: Span,
    scratch: Vec<u8>,
}

impl Aggregate for Timeline {
    #[inline]
    fn add(&mut self, entry: &Entry<'_>) {
        let time = entry.timestamp();
        if time < self.seen.first || time > self.seen.last {
            self.seen.add(time);
            self.coarsen();
        }
        let start = self.clock.start(time);
        self.groups.value(self.by.key(entry, &mut self.scratch)).value(start).add(entry);
        self.groups.keep_bound();
    }

    fn merge(&mut self, mut other: Self) {
        self.seen.merge(other.seen);
        let step = self.clock.step().max(other.clock.step());
        self.fold(step);
        other.fold(step);
        self.groups.merge(other.groups);
    }
}

impl Timeline {
    fn new(args: &Args, zone: Zone, memory: usize) -> Self {
        let (step, most) = match args.every {
            Every::Step(step) => (step, None),
            Every::Auto => (Step::MINUTE, Some(if args.by.is_some() { ROWS_EACH } else { ROWS })),
        };
        Self {
            by: Dimensions::new(args.by.into_iter().collect(), args.depth, zone),
            zone,
            clock: Clock::new(step, zone),
            most,
            groups: Groups::bounded(memory),
            seen: Span::default(),
            scratch: Vec::new(),
        }
    }

    /// Keeps the counts by longer steps as soon as it is sure that shorter ones will not be shown, so that memory depends
    /// on the number of values and not on the span of time.
    fn coarsen(&mut self) {
        let (Some(most), Some((first, last))) = (self.most, self.seen.get()) else { return };
        let step = self.clock.step().within(most, first, last);
        if step > self.clock.step() {
            self.fold(step);
        }
    }

    fn fold(&mut self, step: Step) {
        if step == self.clock.step() {
            return;
        }
        self.clock = Clock::new(step, self.zone);
        for steps in self.groups.values_mut() {
            steps.fold(|start| self.clock.start(start));
        }
    }
}

/// The rows that belong to one value, or to all others.
struct Line {
    value: Option<Value>,
    all: Requests,
    steps: BTreeMap<Timestamp, Requests>,
}

impl Line {
    fn new(value: Option<Value>) -> Self {
        Self { value, all: Requests::default(), steps: BTreeMap::new() }
    }

    fn add(&mut self, steps: &Steps<Requests>, mut start: impl FnMut(Timestamp) -> Timestamp) {
        for (time, requests) in steps.iter() {
            self.all.merge(*requests);
            self.steps.entry(start(time)).or_default().merge(*requests);
        }
    }
}

/// Runs `timeline`.
pub(super) fn run(args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(&args.common, OutputDefaults { limit: 0, ..OutputDefaults::default() })?;
    let zone = run.output.zone;
    let memory = run.memory_of(1);
    let timeline = run.aggregate(|| Timeline::new(&args, zone, memory))?;
    let span = timeline.seen.get();
    let step = match (timeline.most, span) {
        (Some(most), Some((first, last))) => timeline.clock.step().fitting(most, first, last, zone),
        _ => timeline.clock.step(),
    };
    let values = if args.values == 0 { usize::MAX } else { args.values };
    let lines = lines(&timeline, step, args.by, values);
    let mut notes: Vec<_> = timeline.groups.approximation().map(Note::from).into_iter().collect();
    let mut starts: BTreeSet<_> = lines.iter().flat_map(|line| line.steps.keys().copied()).collect();
    if let Some((first, last)) = span {
        // Even the longest steps to choose from can be too many, where a single record is of the year 9999.
        if step.starts(first, last, zone).nth(timeline.most.unwrap_or(MOST)).is_none() {
            starts.extend(step.starts(first, last, zone));
        } else {
            notes.push("gaps are left out: there are too many".into());
        }
    }
    let mut tables = vec![Table { notes, ..over_time(&lines, &starts, step, args.by, run.output.limit) }];
    if let Some(by) = args.by {
        tables.push(by_value(&lines, &starts, by));
    }
    run.report(Report { name: "timeline", main: "timeline", tables, ..Report::default() })
}

/// The most frequent values, and then the others together.
fn lines(timeline: &Timeline, step: Step, by: Option<Dimension>, most: usize) -> Vec<Line> {
    let mut clock = Clock::new(step, timeline.zone);
    let sum = |steps: &Steps<Requests>| steps.iter().map(|(_, requests)| requests.requests).sum::<u64>();
    let groups = timeline.groups.iter().map(|(key, steps)| (key, (sum(steps), steps)));
    let ranked = first(groups, usize::MAX, |(requests, _)| *requests);
    let mut lines = Vec::new();
    for (place, (key, (_, steps))) in ranked.into_iter().enumerate() {
        if place < most {
            let value = timeline.by.values(key).pop().flatten();
            lines.push(Line::new(by.map(|by| Value::of_dimension(by, value.as_deref()))));
        } else if place == most {
            lines.push(Line::new(Some("other".into())));
        }
        if let Some(line) = lines.last_mut() {
            line.add(steps, |time| clock.start(time));
        }
    }
    lines
}

fn value_column(by: Dimension) -> Column {
    Column { name: "value".into(), ..Column::of_dimension(by) }
}

fn over_time(
    lines: &[Line],
    starts: &BTreeSet<Timestamp>,
    step: Step,
    by: Option<Dimension>,
    limit: usize,
) -> Table {
    let counts = lines.iter().flat_map(|line| line.steps.values());
    let of = counts.map(|requests| requests.requests).max().unwrap_or(0);
    let total = starts.len() * lines.len();
    let all = starts.iter().flat_map(|start| lines.iter().map(move |line| (start, line)));
    let rows = all.skip(total.saturating_sub(limit)).map(|(start, line)| {
        let requests = line.steps.get(start).copied().unwrap_or_default();
        let metrics = [
            Value::Bar { count: requests.requests, of },
            Value::Count(requests.errors),
            Value::Bytes(requests.bytes_sent),
        ];
        Row::from(
            [Value::Time(*start)].into_iter().chain(line.value.clone()).chain(metrics).collect::<Vec<_>>(),
        )
    });
    let metrics = ["requests", "errors", "bytes_sent"].map(Column::whole);
    Table {
        name: "timeline",
        title: match by {
            Some(by) => format!("Requests every {step} by {by}"),
            None => format!("Requests every {step}"),
        },
        columns: [Column::whole("time")].into_iter().chain(by.map(value_column)).chain(metrics).collect(),
        rows: rows.collect(),
        total: Some(total as u64),
        ..Table::default()
    }
}

/// One row for each value, with a line of its requests over time.
fn by_value(lines: &[Line], starts: &BTreeSet<Timestamp>, by: Dimension) -> Table {
    let all: u64 = lines.iter().map(|line| line.all.requests).sum();
    let rows = lines.iter().map(|line| {
        let series = starts.iter().map(|start| line.steps.get(start).map_or(0, |requests| requests.requests));
        Row::from(vec![
            line.value.clone().unwrap_or(Value::Null),
            Value::Count(line.all.requests),
            Value::Share(line.all.requests as f64 / all as f64),
            Value::Count(line.all.errors),
            Value::Bytes(line.all.bytes_sent),
            Value::Series(series.collect()),
        ])
    });
    let metrics = ["requests", "share", "errors", "bytes_sent", "requests_over_time"].map(Column::whole);
    Table {
        name: "values",
        title: format!("Requests by {by}"),
        rows: rows.collect(),
        columns: [value_column(by)].into_iter().chain(metrics).collect(),
        ..Table::default()
    }
}
