//! `history`: the life of an object.

use std::collections::BTreeMap;
use std::ffi::OsString;

use anyhow::{Context as _, bail};

use crate::aggregate::{Aggregate, Derived, Dimension, Dimensions, Groups, Merge};
use crate::args::{CommonArgs, OutputDefaults, Source};
use crate::filter::{Choice, Key};
use crate::parser::{Entry, Event, Field, Operation, Timestamp, Zone};
use crate::report::{Column, Report, Row, Table, Value};
use crate::run::{Exit, Run};

/// The life of an object: written, read, changed, deleted
///
/// The life of an object: written, read, changed, deleted; when, by whom, from where, with what.
///
/// KEY is the object's name, as it is or URL-encoded, or as it stands in the log; nothing in it is a pattern. For more than
/// one object, give patterns with --key instead of it. Deletions are told apart: by a user, in a batch (DeleteObjects), by
/// lifecycle. What failed is there too: `delete denied`.
///
/// The oldest comes first. Reads that follow each other without a change in between are one row for each reader (requester,
/// address, client) and outcome, and so are repeated failures: time and request_id are those of the first, last is the time
/// of the last. --limit N shows the newest N. Nothing is approximated: the time and id of each request that matches stay in
/// memory.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al history reports/2026/august.csv logs/
  s3al history --key 'reports/*' --source-bucket my-bucket --operation '*DELETE*,S3.*' logs/")]
pub struct Args {
    /// The object's name. With --key this is the first SOURCE
    #[arg(value_name = "KEY")]
    object: Option<OsString>,

    #[command(flatten)]
    common: CommonArgs,
}

/// What tells one row from another, beside the time.
const BY: [Dimension; 9] = [
    Dimension::Field(Field::Bucket),
    Dimension::Derived(Derived::Object),
    Dimension::Field(Field::Operation),
    Dimension::Field(Field::HttpStatus),
    Dimension::Field(Field::ErrorCode),
    Dimension::Field(Field::Requester),
    Dimension::Field(Field::RemoteIp),
    Dimension::Derived(Derived::Client),
    Dimension::Field(Field::VersionId),
];
const OBJECT: std::ops::Range<usize> = 0..2;
const OPERATION: usize = 2;
const STATUS: usize = 3;

/// Runs `history`.
pub(super) fn run(args: Args) -> anyhow::Result<Exit> {
    let common = for_key(args)?;
    let mut run = Run::new(&common, OutputDefaults { limit: 0, ..OutputDefaults::default() })?;
    let by = Dimensions::new(BY.to_vec(), 0, Zone::Utc);
    let history =
        run.aggregate(|| History { by: by.clone(), groups: Groups::default(), scratch: Vec::new() })?;
    let table = history.table(run.output.limit);
    run.report(Report { name: "history", main: table.name, tables: vec![table], ..Report::default() })
}

/// The arguments with the key among the filters.
fn for_key(Args { object: key, mut common }: Args) -> anyhow::Result<CommonArgs> {
    if !common.filter.key.is_empty() {
        let source = key.map(Source::read).transpose()?;
        common.input.sources.splice(0..0, source);
    } else if let Some(key) = key {
        let key = key.to_str().context("KEY is no UTF-8; write it URL-encoded")?;
        common.filter.key.push(Choice::only(Key::named(key).context("KEY")?));
    } else {
        bail!(
            "the life of which object? Name it, or give a pattern with --key\n\
             for example: s3al history reports/2026/august.csv logs/\n\
             \x20            s3al history --key 'reports/*' logs/"
        );
    }
    Ok(common)
}

struct History {
    by: Dimensions,
    groups: Groups<Times>,
    scratch: Vec<u8>,
}

impl Aggregate for History {
    #[inline]
    fn add(&mut self, entry: &Entry<'_>) {
        let key = self.by.key(entry, &mut self.scratch);
        self.groups.value(key).add(entry.timestamp(), entry.get(Field::RequestId));
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
    }
}

/// When something happened, and the request ids, one behind the other.
#[derive(Default)]
struct Times {
    list: Vec<(Timestamp, usize, usize)>,
    request_ids: Vec<u8>,
}

impl Times {
    #[inline]
    fn add(&mut self, time: Timestamp, request_id: Option<&[u8]>) {
        let start = self.request_ids.len();
        self.request_ids.extend_from_slice(request_id.unwrap_or_default());
        self.list.push((time, start, self.request_ids.len()));
    }

    /// Times and request ids, oldest first.
    fn sorted(&self) -> Vec<(Timestamp, &[u8])> {
        let times = self.list.iter().map(|(time, start, end)| (*time, &self.request_ids[*start..*end]));
        let mut times: Vec<_> = times.collect();
        times.sort_unstable();
        times
    }
}

impl Merge for Times {
    fn merge(&mut self, other: Self) {
        let base = self.request_ids.len();
        self.request_ids.extend_from_slice(&other.request_ids);
        self.list.extend(other.list.into_iter().map(|(time, start, end)| (time, base + start, base + end)));
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Denied,
    Redirected,
    Failed,
}

impl Outcome {
    fn of(status: Option<&[u8]>) -> Self {
        match status {
            None | Some([b'1' | b'2', ..] | b"304") => Self::Done,
            Some(b"401" | b"403") => Self::Denied,
            Some([b'3', ..]) => Self::Redirected,
            Some(_) => Self::Failed,
        }
    }
}

/// All times of one row's kind.
struct Kind<'a> {
    values: Vec<Option<Vec<u8>>>,
    event: Option<Event>,
    outcome: Outcome,
    times: Vec<(Timestamp, &'a [u8])>,
}

impl Kind<'_> {
    /// Whether the object is another one afterwards.
    fn is_change(&self) -> bool {
        self.outcome == Outcome::Done && !self.event.is_some_and(Event::is_repeated)
    }

    /// What the row is called; an operation that is not known has its own name.
    fn name(&self) -> Vec<u8> {
        let (done, tried) = match self.event {
            Some(Event::Transitioned(class)) if self.outcome == Outcome::Done => {
                return format!("transitioned to {}", class.name()).into_bytes();
            }
            Some(event) => event.names(),
            None => ("", ""),
        };
        let operation = self.values[OPERATION].as_deref().unwrap_or_default();
        let tried = if self.event.is_none() { operation } else { tried.as_bytes() };
        match self.outcome {
            Outcome::Done if self.event.is_some() => done.into(),
            Outcome::Done => operation.to_vec(),
            Outcome::Denied => [tried, b" denied"].concat(),
            Outcome::Redirected => [tried, b" redirected"].concat(),
            Outcome::Failed => [tried, b" failed"].concat(),
        }
    }

    fn row(&self, run: &[(Timestamp, &[u8])]) -> Row {
        let request_id = run.first().map(|(_, id)| *id).filter(|id| !id.is_empty());
        let [bucket, object, _, status, error, requester, ip, client, version] = &self.values[..] else {
            return Row::default();
        };
        vec![
            Value::time(run.first().map(|(time, _)| *time)),
            Value::time(run.last().map(|(time, _)| *time)),
            Value::Text(self.name()),
            Value::Count(run.len() as u64),
            Value::text(requester.as_deref()),
            Value::text(ip.as_deref()),
            Value::text(client.as_deref()),
            Value::from_text(Field::HttpStatus, status.as_deref()),
            Value::text(error.as_deref()),
            Value::text(request_id),
            Value::text(version.as_deref()),
            Value::text(bucket.as_deref()),
            Value::text(object.as_deref()),
        ]
        .into()
    }
}

impl History {
    fn kinds(&self) -> Vec<Kind<'_>> {
        let kinds = self.groups.iter().map(|(key, times)| {
            let values = self.by.values(key);
            let operation = values[OPERATION].as_deref().unwrap_or_default();
            let event = Event::of(Operation::new(operation));
            let outcome = Outcome::of(values[STATUS].as_deref());
            Kind { values, event, outcome, times: times.sorted() }
        });
        let mut kinds: Vec<_> = kinds.collect();
        kinds.sort_by(|a, b| a.values.cmp(&b.values));
        kinds
    }

    fn table(&self, limit: usize) -> Table {
        let kinds = self.kinds();
        // Within a second, events are taken in the order in which they can follow each other.
        let mut changes: BTreeMap<_, Vec<(Timestamp, Option<Event>)>> = BTreeMap::new();
        for kind in kinds.iter().filter(|kind| kind.is_change()) {
            let times = kind.times.iter().map(|(time, _)| (*time, kind.event));
            changes.entry(&kind.values[OBJECT]).or_default().extend(times);
        }
        changes.values_mut().for_each(|changes| changes.sort_unstable());

        let mut runs = Vec::new();
        for (place, kind) in kinds.iter().enumerate() {
            let changes = changes.get(&kind.values[OBJECT]).map_or(&[][..], Vec::as_slice);
            let before = |time| changes.partition_point(|change| *change < (time, kind.event));
            let same_run = |(a, _): &(Timestamp, &[u8]), (b, _): &(Timestamp, &[u8])| {
                !kind.is_change() && before(*a) == before(*b)
            };
            runs.extend(kind.times.chunk_by(same_run).map(|run| (run[0].0, kind.event, place, run)));
        }
        runs.sort_unstable();
        let total = runs.len();
        let newest = &runs[total - limit.min(total)..];
        Table {
            name: "events",
            title: "History".into(),
            columns: columns(),
            rows: newest.iter().map(|(_, _, place, run)| kinds[*place].row(run)).collect(),
            total: Some(total as u64),
            notes: Vec::new(),
        }
    }
}

fn columns() -> Vec<Column> {
    let [bucket, object, _, status, error, requester, ip, client, version] = BY.map(Column::of_dimension);
    let request_id = Column::of(Field::RequestId);
    let start = ["time", "last", "event", "count"].map(Column::whole);
    let rest = [requester, ip, client, status, error, request_id, version, bucket, object];
    start.into_iter().chain(rest).collect()
}
