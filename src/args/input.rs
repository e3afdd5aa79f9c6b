//! Where to read: what can be typed, and the sources it becomes.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;

use crate::source::{Body, Item, Items, Local, Meter, Written};

/// Where to read, and what becomes of lines that cannot be read.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Sources")]
pub struct InputArgs {
    /// Files, folders, globs, or - for standard input, which is also read if nothing is named and it is a pipe.
    /// gzip and zstd are told by content
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<PathBuf>,

    /// Keep lines that cannot be read in FILE, each behind its source, line number and reason
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    /// End with exit code 3 if any line cannot be read
    #[arg(long)]
    pub strict: bool,

    /// How many threads read; by default one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

impl InputArgs {
    /// What is going to be read.
    ///
    /// # Errors
    /// If nothing was named and standard input is neither a pipe nor a file.
    pub fn items(&self, meter: &Arc<Meter>, written: Written) -> anyhow::Result<Items> {
        let mut locals: Vec<Local> = self.sources.iter().cloned().map(local).collect();
        if locals.is_empty() {
            if !is_stdin_given() {
                bail!(
                    "nothing to read: name files or folders, or pipe log lines in\n\
                     for example: s3al failed logs/\n\
                     \x20            zcat logs/*.gz | s3al failed"
                );
            }
            locals.push(Local::Stdin);
        }
        if locals.iter().filter(|local| **local == Local::Stdin).count() > 1 {
            bail!("standard input (-) can be read once only");
        }
        let meter = Arc::clone(meter);
        let items = locals.into_iter().flat_map(move |local| local.items(Arc::clone(&meter)));
        Ok(Box::new(items.map(move |item| match &item.body {
            Body::File(path) if written.holds(path) => {
                let error = anyhow!("it was not read, because this run writes it");
                Item { name: item.name, body: Body::Unread(error) }
            }
            _ => item,
        })))
    }

    /// Opens the file for lines that cannot be read, if there is to be one.
    ///
    /// # Errors
    /// If it cannot be written, or if that would overwrite what is to be read.
    pub fn open_rejects(&self) -> anyhow::Result<Option<File>> {
        let Some(path) = &self.rejects else { return Ok(None) };
        if path.as_os_str() == "-" {
            bail!("--rejects takes the name of a file; standard output is for the answer");
        }
        let is_read = |source: &PathBuf| {
            let lies_in = |source: PathBuf| fs::canonicalize(path).is_ok_and(|path| path.starts_with(source));
            fs::canonicalize(source).is_ok_and(lies_in)
        };
        // A pipe or a device holds nothing that could be lost.
        if path.is_file() && self.sources.iter().any(is_read) {
            bail!(
                "--rejects {} would overwrite a file that is to be read; name one outside of the sources",
                path.display()
            );
        }
        let file = File::create(path)
            .with_context(|| format!("cannot write the rejects to {}", path.display()))?;
        Ok(Some(file))
    }

    /// How many threads read.
    pub fn threads(&self) -> usize {
        match self.threads {
            Some(threads) => threads.into(),
            None => std::thread::available_parallelism().map_or(1, Into::into),
        }
    }
}

/// Whether standard input is a pipe, a file or a socket; not a terminal, and not /dev/null as in a job without any.
#[cfg(unix)]
fn is_stdin_given() -> bool {
    use std::os::{fd::AsFd, unix::fs::FileTypeExt};
    let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    stdin.and_then(|stdin| stdin.metadata()).is_ok_and(|found| {
        let kind = found.file_type();
        kind.is_fifo() || kind.is_file() || kind.is_socket()
    })
}

#[cfg(not(unix))]
fn is_stdin_given() -> bool {
    !io::IsTerminal::is_terminal(&io::stdin())
}

fn local(source: PathBuf) -> Local {
    if source.as_os_str() == "-" { Local::Stdin } else { Local::Path(source) }
}
