//! `dashboard`: everything at once, for one page.

mod combined;
mod over_time;
mod sizes;
mod tops;
mod traffic;

use std::path::Path;

use bytesize::ByteSize;

use self::sizes::Sizes;
use self::tops::{Counting, Tops};
use self::traffic::{Counts, Traffic};
use super::audit::Audit;
use super::cost::Bill;
use super::coverage::Coverage;
use super::large_downloads::Largest;
use super::latency::Throttling;
use crate::aggregate::{Aggregate, Dimension, Dimensions, GroupTable, Lines, TimeRange};
use crate::args::{CommonArgs, DepthArgs, OutputDefaults};
use crate::output::Format;
use crate::record::{Field, Record};
use crate::report::{Chart, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::Outcome;
use crate::semantics::prices::Prices;
use crate::time::Zone;

/// All at once: traffic, errors, who, what, security, cost
///
/// Shows, after one pass, requests over time and by hour of the week, the most frequent requesters, addresses, keys,
/// operations, errors and clients, response times, throttling, large downloads, weak access, gaps in the logs, and cost.
///
/// With -o report.html (or --format html) it is one page for a browser, with charts, that opens from the file and asks no network
/// for anything. Other formats have the same numbers.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al dashboard logs/ -o report.html
  s3al dashboard logs/ --since 7d --source-bucket my-bucket -o bucket.html
  s3al dashboard logs/ --table failing_keys --limit 50")]
pub(crate) struct Args {
    /// Minimum bytes sent of a large download: 50MB, 1GiB
    #[arg(long, value_name = "SIZE", default_value = "50MB")]
    min_size: ByteSize,

    #[command(flatten)]
    common: CommonArgs,
}

/// How many parts of the memory there are: those of the tables of values, of `audit`, of `cost`, and of the rest.
const PARTS: usize = tops::PARTS + Audit::TABLES + Bill::TABLES + 4;

/// What was denied: to whom, and what for.
const DENIED: [Field; 4] = [Field::Requester, Field::Operation, Field::Bucket, Field::ErrorCode];

struct Dashboard {
    traffic: Traffic,
    sizes: Sizes,
    values: Counting,
    denied_by: Dimensions,
    denied: GroupTable<u64>,
    anonymous: u64,
    throttling: Throttling,
    downloads: Largest,
    audit: Audit,
    bill: Bill,
    coverage: Coverage,
}

impl Aggregate for Dashboard {
    fn add(&mut self, record: &Record<'_>) {
        let visit = self.values.add(record);
        self.traffic.add(record, visit);
        self.sizes.add(record);
        if Outcome::of(record) == Outcome::Denied {
            self.denied.update(self.denied_by.key(record), |count| *count += 1);
        }
        self.anonymous += u64::from(record.requester().is_anonymous());
        self.throttling.add(record);
        self.downloads.add(record);
        self.audit.add(record);
        self.bill.add(record);
        self.coverage.add(record);
    }

    fn merge(&mut self, other: Self) {
        self.traffic.merge(other.traffic);
        self.sizes.merge(other.sizes);
        self.values.merge(other.values);
        self.denied.merge(other.denied);
        self.anonymous += other.anonymous;
        self.throttling.merge(other.throttling);
        self.downloads.merge(other.downloads);
        self.audit.merge(other.audit);
        self.bill.merge(other.bill);
        self.coverage.merge(other.coverage);
    }

    fn memory(&self) -> usize {
        self.traffic.bytes()
            + self.values.bytes()
            + self.denied.bytes()
            + self.throttling.bytes()
            + self.downloads.memory()
            + self.audit.memory()
            + self.bill.memory()
            + self.coverage.memory()
    }

    fn enter(&mut self, source: &str) {
        self.coverage.enter(source);
    }

    fn leave(&mut self, source: &str, lines: Lines) {
        self.coverage.leave(source, lines);
    }
}

/// A file of this name is a page.
fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"))
}

/// Runs `dashboard`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let is_page = args.common.output.output.as_deref().is_some_and(is_page);
    let defaults = OutputDefaults {
        format: if is_page { Format::Html } else { Format::Table },
        ..OutputDefaults::default()
    };
    let lag = args.common.input.s3.delivery_lag;
    let mut run = Run::new(context, &args.common, defaults)?;
    let (limit, zone, min_size) = (run.output.limit, run.output.zone, args.min_size.as_u64());
    let (space, memory) = (run.space().clone(), run.memory_of(PARTS));
    let denied_by = Dimensions::new(DENIED.map(Dimension::Field).to_vec(), 0, Zone::Utc);
    let buckets = Dimensions::new(vec![Dimension::Field(Field::Bucket)], 0, Zone::Utc);
    let board = run.aggregate(|| Dashboard {
        traffic: Traffic::new(zone),
        sizes: Sizes::default(),
        values: Counting::new(zone, memory),
        denied_by: denied_by.clone(),
        denied: GroupTable::bounded(memory),
        anonymous: 0,
        throttling: Throttling::of_bursts(DepthArgs::default(), zone, memory),
        downloads: Largest::new(min_size, limit, &space, memory),
        audit: Audit::of_everything(memory),
        bill: Bill::new(buckets.clone(), &space, memory),
        coverage: Coverage::new(None, None, &space, memory),
    })?;

    let (charges, total, cost) = board.bill.finish((&Prices::LIST, false), None, limit, &space)?;
    let (counts, seen, traffic, times) = board.traffic.finish();
    let tops = board.values.done();
    let denied = denied_table(&board.denied_by, &board.denied, limit);
    let mut tables = vec![overview(&counts, seen, &tops, board.anonymous, cost)];
    tables.extend(traffic);
    tables.extend(board.sizes.tables());
    tables.push(times);
    tables.extend(tops.tables(limit, run.geoip()));
    tables.push(board.throttling.table(limit));
    tables.push(board.downloads.table(&space)?);
    tables.push(denied);
    tables.extend(board.audit.summary(limit));
    tables.extend([Table { name: "cost", ..total }, charges]);
    tables.extend(board.coverage.summary(lag, limit, &space)?);
    run.report(Report { name: "dashboard", tables, main: "overview", ..Report::default() })
}

/// What is looked at first. What the tables over time count too has the same name in them.
fn overview(all: &Counts, seen: TimeRange, tops: &Tops, anonymous: u64, cost: f64) -> Table {
    let seen = seen.get();
    Table::builder("overview", "Overview", [all])
        .column("first_seen", Value::time, |_| seen.map(|(first, _)| first))
        .column("last_seen", Value::time, |_| seen.map(|(_, last)| last))
        .column("requests", Value::Count, |all| all.requests)
        .column("status_2xx", Value::Count, |all| all.classes.successes)
        .context()
        .column("status_3xx", Value::Count, |all| all.classes.redirects)
        .context()
        .column("status_4xx", Value::Count, |all| all.classes.client_errors)
        .context()
        .column("status_5xx", Value::Count, |all| all.classes.server_errors)
        .context()
        .column("errors", Value::Count, |all| all.errors)
        .column("throttled", Value::Count, |all| all.throttled)
        .context()
        .column("anonymous", Value::Count, |_| anonymous)
        .context()
        .column("bytes_sent", Value::Bytes, |all| all.bytes_sent)
        .column("bytes_received", Value::Bytes, |all| all.bytes_received)
        .context()
        .column("requesters", Value::Count, |_| tops.distinct("requesters"))
        .context()
        .column("addresses", Value::Count, |_| tops.distinct("addresses"))
        .context()
        .column("buckets", Value::Count, |_| tops.distinct("buckets"))
        .context()
        .column("keys", Value::Count, |_| tops.distinct("keys"))
        .context()
        .column("cost", Value::Dollars, |_| cost)
        .chart(Chart::cards())
        .notes(tops.estimates())
        .build()
}

fn denied_table(by: &Dimensions, denied: &GroupTable<u64>, limit: usize) -> Table {
    Table::builder("denied", "Denied requests", denied.top(limit, |count| *count))
        .group(by, |(key, _)| key)
        .column("requests", Value::Count, |(_, count)| **count)
        .chart(Chart::bars("requests"))
        .total(denied.distinct())
        .notes(denied.approximation())
        .build()
}
