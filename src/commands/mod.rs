//! The list of subcommands; one file each.

mod access;
mod activity;
mod audit;
// What CONTRIBUTING.md shows as a report.
#[cfg(test)]
mod clients;
mod cold;
mod compare;
mod complete;
mod completions;
mod convert;
mod cost;
mod coverage;
mod dashboard;
mod ddl;
mod detect;
mod export;
mod failed;
mod fetch;
mod follow;
mod headings;
mod help;
mod history;
mod large_downloads;
mod latency;
mod logging;
mod man;
mod mistakes;
mod record_columns;
mod short_help;
mod sql;
mod summary;
mod timeline;
mod top_requesters;

use std::io::Write;

use clap::{Args as _, Subcommand};

use crate::run::{Context, Exit};

pub(crate) use complete::answer as answer_shell;
pub(crate) use mistakes::explain;

macro_rules! commands {
    ($($heading:literal { $($variant:ident $module:ident $name:literal $(also $alias:literal)?;)* })*) => {
        /// What commands are for, in the order in which `s3al --help` shows them.
        const HEADINGS: &[(&str, &[&str])] = &[$(($heading, &[$($name),*])),*];

        /// What can be asked.
        // The comment on each command's own arguments is its help; one here would hide it.
        #[allow(missing_docs)]
        #[derive(Debug, Subcommand)]
        pub(crate) enum Command {
            $($(#[command(name = $name $(, visible_alias = $alias)?)] $variant($module::Args),)*)*
        }

        impl Command {
            /// Runs it.
            ///
            /// # Errors
            /// If nothing could be done.
            pub(crate) fn run(self, context: &Context) -> anyhow::Result<Exit> {
                match self {
                    $($(Self::$variant(args) => $module::run(context, args),)*)*
                }
            }
        }

        /// The command of that name.
        fn one(name: &str) -> Option<clap::Command> {
            match name {
                $($($name $(| $alias)? => {
                    Some($module::Args::augment_args(clap::Command::new($name))$(.visible_alias($alias))?)
                })*)*
                _ => None,
            }
        }
    };
}

commands! {
    "Get logs" {
        Fetch fetch "fetch";
        Convert convert "convert";
        Ddl ddl "ddl";
        Follow follow "follow";
        Logging logging "logging";
    }
    "Reports" {
        Summary summary "summary";
        Dashboard dashboard "dashboard";
        TopRequesters top_requesters "top-requesters" also "top";
        Failed failed "failed";
        LargeDownloads large_downloads "large-downloads";
        Timeline timeline "timeline";
        Latency latency "latency";
        Cost cost "cost";
        Cold cold "cold";
    }
    "Investigate" {
        Detect detect "detect";
        Activity activity "activity";
        History history "history";
        Access access "access";
        Audit audit "audit";
        Compare compare "compare";
        Export export "export";
        Sql sql "sql";
    }
    "Trust the data" {
        Coverage coverage "coverage";
    }
    "Set up" {
        Help help "help";
        Completions completions "completions";
        Man man "man";
    }
}

/// Everything that can be typed.
pub(crate) fn command() -> clap::Command {
    headings::group(program(Command::augment_subcommands(clap::Command::new("s3al"))), HEADINGS)
}

/// Everything that can be typed after the name of a command, if there is one of that name. To make all commands ready takes
/// longer than a small log does.
pub(crate) fn command_of(name: &str) -> Option<clap::Command> {
    one(name).map(|one| program(clap::Command::new("s3al").subcommand(one)))
}

/// The program with these commands.
fn program(commands: clap::Command) -> clap::Command {
    commands
        .mut_subcommands(|one| match one.get_name() {
            "sql" => sql::adapt(one),
            "convert" => convert::adapt(one),
            _ => one,
        })
        .mut_subcommands(short_help::shorten)
        .mut_subcommands(|one| one.mut_args(with_minus))
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .disable_help_subcommand(true)
        .max_term_width(100)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .about("Answers questions about Amazon S3 server access logs")
        .long_about(
            "Answers questions about Amazon S3 server access logs.\n\nPoint it at files, folders, a bucket or a pipe. Lines that cannot be \
             read are counted: see the last line of every answer.",
        )
}

/// Lets numbers with a minus be values that are refused, and not options that nobody knows.
fn with_minus(arg: clap::Arg) -> clap::Arg {
    let takes_value = arg.get_action().takes_values() && !arg.is_positional();
    if takes_value { arg.allow_negative_numbers(true) } else { arg }
}

/// Prints what is no report.
fn print(text: &[u8]) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        // Whoever reads it has seen enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Done),
    }
}

/// Whether a command is more than the word on how to get it.
#[cfg(test)]
fn is_built_in(command: &clap::Command) -> bool {
    !command.get_about().is_some_and(|about| about.to_string().ends_with("(not in this build)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_by_itself_is_the_same_as_among_all() {
        let mut all = command();
        all.build();
        let names = |command: &clap::Command| {
            command.get_name_and_visible_aliases().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        for among in all.get_subcommands_mut() {
            for name in names(among) {
                let mut alone = command_of(&name).unwrap_or_else(|| panic!("there is no {name}"));
                alone.build();
                let alone = alone.find_subcommand_mut(&name).expect("the command");
                assert_eq!(names(alone), names(among));
                assert_eq!(alone.render_long_help().to_string(), among.render_long_help().to_string());
            }
        }
        assert!(command_of("nothing").is_none());
    }
}
