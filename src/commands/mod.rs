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
// The comment on each command's own arguments is its help; one here would hide it.
#[allow(missing_docs)]
#[derive(Debug, Subcommand)]
pub enum Command {
    Failed(failed::Args),
    #[command(visible_alias = "top")]
    TopRequesters(top_requesters::Args),
    LargeDownloads(large_downloads::Args),
    Summary(summary::Args),
    History(history::Args),
    Access(access::Args),
    Audit(audit::Args),
    Cold(cold::Args),
    Cost(cost::Args),
    Coverage(coverage::Args),
    Export(export::Args),
    Compare(compare::Args),
    Latency(latency::Args),
    Timeline(timeline::Args),
    Fetch(fetch::Args),
    Completions(completions::Args),
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
