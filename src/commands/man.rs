//! `man`: the manual.

use std::path::PathBuf;

use anyhow::Context as _;
use clap_mangen::Man;

use super::print;
use crate::run::{Context, Exit};

/// The manual
///
/// Prints a page of the manual, or writes all of its pages to a folder.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al man | man -l -
  s3al man failed | man -l -
  s3al man --dir ~/.local/share/man/man1")]
pub(crate) struct Args {
    /// Command to show; without one, the overview of all commands
    command: Option<String>,

    /// Write all pages to DIR
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

/// Runs `man`.
pub(super) fn run(_context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut command = super::command();
    if let Some(dir) = args.dir {
        std::fs::create_dir_all(&dir)
            .and_then(|()| clap_mangen::generate_to(command, &dir))
            .with_context(|| format!("cannot write the manual to {}", dir.display()))?;
        return Ok(Exit::Done);
    }
    command.build();
    if let Some(name) = &args.command {
        let found = command.find_subcommand(name).cloned();
        command = found.with_context(|| format!("there is no command `{name}`; see s3al --help"))?;
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    print(&page)
}
