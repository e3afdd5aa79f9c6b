//! `compare`: what is new, gone or changed between two windows of time, or two sets of logs.

mod bytes;
mod change;

use std::io;

use anyhow::{Context as _, bail};
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use crate::aggregate::{Aggregate, Dimensions, GroupTable, Merge, Requests};
use crate::args::{CommonArgs, GroupByArgs, OutputDefaults, Source, by_default};
use crate::environment::Environment;
use crate::record::Record;
use crate::report::{Builder, Column, Note, Report, Short, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::spill::Space;
use crate::time::{Period, TimeArg, Window};
use change::Change;

/// What is new, gone or changed between two windows of time
///
/// Shows what is new, gone or much changed in a time window against a baseline: requesters, addresses, clients, operations, errors
/// and prefixes, most significant first; and who or what was sent more or fewer bytes an hour, greatest change first.
///
/// Rates of requests are compared, not counts: requests with the value by all requests of the same side, so the windows may differ
/// in length. The score is the log-likelihood ratio G² of the two rates, negative for decreases; above 11, p < 0.001. `up` and
/// `down` are changes of at least --min-factor with such a score; of bytes, changes of at least --min-factor that make a
/// hundredth of all bytes.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al compare logs/ --window 7d..now
  s3al compare logs/ --baseline 2026-07..2026-08 --window 2026-08-01..2026-08-08
  s3al compare logs/august/ --baseline-source logs/july/ --by client")]
#[command(override_usage = "s3al compare [OPTIONS] --window FROM..TO [SOURCE]...")]
#[command(group = clap::ArgGroup::new("against").required(true).multiple(true).args(["baseline", "baseline_source", "window"]))]
#[command(mut_args(by_default("requester,remote_ip,client,operation,error_code,prefix")))]
pub(crate) struct Args {
    /// Baseline period (as long as --window and right before it by default)
    #[arg(long, value_name = "FROM..TO", requires = "window")]
    baseline: Option<Period>,

    /// Period to compare: START..END, in the forms of --since
    #[arg(long, value_name = "FROM..TO")]
    window: Option<Period>,

    /// Other sources as the baseline, against all of SOURCE
    ///
    /// Repeat it for more.
    #[arg(
        long,
        value_name = "SOURCE",
        conflicts_with_all = ["baseline", "window"],
        value_parser = OsStringValueParser::new().try_map(Source::read)
    )]
    baseline_source: Vec<Source>,

    #[command(flatten)]
    by: GroupByArgs,

    /// Minimum change of a rate, if neither new nor gone
    #[arg(long, value_name = "FACTOR", default_value_t = 2.0)]
    min_factor: f64,

    #[command(flatten)]
    common: CommonArgs,
}

const BASELINE: usize = 0;
const WINDOW: usize = 1;

/// What tells the side of a record.
#[derive(Clone, Copy)]
enum Sides {
    /// Its time. Windows may overlap.
    Times([Window; 2]),
    /// Its source.
    Source(usize),
}

impl Sides {
    #[inline]
    fn holds(&self, side: usize, record: &Record<'_>) -> bool {
        match self {
            Self::Times(windows) => windows[side].holds(record.timestamp()),
            Self::Source(source) => *source == side,
        }
    }
}

/// Requests on both sides, and the bytes that were sent.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    requests: [u64; 2],
    bytes: [u64; 2],
}

impl Counts {
    fn add(&mut self, record: &Record<'_>, holds: [bool; 2]) {
        let bytes = record.bytes_sent().unwrap_or_default();
        for side in [BASELINE, WINDOW].into_iter().filter(|side| holds[*side]) {
            self.requests[side] += 1;
            self.bytes[side] = self.bytes[side].saturating_add(bytes);
        }
    }
}

impl Merge for Counts {
    fn merge(&mut self, other: Self) {
        for side in [BASELINE, WINDOW] {
            self.requests[side] += other.requests[side];
            self.bytes[side] = self.bytes[side].saturating_add(other.bytes[side]);
        }
    }

    fn weight(&self) -> u64 {
        self.requests[BASELINE] + self.requests[WINDOW]
    }
}

struct Compare {
    sides: Sides,
    by: Vec<Dimensions>,
    groups: Vec<GroupTable<Counts>>,
    all: [Requests; 2],
}

impl Aggregate for Compare {
    fn add(&mut self, record: &Record<'_>) {
        let sides = [BASELINE, WINDOW].map(|side| self.sides.holds(side, record));
        if sides == [false, false] {
            return;
        }
        for (all, _) in self.all.iter_mut().zip(sides).filter(|(_, holds)| *holds) {
            all.add(record);
        }
        for (by, groups) in self.by.iter_mut().zip(&mut self.groups) {
            let (is_null, is_value) = (by.null_test(), is_anonymous(by));
            let key = by.key(record);
            if is_value || !is_null(key) {
                groups.update(key, |counts| counts.add(record, sides));
            }
        }
    }

    fn memory(&self) -> usize {
        self.groups.iter().map(GroupTable::bytes).sum()
    }

    fn merge(&mut self, other: Self) {
        for (groups, more) in self.groups.iter_mut().zip(other.groups) {
            groups.merge(more);
        }
        for (all, more) in self.all.iter_mut().zip(other.all) {
            all.merge(more);
        }
    }
}

/// Whether a null says something: that the requester is anonymous. Elsewhere it is the absence of an error, or a key.
fn is_anonymous(by: &Dimensions) -> bool {
    by.list().iter().all(|dimension| dimension.is_anonymous_null())
}

/// Runs `compare`.
pub(super) fn run(context: &Context, mut args: Args) -> anyhow::Result<Exit> {
    if args.min_factor.is_nan() || args.min_factor < 1.0 {
        bail!("--min-factor must be at least 1, which shows any change");
    }
    if args.baseline.is_none() && args.window.is_some() {
        args.baseline = Some(period_before(&args, &context.environment)?);
    }
    let windows = windows(&args, &context.environment)?;
    if let Some(windows) = windows {
        // Sources need not look at what is in neither window.
        limit_to(windows, &mut args);
    }
    args.common.input.second = std::mem::take(&mut args.baseline_source);
    let mut run = Run::new(context, &args.common, OutputDefaults::default())?;
    let by = run.each_dimension(&args.by)?;
    let memory = run.memory_of(by.len());
    let fresh = |sides: Sides| Compare {
        sides,
        by: by.clone(),
        groups: by.iter().map(|_| GroupTable::bounded(memory)).collect(),
        all: [Requests::default(); 2],
    };
    let compare = if let Some(windows) = windows {
        run.aggregate(|| fresh(Sides::Times(windows)))?
    } else {
        let mut window = run.aggregate(|| fresh(Sides::Source(WINDOW)))?;
        window.merge(run.aggregate(|| fresh(Sides::Source(BASELINE)))?);
        window
    };
    let hours = bytes::hours(windows, &compare.all);
    let tables = vec![
        sides(&compare, hours),
        changes(&compare, args.min_factor, run.output.limit, run.space())?,
        bytes::table(&compare, hours, args.min_factor, run.output.limit, run.space())?,
    ];
    let empty: Vec<_> = empty_sides(&compare).collect();
    let if_empty = match empty[..] {
        [] => format!(
            "no value changed by a factor of {} or more that chance does not explain",
            args.min_factor
        ),
        [side] => format!("the {side} holds none of them"),
        [..] => "neither the baseline nor the window holds any of them".to_owned(),
    };
    if !empty.is_empty() {
        run.has_no_verdict(format!("no request is of the {}", empty.join(" or the ")));
    }
    run.report(Report { name: "compare", main: "changes", tables, if_empty, ..Report::default() })
}

/// The sides that hold no requests.
fn empty_sides(compare: &Compare) -> impl Iterator<Item = &'static str> {
    let sides = ["baseline", "window"].into_iter().zip(compare.all.map(|all| all.requests));
    sides.filter(|(_, requests)| *requests == 0).map(|(side, _)| side)
}

/// The baseline where none was typed.
fn period_before(args: &Args, environment: &Environment) -> anyhow::Result<Period> {
    let zone = args.common.output.tz.resolve(environment.zone).context("--tz")?;
    let window = args.window.as_ref().map(|window| window.resolve(environment.now, zone)).transpose();
    window.context("--window")?.and_then(Period::before).context(
        "--window is open on a side, so no baseline of equal length is before it; name one with --baseline, or \
         close the window: 7d..now",
    )
}

fn windows(args: &Args, environment: &Environment) -> anyhow::Result<Option<[Window; 2]>> {
    let (Some(baseline), Some(window)) = (&args.baseline, &args.window) else { return Ok(None) };
    let zone = args.common.output.tz.resolve(environment.zone).context("--tz")?;
    let resolve = |period: &Period| period.resolve(environment.now, zone);
    Ok(Some([resolve(baseline).context("--baseline")?, resolve(window).context("--window")?]))
}

/// Gives the filters the window that holds both windows, where nothing else was asked for.
fn limit_to([baseline, window]: [Window; 2], args: &mut Args) {
    let (Some(first), Some(second)) = (&args.baseline, &args.window) else { return };
    let either = |is_first: bool, a: &Option<TimeArg>, b: &Option<TimeArg>| {
        if is_first { a.clone() } else { b.clone() }
    };
    let filter = &mut args.common.filter;
    if filter.since.is_none() && baseline.since.is_some() && window.since.is_some() {
        filter.since = either(baseline.since <= window.since, &first.since, &second.since);
    }
    if filter.until.is_none() && baseline.until.is_some() && window.until.is_some() {
        filter.until = either(baseline.until >= window.until, &first.until, &second.until);
    }
}

fn sides(compare: &Compare, hours: [f64; 2]) -> Table {
    let sides = ["baseline", "window"].into_iter().zip(compare.all.into_iter().zip(hours));
    Table::builder("sides", "Windows compared", sides)
        .word("side", |(name, _)| name)
        .column("first_seen", Value::time, |(_, (all, _))| all.seen.get().map(|(first, _)| first))
        .context()
        .column("last_seen", Value::time, |(_, (all, _))| all.seen.get().map(|(_, last)| last))
        .context()
        .column("requests", Value::Count, |(_, (all, _))| all.requests)
        .column("errors", Value::Count, |(_, (all, _))| all.errors)
        .column("bytes_sent", Value::Bytes, |(_, (all, _))| all.bytes_sent)
        .column("bytes_sent_per_hour", Value::Bytes, |(_, (all, hours))| {
            (all.bytes_sent as f64 / hours) as u64
        })
        .build()
}

/// Adds the columns of a value: what it is of, and what it is.
fn value_columns<'a, R>(
    table: Builder<'a, R>,
    compare: &'a Compare,
    place: impl Fn(&R) -> (usize, &'a [u8]) + Copy + Sync + 'a,
) -> Builder<'a, R> {
    let dimension = move |row: &R| compare.by[place(row).0].list()[0];
    table
        .word("dimension", move |row| dimension(row).name())
        .one(Column::middle("value"), move |row| {
            let (by, key) = place(row);
            let value = compare.by[by].values(key).pop().flatten();
            Value::of_dimension(dimension(row), value.as_deref())
        })
        .null_as("anonymous")
        .short_as(Short::Requester)
}

fn changes(compare: &Compare, min_factor: f64, limit: usize, space: &Space) -> io::Result<Table> {
    let all = compare.all.map(|all| all.requests);
    let mut changes: Vec<_> = compare
        .groups
        .iter()
        .enumerate()
        .flat_map(|(by, groups)| groups.iter().map(move |(key, counts)| (by, key, counts.requests)))
        .filter_map(|(by, key, counts)| Change::of(by, key, counts, all, min_factor))
        .collect();
    changes.sort_unstable_by(|a, b| {
        b.score.abs().total_cmp(&a.score.abs()).then_with(|| (a.by, a.key).cmp(&(b.by, b.key)))
    });
    let mut notes = vec![
        "factor: window share ÷ baseline share; score: significance, G² with a sign (above 11: p < 0.001)"
            .into(),
    ];
    for (by, groups) in compare.by.iter().zip(&compare.groups) {
        notes.extend(
            groups.approximation().map(|approximation| Note::approximate(by.list()[0], approximation)),
        );
    }
    let empty = empty_sides(compare);
    notes.extend(
        empty.map(|side| format!("the {side} holds no requests, so there is nothing to compare").into()),
    );
    let table = Table::builder("changes", "Changes in requests, most significant first", []);
    value_columns(table, compare, |change: &&Change<'_>| (change.by, change.key))
        .word("change", |change| change.name)
        .column("baseline_requests", Value::Count, |change| change.counts[BASELINE])
        .headed("baseline")
        .column("window_requests", Value::Count, |change| change.counts[WINDOW])
        .headed("window")
        .column("factor", Value::decimal, |change| change.factor)
        .column("score", Value::Decimal, |change| change.score)
        .context()
        .total(changes.len() as u64)
        .notes(notes)
        .build_with(space, |put| changes.iter().take(limit).try_for_each(|change| put(&change)))
}
