//! How a run ends: by itself, or because it is told to.

use std::io;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::source::Cancel;
use crate::source::s3::S3Error;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All was read; the answer may be empty.
    Done,
    /// A command that judges has found something.
    Findings,
    /// Nothing could be done.
    Nothing,
    /// Some source was not read, or some line under `--strict`.
    Partial,
    /// The user ended it; what was known has been printed.
    Interrupted,
    /// The system ended it (SIGTERM); what was known has been printed.
    Terminated,
}

impl Exit {
    /// All ends there are.
    pub(crate) const ALL: [Self; 6] =
        [Self::Done, Self::Findings, Self::Nothing, Self::Partial, Self::Interrupted, Self::Terminated];

    /// The exit code of the process.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Nothing => 2,
            Self::Partial => 3,
            // As shells say it: 128 and the signal's number.
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// What it means, for people.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, also with an empty answer",
            Self::Findings => "findings, where a command was asked to judge (--fail)",
            Self::Nothing => "nothing could be done: bad arguments, no such bucket, no credentials",
            Self::Partial => "done in part: a source was not read, or a line with --strict",
            Self::Interrupted => "interrupted (Ctrl-C); what was known is printed",
            Self::Terminated => "ended by SIGTERM; what was known is printed",
        }
    }

    /// How a run ended that failed, or was told to end before it had anything to show.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        match error.downcast_ref() {
            Some(S3Error::Interrupted { terminated: false }) => Self::Interrupted,
            Some(S3Error::Interrupted { terminated: true }) => Self::Terminated,
            _ => Self::Nothing,
        }
    }

    /// How a run ended that was told to.
    pub(crate) fn interrupted(cancel: &Cancel) -> Self {
        if cancel.is_terminated() { Self::Terminated } else { Self::Interrupted }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What catches Ctrl-C and SIGTERM, for as long as it is there: a process can have one run after the other.
#[must_use]
#[derive(Debug, Default)]
pub(crate) struct Interrupts(Vec<signal_hook::SigId>);

impl Drop for Interrupts {
    fn drop(&mut self) {
        for id in self.0.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}

/// The first Ctrl-C or SIGTERM ends the reading, and what is known is printed; the second one ends the process.
pub(crate) fn catch_interrupts(cancel: &Cancel) -> anyhow::Result<Interrupts> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag::{register, register_conditional_shutdown};
    let catch = || {
        let mut ids = vec![register(SIGTERM, cancel.terminate_flag())?];
        for (signal, exit) in [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)] {
            ids.push(register_conditional_shutdown(signal, exit.code().into(), cancel.interrupt_flag())?);
            ids.push(register(signal, cancel.interrupt_flag())?);
        }
        io::Result::Ok(Interrupts(ids))
    };
    catch().context("cannot catch interrupts")
}
