//! `completions`: what a shell needs to complete command lines.

use anyhow::Context as _;
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::{complete, print};
use crate::run::{Context, Exit};

/// Generate shell completions
///
/// Prints what lets your shell complete s3al's command lines: commands, options and their values, names of fields and operations,
/// time zones, profiles, and the @names of s3al.toml. The shell asks s3al each time, so a new version needs nothing new.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  echo 'source <(s3al completions bash)' >> ~/.bashrc
  echo 'source <(s3al completions zsh)' >> ~/.zshrc
  echo 's3al completions fish | source' >> ~/.config/fish/config.fish")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs `completions`.
pub(super) fn run(_context: &Context, args: Args) -> anyhow::Result<Exit> {
    let shell = args.shell.to_string();
    let shells = Shells::builtins();
    let shell = shells.completer(&shell).with_context(|| format!("there are no completions for {shell}"))?;
    let mut script = Vec::new();
    shell.write_registration(complete::VARIABLE, "s3al", "s3al", "s3al", &mut script)?;
    if args.shell == Shell::Bash {
        script.extend_from_slice(JOINED);
    }
    print(&script)
}

/// Bash cuts a line at each `=` ("COMP_WORDBREAKS", Bash Reference Manual, "Bash Variables") and puts what is offered behind the last one, so
/// that `--heatmap=week` comes in three words. They are joined before the program is asked, and what it offers is cut again.
const JOINED: &[u8] = include_bytes!("completions.bash");
