//! `coverage`: can these logs be trusted to be complete.

mod duplicates;
mod hours;
mod lag;

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

use self::duplicates::Duplicates;
use self::hours::{DAY, Gap, HOUR, Hours};
use self::lag::Lag;
use crate::aggregate::{Aggregate, Dedup, GroupTable, Lines, Merge as _, TimeRange};
use crate::args::{CommonArgs, OutputDefaults};
use crate::record::{Field, Record};
use crate::report::{Column, Report, Row, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::source::s3::LogName;
use crate::time::{Timestamp, Zone};

/// Whether these logs are complete: gaps, delivery lag, duplicates, unreadable lines
///
/// Can these logs be trusted to be complete: silent hours among busy ones, how late logs were delivered, records that came
/// twice, lines that cannot be read, and the days held against those that have to be.
///
/// An hour is missing if it has no record, though its neighbours are busy: either the hours around a gap of at most three
/// hours, or the same hour of the nearest days that have records. Busy is an hour of --busy records or more. Hours and days
/// are those of UTC. Delivery times stand in the names of log objects, so keep those names where lag is to be seen.
/// Duplicates are counted whether or not --dedupe is given.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al coverage logs/
  s3al coverage logs/ --retention 365d --fail")]
pub struct Args {
    /// How long logs have to be kept: the days in that time, up to --until or today, that have no record are missing
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    retention: Option<Duration>,

    /// How many records make an hour busy, so that its neighbours should not be silent
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    busy: u64,

    /// End with exit code 1 if hours or days are missing
    #[arg(long)]
    fail: bool,

    #[command(flatten)]
    common: CommonArgs,
}

struct Coverage {
    duplicates: Duplicates,
    seen: TimeRange,
    lines: Lines,
    buckets: GroupTable<Hours>,
    objects: Hours,
    lag: Lag,
    /// When the source that is being read was delivered.
    delivered: Option<Timestamp>,
    /// Sources with lines that cannot be read, or not for sure; and all that come in parts, which may have some elsewhere.
    doubtful: GroupTable<Lines>,
}

impl Coverage {
    fn new(known: Arc<Dedup>) -> Self {
        Self {
            duplicates: Duplicates::new(known),
            seen: TimeRange::default(),
            lines: Lines::default(),
            buckets: GroupTable::default(),
            objects: Hours::default(),
            lag: Lag::default(),
            delivered: None,
            doubtful: GroupTable::default(),
        }
    }
}

impl Aggregate for Coverage {
    fn add(&mut self, record: &Record<'_>) {
        self.duplicates.add(record);
        self.seen.add(record.timestamp());
        let bucket = record.get(Field::Bucket).unwrap_or_default();
        self.buckets.update(bucket, |hours| hours.add(record.timestamp()));
        if let Some(delivered) = self.delivered {
            self.lag.add(delivered, record.timestamp());
        }
    }

    fn merge(&mut self, other: Self) {
        self.duplicates.merge(other.duplicates);
        self.seen.merge(other.seen);
        self.lines.merge(other.lines);
        self.buckets.merge(other.buckets);
        self.objects.merge(other.objects);
        self.lag.merge(other.lag);
        self.doubtful.merge(other.doubtful);
    }

    fn memory(&self) -> usize {
        self.duplicates.bytes() + self.doubtful.bytes() + self.buckets.bytes()
    }

    fn enter(&mut self, source: &str) {
        let name = LogName::parse(source).filter(|name| !name.whole_day);
        self.delivered = name.map(|name| Timestamp::from_millis(name.time.saturating_mul(1000)));
    }

    fn leave(&mut self, source: &str, lines: Lines) {
        self.lines.merge(lines);
        if let Some(delivered) = self.delivered.filter(|_| lines.is_start) {
            self.objects.add(delivered);
        }
        if lines.is_part || lines.rejected > 0 || lines.ambiguous > 0 {
            self.doubtful.update(source.as_bytes(), |all| all.merge(lines));
        }
    }
}

/// Runs `coverage`.
pub(super) fn run(context: &Context, mut args: Args) -> anyhow::Result<Exit> {
    if args.retention.is_some_and(|retention| retention.as_secs() < DAY as u64 * 3600) {
        bail!("--retention is shorter than a day; write it as 90d or 1y");
    }
    // Duplicates are counted here, and have the delivery times of both copies.
    args.common.input.dedupe = false;
    let mut run = Run::new(context, &args.common, OutputDefaults::default())?;
    let known = Arc::new(Dedup::default());
    let mut coverage = run.aggregate(|| Coverage::new(Arc::clone(&known)))?;
    let limit = run.output.limit;
    let duplicates = coverage.duplicates.count();

    let until = run.filter.window().until.unwrap_or_else(|| context.environment.now.into());
    let mut days = hours::Days::default();
    coverage.buckets.iter().for_each(|(_, hours)| days.add(hours));
    let missing_days = args.retention.map(|retention| days.missing(retention, until));
    let gaps = gaps(&coverage.buckets, args.busy);
    let is_missing = !gaps.is_empty() || missing_days.as_ref().is_some_and(|days| !days.runs.is_empty());

    let mut tables = vec![overview(&coverage, duplicates, days.held(), &gaps, missing_days.as_ref())];
    tables.push(gaps_table(&gaps, limit));
    if let Some(missing) = &missing_days {
        tables.push(days_table(missing, limit));
    }
    tables.push(coverage.lag.table());
    tables.push(objects_table(&coverage.objects.clone().gaps(args.busy), limit));
    tables.push(sources_table(&coverage.doubtful, limit));
    let report = Report { name: "coverage", tables, main: "overview", ..Report::default() };
    if args.fail { run.judge(report, is_missing) } else { run.report(report) }
}

/// The gaps of all buckets, longest first.
fn gaps(buckets: &GroupTable<Hours>, busy: u64) -> Vec<(&[u8], Gap)> {
    let gaps = |(bucket, hours): (_, &Hours)| {
        hours.clone().gaps(busy).into_iter().map(move |gap| (bucket, gap)).collect::<Vec<_>>()
    };
    let mut gaps: Vec<_> = buckets.iter().flat_map(gaps).collect();
    gaps.sort_unstable_by_key(|(bucket, gap)| (std::cmp::Reverse(gap.missing), gap.since, *bucket));
    gaps
}

fn overview(
    coverage: &Coverage,
    duplicates: u64,
    days_held: u64,
    gaps: &[(&[u8], Gap)],
    missing_days: Option<&hours::MissingDays>,
) -> Table {
    let (first, last) = coverage.seen.get().unzip();
    let names = ["first_seen", "last_seen", "days_held", "records", "duplicates", "rejected", "ambiguous"];
    let mut values = vec![
        Value::time(first),
        Value::time(last),
        Value::Count(days_held),
        Value::Count(coverage.lines.records),
        Value::Count(duplicates),
        Value::Count(coverage.lines.rejected),
        Value::Count(coverage.lines.ambiguous),
        Value::Count(gaps.iter().map(|(_, gap)| gap.missing).sum()),
    ];
    values.push(Value::count(missing_days.map(|days| days.expected)));
    values.push(Value::count(missing_days.map(|days| days.missing())));
    let names = names.into_iter().chain(["missing_hours", "retention_days", "missing_days"]);
    Table {
        name: "overview",
        title: "Coverage".into(),
        columns: names.map(Column::whole).collect(),
        rows: vec![values.into()],
        total: None,
        notes: vec![
            "S3 delivers logs on a best-effort basis: what is missing here is missing, but nothing shows that all is there"
                .into(),
        ],
    }
}

fn gap_values(gap: &Gap) -> [Value; 6] {
    [
        Value::Time(Timestamp::from_millis(gap.since * HOUR)),
        Value::Time(Timestamp::from_millis(gap.until * HOUR)),
        Value::Count((gap.until - gap.since).unsigned_abs()),
        Value::Count(gap.missing),
        Value::Count(gap.before),
        Value::Count(gap.after),
    ]
}

fn gaps_table(gaps: &[(&[u8], Gap)], limit: usize) -> Table {
    let row = |(bucket, gap): &(&[u8], Gap)| {
        let bucket = Value::Text(bucket.to_vec());
        Row::from([bucket].into_iter().chain(gap_values(gap)).collect::<Vec<_>>())
    };
    let names = ["since", "until", "hours", "missing_hours", "requests_before", "requests_after"];
    Table {
        name: "gaps",
        title: "Silence among busy hours".into(),
        columns: [Column::of(Field::Bucket)].into_iter().chain(names.map(Column::whole)).collect(),
        rows: gaps.iter().take(limit).map(row).collect(),
        total: Some(gaps.len() as u64),
        notes: vec![
            "missing_hours: those of the hours that should have requests, by the hours or days around".into(),
        ],
    }
}

fn objects_table(gaps: &[Gap], limit: usize) -> Table {
    let names = ["since", "until", "hours", "missing_hours", "objects_before", "objects_after"];
    Table {
        name: "delivery_gaps",
        title: "Hours in which no log was delivered".into(),
        columns: names.map(Column::whole).to_vec(),
        rows: gaps.iter().take(limit).map(|gap| Row::from(gap_values(gap).to_vec())).collect(),
        total: Some(gaps.len() as u64),
        notes: vec!["records that were only late are in later logs; lost ones show as silence above".into()],
    }
}

fn days_table(missing: &hours::MissingDays, limit: usize) -> Table {
    let row = |(first, last): &(i64, i64)| {
        let day = |day: i64| {
            let mut text = Vec::new();
            Zone::Utc.write_date(Timestamp::from_millis(day * DAY * HOUR), &mut text);
            Value::Text(text)
        };
        Row::from(vec![day(*first), day(*last), Value::Count((last - first + 1).unsigned_abs())])
    };
    Table {
        name: "missing_days",
        title: "Days without a record".into(),
        columns: ["first_day", "last_day", "days"].map(Column::whole).to_vec(),
        rows: missing.runs.iter().take(limit).map(row).collect(),
        total: Some(missing.runs.len() as u64),
        ..Table::default()
    }
}

/// The sources with lines that cannot be read, or not for sure; worst first.
fn sources_table(doubtful: &GroupTable<Lines>, limit: usize) -> Table {
    let is_bad = |lines: &Lines| lines.rejected > 0 || lines.ambiguous > 0;
    let total = doubtful.iter().filter(|(_, lines)| is_bad(lines)).count();
    let rows = doubtful.top(limit.min(total), |lines| (lines.rejected, lines.ambiguous));
    let row = |(source, lines): (&[u8], &Lines)| {
        Row::from(vec![
            Value::Text(source.to_vec()),
            Value::Count(lines.lines),
            Value::Count(lines.rejected),
            Value::Share(lines.rejected as f64 / lines.lines.max(1) as f64),
            Value::Count(lines.ambiguous),
        ])
    };
    let metrics = ["lines", "rejected", "share", "ambiguous"].map(Column::whole);
    Table {
        name: "sources",
        title: "Sources with lines that cannot be read for sure".into(),
        columns: [Column::middle("source")].into_iter().chain(metrics).collect(),
        rows: rows.into_iter().map(row).collect(),
        total: Some(total as u64),
        ..Table::default()
    }
}
