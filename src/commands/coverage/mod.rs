//! `coverage`: can these logs be trusted to be complete.

mod duplicates;
mod hours;
mod lag;
mod strip;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

use self::duplicates::Duplicates;
use self::hours::{Counted, DAY, Gap, HOUR, Hours};
use self::lag::Lag;
use crate::aggregate::{Aggregate, Dedup, GroupTable, Groups, Lines, Merge as _, TimeRange};
use crate::args::{CommonArgs, OutputDefaults};
use crate::output::counted;
use crate::record::{Field, Record};
use crate::report::{Builder, Chart, Note, Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::source::s3::LogName;
use crate::spill::Space;
use crate::time::{Timestamp, Zone};

/// Whether these logs are complete: gaps, delays, duplicates
///
/// Looks for hours without records, delivery delay, duplicate records, unreadable lines, and days
/// missing from the retention period.
///
/// An hour is missing if it has no record, though its neighbors are busy: either the hours around a gap of at most three
/// hours, or the same hour of the nearest days that have records. Busy is an hour of --busy records or more. Hours and days
/// are those of UTC. Delivery times are read from the names of log objects, so keep those names to see the delay.
/// Duplicates are counted whether or not --dedupe is given.
///
/// Of a window of time in S3, logs are read that were delivered up to --latest-delivery after it: what came later than
/// --delivery-lag is what other commands do not find.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al coverage logs/
  s3al coverage --bucket my-logs --since 7d
  s3al coverage logs/ --retention 365d --fail")]
pub(crate) struct Args {
    /// Required retention: days without a record in it are missing, up to --until or today
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    retention: Option<Duration>,

    /// Records that make an hour busy, so that its neighbors should have some
    #[arg(long, value_name = "N", default_value_t = BUSY, value_parser = clap::value_parser!(u64).range(1..))]
    busy: u64,

    /// How late deliveries in S3 are looked for, after --until
    #[arg(long, value_name = "TIME", default_value = "14d", value_parser = humantime::parse_duration)]
    latest_delivery: Duration,

    #[command(flatten)]
    common: CommonArgs,
}

/// Records that make an hour busy, where nobody says how many.
const BUSY: u64 = 10;

/// What tells whether logs are complete.
pub(super) struct Coverage {
    /// They take memory for each record, so not everybody wants them counted.
    duplicates: Option<Duplicates>,
    seen: TimeRange,
    lines: Lines,
    buckets: GroupTable<Hours>,
    objects: Hours,
    lag: Lag,
    /// When the source that is being read was delivered.
    delivered: Option<Timestamp>,
    /// Whether it holds a record that was asked for.
    is_needed: bool,
    /// What was delivered later is read for its late records only.
    usual_end: Option<Timestamp>,
    /// Sources with lines that cannot be read, or not for sure; and all that come in parts, which may have some elsewhere.
    doubtful: GroupTable<Lines>,
}

impl Coverage {
    /// Without `known`, duplicates are not counted. What more than `memory` bytes would take, twice, goes to temporary files.
    pub(super) fn new(
        known: Option<Arc<Dedup>>,
        usual_end: Option<Timestamp>,
        space: &Space,
        memory: usize,
    ) -> Self {
        Self {
            duplicates: known.map(|known| Duplicates::new(known, space, memory)),
            seen: TimeRange::default(),
            lines: Lines::default(),
            buckets: GroupTable::default(),
            objects: Hours::default(),
            lag: Lag::default(),
            delivered: None,
            is_needed: false,
            usual_end,
            doubtful: GroupTable::spilling(space, memory),
        }
    }
}

impl Aggregate for Coverage {
    const COUNTS_LINES: bool = true;

    fn add(&mut self, record: &Record<'_>) {
        self.is_needed = true;
        if let Some(duplicates) = &mut self.duplicates {
            duplicates.add(record);
        }
        self.seen.add(record.timestamp());
        let bucket = record.get(Field::Bucket).unwrap_or_default();
        self.buckets.update(bucket, |hours| hours.add(record.timestamp()));
        if let Some(delivered) = self.delivered {
            self.lag.add(delivered, record.timestamp());
        }
    }

    fn merge(&mut self, other: Self) {
        if let (Some(duplicates), Some(more)) = (&mut self.duplicates, other.duplicates) {
            duplicates.merge(more);
        }
        self.seen.merge(other.seen);
        self.lines.merge(other.lines);
        self.buckets.merge(other.buckets);
        self.objects.merge(other.objects);
        self.lag.merge(other.lag);
        self.doubtful.merge(other.doubtful);
    }

    fn memory(&self) -> usize {
        self.duplicates.as_ref().map_or(0, Duplicates::bytes) + self.doubtful.bytes() + self.buckets.bytes()
    }

    fn enter(&mut self, source: &str) {
        self.delivered = LogName::delivery(source);
        self.is_needed = false;
    }

    fn leave(&mut self, source: &str, lines: Lines) {
        let is_late = self.delivered.zip(self.usual_end).is_some_and(|(delivered, end)| delivered > end);
        if is_late && !self.is_needed {
            return;
        }
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
    let lag = args.common.input.s3.delivery_lag;
    args.common.input.s3.delivery_lag = lag.max(args.latest_delivery);
    let mut run = Run::new(context, &args.common, OutputDefaults::default())?;
    let known = Arc::new(Dedup::default());
    let usual_end = run.filter.window().until.map(|until| lag::later(until, lag));
    // Duplicates and sources can be many; the hours of the buckets are the third.
    let (space, memory) = (run.space().clone(), run.memory_of(3));
    let mut coverage =
        run.aggregate(|| Coverage::new(Some(Arc::clone(&known)), usual_end, &space, memory))?;
    coverage.lag.warning(lag).iter().for_each(|warning| run.output.messages.warn(warning));
    let limit = run.output.limit;
    let duplicates = coverage.duplicates.take().map(Duplicates::count).transpose()?;
    let doubtful = std::mem::take(&mut coverage.doubtful).groups()?;

    let until = run.filter.window().until.unwrap_or_else(|| context.environment.now.into());
    let days = coverage.days();
    let missing_days = args.retention.map(|retention| days.missing(retention, until));
    let buckets = coverage.counted(args.busy);
    let gaps = gaps(&buckets);
    let is_missing = !gaps.is_empty() || missing_days.as_ref().is_some_and(|days| !days.runs.is_empty());

    let mut tables = vec![overview(&coverage, duplicates, days.held(), &gaps, missing_days.as_ref())];
    let strip = strip::table(&buckets, limit);
    let is_named = run.output.selection.table.as_deref() == Some(strip.name);
    // Without buckets there is nothing to draw; whoever names it gets it all the same.
    tables.extend(Some(strip).filter(|strip| is_named || !strip.rows.is_empty()));
    tables.push(gaps_table(&gaps, limit));
    if let Some(missing) = &missing_days {
        tables.push(days_table(missing, limit));
    }
    tables.push(coverage.lag.table(lag, usual_end.map(|_| args.latest_delivery.max(lag))));
    tables.push(objects_table(&coverage.objects.clone().counted(args.busy).gaps(), limit));
    tables.push(sources_table(&doubtful, limit, &space)?);
    let report = Report { name: "coverage", tables, main: "overview", ..Report::default() };
    run.judge(report, is_missing)
}

impl Coverage {
    fn days(&self) -> hours::Days {
        let mut days = hours::Days::default();
        self.buckets.iter().for_each(|(_, hours)| days.add(hours));
        days
    }

    /// What there is to say where nobody asked for a retention: the verdict, the gaps, how late records came, and the files with
    /// lines that cannot be read. `lag` is the longest delay of a delivery.
    ///
    /// # Errors
    /// If a temporary file cannot be written or read.
    pub(super) fn summary(mut self, lag: Duration, limit: usize, space: &Space) -> io::Result<Vec<Table>> {
        let doubtful = std::mem::take(&mut self.doubtful).groups()?;
        let buckets = self.counted(BUSY);
        let gaps = gaps(&buckets);
        let overview = overview(&self, None, self.days().held(), &gaps, None);
        let mut tables = vec![Table { name: "coverage", ..overview }];
        tables.push(strip::table(&buckets, limit));
        tables.extend([
            gaps_table(&gaps, limit),
            self.lag.table(lag, None),
            sources_table(&doubtful, limit, space)?,
        ]);
        Ok(tables)
    }

    /// The counts of each bucket, to be looked at.
    fn counted(&self, busy: u64) -> Vec<(&[u8], Counted)> {
        self.buckets.iter().map(|(bucket, hours)| (bucket, hours.clone().counted(busy))).collect()
    }
}

/// The gaps of all buckets, longest first.
fn gaps<'a>(buckets: &[(&'a [u8], Counted)]) -> Vec<(&'a [u8], Gap)> {
    let gaps = |(bucket, hours): &(&'a [u8], Counted)| {
        let bucket = *bucket;
        hours.gaps().into_iter().map(move |gap| (bucket, gap))
    };
    let mut gaps: Vec<_> = buckets.iter().flat_map(gaps).collect();
    gaps.sort_unstable_by_key(|(bucket, gap)| (std::cmp::Reverse(gap.missing), gap.since, *bucket));
    gaps
}

fn overview(
    coverage: &Coverage,
    duplicates: Option<u64>,
    days_held: u64,
    gaps: &[(&[u8], Gap)],
    missing_days: Option<&hours::MissingDays>,
) -> Table {
    let seen = coverage.seen.get();
    let missing_hours = gaps.iter().map(|(_, gap)| gap.missing).sum();
    let mut table = Table::builder("overview", "Coverage", [coverage])
        .column("first_seen", Value::time, |_| seen.map(|(first, _)| first))
        .column("last_seen", Value::time, |_| seen.map(|(_, last)| last))
        .column("days_held", Value::Count, |_| days_held)
        .column("records", Value::Count, |coverage| coverage.lines.records);
    if let Some(duplicates) = duplicates {
        table = table.column("duplicates", Value::Count, move |_| duplicates).context();
    }
    table
        .column("rejected", Value::Count, |coverage| coverage.lines.rejected)
        .context()
        .column("ambiguous", Value::Count, |coverage| coverage.lines.ambiguous)
        .detail()
        .column("missing_hours", Value::Count, |_| missing_hours)
        .lead()
        .column("retention_days", Value::count, |_| missing_days.map(|days| days.expected))
        .context()
        .hide_zero()
        .column("missing_days", Value::count, |_| missing_days.map(hours::MissingDays::missing))
        .lead()
        .hide_zero()
        .chart(Chart::cards())
        .note(Note::Verdict(verdict(seen.is_some(), gaps, missing_hours, missing_days)))
        .note(
            "S3 delivers logs on a best-effort basis: a gap proves loss; no gap does not prove completeness",
        )
        .build()
}

/// The answer in one sentence.
fn verdict(
    has_records: bool,
    gaps: &[(&[u8], Gap)],
    missing_hours: u64,
    missing_days: Option<&hours::MissingDays>,
) -> String {
    let buckets = gaps.iter().map(|(bucket, _)| bucket).collect::<BTreeSet<_>>().len() as u64;
    let hours = (missing_hours > 0).then(|| {
        let hours = counted(missing_hours, "hour", "hours");
        format!("{hours} without records in {}", counted(buckets, "bucket", "buckets"))
    });
    let days = missing_days.map(hours::MissingDays::missing).filter(|days| *days > 0);
    let days = days.map(|days| format!("{} without records", counted(days, "day", "days")));
    let missing: Vec<String> = hours.into_iter().chain(days).collect();
    match (missing.is_empty(), has_records) {
        (true, false) => "no records, so nothing can be said".to_owned(),
        (true, true) => "no gap found".to_owned(),
        (false, _) => format!("NOT complete: {}", missing.join(", ")),
    }
}

/// Adds the columns of a gap; what is counted on both sides of it has these names.
fn gap_columns<'a, R>(
    table: Builder<'a, R>,
    before: &'static str,
    after: &'static str,
    gap: impl Fn(&R) -> &Gap + Copy + Sync + 'a,
) -> Builder<'a, R> {
    let hour = |hour: i64| Value::Time(Timestamp::from_millis(hour * HOUR));
    table
        .column("since", hour, move |row| gap(row).since)
        .column("until", hour, move |row| gap(row).until)
        .column("hours", Value::Count, move |row| (gap(row).until - gap(row).since).unsigned_abs())
        .context()
        .column("missing_hours", Value::Count, move |row| gap(row).missing)
        .column(before, Value::Count, move |row| gap(row).before)
        .detail()
        .column(after, Value::Count, move |row| gap(row).after)
        .detail()
}

fn gaps_table(gaps: &[(&[u8], Gap)], limit: usize) -> Table {
    let table = Table::builder("gaps", "Hours without records", gaps.iter().take(limit))
        .field(Field::Bucket, |(bucket, _)| Some(bucket));
    gap_columns(table, "requests_before", "requests_after", |(_, gap)| gap)
        .total(gaps.len() as u64)
        .note("missing_hours: hours expected to have records, judged by neighboring hours or days")
        .build()
}

fn objects_table(gaps: &[Gap], limit: usize) -> Table {
    let table =
        Table::builder("delivery_gaps", "Hours in which no log was delivered", gaps.iter().take(limit));
    gap_columns(table, "objects_before", "objects_after", |gap| gap)
        .total(gaps.len() as u64)
        .note("late records appear in later files; lost ones appear as gaps above")
        .build()
}

fn days_table(missing: &hours::MissingDays, limit: usize) -> Table {
    let day = |day: i64| {
        let mut text = Vec::new();
        Zone::Utc.write_date(Timestamp::from_millis(day * DAY * HOUR), &mut text);
        Value::Text(text)
    };
    Table::builder("missing_days", "Days without a record", missing.runs.iter().take(limit))
        .column("first_day", day, |(first, _)| *first)
        .column("last_day", day, |(_, last)| *last)
        .column("days", Value::Count, |(first, last)| (last - first + 1).unsigned_abs())
        .total(missing.runs.len() as u64)
        .build()
}

/// The sources with lines that cannot be read, or not for sure; worst first.
fn sources_table(doubtful: &Groups<Lines>, limit: usize, space: &Space) -> io::Result<Table> {
    let is_bad = |_: &[u8], lines: &Lines| lines.rejected > 0 || lines.ambiguous > 0;
    let worst = doubtful.top(limit, is_bad, |_, lines| (lines.rejected, lines.ambiguous))?;
    Table::builder("sources", "Files with unreadable or ambiguous lines", [])
        .text("source", |(source, _): &(Vec<u8>, Lines)| Some(source))
        .column("lines", Value::Count, |(_, lines)| lines.lines)
        .context()
        .column("rejected", Value::Count, |(_, lines)| lines.rejected)
        .column("share", Value::Share, |(_, lines)| lines.rejected as f64 / lines.lines.max(1) as f64)
        .context()
        .column("ambiguous", Value::Count, |(_, lines)| lines.ambiguous)
        .total(worst.total)
        .build_with(space, |put| worst.rows(put))
}
