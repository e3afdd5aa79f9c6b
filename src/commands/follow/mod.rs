//! `follow`: requests as their logs arrive.

mod newest;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;

use crate::aggregate::{Aggregate, Dimension, Dimensions, GroupTable, Requests};
use crate::args::{CommonArgs, DepthArgs, OutputDefaults};
use crate::output::{Format, Target};
use crate::record::{Field, Record};
use crate::report::{Report, Table, Value};
use crate::run::{self, Context, Exit, FollowOptions, Run};
use crate::semantics::prices::Prices;

use super::record_columns::{self, RecordColumn};
use newest::Newest;

/// How long after one look at a bucket the next one is.
const INTERVAL: Duration = Duration::from_secs(60);
/// The same for files: looking at them costs nothing.
const FILE_INTERVAL: Duration = Duration::from_secs(1);
/// How many records a file has that is written anew, if nothing else is asked for.
const NEWEST: usize = 1000;
/// Less is too fast for a reader, and more is longer than the timers of browsers.
const REFRESH: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24);
/// Looks that follow each other closer than this find nothing new.
const MIN_INTERVAL: Duration = Duration::from_millis(100);
/// What people see of a record who have not said what they want to see.
const COLUMNS: [Field; 7] = [
    Field::Timestamp,
    Field::HttpStatus,
    Field::ErrorCode,
    Field::Operation,
    Field::RemoteIp,
    Field::Requester,
    Field::Key,
];

/// Requests as their logs arrive
///
/// Prints matching records as they come to a bucket, a folder or growing files, oldest first within what has come together: a line
/// each, for people, or the rows of --format ndjson, csv, tsv, raw or combined. Begins with what comes from now on; --since 2h begins in
/// the past. Ends with Ctrl-C.
///
/// Files are followed as `tail -F` does: through rotation and truncation, and no line before its end is there. In S3, logs arrive
/// within hours of the requests. A bucket is listed from a little before the newest name on (--lookback), and no object is read twice. What
/// fails is tried again, after pauses that grow to five minutes. With -o FILE, rows are added to FILE; with --refresh, FILE is replaced by the
/// newest records every so often, and as a page it reloads itself where it is open.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al follow --bucket my-logs --prefix prod/ --status 4xx,5xx
  s3al follow logs/ --since 2h --columns timestamp,remote_ip,key
  s3al follow logs/ --format ndjson --operation DELETE | jq .key
  s3al follow logs/ --top remote_ip
  s3al follow logs/ --status 4xx,5xx -o live.html --refresh 60s
  s3al follow s3://my-logs/prod/ --state follow.json --format csv -o new.csv")]
#[command(mut_args(OutputDefaults::REPORT.said_as("all; 20 with --top, 1000 with --refresh")))]
pub(crate) struct Args {
    /// Pause between looks (default: 60s for buckets, 1s for files)
    #[arg(long, value_name = "TIME", value_parser = interval, long_help = interval_help())]
    interval: Option<Duration>,

    /// How far before the newest log to list again, for late ones
    ///
    /// Logs appear in a bucket a little out of the order of their names. Where names stand for days of events, all of those days is
    /// listed again.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    lookback: Duration,

    /// Keep in FILE how far was read, and go on from there
    ///
    /// FILE is replaced whole, after what was read has been shown: a run that is killed may show something again, and loses nothing.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Show a table by FIELD that is redrawn in place, not records
    ///
    /// In a pipe or a file, the table is written once, at the end; with --refresh, a file is replaced every so often.
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    top: Vec<Dimension>,

    /// Replace the file of -o every TIME while something comes: the newest records, or the table of --top
    ///
    /// It appears whole or not at all. A page (-o FILE.html) reloads itself as often, and keeps what its reader has chosen in it. --limit says
    /// how many records there are (1000 if omitted).
    #[arg(long, value_name = "TIME", value_parser = refresh, requires = "output")]
    refresh: Option<Duration>,

    #[command(flatten)]
    common: CommonArgs,
}

fn refresh(typed: &str) -> Result<Duration, String> {
    let refresh = humantime::parse_duration(typed).map_err(|error| error.to_string())?;
    if REFRESH.contains(&refresh) { Ok(refresh) } else { Err("1s to 24h".to_owned()) }
}

fn interval(typed: &str) -> Result<Duration, Box<dyn Error + Send + Sync>> {
    let interval = humantime::parse_duration(typed)?;
    if interval < MIN_INTERVAL {
        return Err(format!("at least {}", humantime::format_duration(MIN_INTERVAL)).into());
    }
    Ok(interval)
}

/// What a look at a bucket costs.
fn interval_help() -> String {
    const SECONDS: u64 = 30 * 24 * 3600;
    let prices = Prices::LIST;
    format!(
        "Pause between looks (default: 60s for buckets, 1s for files)\n\nA look at a bucket is a LIST request, and one more for each \
         thousand names and for each bucket whose logs have names of their own. At 60s that is ${:.2} in 30 days (list price, S3 \
         Standard, {})",
        prices.tier1(SECONDS / INTERVAL.as_secs()),
        prices.region
    )
}

/// Runs `follow`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let is_top = !args.top.is_empty();
    let limit = match args.refresh {
        _ if is_top => 20,
        Some(_) => NEWEST,
        None => 0,
    };
    let defaults = OutputDefaults { limit, records: !is_top, ..OutputDefaults::default() };
    let mut run = Run::new(context, &args.common, defaults)?;
    run.output.refresh = args.refresh;
    if args.refresh.is_some() && run.output.target == Target::Stdout {
        bail!("--refresh replaces a file: name it with -o, such as -o live.html");
    }
    if args.refresh.is_some() && !is_top && run.output.limit == usize::MAX {
        bail!(
            "--limit 0: what comes has no last record; say how many of the newest a file with --refresh has"
        );
    }
    let how = FollowOptions {
        interval: args.interval.unwrap_or(INTERVAL),
        file_interval: args.interval.unwrap_or(FILE_INTERVAL),
        lookback: args.lookback,
        state: args.state,
    };
    if is_top {
        return top(context, run, &how, args.top);
    }
    if args.refresh.is_some() {
        return newest(context, run, &how);
    }
    let columns = match run.output.selection.columns[..] {
        [] if run.output.format == Format::Table => COLUMNS.map(RecordColumn::Field).to_vec(),
        [] => Field::ALL.into_iter().map(RecordColumn::Field).chain([RecordColumn::Extra]).collect(),
        _ => record_columns::chosen(&run.output.selection)?,
    };
    let derived: Vec<_> = columns.iter().filter_map(|column| column.dimension()).collect();
    let options = run.derive(&derived, DepthArgs::default())?;
    if context.is_rehearsal {
        return Ok(Exit::Done);
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    let stream = run.output.arriving("follow", "records", &names)?;
    let rows = stream.rows().clone();
    let write = |record: &Record<'_>, out: &mut Vec<u8>| {
        record_columns::write(&columns, &options, &rows, record, out);
    };
    let left = run.output.limit;
    run.follow(&how, run::Rows { stream, write, left })
}

fn newest(context: &Context, run: Run, how: &FollowOptions) -> anyhow::Result<Exit> {
    let options = run.derive(&[], DepthArgs::default())?;
    let (limit, memory) = (run.output.limit, run.memory_of(3));
    let fresh = || Newest::new(limit, memory);
    let (space, selection) = (run.space().clone(), run.output.selection.clone());
    let whole = |all: &Newest| {
        let table = all.table(&space);
        Report { name: "follow", main: table.name, tables: vec![table], ..Report::default() }
    };
    if context.is_rehearsal {
        return run.report(whole(&fresh()));
    }
    let report = |all: &Newest| {
        let mut report = whole(all);
        // Names were checked before anything was read.
        let _ = report.select(&selection, &options);
        report
    };
    let screen = run.output.screen(context.environment.height);
    let all = fresh();
    run.follow(how, run::Top { screen, all, fresh, report })
}

/// What has arrived, by what it is grouped by.
struct Groups {
    by: Dimensions,
    groups: GroupTable<Requests>,
    requests: u64,
}

impl Aggregate for Groups {
    fn add(&mut self, record: &Record<'_>) {
        self.groups.update(self.by.key(record), |requests| requests.add(record));
        self.requests += 1;
    }

    fn memory(&self) -> usize {
        self.groups.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
        self.requests += other.requests;
    }
}

fn top(context: &Context, run: Run, how: &FollowOptions, by: Vec<Dimension>) -> anyhow::Result<Exit> {
    let options = run.derive(&by, DepthArgs::default())?;
    let by = Dimensions::of(by, options.clone());
    // What has arrived by now, what arrives, and both while they become one.
    let memory = run.memory_of(3);
    let fresh = || Groups { by: by.clone(), groups: GroupTable::bounded(memory), requests: 0 };
    let (limit, selection) = (run.output.limit, run.output.selection.clone());
    let report = |all: &Groups| {
        let mut report = report(all, &by, limit);
        // Names were checked before anything was read.
        let _ = report.select(&selection, &options);
        report
    };
    if context.is_rehearsal {
        return run.report(self::report(&fresh(), &by, limit));
    }
    let screen = run.output.screen(context.environment.height);
    let all = fresh();
    run.follow(how, run::Top { screen, all, fresh, report })
}

fn report(all: &Groups, by: &Dimensions, limit: usize) -> Report {
    let names: Vec<&str> = by.list().iter().map(|dimension| dimension.name()).collect();
    let rows = all.groups.top(limit, |requests| requests.requests);
    let count = all.requests;
    let table = Table::builder("groups", format!("Requests by {}", names.join(", ")), rows)
        .group(by, |(key, _)| key)
        .column("requests", Value::Count, |(_, requests)| requests.requests)
        .column("share", Value::Share, move |(_, requests)| requests.requests as f64 / count as f64)
        .context()
        .column("errors", Value::Count, |(_, requests)| requests.errors)
        .column("bytes_sent", Value::Bytes, |(_, requests)| requests.bytes_sent)
        .context()
        .column("last_seen", Value::time, |(_, requests)| requests.seen.get().map(|(_, last)| last))
        .detail()
        .total(all.groups.distinct())
        .notes(all.groups.approximation())
        .build();
    Report { name: "follow", main: table.name, tables: vec![table], ..Report::default() }
}
