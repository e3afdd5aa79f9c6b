//! `s3al` answers questions about Amazon S3 server access logs.
//!
//! Data flows one way: bytes → records → filter → aggregate → report → output. A module imports only from modules that
//! stand before its own in this list.

#![forbid(unsafe_code)]
// Nothing that comes from outside may end the process.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

pub mod value_error;

pub mod time;

pub mod record;

pub mod parser;

pub mod semantics;

pub mod filter;

pub mod aggregate;

pub mod report;

pub mod source;

pub mod scan;

pub mod output;

pub mod config;

pub mod args;

pub mod run;

pub mod commands;

use std::process::ExitCode;

use clap::FromArgMatches as _;

use crate::commands::Command;
use crate::config::Config;
use crate::run::Exit;

/// Reads the command line, runs it, and tells how it went.
pub fn main() -> ExitCode {
    match parse().and_then(Command::run) {
        Ok(exit) => exit.into(),
        // Whoever reads the answer has seen enough.
        Err(error) if output::is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            output::print_error(&error);
            Exit::Nothing.into()
        }
    }
}

/// Reads the command line over the defaults of the config file. Help and mistakes of usage end the process here.
fn parse() -> anyhow::Result<Command> {
    let command = || {
        let name = std::env::args_os().nth(1);
        name.and_then(|name| commands::command_of(name.to_str()?)).unwrap_or_else(commands::command)
    };
    let config = match Config::load(config::typed(std::env::args_os()).as_deref()) {
        Ok(config) => config,
        Err(error) => {
            // Help is to be had whatever the file says.
            command().get_matches();
            return Err(error);
        }
    };
    let matches = match config.apply(command()).try_get_matches() {
        Ok(matches) => matches,
        // What is wrong only with the defaults has not been typed.
        Err(error) if config.has_defaults() && error.use_stderr() && command().try_get_matches().is_ok() => {
            let text = error.to_string();
            let text = text.trim_start_matches("error: ").lines().next().unwrap_or_default();
            anyhow::bail!("{}: [defaults]: {text}", config.path().display());
        }
        Err(error) => error.exit(),
    };
    Command::from_arg_matches(&matches).map_err(|error| error.exit())
}

/// Compiles and runs the report in CONTRIBUTING.md.
#[cfg(doctest)]
#[doc = include_str!("../CONTRIBUTING.md")]
pub struct Contributing;
