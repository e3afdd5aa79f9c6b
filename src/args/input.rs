//! Where to read: what can be typed, and the sources it becomes.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;

use crate::source::{Items, Local, Meter};

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

    /// Leave out records that have been seen before: the same request id, operation, key, version id and bucket
    ///
    /// S3 can deliver a record twice, and folders can hold a file twice. Such records are equal lines; if they are not, any
    /// one of them is kept. Takes 20 to 40 bytes of memory a record: 16 for what it is known by, the rest room to find it.
    #[arg(long)]
    pub dedupe: bool,

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
    /// If nothing was named and standard input is a terminal.
    pub fn items(&self, meter: &Arc<Meter>) -> anyhow::Result<Items> {
        let mut locals: Vec<Local> = self.sources.iter().cloned().map(local).collect();
        if locals.is_empty() {
            if io::stdin().is_terminal() {
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
        Ok(Box::new(locals.into_iter().flat_map(move |local| local.items(Arc::clone(&meter)))))
    }

    /// How many threads read.
    pub fn threads(&self) -> usize {
        match self.threads {
            Some(threads) => threads.into(),
            None => std::thread::available_parallelism().map_or(1, Into::into),
        }
    }
}

fn local(source: PathBuf) -> Local {
    if source.as_os_str() == "-" { Local::Stdin } else { Local::Path(source) }
}
