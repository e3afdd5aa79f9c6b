//! The list of subcommands; one file each.

mod access;
mod audit;
mod cold;
mod compare;
mod completions;
mod cost;
mod coverage;
mod export;
mod failed;
mod fetch;
mod headings;
mod history;
mod large_downloads;
mod latency;
mod man;
mod summary;
mod timeline;
mod top_requesters;

use std::io::Write;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::run::Exit;

/// Answers questions about Amazon S3 server access logs.
///
/// Point it at files, folders, a bucket or a pipe. What cannot be read is counted, never lost: see the last line of every
/// answer.
#[derive(Debug, Parser)]
#[command(name = "s3al", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// What is asked.
    #[command(subcommand)]
    pub command: Command,
}

/// Everything that can be typed.
pub fn command() -> clap::Command {
    headings::group(Cli::command())
}

/// Prints what is no report.
fn print(text: &[u8]) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(Exit::Done)
}

/// What can be asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Failed requests: which errors, and the newest of them
    Failed(failed::Args),
    /// Who sends the most requests, or whatever else they are grouped by
    #[command(visible_alias = "top")]
    TopRequesters(top_requesters::Args),
    /// The largest downloads
    LargeDownloads(large_downloads::Args),
    /// What is in these logs, at a glance
    Summary(summary::Args),
    /// The life of an object: written, read, changed, deleted
    History(history::Args),
    /// Who touches what, and the IAM policy that would allow it
    Access(access::Args),
    /// What will break or should not be: old TLS, SigV2, ACLs, presigned URLs, anonymous access
    Audit(audit::Args),
    /// What has not been read for the longest time, or not at all
    Cold(cold::Args),
    /// What requests and transfer are charged, and who causes it
    Cost(cost::Args),
    /// Whether these logs are complete: gaps, delivery lag, duplicates, unreadable lines
    Coverage(coverage::Args),
    /// Every matching record, as rows
    Export(export::Args),
    /// What is new, gone or changed between two windows of time
    Compare(compare::Args),
    /// How long requests take, the slowest of them, and throttling
    Latency(latency::Args),
    /// Requests, errors and bytes over time
    Timeline(timeline::Args),
    /// A local copy of the logs in a bucket, brought up to date
    Fetch(fetch::Args),
    /// What a shell needs to complete command lines
    Completions(completions::Args),
    /// The manual
    Man(man::Args),
}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    /// If nothing could be done.
    pub fn run(self) -> anyhow::Result<Exit> {
        match self {
            Self::Failed(args) => failed::run(args),
            Self::TopRequesters(args) => top_requesters::run(args),
            Self::LargeDownloads(args) => large_downloads::run(args),
            Self::Summary(args) => summary::run(args),
            Self::History(args) => history::run(args),
            Self::Access(args) => access::run(args),
            Self::Audit(args) => audit::run(args),
            Self::Cold(args) => cold::run(args),
            Self::Cost(args) => cost::run(args),
            Self::Coverage(args) => coverage::run(args),
            Self::Export(args) => export::run(args),
            Self::Compare(args) => compare::run(args),
            Self::Latency(args) => latency::run(args),
            Self::Timeline(args) => timeline::run(args),
            Self::Fetch(args) => fetch::run(args),
            Self::Completions(args) => completions::run(args),
            Self::Man(args) => man::run(args),
        }
    }
}
