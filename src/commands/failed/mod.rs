//! `failed`: which errors there are, and the newest failed requests.

mod causes;

use std::collections::BTreeMap;

use hashbrown::DefaultHashBuilder;

use crate::aggregate::{Aggregate, Dimension, Dimensions, GroupTable, Requests, TopRecords};
use crate::args::{CommonArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Chart, Importance, Note, RecordColumns, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::Outcome;
use crate::spill::Space;
use crate::time::Zone;

use causes::Causes;

/// Failed requests: which errors, and the newest of them
///
/// Counts requests with a status of 400 or more by error, and shows the newest of them.
///
/// --causes adds why they failed, by identity and bucket: the likely cause of a denial (anonymous, signature, clock_skew,
/// expired_credentials, expired_url, kms, archived, account, permission, other_account); whether an object that was not found
/// had been used before; and whether the same identity succeeded on the bucket before or after. This compares failures with
/// successes, so do not filter by status. It takes 16 bytes of memory per object.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al failed logs/
  s3al failed logs/ --status 5xx --since 24h
  s3al failed logs/ --causes --since 7d
  zcat logs/*.gz | s3al failed --limit 0 --format csv")]
pub(crate) struct Args {
    /// Show likely causes, by identity and bucket
    #[arg(long)]
    causes: bool,

    #[command(flatten)]
    common: CommonArgs,
}

const REQUESTS: RecordColumns<10> = [
    (Field::Timestamp, Importance::Answer),
    (Field::Bucket, Importance::Detail),
    (Field::HttpStatus, Importance::Answer),
    (Field::ErrorCode, Importance::Answer),
    (Field::Operation, Importance::Answer),
    (Field::Key, Importance::Answer),
    (Field::Requester, Importance::Answer),
    (Field::RemoteIp, Importance::Context),
    (Field::UserAgent, Importance::Context),
    (Field::RequestId, Importance::Detail),
];

struct Failed {
    by_error: Dimensions,
    errors: GroupTable<Requests>,
    by_requester: Dimensions,
    /// Who met which error: there can be many of them, so it is a table of its own with a bound.
    requesters: GroupTable<()>,
    newest: TopRecords,
    causes: Option<Box<Causes>>,
}

impl Failed {
    /// Each of two tables, and the newest requests, take about `memory` bytes at the most.
    fn new(limit: usize, space: &Space, memory: usize, causes: Option<Box<Causes>>) -> Self {
        let by = [Field::HttpStatus, Field::ErrorCode, Field::Requester].map(Dimension::Field);
        Self {
            by_error: Dimensions::new(by[..2].to_vec(), 0, Zone::Utc),
            errors: GroupTable::bounded(memory),
            by_requester: Dimensions::new(by.to_vec(), 0, Zone::Utc),
            requesters: GroupTable::bounded(memory),
            newest: TopRecords::new(limit, space, memory),
            causes,
        }
    }
}

impl Aggregate for Failed {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        if Outcome::of(record).is_error() {
            self.errors.update(self.by_error.key(record), |requests| requests.add(record));
            self.requesters.update(self.by_requester.key(record), |()| ());
            self.newest.add(record.timestamp(), record);
        }
        if let Some(causes) = &mut self.causes {
            causes.add(record);
        }
    }

    fn memory(&self) -> usize {
        let causes = self.causes.as_ref().map_or(0, |causes| causes.bytes());
        self.errors.bytes() + self.requesters.bytes() + self.newest.bytes() + causes
    }

    fn merge(&mut self, other: Self) {
        self.errors.merge(other.errors);
        self.requesters.merge(other.requesters);
        self.newest.merge(other.newest);
        if let (Some(causes), Some(more)) = (&mut self.causes, other.causes) {
            causes.merge(*more);
        }
    }
}

/// Runs `failed`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(
        context,
        &args.common,
        OutputDefaults { records: !args.causes, ..OutputDefaults::default() },
    )?;
    let (limit, space) = (run.output.limit, run.space().clone());
    let memory = run.memory_of(if args.causes { 6 } else { 3 });
    let hash = DefaultHashBuilder::default();
    let causes = || args.causes.then(|| Box::new(Causes::new(memory, hash.clone())));
    let mut failed = run.aggregate(|| Failed::new(limit, &space, memory, causes()))?;
    let by_error = by_error(&failed, limit);
    let by_cause = failed.causes.as_mut().map(|causes| causes.table(limit));
    let total = failed.newest.total();
    let mut requests = Table::of_records("requests", "Newest failed requests", &REQUESTS, &space, |put| {
        failed.newest.into_lines(put)
    })?;
    requests.total = Some(total);
    let main = by_cause.as_ref().map_or(requests.name, |table| table.name);
    let tables = [by_error].into_iter().chain(by_cause).chain([requests]).collect();
    run.report(Report {
        name: "failed",
        tables,
        main,
        if_empty: "none of them failed".into(),
        ..Report::default()
    })
}

fn by_error(failed: &Failed, limit: usize) -> Table {
    let mut requesters: BTreeMap<Vec<Option<Vec<u8>>>, u64> = BTreeMap::new();
    for (key, ()) in failed.requesters.iter() {
        let mut error = failed.by_requester.values(key);
        error.truncate(2);
        *requesters.entry(error).or_default() += 1;
    }
    let errors = failed.errors.top(usize::MAX, |requests| requests.requests);
    let errors: Vec<_> =
        errors.iter().map(|(key, requests)| (failed.by_error.values(key), requests)).collect();
    let mut notes: Vec<_> = failed.errors.approximation().map(Note::from).into_iter().collect();
    if failed.requesters.approximation().is_some() {
        let text = "requesters: --memory did not hold all of them, so a count can be too low";
        notes.push(Note::Approximate(text.to_owned()));
    }
    Table::builder("by_error", "Errors", errors.iter().take(limit))
        .field(Field::HttpStatus, |(error, _)| error[0].as_ref())
        .field(Field::ErrorCode, |(error, _)| error[1].as_ref())
        .column("requests", Value::Count, |(_, requests)| requests.requests)
        .column("requesters", Value::Count, |(error, _)| requesters.get(error).copied().unwrap_or_default())
        .column("last_seen", Value::time, |(_, requests)| requests.seen.get().map(|(_, last)| last))
        .context()
        .chart(Chart::bars("requests"))
        .total(errors.len() as u64)
        .notes(notes)
        .build()
}
