//! `summary`: what is in these logs, at a glance.

use std::io;

use crate::aggregate::{Aggregate, Derived, Dimension, Dimensions, GroupTable, Groups, Requests, Series};
use crate::args::{CommonArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Chart, Note, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::Outcome;
use crate::time::Zone;

/// What it does where nothing is typed.
const DEFAULTS: OutputDefaults = OutputDefaults { limit: 5, ..OutputDefaults::REPORT };

/// What is in these logs, at a glance
///
/// Shows the span, requests over time and by status class, how many requesters, addresses
/// and keys, and the most frequent operations, errors, requesters, addresses and keys.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al summary logs/
  s3al summary logs/ --source-bucket my-bucket --since 7d
  s3al summary logs/ --since yesterday --until today --format json")]
#[command(mut_args(DEFAULTS.said()))]
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
    /// `fresh` makes a table of groups.
    fn new(fresh: impl Fn() -> GroupTable<u64>) -> Self {
        let tables = TABLES.map(|(_, _, by)| (Dimensions::new(by.to_vec(), 0, Zone::Utc), fresh()));
        Self { all: Requests::default(), over_time: Series::default(), tables: tables.into() }
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
    let mut run = Run::new(context, &args.common, DEFAULTS)?;
    let (space, memory, limit) = (run.space().clone(), run.memory_of(TABLES.len()), run.output.limit);
    // All rows are exact; of the first ones it is enough to know how far from the truth they can be.
    let fresh = || match limit {
        usize::MAX => GroupTable::spilling(&space, memory),
        _ => GroupTable::bounded(memory),
    };
    let Summary { all, over_time, tables } = run.aggregate(|| Summary::new(fresh))?;
    let groups = tables.into_iter().map(|(by, groups)| Ok((by, groups.groups()?)));
    let groups: Vec<(Dimensions, Groups<u64>)> = groups.collect::<io::Result<_>>()?;
    let mut tables = vec![overview(&all, over_time, &groups)?];
    for ((name, title, _), (by, groups)) in TABLES.into_iter().zip(&groups) {
        let all = if name == TABLES[ERRORS].0 { all.errors } else { all.requests };
        let top = groups.top(limit, |_, _| true, |_, count| *count)?;
        let table = Table::builder(name, title, [])
            .group(by, |(key, _): &(Vec<u8>, u64)| key)
            .column("requests", Value::Count, |(_, count)| *count)
            .column("share", Value::Share, move |(_, count)| *count as f64 / all as f64)
            .context()
            .chart(Chart::bars("requests"))
            .total(groups.distinct())
            .notes(groups.approximation())
            .build_with(&space, |put| top.rows(put))?;
        tables.push(table);
    }
    run.report(Report { name: "summary", tables, main: "overview", ..Report::default() })
}

/// How many different values there are; a null is none.
fn distinct((by, groups): &(Dimensions, Groups<u64>)) -> io::Result<u64> {
    let mut nulls = 0;
    groups.for_each(|key, _| {
        nulls += u64::from(by.is_null(key));
        Ok(())
    })?;
    Ok(groups.distinct() - nulls)
}

fn overview(all: &Requests, over_time: Series, tables: &[(Dimensions, Groups<u64>)]) -> io::Result<Table> {
    let (series, minutes) = over_time.fold(SPARKLINE_POINTS);
    let seen = all.seen.get();
    let estimated = [(REQUESTERS, "requesters"), (ADDRESSES, "addresses"), (KEYS, "keys")]
        .into_iter()
        .filter(|(table, _)| tables[*table].1.approximation().is_some());
    let estimates = estimated.map(|(_, name)| {
        Note::Approximate(format!("{name}: an estimate, for --memory does not hold all of them"))
    });
    let [requesters, addresses, keys] =
        [distinct(&tables[REQUESTERS])?, distinct(&tables[ADDRESSES])?, distinct(&tables[KEYS])?];
    let table = Table::builder("overview", "Overview", [all])
        .column("first_seen", Value::time, |_| seen.map(|(first, _)| first))
        .column("last_seen", Value::time, |_| seen.map(|(_, last)| last))
        .column("requests", Value::Count, |all| all.requests)
        .column("errors", Value::Count, |all| all.errors)
        .column("bytes_sent", Value::Bytes, |all| all.bytes_sent)
        .column("requesters", Value::Count, |_| requesters)
        .context()
        .below()
        .column("addresses", Value::Count, |_| addresses)
        .context()
        .below()
        .column("keys", Value::Count, |_| keys)
        .context()
        .below()
        .column("requests_over_time", Value::Series, |_| series.clone())
        .context()
        .below()
        .chart(Chart::cards())
        .note(format!("requests_over_time: one bar for every {minutes} min"))
        .notes(estimates)
        .build();
    Ok(table)
}
