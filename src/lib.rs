//! `s3al` answers questions about Amazon S3 server access logs.
//!
//! Data flows one way: bytes → entries → filter → aggregate → report → output. A module imports only from modules that
//! stand before its own in this list.

// Nothing that comes from outside may end the process.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

pub mod parser;

pub mod filter;

pub mod aggregate;

pub mod report;

pub mod source;

pub mod scan;

pub mod output;

pub mod args;

pub mod run;

pub mod commands;

use std::process::ExitCode;

use clap::Parser;

use crate::run::Exit;

/// Answers questions about Amazon S3 server access logs.
///
/// Point it at files, folders or a pipe. What cannot be read is counted, never lost: see the last line of every answer.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

/// Reads the command line, runs it, and tells how it went.
pub fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(exit) => exit.into(),
        // Whoever reads the answer has seen enough.
        Err(error) if output::is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            output::print_error(&error);
            Exit::Nothing.into()
        }
    }
}
