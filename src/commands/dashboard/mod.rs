//! `dashboard`: everything at once, for one page.

mod attention;
mod combined;
mod over_time;
mod sizes;
mod statuses;
mod tops;
mod traffic;
mod values;
mod visitors;

use std::sync::Arc;

use self::attention::Attention;
use self::sizes::Sizes;
use self::tops::{Counting, Tops};
use self::traffic::{All, Traffic};
use super::audit::Audit;
use super::cost::Bill;
use super::coverage::Coverage;
use super::detect;
use super::large_downloads::Largest;
use super::latency::Throttling;
use crate::aggregate::{Aggregate, Dimension, Dimensions, GroupTable, Lines};
use crate::args::{CommonArgs, DepthArgs, OutputDefaults};
use crate::detect::Settings;
use crate::filter::Size;
use crate::record::{Field, Record};
use crate::report::{Chart, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::semantics::prices::Prices;
use crate::semantics::{Outcome, Presigned};
use crate::time::Zone;

/// All at once: traffic, errors, who, what, security, cost
///
/// Shows, after one pass, requests over time and by hour of the week, the most frequent requesters, addresses, keys,
/// operations, errors and clients, response times, throttling, large downloads, what `detect` finds, weak access, gaps in the
/// logs, and cost.
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
    min_size: Size,

    #[command(flatten)]
    common: CommonArgs,
}

/// How many parts of the memory there are: those of the tables of values, of `audit`, of `cost`, of `detect`, and of the rest.
const PARTS: usize = tops::PARTS + Audit::TABLES + Bill::TABLES + ATTENTION + 4;
/// Rules keep what each actor did in each hour.
const ATTENTION: usize = 24;

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
    attention: Attention,
}

impl Aggregate for Dashboard {
    const COUNTS_LINES: bool = true;

    fn add(&mut self, record: &Record<'_>) {
        let is_weak = self.values.add(record);
        self.traffic.add(record);
        self.sizes.add(record);
        if Outcome::of(record) == Outcome::Denied {
            self.denied.update(self.denied_by.key(record), |count| *count += 1);
        }
        let is_anonymous = record.requester().is_anonymous();
        self.anonymous += u64::from(is_anonymous);
        self.throttling.add(record);
        self.downloads.add(record);
        // In all other requests there is nothing to find.
        if is_weak || is_anonymous || Presigned::of(record).is_some() {
            self.audit.add(record);
        }
        self.bill.add(record);
        self.coverage.add(record);
        self.attention.add(record);
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
        self.attention.merge(other.attention);
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
            + self.attention.bytes()
    }

    fn enter(&mut self, source: &str) {
        self.coverage.enter(source);
    }

    fn leave(&mut self, source: &str, lines: Lines) {
        self.coverage.leave(source, lines);
        self.attention.keep_bound();
    }
}

/// Runs `dashboard`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let lag = args.common.input.s3.delivery_lag;
    let mut run = Run::new(context, &args.common, OutputDefaults::default())?;
    let (limit, zone, min_size) = (run.output.limit, run.output.zone, args.min_size.bytes());
    let (space, memory) = (run.space().clone(), run.memory_of(PARTS));
    let denied_by = Dimensions::new(DENIED.map(Dimension::Field).to_vec(), 0, Zone::Utc);
    let buckets = Dimensions::new(vec![Dimension::Field(Field::Bucket)], 0, Zone::Utc);
    let settings = Arc::new(Settings::default());
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
        attention: Attention::new(&settings, &space, memory * ATTENTION),
    })?;

    let (charges, total, cost) = board.bill.finish((&Prices::LIST, false), None, limit, &space)?;
    let (all, traffic, times) = board.traffic.finish();
    let tops = board.values.done();
    let denied = denied_table(&board.denied_by, &board.denied, limit);
    let detected = board.attention.finish(&run.output, run.geoip());
    space.check()?;
    let detections = detect::summary(detected.as_ref(), &run.output);
    let found = detected.and(detections.total);
    let others = Others { anonymous: board.anonymous, found, cost };
    let mut tables = vec![overview(&all, &tops, &others)];
    tables.extend(traffic);
    tables.extend(board.sizes.tables());
    tables.push(times);
    tables.extend(tops.tables(limit, run.geoip()));
    tables.push(board.throttling.table(limit));
    tables.push(board.downloads.table(&space)?);
    tables.extend([detections, denied]);
    let titles = ["Weak access by type", "Weak access"];
    let audit = board.audit.summary(limit).into_iter().zip(titles);
    tables.extend(audit.map(|(table, title)| Table { title: title.to_owned(), ..table }));
    tables.extend([Table { name: "cost", ..total }, charges]);
    tables.extend(board.coverage.summary(lag, limit, &space)?);
    run.report(Report { name: "dashboard", tables, main: "overview", ..Report::default() })
}

/// What is counted beside the traffic and the values.
struct Others {
    anonymous: u64,
    /// How many findings `detect` has, if it could look.
    found: Option<u64>,
    cost: f64,
}

/// What is looked at first. What the tables over time count too has the same name in them.
fn overview(all: &All, tops: &Tops, others: &Others) -> Table {
    let seen = all.seen.get();
    let distinct = |name: &'static str| move |_: &&All| tops.distinct(name);
    Table::builder("overview", "Overview", [all])
        .column("first_seen", Value::time, |_| seen.map(|(first, _)| first))
        .column("last_seen", Value::time, |_| seen.map(|(_, last)| last))
        .column("requests", Value::Count, |all| all.counts.requests)
        .column("status_2xx", Value::Count, |all| all.counts.classes.successes)
        .context()
        .column("status_3xx", Value::Count, |all| all.counts.classes.redirects)
        .context()
        .column("status_4xx", Value::Count, |all| all.counts.classes.client_errors)
        .context()
        .column("status_5xx", Value::Count, |all| all.counts.classes.server_errors)
        .context()
        .column("errors", Value::Count, |all| all.counts.errors)
        .column("not_found", Value::Count, |all| all.counts.missing)
        .context()
        .column("throttled", Value::Count, |all| all.counts.throttled)
        .context()
        .column("anonymous", Value::Count, |_| others.anonymous)
        .context()
        .column("detections", Value::count, |_| others.found)
        .context()
        .column("bytes_sent", Value::Bytes, |all| all.counts.bytes_sent)
        .column("bytes_received", Value::Bytes, |all| all.counts.bytes_received)
        .context()
        .column("requesters", Value::Count, distinct("requesters"))
        .context()
        .column("addresses", Value::Count, distinct("addresses"))
        .context()
        .column("visitors", Value::Count, |all| all.visitors)
        .context()
        .column("buckets", Value::Count, distinct("buckets"))
        .context()
        .column("keys", Value::Count, distinct("keys"))
        .context()
        .column("cost", Value::Dollars, |_| others.cost)
        .chart(Chart::cards())
        .note("visitors: different pairs of address and user agent, day by day")
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
