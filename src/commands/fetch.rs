//! `fetch`: a local copy of the logs in a bucket, brought up to date.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::args::S3Args;
use crate::environment::Environment;
use crate::output::{Messages, ProgressDisplay, counted, size};
use crate::run::{Context, Exit, Unread, catch_interrupts, empty};
use crate::source::s3::{self, Location, Mirrored, Mirroring, Plan, logs_of, mirror, plan};
use crate::source::{Cancel, Progress};
use crate::time::{TimeArg, Window, ZoneArg};

/// A local copy of the logs in a bucket, brought up to date
///
/// Copies the log objects of a bucket into a folder, by key; a second run downloads only what is new.
///
/// Files already in DIR are recognized by name and size. Without --since, a run begins --lookback before the newest name of the
/// last run, because logs are delivered late and in no order, or with the first log if earlier runs have left some out; it says
/// so. DIR remembers each bucket and prefix that was fetched into it (in .s3al). A run that was interrupted is completed by the
/// next.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al fetch --bucket my-logs --prefix prod/ --since 7d -o logs/
  s3al fetch s3://my-logs/prod/ -o logs/ --dry-run
  s3al fetch --logs-of my-site -o logs/")]
pub(crate) struct Args {
    /// Where the logs are: s3://BUCKET/PREFIX
    #[arg(value_name = "URL", conflicts_with_all = ["bucket", "prefix", "logs_of"])]
    url: Option<Location>,

    #[command(flatten)]
    s3: S3Args,

    /// The folder to copy into
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,

    /// Events from this time on: 2026-08-01, 24h or 7d (ago), yesterday
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    since: Option<TimeArg>,

    /// Events before this time
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    until: Option<TimeArg>,

    /// Time zone of --since and --until: Europe/Berlin, UTC (the default), local, +02:00
    #[arg(
        long,
        value_name = "ZONE",
        default_value = "UTC",
        allow_hyphen_values = true,
        hide_default_value = true
    )]
    tz: ZoneArg,

    /// How far before the newest name in DIR to begin (whole days where the layout has a folder a day)
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
    lookback: Duration,

    /// Compare everything in DIR with the bucket, by name and size, not only what is newer
    #[arg(long, conflicts_with = "since")]
    verify: bool,

    /// Show what would be downloaded and its cost, without downloading
    #[arg(long)]
    dry_run: bool,

    /// Print only errors to standard error: no notes, no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Runs `fetch`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let Environment { now, zone, stderr_is_terminal, stderr_color, .. } = context.environment;
    let messages = Messages { color: stderr_color, quiet: args.quiet };
    let zone = args.tz.resolve(zone).context("--tz")?;
    let resolve =
        |moment: &Option<TimeArg>| moment.as_ref().map(|moment| moment.resolve(now, zone)).transpose();
    let window =
        Window::new(resolve(&args.since).context("--since")?, resolve(&args.until).context("--until")?)?;
    let window = s3::Window { since: window.since, until: window.until, lag: args.s3.delivery_lag };
    let what = Mirroring { window, lookback: args.lookback, verify: args.verify };
    let options = args.s3.options();
    let cancel = Cancel::default();
    catch_interrupts(&cancel)?;
    let location = match (&args.url, &args.s3.logs_of) {
        (Some(url), _) => url.clone(),
        (None, Some(bucket)) => {
            let logs = logs_of(bucket, &options, &cancel)?;
            messages.note(&logs.note());
            logs.warning().iter().for_each(|warning| messages.warn(warning));
            logs.location
        }
        (None, None) => match args.s3.location() {
            Some(location) => location,
            None => bail!(
                "nothing to fetch: name a bucket\nfor example: s3al fetch --bucket my-logs --prefix prod/ -o logs/"
            ),
        },
    };

    let started = Instant::now();
    let progress = Arc::new(Progress::default());
    let shown = !args.quiet && stderr_is_terminal;
    let display =
        if shown { ProgressDisplay::start(Arc::clone(&progress)) } else { ProgressDisplay::hidden() };
    let mut unread = Unread::default();
    let mut report = |name: &str, error: anyhow::Error| {
        if let Some(error) = unread.add(name, &error) {
            display.suspend(|| messages.error(&error));
        }
    };
    let (begin, found);
    let (closing, exit) = if args.dry_run {
        let plan = plan(&location, &options, &args.output, &what, &progress, &cancel, &mut report)?;
        begin = plan.begin.clone();
        found = plan.objects + plan.known + plan.failed;
        (describe_plan(&plan), exit(plan.interrupted.then_some(&cancel), plan.failed, true))
    } else {
        let done = mirror(&location, &options, &args.output, &what, &progress, &cancel, &mut report)?;
        begin = done.begin.clone();
        found = done.new + done.known + done.failed;
        (
            describe(&done, started.elapsed()),
            exit(done.interrupted.then_some(&cancel), done.failed, done.new + done.known > 0),
        )
    };
    display.finish();
    unread.rest().iter().for_each(|error| messages.error(error));
    // What goes on from an earlier run has found something by then.
    if found == 0 && begin.is_none() && exit == Exit::Done && !args.quiet {
        let has_window = window.since.is_some() || window.until.is_some();
        messages.warn(&empty::in_bucket(&location, &options, has_window, &cancel));
    }
    begin.iter().for_each(|begin| messages.note(begin));
    let mut out = std::io::stdout().lock();
    writeln!(out, "{closing}").and_then(|()| out.flush())?;
    Ok(exit)
}

fn exit(interrupted: Option<&Cancel>, failed: u64, any: bool) -> Exit {
    match (interrupted, failed) {
        (Some(cancel), _) => Exit::interrupted(cancel),
        (None, 0) => Exit::Done,
        (None, _) if any => Exit::Partial,
        (None, _) => Exit::Nothing,
    }
}

fn describe(done: &Mirrored, elapsed: Duration) -> String {
    let failed = match done.failed {
        0 => String::new(),
        failed => format!(", {failed} failed"),
    };
    let interrupted = if done.interrupted { ", interrupted: the next run goes on from here" } else { "" };
    format!(
        "{}, {}, {} already there, {} skipped{failed}, {:.1} s{interrupted}",
        counted(done.new, "new object", "new objects"),
        size(done.bytes),
        done.known,
        done.skipped,
        elapsed.as_secs_f64()
    )
}

fn describe_plan(plan: &Plan) -> String {
    let interrupted = if plan.interrupted { ", interrupted: there may be more" } else { "" };
    format!(
        "{} to download, {}, {} already there, {} skipped{interrupted}\n\
         {}, {}: ${:.4} at list price (S3 Standard, us-east-1)\n\
         transfer: free within the region, ${:.4} to the internet at list price",
        counted(plan.objects, "object", "objects"),
        size(plan.bytes),
        plan.known,
        plan.skipped,
        counted(plan.list_requests, "LIST request", "LIST requests"),
        counted(plan.get_requests, "GET request", "GET requests"),
        plan.request_cost(),
        plan.transfer_cost()
    )
}
