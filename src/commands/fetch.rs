//! `fetch`: a local copy of the logs in a bucket, brought up to date.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use crate::args::{ResolvedSource, S3Args, Source};
use crate::environment::Environment;
use crate::output::{Messages, ProgressDisplay, counted, show, size};
use crate::run::{Context, Exit, Unread, catch_interrupts, empty, locate};
use crate::source::s3::{self, Location, Mirror, Mirrored, Mirroring, Options, Plan};
use crate::source::{Cancel, Local, Progress};
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
  s3al fetch --logs-of my-site --logs-of my-shop -o logs/")]
pub(crate) struct Args {
    /// Where the logs are: s3://BUCKET/PREFIX, or @NAME, a source of s3al.toml
    #[arg(value_name = "SOURCE", value_parser = OsStringValueParser::new().try_map(Source::read))]
    sources: Vec<Source>,

    #[command(flatten)]
    s3: S3Args,

    /// Read sources and defaults from FILE instead of s3al/s3al.toml in the user config folder
    #[arg(long, value_name = "FILE", help_heading = "Sources")]
    config: Option<PathBuf>,

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
    let what = Mirroring { window, lookback: args.lookback, verify: args.verify, any_name: args.s3.any_name };
    show(args.s3.connect.verbose);
    let cancel = Cancel::default();
    let _interrupts = catch_interrupts(&cancel)?;
    let targets = targets(context, &args, messages, &cancel)?;

    let started = Instant::now();
    let progress = Arc::new(Progress::default());
    let shown = !args.quiet && stderr_is_terminal && args.s3.connect.verbose == 0;
    let display = ProgressDisplay::start(Arc::clone(&progress), shown, messages);
    let mut unread = Unread::default();
    let mut report = |name: &str, error: anyhow::Error| {
        if let Some(error) = unread.add(name, &error) {
            display.suspend(|| messages.error(&error));
        }
    };
    let copied = Arc::default();
    let (mut planned, mut done, mut lost, mut nothing) =
        (Plan::default(), Mirrored::default(), 0, Vec::new());
    for (location, options) in &targets {
        let mirror = Mirror {
            location,
            options,
            dir: &args.output,
            what,
            copied: &copied,
            progress: &progress,
            cancel: &cancel,
        };
        let found = if args.dry_run {
            mirror.plan(&mut report).map(|plan| {
                let found = plan.objects + plan.known + plan.failed;
                planned += plan;
                found
            })
        } else {
            mirror.run(&mut report).map(|mirrored| {
                let found = mirrored.new + mirrored.known + mirrored.failed;
                done += mirrored;
                found
            })
        };
        match found {
            // What goes on from an earlier run has found something by then.
            Ok(0) if planned.begin.is_empty() && done.begin.is_empty() => nothing.push((location, options)),
            Ok(_) => {}
            Err(error) if targets.len() == 1 || cancel.is_interrupted() => return Err(error),
            Err(error) => {
                lost += 1;
                display.suspend(|| messages.error(&error));
            }
        }
    }
    display.finish();
    unread.rest().iter().for_each(|error| messages.error(error));
    let (closing, interrupted, failed, any) = if args.dry_run {
        (describe_plan(&planned), planned.interrupted, planned.failed, true)
    } else {
        (describe(&done, started.elapsed()), done.interrupted, done.failed, done.new + done.known > 0)
    };
    let any = any && lost < targets.len() as u64;
    let exit = exit(interrupted.then_some(&cancel), failed + lost, any);
    if !args.quiet && exit != Exit::interrupted(&cancel) {
        let has_window = window.since.is_some() || window.until.is_some();
        for (location, options) in nothing {
            messages.warn(&empty::in_bucket(location, options, has_window, &cancel));
        }
    }
    planned.begin.iter().chain(&done.begin).for_each(|begin| messages.note(begin));
    let mut out = std::io::stdout().lock();
    writeln!(out, "{closing}").and_then(|()| out.flush())?;
    Ok(exit)
}

/// What is copied, and how it is reached.
fn targets(
    context: &Context,
    args: &Args,
    messages: Messages,
    cancel: &Cancel,
) -> anyhow::Result<Vec<(Location, Options)>> {
    let typed = args.s3.options();
    let mut sources = Vec::new();
    for source in &args.sources {
        sources.extend(source.resolve(&context.config, &typed)?);
    }
    let locations = args.s3.locations()?;
    if sources.is_empty() && locations.is_empty() && args.s3.logs_of.is_empty() {
        for source in Source::default(&context.config).context("the default source")? {
            sources.extend(source.resolve(&context.config, &typed).context("the default source")?);
        }
        if sources.is_empty() {
            bail!(
                "nothing to fetch: name a bucket\nfor example: s3al fetch --bucket my-logs --prefix prod/ -o logs/"
            );
        }
        messages.note(&format!("fetching the default source, {}", context.config.default_source().join(" ")));
    }
    let mut targets = Vec::new();
    for source in sources {
        match source {
            ResolvedSource::S3(location, options) => targets.push((location, *options)),
            ResolvedSource::Local(Local::Stdin) => {
                bail!("`-` is no bucket: fetch copies from s3://BUCKET/PREFIX")
            }
            ResolvedSource::Local(Local::Path(path)) => {
                bail!("`{}` is no bucket: fetch copies from s3://BUCKET/PREFIX", path.display())
            }
        }
    }
    targets.extend(locations.into_iter().map(|location| (location, typed.clone())));
    for bucket in &args.s3.logs_of {
        targets.push((locate(bucket, &typed, messages, cancel)?, typed.clone()));
    }
    Ok(targets)
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
