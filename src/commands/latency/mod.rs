//! `latency`: how long requests take, the slowest of them, and throttling.

mod throttling;

use crate::aggregate::{Aggregate, Dimension, Dimensions, GroupTable, Merge, Percentiles, TopRecords, top_n};
use crate::args::{CommonArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Column, Note, Report, Row, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::{Outcome, sends_object};
use throttling::Throttling;

/// How long requests take, the slowest of them, and throttling
///
/// How long requests take: percentiles of total_time (all of it, the transfer included) and turn_around_time (S3's own part);
/// how fast large objects are read; the slowest requests; and throttling.
///
/// Throttling is told as bursts of responses that ask for fewer requests (503 SlowDown, 429) and of those where S3 failed (500 and
/// the other 5xx), by prefix and requester, with the most requests in one second that the prefix had around it.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al latency logs/ --since 24h
  s3al latency logs/ --by bucket,prefix --depth 2 --operation REST.GET.OBJECT")]
pub struct Args {
    /// What to group by: one or more names, with commas between them (see `top`)
    #[arg(long, value_name = "FIELD", value_delimiter = ',', default_value = "operation")]
    by: Vec<Dimension>,

    /// How many parts of the key make a prefix
    #[arg(long, value_name = "N", default_value_t = 1)]
    depth: usize,

    #[command(flatten)]
    common: CommonArgs,
}

const SLOWEST: [Field; 10] = [
    Field::Timestamp,
    Field::TotalTime,
    Field::TurnAroundTime,
    Field::Operation,
    Field::Bucket,
    Field::Key,
    Field::HttpStatus,
    Field::BytesSent,
    Field::Requester,
    Field::RequestId,
];

/// Reads of at least this many bytes say something about throughput.
const LARGE: u64 = 1_000_000;

/// The times of a group.
#[derive(Clone, Debug, Default)]
struct Times {
    requests: u64,
    total_time: Percentiles,
    turn_around_time: Percentiles,
    /// Bytes in a second, of large reads.
    rate: Percentiles,
}

impl Times {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        self.requests += 1;
        let total_time = record.total_time();
        if let Some(millis) = total_time {
            self.total_time.add(millis);
        }
        if let Some(millis) = record.turn_around_time() {
            self.turn_around_time.add(millis);
        }
        if let (Some(bytes @ LARGE..), Some(millis)) = (record.bytes_sent(), total_time)
            && sends_object(record.operation())
            && Outcome::of(record).is_success()
        {
            self.rate.add(bytes.saturating_mul(1000) / millis.max(1));
        }
    }
}

impl Merge for Times {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.total_time.merge(other.total_time);
        self.turn_around_time.merge(other.turn_around_time);
        self.rate.merge(other.rate);
    }

    fn weight(&self) -> u64 {
        self.requests
    }

    fn heap_bytes(&self) -> usize {
        self.total_time.heap_bytes() + self.turn_around_time.heap_bytes() + self.rate.heap_bytes()
    }
}

struct Latency {
    by: Dimensions,
    times: GroupTable<Times>,
    throttling: Throttling,
    slowest: TopRecords<u64>,
}

impl Aggregate for Latency {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        self.times.update(self.by.key(record), |times| times.add(record));
        if let Some(millis) = record.total_time() {
            self.slowest.add(millis, record);
        }
        self.throttling.add(record);
    }

    fn memory(&self) -> usize {
        self.times.bytes() + self.throttling.bytes() + self.slowest.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.times.merge(other.times);
        self.throttling.merge(other.throttling);
        self.slowest.merge(other.slowest);
    }
}

/// Runs `latency`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(context, &args.common, OutputDefaults::default())?;
    let (limit, zone) = (run.output.limit, run.output.zone);
    let by = Dimensions::new(args.by.clone(), args.depth, zone);
    let memory = run.memory_of(2);
    let latency = run.aggregate(|| Latency {
        by: by.clone(),
        times: GroupTable::bounded(memory),
        throttling: Throttling::new(args.depth, zone, memory),
        slowest: TopRecords::new(limit),
    })?;
    let mut tables =
        vec![times(&latency, limit), throughput(&latency, limit), latency.throttling.table(limit)];
    let total = latency.slowest.total();
    let slowest = Table::of_records("slowest", "Slowest requests", &SLOWEST, latency.slowest.into_lines());
    tables.insert(2, Table { total: Some(total), ..slowest });
    run.report(Report { name: "latency", main: "latency", tables, ..Report::default() })
}

/// The values of a group, for a row.
fn values(by: &Dimensions, key: &[u8]) -> Vec<Value> {
    let values = by.list().iter().zip(by.values(key));
    values.map(|(dimension, value)| Value::of_dimension(*dimension, value.as_deref())).collect()
}

fn columns(by: &Dimensions, metrics: &[&str]) -> Vec<Column> {
    let metrics = metrics.iter().map(|name| Column::whole(*name));
    by.list().iter().map(|dimension| Column::of_dimension(*dimension)).chain(metrics).collect()
}

fn names(by: &Dimensions) -> String {
    by.list().iter().map(|dimension| dimension.name()).collect::<Vec<_>>().join(", ")
}

/// Two rows for each group, one for each of the times: side by side they would fit no terminal.
fn times(latency: &Latency, limit: usize) -> Table {
    let by = &latency.by;
    let mut rows = Vec::new();
    for (key, times) in latency.times.top(limit.div_ceil(2), |times| times.requests) {
        for (field, times) in
            [(Field::TotalTime, &times.total_time), (Field::TurnAroundTime, &times.turn_around_time)]
        {
            let mut row = values(by, key);
            row.extend([field.name().into(), Value::Count(times.count())]);
            row.extend([0.5, 0.9, 0.99].map(|quantile| Value::millis(times.at(quantile))));
            row.push(Value::millis(times.max()));
            rows.push(Row::from(row));
        }
    }
    rows.truncate(limit);
    let mut notes = vec!["requests: those that have the time; percentiles are right within 1 %".into()];
    notes.extend(latency.times.approximation().map(Note::from));
    Table {
        name: "latency",
        title: format!("Times by {}", names(by)),
        columns: columns(by, &["measure", "requests", "p50", "p90", "p99", "max"]),
        rows,
        total: Some(2 * latency.times.len() as u64),
        notes,
    }
}

fn throughput(latency: &Latency, limit: usize) -> Table {
    let by = &latency.by;
    let groups: Vec<_> = latency.times.iter().filter(|(_, times)| times.rate.count() > 0).collect();
    let total = groups.len() as u64;
    let rows = top_n(groups, limit, |times| times.rate.count());
    let rows = rows.into_iter().map(|(key, times)| {
        let mut row = values(by, key);
        row.push(Value::Count(times.rate.count()));
        row.extend([0.5, 0.1].map(|quantile| Value::bytes(times.rate.at(quantile))));
        Row::from(row)
    });
    Table {
        name: "throughput",
        title: format!("Throughput of large reads by {}", names(by)),
        rows: rows.collect(),
        columns: columns(by, &["requests", "bytes_per_second_p50", "bytes_per_second_p10"]),
        total: Some(total),
        notes: ["reads of objects that sent 1 MB or more; bytes_per_second: bytes_sent ÷ total_time".into()]
            .into_iter()
            .chain(latency.times.approximation().map(Note::from))
            .collect(),
    }
}
