//! The list of subcommands; one file each.

mod compare;
mod export;
mod failed;
mod fetch;
mod large_downloads;
mod latency;
mod summary;
mod timeline;
mod top_requesters;

use clap::Subcommand;

use crate::run::Exit;

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
            Self::Export(args) => export::run(args),
            Self::Compare(args) => compare::run(args),
            Self::Latency(args) => latency::run(args),
            Self::Timeline(args) => timeline::run(args),
            Self::Fetch(args) => fetch::run(args),
        }
    }
}
