//! `logging`: whether buckets are logged as they should be, and turning it on and off.

mod change;
mod status;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::bail;
use clap::ValueEnum;

use crate::args::{ConnectArgs, OutputArgs, OutputDefaults};
use crate::dimension::DeriveOptions;
use crate::output::{Output, ProgressDisplay, show};
use crate::report::Report;
use crate::run::{Context, Exit, catch_interrupts};
use crate::source::s3::{self, Bucket, Fact, LogLayout, S3Error, Survey};
use crate::source::{Cancel, Progress};
use crate::time::Timestamp;

/// Turn server access logging on right, and see that it works
///
/// `status` reads how buckets are logged and says what is wrong with it, what that means, and the command of the AWS CLI that mends it; it
/// changes nothing. `enable` and `disable` print what they would change, as JSON and as commands; --apply changes it. What is there
/// stays: policies and lifecycle rules are added to, and logs are never deleted.
///
/// A permission that is missing makes its column unknown, and is named.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al logging status
  s3al logging status my-site my-shop --retention 365d --fail
  s3al logging enable my-site my-shop --target my-logs --expire 365d
  s3al logging enable my-site --target my-logs --create-target --apply
  s3al logging disable my-site")]
#[command(mut_args(DEFAULTS.said()))]
pub(crate) struct Args {
    /// What to do
    #[arg(value_enum)]
    action: Action,

    /// The buckets that are logged; `status` takes all of the account if none is named
    #[arg(value_name = "BUCKET")]
    buckets: Vec<Bucket>,

    /// The bucket that takes the logs (enable, disable)
    ///
    /// `disable` finds it by itself, unless logging is off already and only a statement in the policy of LOGS is left.
    #[arg(long, value_name = "LOGS")]
    target: Option<Bucket>,

    /// The start of the logs' keys; {bucket} is the bucket's name (enable) [default: {bucket}/]
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,

    /// How keys are built (enable) [default: partitioned]
    #[arg(long, value_enum, value_name = "LAYOUT")]
    layout: Option<Layout>,

    /// Let logs expire after this time: 365d (enable)
    #[arg(long, value_name = "TIME", value_parser = days)]
    expire: Option<i32>,

    /// Create the log bucket if there is none (enable)
    #[arg(long)]
    create_target: bool,

    /// Make the changes, not only print them (enable, disable)
    #[arg(long)]
    apply: bool,

    /// How long logs are to be kept: another expiry is a finding (status)
    #[arg(long, value_name = "TIME", value_parser = days)]
    retention: Option<i32>,

    #[command(flatten)]
    connect: ConnectArgs,

    #[command(flatten)]
    output: OutputArgs,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Say how buckets are logged, and what is wrong
    Status,
    /// Turn logging on
    Enable,
    /// Turn logging off; logs stay
    Disable,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Enable => "enable",
            Self::Disable => "disable",
        }
    }
}

/// How keys are built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// Folders for account, region, bucket and day of the events
    #[default]
    Partitioned,
    /// All in one folder
    Simple,
}

impl From<Layout> for LogLayout {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Partitioned => Self::EventTime,
            Layout::Simple => Self::Simple,
        }
    }
}

/// What it does where nothing is typed.
const DEFAULTS: OutputDefaults = OutputDefaults { limit: 0, ..OutputDefaults::REPORT };

/// A number of days.
fn days(typed: &str) -> Result<i32, String> {
    let time = humantime::parse_duration(typed).map_err(|error| error.to_string())?;
    let (days, rest) = (time.as_secs() / 86_400, time.as_secs() % 86_400);
    match i32::try_from(days) {
        Ok(days @ 1..) if rest == 0 && time.subsec_nanos() == 0 => Ok(days),
        _ => Err("whole days, at least one: 365d".to_owned()),
    }
}

/// What all three do first.
struct Asked {
    survey: Survey,
    output: Output,
    /// The buckets of the account.
    own: Fact<HashSet<String>>,
    account: Option<String>,
}

/// Runs `logging`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let output = args.output.resolve(DEFAULTS, &context.environment)?;
    check(&args)?;
    if context.is_rehearsal {
        let empty = match args.action {
            Action::Status => status::report(&[], &BTreeMap::new(), &[], &[], Timestamp::from_millis(0)),
            Action::Enable | Action::Disable => change::report(&[], &[], args.apply),
        };
        return selected(empty, &output).map(|_| Exit::Done);
    }
    show(args.connect.verbose);
    let cancel = Cancel::default();
    let _interrupts = catch_interrupts(&cancel)?;
    let options = args.connect.options();
    s3::check(&options)?;
    let progress = Arc::new(Progress::default());
    // How far it is has no number; what S3 leaves unanswered is told.
    let _display = ProgressDisplay::start(Arc::clone(&progress), false, output.messages);
    let survey = Survey::connect(&options, progress, &cancel)?;
    let own = match survey.buckets() {
        Ok(buckets) => Fact::Known(buckets.into_iter().collect()),
        Err(S3Error::AccessDenied { .. }) => Fact::Denied("s3:ListAllMyBuckets"),
        Err(error) => return Err(error.into()),
    };
    let account = args.connect.expected_bucket_owner.clone().or_else(|| survey.account());
    let asked = Asked { survey, output, own, account };
    match args.action {
        Action::Status => status::run(context, &asked, &args),
        Action::Enable => change::enable(&asked, &args),
        Action::Disable => change::disable(&asked, &args),
    }
}

impl Args {
    fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or("{bucket}/")
    }

    /// The options that were typed, and what they are for.
    fn typed(&self) -> impl Iterator<Item = (&'static str, &'static [Action])> {
        const ENABLE: &[Action] = &[Action::Enable];
        const CHANGE: &[Action] = &[Action::Enable, Action::Disable];
        [
            ("--target", CHANGE, self.target.is_some()),
            ("--prefix", ENABLE, self.prefix.is_some()),
            ("--layout", ENABLE, self.layout.is_some()),
            ("--expire", ENABLE, self.expire.is_some()),
            ("--create-target", ENABLE, self.create_target),
            ("--apply", CHANGE, self.apply),
            ("--retention", &[Action::Status], self.retention.is_some()),
            ("--fail", &[Action::Status], self.output.fail),
        ]
        .into_iter()
        .filter_map(|(option, of, is_typed)| is_typed.then_some((option, of)))
    }
}

/// What is wrong with what was typed.
fn check(args: &Args) -> anyhow::Result<()> {
    if args.buckets.iter().chain(&args.target).any(Bucket::is_access_point) {
        bail!("an access point is no bucket: give the name of its bucket");
    }
    if let Some((option, of)) = args.typed().find(|(_, of)| !of.contains(&args.action)) {
        let of: Vec<String> = of.iter().map(|action| format!("`{}`", action.name())).collect();
        bail!("{option} is an option of {}, and means nothing to `{}`", of.join(" and "), args.action.name());
    }
    match args.action {
        Action::Enable | Action::Disable if args.buckets.is_empty() => {
            bail!("name the buckets: s3al logging enable my-site my-shop --target my-logs")
        }
        Action::Enable if args.target.is_none() => {
            bail!(
                "--target LOGS names the bucket that takes the logs: s3al logging enable my-site --target my-logs"
            )
        }
        Action::Enable if args.layout == Some(Layout::Simple) && args.prefix().is_empty() => {
            bail!(
                "without a prefix, logs of the simple layout lie among all other objects: --prefix '{{bucket}}/'"
            )
        }
        _ => Ok(()),
    }
}

impl Asked {
    /// Writes an answer.
    fn write(&self, report: Report) -> anyhow::Result<()> {
        self.output.write(&selected(report, &self.output)?)
    }
}

/// An answer with the tables and columns that were asked for.
fn selected(mut report: Report, output: &Output) -> anyhow::Result<Report> {
    let unknown = report.select(&output.selection, &DeriveOptions::default())?;
    if !unknown.is_empty() {
        bail!(unknown.join("; "));
    }
    Ok(report)
}
