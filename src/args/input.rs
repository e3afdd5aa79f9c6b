//! Where to read: what can be typed, and the sources it becomes.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use bytesize::ByteSize;
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use super::{S3Args, memory};
use crate::config::{Config, NamedSource};
use crate::source::s3::{self, Location, LocationError, Options};
use crate::source::{Body, Cancel, Item, Items, Local, OwnOutputs, Progress};
use crate::time::Window;

/// Where to read, and what becomes of lines that cannot be read.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Sources")]
pub struct InputArgs {
    /// Files, folders, globs, s3://BUCKET/PREFIX, @NAME for a source of s3al.toml, or - for standard input, which is also read if nothing is named and it is
    /// a pipe. gzip and zstd are told by content
    #[arg(value_name = "SOURCE", value_parser = OsStringValueParser::new().try_map(Source::read))]
    pub sources: Vec<Source>,

    /// Other sources, which a command that compares reads in a second pass.
    #[arg(skip)]
    pub second: Vec<Source>,

    /// How S3 is reached.
    #[command(flatten)]
    pub s3: S3Args,

    /// Read sources and defaults from FILE, not from s3al/s3al.toml in the user's folder for configuration
    ///
    /// [sources.NAME] has paths = ["..."] or bucket, prefix, profile, region, endpoint_url, ...; `s3al failed @NAME` reads
    /// it. [defaults] has format, limit, tz, threads and others; what is typed goes before them.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

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

    /// How much memory the answer may take: 512MB, 4GiB; by default a quarter of the machine's. Tables of keys that do not
    /// fit are approximated, and say so; a run whose answer would be wrong then ends with an error
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<ByteSize>,
}

impl InputArgs {
    /// What is going to be read.
    ///
    /// # Errors
    /// If nothing was named and standard input is neither a pipe nor a file.
    pub fn sources(&self) -> anyhow::Result<Vec<Source>> {
        let mut sources = Vec::with_capacity(self.sources.len());
        for source in &self.sources {
            match source {
                Source::Named(name) => sources.extend(self.named(name)?),
                source => sources.push(source.clone()),
            }
        }
        sources.extend(self.s3.location().map(Source::S3));
        if sources.is_empty() && self.s3.logs_of.is_none() {
            if !is_stdin_given() {
                bail!(
                    "nothing to read: name files, folders or a bucket, or pipe log lines in\n\
                     for example: s3al failed logs/\n\
                     \x20            s3al failed --bucket my-logs --since 24h\n\
                     \x20            zcat logs/*.gz | s3al failed"
                );
            }
            sources.push(Source::Local(Local::Stdin));
        }
        let all = sources.iter().chain(&self.second);
        if all.filter(|source| matches!(source, Source::Local(Local::Stdin))).count() > 1 {
            bail!("standard input (-) can be read once only");
        }
        Ok(sources)
    }

    /// The sources behind a name.
    fn named(&self, name: &str) -> anyhow::Result<Vec<Source>> {
        let config = Config::load(self.config.as_deref())?;
        let named = config.source(name)?;
        let mut sources = Vec::new();
        for path in &named.paths {
            sources.push(match Source::read(path.into()).with_context(|| format!("@{name}"))? {
                Source::S3(location) => Source::Configured(location, named.clone()),
                Source::Named(other) => bail!("@{name} names another name, @{other}"),
                source => source,
            });
        }
        sources.extend(named.location()?.map(|location| Source::Configured(location, named.clone())));
        Ok(sources)
    }

    /// Files, folders and globs, as they were typed.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.sources.iter().chain(&self.second).filter_map(|source| match source {
            Source::Local(Local::Path(path)) => Some(path.as_path()),
            _ => None,
        })
    }

    /// The items of the sources, one source after the other; not those that the run writes. Nothing is listed before it is
    /// asked for.
    pub fn items(
        &self,
        sources: Vec<Source>,
        written: OwnOutputs,
        window: Window,
        progress: &Arc<Progress>,
        cancel: &Cancel,
    ) -> Items {
        let options = self.s3.options();
        let window = s3::Window { since: window.since, until: window.until, lag: self.s3.delivery_lag };
        let (progress, cancel) = (Arc::clone(progress), cancel.clone());
        let objects = move |location: &Location, options: &Options, progress: &Arc<Progress>| {
            let items = s3::items(location, options, &window, Arc::clone(progress), cancel.clone());
            items.unwrap_or_else(|error| {
                let name = location.to_string().into();
                Box::new(std::iter::once(Item { name, body: Body::Unread(error.into()) }))
            })
        };
        let items = sources.into_iter().flat_map(move |source| match source {
            Source::Local(local) => local.items(Arc::clone(&progress)),
            Source::S3(location) => objects(&location, &options, &progress),
            Source::Configured(location, named) => {
                objects(&location, &named.under(options.clone()), &progress)
            }
            // It was resolved.
            Source::Named(_) => Box::new(std::iter::empty()),
        });
        Box::new(items.map(move |item| match &item.body {
            Body::File(path) if written.holds(path) => {
                let error = anyhow!("it was not read, because this run writes it");
                Item { name: item.name, body: Body::Unread(error) }
            }
            _ => item,
        }))
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
        let is_read = |source: &Path| {
            let lies_in = |source: PathBuf| fs::canonicalize(path).is_ok_and(|path| path.starts_with(source));
            fs::canonicalize(source).is_ok_and(lies_in)
        };
        // A pipe or a device holds nothing that could be lost.
        if path.is_file() && self.paths().any(is_read) {
            bail!(
                "--rejects {} would overwrite a file that is to be read; name one outside of the sources",
                path.display()
            );
        }
        let file =
            File::create(path).with_context(|| format!("cannot write the rejects to {}", path.display()))?;
        Ok(Some(file))
    }

    /// How much memory the answer may take, in bytes.
    pub fn memory(&self) -> usize {
        usize::try_from(self.memory.unwrap_or_else(memory::default).as_u64()).unwrap_or(usize::MAX)
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

/// One source, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, a folder, a glob, or standard input.
    Local(Local),
    /// Logs in a bucket.
    S3(Location),
    /// Logs in a bucket of the config file, and how it is reached.
    Configured(Location, NamedSource),
    /// `@name`: what the config file says of it.
    Named(String),
}

impl Source {
    /// Reads what was typed.
    ///
    /// # Errors
    /// If it begins like an S3 URL and is none.
    pub fn read(text: OsString) -> Result<Self, LocationError> {
        match text.to_str() {
            Some("-") => Ok(Self::Local(Local::Stdin)),
            Some(name) if name.starts_with('@') => Ok(Self::Named(name[1..].to_owned())),
            Some(url) if Location::is_url(url) => url.parse().map(Self::S3),
            _ => Ok(Self::Local(Local::Path(text.into()))),
        }
    }
}
