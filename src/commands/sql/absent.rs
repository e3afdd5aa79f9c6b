//! What `sql` says where it was not built in.

use std::ffi::OsString;

use anyhow::bail;

use crate::run::{Context, Exit};

/// Answer a question in SQL (not in this build)
///
/// This build of s3al has no SQL engine, which takes minutes to compile. To get it, build with --features sql:
/// cargo install --git URL --features sql, or cargo build --release --features sql in the source folder.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The query and its sources
    #[arg(value_name = "QUERY", trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
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
        "this build of s3al has no SQL engine\n\
         to get it, build with the feature: cargo build --release --features sql"
    )
}
