//! `latency`: how long requests take, the slowest of them, and throttling.

mod throttling;

use crate::aggregate::{Aggregate, Dimensions, GroupTable, Merge, Percentiles, TopRecords, top_n};
use crate::args::{CommonArgs, GroupByArgs, OutputDefaults, by_default};
use crate::record::{Field, Record};
use crate::report::{Audience, Chart, Importance, RecordColumns, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::{Outcome, sends_object};
pub(super) use throttling::Throttling;

/// How long requests take, the slowest of them, and throttling
///
/// Shows percentiles of total_time (the whole request, with the transfer) and turn_around_time (S3's part of it);
/// how fast large objects are read; the slowest requests; and throttling.
///
/// Throttling is shown as bursts of responses that ask for fewer requests (503 SlowDown, 429) and of those where S3 failed (500 and
/// the other 5xx), by prefix and requester, with the most requests in one second that the prefix had around it.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al latency logs/ --since 24h
  s3al latency logs/ --by remote_ip --where 'total_time>5s'
  s3al latency logs/ --by bucket,prefix --depth 2 --operation REST.GET.OBJECT")]
#[command(mut_args(by_default("operation")))]
pub(crate) struct Args {
    #[command(flatten)]
    by: GroupByArgs,

    #[command(flatten)]
    common: CommonArgs,
}

const SLOWEST: RecordColumns<10> = [
    (Field::Timestamp, Importance::Context),
    (Field::TotalTime, Importance::Answer),
    (Field::TurnAroundTime, Importance::Context),
    (Field::Operation, Importance::Answer),
    (Field::Bucket, Importance::Detail),
    (Field::Key, Importance::Answer),
    (Field::HttpStatus, Importance::Detail),
    (Field::BytesSent, Importance::Context),
    (Field::Requester, Importance::Answer),
    (Field::RequestId, Importance::Detail),
];

/// Reads of at least this many bytes say something about throughput.
const MIN_THROUGHPUT_BYTES: u64 = 1_000_000;

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
        if let (Some(bytes @ MIN_THROUGHPUT_BYTES..), Some(millis)) = (record.bytes_sent(), total_time)
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
    slowest: TopRecords,
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
    let by = run.dimensions(&args.by)?;
    let memory = run.memory_of(3);
    let space = run.space().clone();
    let latency = run.aggregate(|| Latency {
        by: by.clone(),
        times: GroupTable::bounded(memory),
        throttling: Throttling::new(args.by.prefix, zone, memory),
        slowest: TopRecords::new(limit, &space, memory),
    })?;
    let mut tables = vec![
        times(&latency, limit),
        side_by_side(&latency, limit),
        throughput(&latency, limit),
        latency.throttling.table(limit),
    ];
    let total = latency.slowest.total();
    let slowest = Table::of_records("slowest", "Slowest requests", &SLOWEST, &space, |put| {
        latency.slowest.into_lines(put)
    })?;
    tables.insert(3, Table { total: Some(total), ..slowest });
    run.report(Report { name: "latency", main: "latency", tables, ..Report::default() })
}

fn names(by: &Dimensions) -> String {
    by.list().iter().map(|dimension| dimension.name()).collect::<Vec<_>>().join(", ")
}

/// Two rows for each group, one for each of the times, for programs.
fn times(latency: &Latency, limit: usize) -> Table {
    let rows =
        latency.times.top(limit.div_ceil(2), |times| times.requests).into_iter().flat_map(|(key, times)| {
            let measures =
                [(Field::TotalTime, &times.total_time), (Field::TurnAroundTime, &times.turn_around_time)];
            measures.map(|(field, times)| (key, field, times))
        });
    let at = |quantile: f64| move |(_, _, times): &(&[u8], Field, &Percentiles)| times.at(quantile);
    Table::builder("latency", format!("Times by {}", names(&latency.by)), rows.take(limit))
        .group(&latency.by, |(key, ..)| key)
        .word("measure", |(_, field, _)| field.name())
        .column("requests", Value::Count, |(.., times)| times.count())
        .column("p50", Value::millis, at(0.5))
        .column("p90", Value::millis, at(0.9))
        .column("p99", Value::millis, at(0.99))
        .column("max", Value::millis, |(.., times)| times.max())
        .context()
        .chart(Chart::bars("p99"))
        .total(2 * latency.times.len() as u64)
        .note("requests: only those that log this time; percentiles are accurate to 1 %")
        .notes(latency.times.approximation())
        .audience(Audience::Programs)
        .build()
}

/// A row for each group with both times, for people.
fn side_by_side(latency: &Latency, limit: usize) -> Table {
    type Row<'a> = (&'a [u8], &'a Times);
    let total = |quantile: f64| move |(_, times): &Row<'_>| times.total_time.at(quantile);
    let of_s3 = |quantile: f64| move |(_, times): &Row<'_>| times.turn_around_time.at(quantile);
    let rows = latency.times.top(limit, |times| times.requests);
    Table::builder("side_by_side", format!("Times by {}", names(&latency.by)), rows)
        .group(&latency.by, |(key, _)| key)
        .column("requests", Value::Count, |(_, times)| times.requests)
        .column("total_p50", Value::millis, total(0.5))
        .column("total_p90", Value::millis, total(0.9))
        .detail()
        .column("total_p99", Value::millis, total(0.99))
        .column("total_max", Value::millis, |(_, times)| times.total_time.max())
        .context()
        .column("s3_p50", Value::millis, of_s3(0.5))
        .column("s3_p90", Value::millis, of_s3(0.9))
        .detail()
        .column("s3_p99", Value::millis, of_s3(0.99))
        .column("s3_max", Value::millis, |(_, times)| times.turn_around_time.max())
        .context()
        .chart(Chart::bars("total_p99"))
        .total(latency.times.len() as u64)
        .note("total: the whole request, with the transfer; s3: S3's part of it. Not all requests log them; percentiles are accurate to 1 %")
        .notes(latency.times.approximation())
        .audience(Audience::People)
        .build()
}

fn throughput(latency: &Latency, limit: usize) -> Table {
    let groups: Vec<_> = latency.times.iter().filter(|(_, times)| times.rate.count() > 0).collect();
    let total = groups.len() as u64;
    let rows = top_n(groups, limit, |times| times.rate.count());
    let title = format!("Bytes per second of large reads by {}", names(&latency.by));
    Table::builder("throughput", title, rows)
        .group(&latency.by, |(key, _)| key)
        .column("requests", Value::Count, |(_, times)| times.rate.count())
        // The title says of what.
        .column("bytes_per_second_p50", Value::bytes, |(_, times)| times.rate.at(0.5))
        .headed("p50")
        .column("bytes_per_second_p10", Value::bytes, |(_, times)| times.rate.at(0.1))
        .headed("p10")
        .chart(Chart::bars("bytes_per_second_p50"))
        .total(total)
        .note("reads of objects that sent 1 MB or more: bytes_sent ÷ total_time; nine in ten were as fast as p10, or faster")
        .notes(latency.times.approximation())
        .build()
}
