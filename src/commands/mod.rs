//! The list of subcommands; one file each.

mod access;
mod audit;
mod export;
mod failed;
mod fetch;
mod history;
mod large_downloads;
mod summary;
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
    /// The life of an object: written, read, changed, deleted
    History(history::Args),
    /// Who touches what, and the IAM policy that would allow it
    Access(access::Args),
    /// What will break or should not be: old TLS, SigV2, ACLs, presigned URLs, anonymous access
    Audit(audit::Args),
    /// Every matching record, as rows
    Export(export::Args),
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
            Self::History(args) => history::run(args),
            Self::Access(args) => access::run(args),
            Self::Audit(args) => audit::run(args),
            Self::Export(args) => export::run(args),
            Self::Fetch(args) => fetch::run(args),
        }
    }
}
