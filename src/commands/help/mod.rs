//! `help`: the help of a command, or a topic that all commands share.

mod topics;

use anyhow::bail;

use self::topics::TOPICS;
use super::print;
use crate::run::{Context, Exit};
use crate::value_error::nearest;

pub(super) use self::topics::names;

/// Help on a command or a topic
///
/// Shows the help of a command, or a topic: what all commands share, such as the names of fields and how times are written.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al help fields
  s3al help time
  s3al help failed")]
pub(crate) struct Args {
    /// Command or topic: fields, time, filters, s3, output, config, exit-codes
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Runs `help`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let colored = |text: clap::builder::StyledStr| match context.environment.stdout_color {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    let mut all = super::command();
    all.build();
    let Some(name) = args.name else { return print(colored(all.render_long_help()).as_bytes()) };
    let lower = name.to_ascii_lowercase().replace('_', "-");
    if let Some(topic) = TOPICS.iter().find(|topic| topic.name == lower) {
        return print(colored(topic.text()).as_bytes());
    }
    if let Some(one) = all.find_subcommand_mut(&lower) {
        return print(colored(one.render_long_help()).as_bytes());
    }
    let mut known: Vec<&str> = names().collect();
    known.extend(all.get_subcommands().map(clap::Command::get_name));
    match nearest(&lower, known.iter().copied()) {
        Some(meant) => bail!("no help on `{name}`; did you mean s3al help {meant}?"),
        None => bail!("no help on `{name}`; there is help on: {}", known.join(", ")),
    }
}
