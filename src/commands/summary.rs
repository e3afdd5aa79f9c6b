//! `summary`: what is in these logs, at a glance.

use crate::aggregate::{Aggregate, Derived, Dimension, Dimensions, GroupTable, Requests, Series};
use crate::args::{CommonArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Chart, Note, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::Outcome;
use crate::time::Zone;

/// What is in these logs, at a glance
///
/// What is in these logs, at a glance: the span, requests over time and by status class, how many requesters, addresses
/// and keys, and the most frequent operations, errors, requesters, addresses and keys.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al summary logs/
  s3al summary logs/ --source-bucket my-bucket --since 7d
  s3al summary logs/ --since yesterday --until today --format json")]
pub(crate) struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

/// The tables of most frequent values: name, title, what they group by.
const TABLES: [(&str, &str, &[Dimension]); 6] = [
    ("status_classes", "Requests by status", &[Dimension::Derived(Derived::StatusClass)]),
    ("operations", "Operations", &[Dimension::Field(Field::Operation)]),
    ("errors", "Errors", &[Dimension::Field(Field::HttpStatus), Dimension::Field(Field::ErrorCode)]),
    ("requesters", "Requesters", &[Dimension::Field(Field::Requester)]),
    ("addresses", "Addresses", &[Dimension::Field(Field::RemoteIp)]),
    ("keys", "Keys", &[Dimension::Field(Field::Key)]),
];
const ERRORS: usize = 2;
const REQUESTERS: usize = 3;
const ADDRESSES: usize = 4;
const KEYS: usize = 5;

/// How many spans of time the line of requests over time has.
const SPARKLINE_POINTS: usize = 48;

struct Summary {
    all: Requests,
    over_time: Series,
    tables: Vec<(Dimensions, GroupTable<u64>)>,
}

impl Summary {
    /// `memory` is what each table may take, in bytes.
    fn new(memory: usize) -> Self {
        let tables = TABLES
            .map(|(_, _, by)| (Dimensions::new(by.to_vec(), 0, Zone::Utc), GroupTable::bounded(memory)));
        Self { all: Requests::default(), over_time: Series::default(), tables: tables.into() }
    }

    /// How many different values there are; a null is none.
    fn distinct(&self, table: usize) -> u64 {
        let (by, groups) = &self.tables[table];
        let nulls = groups.iter().filter(|(key, _)| by.is_null(key)).count();
        groups.distinct() - nulls as u64
    }
}

impl Aggregate for Summary {
    fn add(&mut self, record: &Record<'_>) {
        self.all.add(record);
        self.over_time.add(record.timestamp());
        for (table, (by, groups)) in self.tables.iter_mut().enumerate() {
            if table != ERRORS || Outcome::of(record).is_error() {
                groups.update(by.key(record), |count| *count += 1);
            }
        }
    }

    fn memory(&self) -> usize {
        self.tables.iter().map(|(_, groups)| groups.bytes()).sum()
    }

    fn merge(&mut self, other: Self) {
        use crate::aggregate::Merge as _;
        self.all.merge(other.all);
        self.over_time.merge(other.over_time);
        for ((_, groups), (_, more)) in self.tables.iter_mut().zip(other.tables) {
            groups.merge(more);
        }
    }
}

/// Runs `summary`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(context, &args.common, OutputDefaults { limit: 5, ..OutputDefaults::default() })?;
    let memory = run.memory_of(TABLES.len());
    let summary = run.aggregate(|| Summary::new(memory))?;
    let limit = run.output.limit;
    let tables = TABLES.iter().zip(&summary.tables).map(|((name, title, _), (dimensions, groups))| {
        let all = if *name == TABLES[ERRORS].0 { summary.all.errors } else { summary.all.requests };
        Table::builder(name, *title, groups.top(limit, |count| *count))
            .group(dimensions, |(key, _)| key)
            .column("requests", Value::Count, |(_, count)| **count)
            .column("share", Value::Share, move |(_, count)| **count as f64 / all as f64)
            .context()
            .chart(Chart::bars("requests"))
            .total(groups.distinct())
            .notes(groups.approximation())
            .build()
    });
    let tables = [overview(&summary)].into_iter().chain(tables).collect();
    run.report(Report { name: "summary", tables, main: "overview", ..Report::default() })
}

fn overview(summary: &Summary) -> Table {
    let (series, minutes) = summary.over_time.clone().fold(SPARKLINE_POINTS);
    let seen = summary.all.seen.get();
    let estimated = [(REQUESTERS, "requesters"), (ADDRESSES, "addresses"), (KEYS, "keys")]
        .into_iter()
        .filter(|(table, _)| summary.tables[*table].1.approximation().is_some());
    let estimates = estimated.map(|(_, name)| {
        Note::Approximate(format!("{name}: an estimate, for --memory does not hold all of them"))
    });
    Table::builder("overview", "Overview", [summary])
        .column("first_seen", Value::time, |_| seen.map(|(first, _)| first))
        .column("last_seen", Value::time, |_| seen.map(|(_, last)| last))
        .column("requests", Value::Count, |summary| summary.all.requests)
        .column("errors", Value::Count, |summary| summary.all.errors)
        .column("bytes_sent", Value::Bytes, |summary| summary.all.bytes_sent)
        .column("requesters", Value::Count, |summary| summary.distinct(REQUESTERS))
        .context()
        .column("addresses", Value::Count, |summary| summary.distinct(ADDRESSES))
        .context()
        .column("keys", Value::Count, |summary| summary.distinct(KEYS))
        .context()
        .column("requests_over_time", Value::Series, |_| series.clone())
        .context()
        .chart(Chart::cards())
        .note(format!("requests_over_time: one bar for every {minutes} min"))
        .notes(estimates)
        .build()
}
