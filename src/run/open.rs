//! What is opened or asked before a run reads: the logs' bucket, the file of rejects, the items of the sources.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, anyhow, bail};

use crate::args::{Input, ResolvedSource};
use crate::environment::Environment;
#[cfg(feature = "sql")]
use crate::filter::Filter;
use crate::output::{Messages, Output, ProgressDisplay, Target};
use crate::semantics::{Geoip, GeoipFile};
#[cfg(feature = "sql")]
use crate::source::Local;
use crate::source::s3::{self, Bucket, Location, LogSelection, Options, logs_of};
#[cfg(feature = "sql")]
use crate::source::s3::{BucketTest, ObjectTest};
use crate::source::{Body, Cancel, Item, Items, OwnOutputs, Progress};

/// Reads the databases of addresses.
///
/// # Errors
/// If one cannot be read, or is none.
pub(super) fn geoip(paths: &[PathBuf]) -> anyhow::Result<Geoip> {
    let open = |path: &PathBuf| {
        let read = || anyhow::Ok(GeoipFile::new(fs::read(path)?)?);
        read().with_context(|| format!("--geoip {}", path.display()))
    };
    paths.iter().map(open).collect()
}

/// Finds out whether the outputs can be written.
///
/// # Errors
/// If one cannot, or if both are the same file.
pub(super) fn check_outputs(input: &Input, output: &Output) -> anyhow::Result<()> {
    output.target.check()?;
    if matches!((&output.target, &input.rejects), (Target::File(path), Some(rejects)) if path == rejects) {
        bail!("--output and --rejects name the same file");
    }
    Ok(())
}

/// A file that is a device can be a terminal: `-o /dev/tty`.
pub(super) fn look_at_device(output: &mut Output, truncates: bool, environment: &Environment) {
    if matches!(output.target, Target::File(_)) && output.target.is_terminal() {
        output.style.terminal = true;
        output.style.width = output.style.width.or(Some(environment.width)).filter(|_| truncates);
    }
}

/// Finds out whether all profiles that were typed exist.
///
/// # Errors
/// If one does not, or if the files that hold them cannot be read.
pub(super) fn check_profiles(input: &Input) -> anyhow::Result<()> {
    let sources = input.sources.iter().chain(&input.second).filter_map(|source| match source {
        ResolvedSource::S3(_, options) => Some(&**options),
        ResolvedSource::Local(_) => None,
    });
    for options in sources.chain((!input.logs_of.is_empty()).then_some(&input.options)) {
        s3::check(options)?;
    }
    Ok(())
}

/// Asks S3 where the logs of the buckets of `--logs-of` are, and adds them to the sources.
///
/// # Errors
/// If S3 cannot be asked, or a bucket has no logs.
pub(super) fn ask_for_logs(input: &mut Input, output: &Output, cancel: &Cancel) -> anyhow::Result<()> {
    let has_others = !input.sources.is_empty();
    for bucket in &input.logs_of {
        let location = locate(bucket, &input.options, output.messages, cancel)?;
        input.sources.push(ResolvedSource::S3(location, Box::new(input.options.clone())));
    }
    if has_others && !input.logs_of.is_empty() {
        let buckets: Vec<&str> = input.logs_of.iter().map(Bucket::as_str).collect();
        output
            .messages
            .note(&format!("of all sources, only requests to {} count (--logs-of)", buckets.join(", ")));
    }
    Ok(())
}

/// Asks S3 where the logs of a bucket are, and says it.
///
/// # Errors
/// If S3 cannot be asked, or the bucket has no logs.
pub(crate) fn locate(
    bucket: &Bucket,
    options: &Options,
    messages: Messages,
    cancel: &Cancel,
) -> anyhow::Result<Location> {
    let progress = Arc::new(Progress::default());
    let display = ProgressDisplay::start(Arc::clone(&progress), false, messages);
    let logs = logs_of(bucket, options, &progress, cancel);
    display.finish();
    let logs = logs?;
    messages.note(&logs.note());
    logs.warning().iter().for_each(|warning| messages.warn(warning));
    Ok(logs.location)
}

/// Opens the file for lines that cannot be parsed, if there is to be one.
///
/// # Errors
/// If it cannot be written, or if that would overwrite what is to be read.
pub(super) fn rejects(input: &Input) -> anyhow::Result<Option<File>> {
    let Some(path) = &input.rejects else { return Ok(None) };
    let is_read = |source: &Path| {
        let lies_in = |source: PathBuf| fs::canonicalize(path).is_ok_and(|path| path.starts_with(source));
        fs::canonicalize(source).is_ok_and(lies_in)
    };
    // A pipe or a device holds nothing that could be lost.
    if path.is_file() && input.paths().any(is_read) {
        bail!(
            "--rejects {} would overwrite a file that is to be read; name one outside of the sources",
            path.display()
        );
    }
    let file =
        File::create(path).with_context(|| format!("cannot write the rejects to {}", path.display()))?;
    Ok(Some(file))
}

/// The files that the run writes, and must not read.
pub(super) fn own_outputs(input: &Input, output: &Output, rejects: Option<&File>) -> OwnOutputs {
    let mut written = OwnOutputs::default();
    match &output.target {
        Target::Stdout => written.add_stdout(),
        // A file that is named as a source too is read, and then replaced.
        Target::File(path) if input.paths().any(|source| source == path) => {}
        Target::File(path) => written.add_path(path),
    }
    rejects.into_iter().for_each(|file| written.add(file));
    written
}

/// Sources that were listed to their end and hold nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct EmptySources(Arc<Mutex<Vec<ResolvedSource>>>);

impl EmptySources {
    /// Those that are known by now.
    pub(super) fn take(&self) -> Vec<ResolvedSource> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same items. If there are none at all, the source is noted.
    fn watch(&self, source: ResolvedSource, items: Items, cancel: Cancel) -> Items {
        let (empty, mut source) = (self.clone(), Some(source));
        let mut items = items;
        Box::new(std::iter::from_fn(move || {
            let item = items.next();
            if let Some(source) = source.take()
                && item.is_none()
                && !cancel.is_raised()
            {
                empty.0.lock().unwrap_or_else(PoisonError::into_inner).push(source);
            }
            item
        }))
    }
}

/// Leaves out the sources that lie within another one, and says of those that overlap that all is read once.
pub(super) fn overlaps(sources: Vec<ResolvedSource>, output: &Output) -> Vec<ResolvedSource> {
    let mut kept: Vec<ResolvedSource> = Vec::new();
    for source in sources {
        if let ResolvedSource::S3(location, options) = &source {
            let mut earlier = kept.iter().filter_map(|kept| match kept {
                ResolvedSource::S3(earlier, other) if other.endpoint_url == options.endpoint_url => {
                    Some(earlier)
                }
                _ => None,
            });
            let overlapping = earlier.find(|earlier| earlier.overlaps(location));
            if let Some(earlier) = overlapping {
                output
                    .messages
                    .note(&format!("{earlier} and {location} overlap: what is in both is read once"));
                if earlier.contains(location) {
                    continue;
                }
            }
        }
        kept.push(source);
    }
    kept
}

/// What is needed to read the same sources once more.
#[cfg(feature = "sql")]
#[derive(Clone, Debug)]
pub(super) struct Again {
    sources: Vec<ResolvedSource>,
    written: OwnOutputs,
    wanted: LogSelection,
}

#[cfg(feature = "sql")]
impl Again {
    pub(super) fn new(sources: &[ResolvedSource], written: &OwnOutputs, wanted: &LogSelection) -> Self {
        Self { sources: sources.to_vec(), written: written.clone(), wanted: wanted.clone() }
    }

    /// The same, without the objects of buckets that are not wanted.
    pub(super) fn with_objects(mut self, test: ObjectTest) -> Self {
        self.wanted.objects = Some(test);
        self
    }

    /// Whether all of them are files, folders and globs.
    pub(super) fn is_local(&self) -> bool {
        self.sources.iter().all(|source| matches!(source, ResolvedSource::Local(Local::Path(_))))
    }

    /// Whether standard input is among them, which can be read once only.
    pub(super) fn reads_stdin(&self) -> bool {
        self.sources.iter().any(|source| matches!(source, ResolvedSource::Local(Local::Stdin)))
    }

    /// The items that a filter wants.
    pub(super) fn items(
        &self,
        filter: &Filter,
        empty: &EmptySources,
        progress: &Arc<Progress>,
        cancel: &Cancel,
    ) -> Items {
        let window = filter.window();
        let window = s3::Window { since: window.since, until: window.until, ..self.wanted.window };
        if matches!((window.since, window.until), (Some(since), Some(until)) if since >= until) {
            return Box::new(std::iter::empty());
        }
        let buckets = filter.source_buckets().map(BucketTest::new);
        let wanted = LogSelection { window, buckets, ..self.wanted.clone() };
        items(self.sources.clone(), self.written.clone(), wanted, empty, progress, cancel)
    }
}

/// The items of the sources, one source after the other; not those that the run writes. Nothing is listed before it is
/// asked for.
pub(super) fn items(
    sources: Vec<ResolvedSource>,
    written: OwnOutputs,
    wanted: LogSelection,
    empty: &EmptySources,
    progress: &Arc<Progress>,
    cancel: &Cancel,
) -> Items {
    let (progress, cancel, empty) = (Arc::clone(progress), cancel.clone(), empty.clone());
    let mut before: Vec<(Location, Option<String>)> = Vec::new();
    let items = sources.into_iter().flat_map(move |source| {
        let mut overlaps = false;
        let items = match &source {
            ResolvedSource::Local(local) => local.clone().items(Arc::clone(&progress)),
            ResolvedSource::S3(location, options) => {
                let same = before.iter().filter(|(earlier, endpoint)| {
                    earlier.bucket == location.bucket && *endpoint == options.endpoint_url
                });
                let except: Vec<Location> = same.map(|(earlier, _)| earlier.clone()).collect();
                overlaps = !except.is_empty();
                before.push((location.clone(), options.endpoint_url.clone()));
                let wanted = LogSelection { except, ..wanted.clone() };
                let items = s3::items(location, options, &wanted, Arc::clone(&progress), cancel.clone());
                items.unwrap_or_else(|error| {
                    let name = location.to_string().into();
                    Box::new(std::iter::once(Item { name, body: Body::Unread(error.into()) }))
                })
            }
        };
        // What is left of a source that overlaps another one may well be nothing.
        if overlaps { items } else { empty.watch(source, items, cancel.clone()) }
    });
    Box::new(items.map(move |item| match &item.body {
        Body::File(path) if written.holds(path) => {
            let error = anyhow!("it was not read, because this run writes it");
            Item { name: item.name, body: Body::Unread(error) }
        }
        _ => item,
    }))
}
