//! The line that is typed: editing, history, completion.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use etcetera::BaseStrategy as _;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Behavior, CompletionType, Config};

use super::complete::Assistant;
use crate::output::Messages;
use crate::sql::Names;

/// How many queries are remembered.
const MAX_HISTORY: usize = 1000;

/// Reads from a terminal.
pub(super) struct Editor {
    editor: rustyline::Editor<Assistant, FileHistory>,
    /// Where what was typed is kept, if it can be.
    history: Option<PathBuf>,
    messages: Messages,
}

impl Editor {
    /// # Errors
    /// If there is no terminal.
    pub(super) fn new(names: Names, messages: Messages) -> anyhow::Result<Self> {
        let config = Config::builder()
            .max_history_size(MAX_HISTORY)
            .and_then(|config| config.history_ignore_dups(true))
            .context("cannot set up the prompt")?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            // Answers may go elsewhere while queries are typed.
            .behavior(Behavior::PreferTerm)
            .build();
        let mut editor = rustyline::Editor::with_config(config).context("cannot set up the prompt")?;
        editor.set_helper(Some(Assistant::new(names)));
        let mut this = Self { editor, history: history_file(), messages };
        this.load();
        Ok(this)
    }

    fn load(&mut self) {
        let Some(path) = &self.history else { return };
        let loaded = match path.parent().map(fs::create_dir_all) {
            Some(Err(error)) => Err(ReadlineError::Io(error)),
            _ if path.exists() => self.editor.load_history(path),
            _ => Ok(()),
        };
        self.keep_if(loaded);
    }

    /// A prompt without history is better than none.
    fn keep_if(&mut self, done: Result<(), ReadlineError>) {
        if let (Err(error), Some(path)) = (done, &self.history) {
            self.messages.warn(&format!("`{}`: {error}; what is typed is not remembered", path.display()));
            self.history = None;
        }
    }

    /// What is typed next, as a whole; `None` at the end.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub(super) fn read(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            match self.editor.readline("s3al> ") {
                Ok(text) => {
                    let added = self.editor.add_history_entry(text.trim());
                    let kept = match &self.history {
                        // At once: a prompt can end in many ways.
                        Some(path) => added.and_then(|_| self.editor.append_history(path)),
                        None => Ok(()),
                    };
                    self.keep_if(kept);
                    return Ok(Some(text));
                }
                // Ctrl-C gives up what is typed.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(error).context("cannot read from the terminal"),
            }
        }
    }
}

/// In the folder that the user's system has for what programs remember.
fn history_file() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(folder.join("s3al").join("sql_history"))
}
