//! What `convert` says where it was not built in.

use std::ffi::OsString;

use anyhow::bail;

use crate::run::{Context, Exit};

/// Convert logs to Parquet, a folder a day (not in this build)
///
/// This build of s3al does not write Parquet, which takes minutes to compile. To get it, build with --features sql:
/// cargo build --release --features sql in the source folder.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The sources
    #[arg(value_name = "SOURCE", trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    typed: Vec<OsString>,
}

/// All options are as they are.
pub(crate) fn adapt(command: clap::Command) -> clap::Command {
    command
}

/// Says how to get it.
///
/// # Errors
/// Always.
pub(crate) fn run(_: &Context, _: Args) -> anyhow::Result<Exit> {
    bail!(
        "this build of s3al does not write Parquet\n\
         to get it, build with the feature: cargo build --release --features sql"
    )
}
