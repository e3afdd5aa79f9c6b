//! `s3al` answers questions about Amazon S3 server access logs.
//!
//! Data flows one way: bytes → records → filter → aggregate → report → output. A module imports only from modules that
//! come before its own in this list.

#![forbid(unsafe_code)]
#![warn(unreachable_pub)]
// Nothing that comes from outside may end the process.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod digits;

mod threads;

mod positional;

mod value_error;

mod spill;

pub mod time;

pub mod record;

pub mod parser;

mod semantics;

mod dimension;

mod filter;

mod aggregate;

mod detect;

mod report;

#[cfg(feature = "sql")]
mod columnar;

#[cfg(feature = "sql")]
mod store;

pub mod source;

mod logging;

mod scan;

mod output;

mod config;

mod environment;

mod args;

mod run;

#[cfg(feature = "sql")]
mod sql;

mod commands;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches as _};

use crate::args::When;
use crate::commands::Command;
use crate::config::Config;
use crate::environment::Environment;
use crate::output::Messages;
use crate::run::{Context, Exit};

/// Reads the command line, runs it, and tells how it went.
pub fn main() -> ExitCode {
    commands::answer_shell();
    let environment = Environment::of_process();
    let mut messages = Messages { color: environment.stderr_color, quiet: false };
    match run(environment, &mut messages) {
        Ok(exit) => exit.into(),
        // Whoever reads the answer has seen enough.
        Err(error) if output::is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            let exit = Exit::of_error(&error);
            match exit {
                Exit::Nothing => messages.error(&error),
                _ => messages.note("interrupted before there was anything to show"),
            }
            exit.into()
        }
    }
}

/// `messages` is told what was typed about colors.
fn run(environment: Environment, messages: &mut Messages) -> anyhow::Result<Exit> {
    let typed: Vec<OsString> = std::env::args_os().scan(false, as_no_option).collect();
    let command = || {
        let name = typed.get(1).and_then(|name| name.to_str());
        name.and_then(commands::command_of).unwrap_or_else(commands::command)
    };
    let file =
        config::typed(typed.iter().cloned()).or_else(|| std::env::var_os("S3AL_CONFIG").map(Into::into));
    let (config, unknown_variables) =
        match Config::load(file.as_deref().filter(|file| !file.as_os_str().is_empty())) {
            Ok(mut config) => {
                let unknown = config.read_variables(std::env::vars_os());
                (config, unknown)
            }
            Err(error) => {
                // Help is to be had whatever the file says.
                command().get_matches_from(&typed);
                return Err(error);
            }
        };
    let matches = parse(&config, &command, &typed)?;
    // Commands that show no report do not take it.
    let color = matches.subcommand().and_then(|(_, one)| one.try_get_one::<When>("color").ok()?);
    messages.color = color.copied().unwrap_or_default().or(environment.stderr_color);
    let is_quiet = matches.subcommand().and_then(|(_, one)| one.try_get_one::<bool>("quiet").ok()?);
    if is_quiet != Some(&true) {
        unknown_variables.iter().for_each(|unknown| messages.warn(unknown));
    }
    let command = || Command::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let context = Context { config, environment, is_rehearsal: false };
    if matches.subcommand().is_some_and(|(_, one)| is_selective(one)) {
        command().run(&Context { is_rehearsal: true, ..context.clone() })?;
    }
    command().run(&context)
}

/// A query that begins with a comment (`-- ...`) is no option: a blank before it says so.
fn as_no_option(is_sql: &mut bool, argument: OsString) -> Option<OsString> {
    *is_sql |= argument == "sql";
    let is_comment = |rest: &[u8]| rest.first().is_some_and(u8::is_ascii_whitespace);
    if *is_sql && argument.as_encoded_bytes().strip_prefix(b"--").is_some_and(is_comment) {
        let mut query = OsString::from(" ");
        query.push(argument);
        return Some(query);
    }
    Some(argument)
}

/// Whether names of columns or tables were typed, which are to be checked before anything is read.
fn is_selective(typed: &ArgMatches) -> bool {
    let has = |name| matches!(typed.try_get_raw(name), Ok(Some(_)));
    has("columns") || has("table")
}

/// Reads the command line over the defaults of the config file. Help and mistakes of usage end the process here.
fn parse(
    config: &Config,
    command: &dyn Fn() -> clap::Command,
    typed: &[OsString],
) -> anyhow::Result<ArgMatches> {
    match config.apply(command()).try_get_matches_from(typed) {
        Ok(matches) => Ok(matches),
        // What is wrong only with the defaults has not been typed.
        Err(error)
            if config.has_defaults()
                && error.use_stderr()
                && command().try_get_matches_from(typed).is_ok() =>
        {
            Err(config.explain(&error))
        }
        Err(error) => {
            let mut command = command();
            command.build();
            commands::explain(error, &mut command, typed).exit()
        }
    }
}
