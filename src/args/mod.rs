//! What can be typed for every command, and what it becomes.

mod filter;
mod group_by;
mod input;
mod output;
mod s3;
mod source;

pub use filter::FilterArgs;
pub use group_by::{DepthArgs, GroupByArgs};
pub use input::{Input, InputArgs};
pub use output::{OutputArgs, OutputDefaults, When};
pub use s3::{ConnectArgs, S3Args};
pub use source::{ResolvedSource, Source, SourceError};

/// What every command that answers a question takes: where to read, which records count, and how to answer.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct CommonArgs {
    /// Where to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// Which records count.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// How to answer.
    #[command(flatten)]
    pub output: OutputArgs,
}
