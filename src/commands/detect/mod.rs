//! `detect`: what in these logs deserves a person's attention.

mod explain;
mod incidents;
#[cfg(test)]
mod page;
mod report;
mod show;
mod words;

pub(super) use report::summary;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use crate::args::{CommonArgs, OutputDefaults};
use crate::detect::{Detector, RULES, Room, Settings, Severity, place, print_rules};
use crate::output::Format;
use crate::report::Report;
use crate::run::{Context, Exit, Run};
use crate::time::Period;

/// What deserves a person's attention: attacks, leaks, mistakes
///
/// Rules look for attacks, leaks and mistakes, in one pass and without a database. Each
/// finding says who, what, when, why it was found and what to do, and has the command that shows all of its requests. Findings are grouped;
/// the worst come first. Findings of one actor within a day of each other are one incident, with what happened in plain words: actors are
/// tied by an address that few use, or by a session's name that tells a person or a machine. --list-rules has the rules, --explain RULE says
/// all of one, and docs/detections.md what they cannot see.
///
/// Rules that compare with what is usual learn from the first third of the time that the logs cover, but a day at least, or from --baseline;
/// with less than two days of logs they say nothing. Nothing is left out for want of memory: what is kept by time goes to temporary files, and
/// if what is kept of each actor does not fit into --memory, the run ends with an error and exit code 2. So the verdict is the same however
/// much there is. The exit code is 1 if a finding has --min-severity or more.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al detect logs/
  s3al detect --bucket my-logs --since 7d --min-severity high
  s3al detect logs/ --baseline 2026-06-01..2026-07-01 --format json
  s3al detect --explain config-change")]
pub(crate) struct Args {
    /// Period to learn what is usual from, as START..END, within what is read (default: the first third, at least a day)
    #[arg(long, value_name = "FROM..TO")]
    baseline: Option<Period>,

    /// Show findings of this severity or more, and exit with code 1 if there are any
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = Severity::Low)]
    min_severity: Severity,

    /// Settings of the rules: thresholds, which are on, what they leave out; --print-rules writes the defaults
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,

    /// Networks that are known to be bad: a file with an address or a network a line. Repeat it for more
    #[arg(long, value_name = "FILE")]
    bad_ips: Vec<PathBuf>,

    /// List the rules and exit
    #[arg(long)]
    list_rules: bool,

    /// Explain a rule and exit
    #[arg(long, value_name = "RULE", conflicts_with = "list_rules")]
    explain: Option<String>,

    /// Print the settings of all rules as a commented file, and exit
    #[arg(long, conflicts_with_all = ["list_rules", "explain"])]
    print_rules: bool,

    #[command(flatten)]
    common: CommonArgs,
}

/// Runs `detect`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    if args.print_rules {
        return super::print(print_rules().as_bytes());
    }
    if let Some(id) = &args.explain {
        return super::print(explain::text(RULES[place(id)?]).as_bytes());
    }
    if args.list_rules {
        let defaults = OutputDefaults { limit: 0, ..OutputDefaults::default() };
        let output = args.common.output.resolve(defaults, &context.environment)?;
        let table = report::rules_table(RULES);
        output.write(&Report {
            name: "detect",
            main: table.name,
            tables: vec![table],
            ..Report::default()
        })?;
        return Ok(Exit::Done);
    }
    let settings = Arc::new(settings(args.rules.as_deref(), &args.bad_ips)?);
    // What collectors take in is all of it, unless less was asked for.
    let is_for_collectors = args.common.output.format.is_some_and(Format::is_of_findings);
    let limit = if is_for_collectors { 0 } else { OutputDefaults::default().limit };
    let defaults = OutputDefaults { limit, findings: true, ..OutputDefaults::default() };
    let mut run = Run::new(context, &args.common, defaults)?;
    let now = context.environment.now;
    let baseline = args.baseline.as_ref().map(|period| period.resolve(now, run.output.zone));
    let baseline = baseline.transpose().context("--baseline")?;
    // It judges by nature.
    run.output.fail = true;
    let room = Room { space: run.space().clone(), bytes: run.memory_of(Detector::TABLES) };
    let mut detector = run.aggregate(|| Detector::new(Arc::clone(&settings), &room))?;
    let detected = detector.finish(baseline, run.output.zone, run.geoip());
    room.space.check()?;
    // The process ends soon: to give millions of small pieces back one by one takes a tenth of the time.
    std::mem::forget(detector);
    let shown = detected.findings.iter().take_while(|one| one.severity >= args.min_severity).count();
    let tables = report::tables(shown, &detected, &args.common, &run.output);
    let has_findings = shown > 0;
    run.judge(Report { name: "detect", main: "findings", tables, ..Report::default() }, has_findings)
}

/// What was set of the rules.
fn settings(rules: Option<&Path>, bad_ips: &[PathBuf]) -> anyhow::Result<Settings> {
    let mut settings = match rules {
        None => Settings::default(),
        Some(path) => {
            let read = || Settings::parse(&std::fs::read_to_string(path)?);
            read().with_context(|| format!("--rules {}", path.display()))?
        }
    };
    for path in bad_ips {
        let mut add = || settings.add_bad_networks(&std::fs::read_to_string(path)?);
        add().with_context(|| format!("--bad-ips {}", path.display()))?;
    }
    Ok(settings)
}
