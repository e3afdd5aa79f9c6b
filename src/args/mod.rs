//! What can be typed for every command, and what it becomes.

mod filter;
mod group_by;
mod input;
mod output;
mod s3;
mod source;

pub(crate) use filter::FilterArgs;
pub(crate) use group_by::{DepthArgs, GroupByArgs, by_default, without_repeats};
pub(crate) use input::{Input, InputArgs};
pub(crate) use output::{OutputArgs, OutputDefaults, When};
pub(crate) use s3::{ConnectArgs, S3Args};
pub(crate) use source::{ResolvedSource, Source, SourceError};

/// What every command that answers a question takes: where to read, which records count, and how to answer.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct CommonArgs {
    /// Where to read.
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Which records count.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// How to answer.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
