//! `sql` without a query: a prompt for one after the other, or the queries that come through a pipe.

mod complete;
mod dot;
mod editor;
mod statements;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, bail};

use self::editor::Editor;
use self::statements::Statement;
use super::query::{Args, answer, engine_of};
use crate::args::Source;
use crate::commands::print;
use crate::environment::Environment;
use crate::output::{Messages, is_broken_pipe};
use crate::run::{Context, Exit};
use crate::source::Local;

/// Whether there is more to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// By .quit.
    Left,
}

/// What was set at the prompt, and what it is about.
struct Session<'a> {
    context: &'a Context,
    /// As they were typed, with what was set since.
    args: Args,
    /// The file that answers are added to.
    output: Option<PathBuf>,
    is_timed: bool,
    tables: Vec<String>,
    /// How many files are being read, each named by the one before.
    depth: usize,
    /// How the first query ended that did not end well.
    exit: Exit,
    messages: Messages,
}

/// Runs queries from the terminal or from a pipe, until there are no more.
///
/// # Errors
/// If there is nothing to ask, or if a query from a pipe fails.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let environment = &context.environment;
    let reads_stdin = args.common.input.sources.contains(&Source::Local(Local::Stdin));
    let has_source = args
        .common
        .input
        .has_source(&context.config, &Environment { stdin_is_given: false, ..environment.clone() });
    if reads_stdin || environment.stdin_is_given && !has_source {
        bail!(
            "there is no query, and standard input cannot hold both queries and logs\n\
             for example: zcat logs/*.gz | s3al sql \"select count(*) from logs\""
        );
    }
    let rehearsal = Context { is_rehearsal: true, ..context.clone() };
    let (run, _, engine) = engine_of(&rehearsal, &args.common)?;
    let names = engine.names()?;
    drop((run, engine));
    if context.is_rehearsal {
        return Ok(Exit::Done);
    }
    let output = &args.common.output;
    let messages = Messages { color: output.color.or(environment.stderr_color), quiet: output.quiet };
    let tables = names.tables.clone();
    let mut session = Session {
        context,
        args,
        output: None,
        is_timed: false,
        tables,
        depth: 0,
        exit: Exit::Done,
        messages,
    };
    if environment.stdin_is_terminal {
        session.converse(Editor::new(names, messages)?)?;
    } else {
        let text = io::read_to_string(io::stdin()).context("cannot read the queries from standard input")?;
        if statements::next(&mut text.as_str()).is_none() {
            bail!("there is no query; for example: s3al sql \"select count(*) from logs\" logs/");
        }
        session.run(&text, false)?;
    }
    Ok(session.exit)
}

impl Session<'_> {
    /// Reads from the terminal until whoever is there leaves.
    fn converse(&mut self, mut editor: Editor) -> anyhow::Result<()> {
        // Queries catch signals themselves, and catching cannot be undone as a whole.
        let waits = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_shutdown(
            signal_hook::consts::SIGTERM,
            143,
            Arc::clone(&waits),
        )
        .context("cannot catch signals")?;
        self.messages
            .note(&format!("tables: {}; queries end with ; and .help shows more", self.tables.join(", ")));
        while let Some(text) = editor.read()? {
            waits.store(false, Ordering::Relaxed);
            let ran = self.run(&text, statements::are_several(&text));
            waits.store(true, Ordering::Relaxed);
            match ran {
                Ok(State::Open) => {}
                Ok(State::Left) => break,
                Err(error) if is_broken_pipe(&error) => return Err(error),
                Err(error) => match Exit::of_error(&error) {
                    Exit::Terminated => return Err(error),
                    Exit::Interrupted => self.messages.note("interrupted"),
                    _ => self.messages.error(&error),
                },
            }
        }
        // What failed was seen.
        self.exit = Exit::Done;
        Ok(())
    }

    /// Runs all that a text holds. What was pasted chooses no files: who pastes a query may not have seen all of it.
    fn run(&mut self, mut text: &str, is_pasted: bool) -> anyhow::Result<State> {
        while let Some(statement) = statements::next(&mut text) {
            let state = match statement {
                Statement::Dot(command) => dot::run(self, command, is_pasted)?,
                Statement::Query(sql) => self.query(sql)?,
            };
            if state == State::Left {
                return Ok(State::Left);
            }
        }
        Ok(State::Open)
    }

    fn query(&mut self, sql: &str) -> anyhow::Result<State> {
        let started = Instant::now();
        // The window may have another size now, and `--since 1h` another beginning.
        let context = Context { environment: Environment::of_process(), ..self.context.clone() };
        let mut args = self.args.clone();
        args.parameters.retain(|parameter| parameter.is_named_in(sql));
        let exit = match &self.output {
            None => answer(&context, &args, sql)?,
            Some(path) => {
                let folder = tempfile::tempdir_in(&context.environment.temporary)
                    .context("cannot make a temporary folder")?;
                let whole = folder.path().join("answer");
                args.common.output.output = Some(whole.clone());
                let exit = answer(&context, &args, sql)?;
                if let Ok(mut answer) = File::open(&whole) {
                    let mut add = || io::copy(&mut answer, &mut File::options().append(true).open(path)?);
                    add().with_context(|| format!("cannot write `{}`", path.display()))?;
                }
                exit
            }
        };
        if self.exit == Exit::Done {
            self.exit = exit;
        }
        if self.is_timed {
            self.messages.note(&format!("run time: {:.3} s", started.elapsed().as_secs_f64()));
        }
        Ok(State::Open)
    }

    /// Shows a text where answers go.
    fn show(&self, text: &str) -> anyhow::Result<State> {
        match &self.output {
            None => drop(print(text.as_bytes())?),
            Some(path) => {
                let add = || File::options().append(true).open(path)?.write_all(text.as_bytes());
                add().with_context(|| format!("cannot write `{}`", path.display()))?;
            }
        }
        Ok(State::Open)
    }
}
