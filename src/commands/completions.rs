//! `completions`: what a shell needs to complete command lines.

use clap_complete::Shell;

use super::print;
use crate::run::{Context, Exit};

/// Generate shell completions
///
/// Prints a script that completes s3al's command line in your shell.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al completions bash > ~/.local/share/bash-completion/completions/s3al
  s3al completions fish > ~/.config/fish/completions/s3al.fish")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs `completions`.
pub(super) fn run(_context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "s3al", &mut script);
    print(&script)
}
