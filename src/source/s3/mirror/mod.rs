//! A local copy of the logs at a location, by key, brought up to date.
//!
//! Files already in DIR are recognized by name and size. The folder remembers each location by itself: from when on its copy is
//! complete, and where a run began that did not finish, so that the next one begins there.

mod begin;
mod folder;
mod path;
mod plan;
mod selection;
mod state;
mod write;

pub(crate) use path::STATE_FOLDER;
pub(crate) use plan::Plan;
pub(crate) use selection::Copied;

use std::ops::AddAssign;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;

use super::client::S3Client;
use super::connect::Options;
use super::error::S3Error;
use super::location::Location;
use super::session::Session;
use super::store::{Object, ObjectStore};
use super::window::Window;
use crate::source::{Cancel, Progress};

use begin::begin;
use folder::Folder;
use path::StoreError;
use selection::DownloadSelection;
use state::{LocationState, Unfinished};
use write::Writer;

/// How far before the newest local name a run begins, unless told otherwise: logs are delivered late and in no order.
pub(crate) const LOOKBACK: Duration = Duration::from_secs(24 * 3600);

/// Threads that write files. The work is the kernel's, and small.
const MAX_WRITERS: usize = 2;

/// What to mirror.
#[derive(Clone, Copy, Debug)]
pub struct Mirroring {
    /// The window that was typed. Without a beginning, the newest local names tell it.
    pub window: Window,
    /// How far before the newest local name to begin.
    pub lookback: Duration,
    /// Compare everything that is there, not only what is newer than that.
    pub verify: bool,
    /// Copy objects whatever their names.
    pub any_name: bool,
}

impl Default for Mirroring {
    fn default() -> Self {
        Self { window: Window::default(), lookback: LOOKBACK, verify: false, any_name: false }
    }
}

/// What a run of a mirror did. Of several runs, the sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirrored {
    /// Objects that were downloaded.
    pub new: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that were there already.
    pub known: u64,
    /// Objects whose names are no log names.
    pub skipped: u64,
    /// What could not be downloaded, stored or listed.
    pub failed: u64,
    /// LIST requests that were sent.
    pub list_requests: u64,
    /// Where it began and why, if that is not what was typed.
    pub begin: Vec<String>,
    /// Whether it was interrupted.
    pub interrupted: bool,
}

impl AddAssign for Mirrored {
    fn add_assign(&mut self, other: Self) {
        self.new += other.new;
        self.bytes += other.bytes;
        self.known += other.known;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.list_requests += other.list_requests;
        self.begin.extend(other.begin);
        self.interrupted |= other.interrupted;
    }
}

/// Hears of everything that could not be had: what it is, and why.
pub(crate) type Report<'a> = dyn FnMut(&str, anyhow::Error) + Send + 'a;

/// A copy of the logs at a location.
#[derive(Clone, Copy, Debug)]
pub struct Mirror<'a> {
    /// What is copied.
    pub location: &'a Location,
    /// How it is reached.
    pub options: &'a Options,
    /// The folder of the copy.
    pub dir: &'a Path,
    /// Which of it.
    pub what: Mirroring,
    /// What is copied into the same folder in this run, of this location and of others.
    pub copied: &'a Arc<Mutex<Copied>>,
    /// Counts what was copied.
    pub progress: &'a Arc<Progress>,
    /// Raised to end early.
    pub cancel: &'a Cancel,
}

impl Mirror<'_> {
    /// Brings the copy up to date.
    ///
    /// # Errors
    /// If nothing could be done: no such bucket, no credentials, the folder cannot be written or is full. What else fails
    /// is reported and counted.
    pub fn run(&self, report: &mut Report<'_>) -> anyhow::Result<Mirrored> {
        run(self.connect()?, self, report)
    }

    fn connect(&self) -> anyhow::Result<Session<S3Client>> {
        Session::connect(self.location, self.options, Arc::clone(self.progress), self.cancel)
            .with_context(|| self.location.to_string())
    }
}

fn run<S: ObjectStore>(
    session: Session<S>,
    mirror: &Mirror<'_>,
    report: &mut Report<'_>,
) -> anyhow::Result<Mirrored> {
    let Mirror { location, dir, what, copied, progress, cancel, .. } = *mirror;
    let mut state = LocationState::read(dir, location)?;
    let begin = begin(location, dir, &what, &state)?;
    let listing = session.list(begin.spans.clone(), &[], cancel).with_context(|| location.to_string())?;
    let requests = listing.request_counter();
    let skipped_before = progress.skipped.load(Relaxed);

    let folder = Folder::open(dir)?;
    // A typed window says nothing about what lies before it: an earlier run that did not finish stays unfinished.
    let was_finished = state.unfinished.is_none();
    let goes_on = what.window.since.is_none() && !location.has_pattern();
    if goes_on || state.unfinished.is_none() && !location.has_pattern() {
        state.unfinished = Some(Unfinished::new(&begin.spans));
        state.write(&folder)?;
    }

    let selection = Arc::new(Mutex::new(DownloadSelection::new(dir, &location.bucket, copied)));
    let selecting = Arc::clone(&selection);
    let wants = move |object: &Object| selecting.lock().unwrap_or_else(PoisonError::into_inner).wants(object);
    let objects = Mutex::new(session.download(listing, wants, cancel.clone()));
    let report = Mutex::new(report);
    let writer = Writer::new(&folder);
    let (new, bytes, failed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let full = Mutex::new(None);
    let work = || {
        loop {
            let Some(fetched) = objects.lock().unwrap_or_else(PoisonError::into_inner).next() else { break };
            let stored = match (fetched.key, fetched.body) {
                (Some(key), Ok(body)) => match writer.write(&key, body, fetched.modified) {
                    Ok(length) => Ok(length),
                    // What is under way when a run ends is no failure of its own.
                    Err(StoreError::Unread(S3Error::Interrupted { .. })) => break,
                    Err(error) if error.is_hopeless(new.load(Relaxed) > 0) => {
                        cancel.finish();
                        *full.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        break;
                    }
                    Err(error) => Err(error.into()),
                },
                (_, Err(error)) => Err(error.into()),
                (None, Ok(_)) => Ok(0),
            };
            match stored {
                Ok(length) => {
                    new.fetch_add(1, Relaxed);
                    bytes.fetch_add(length, Relaxed);
                }
                Err(error) => {
                    failed.fetch_add(1, Relaxed);
                    report.lock().unwrap_or_else(PoisonError::into_inner)(&fetched.url, error);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..MAX_WRITERS {
            scope.spawn(work);
        }
        work();
    });
    drop(objects);
    let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = full.into_inner().unwrap_or_else(PoisonError::into_inner) {
        failed.fetch_add(1, Relaxed);
        report(&dir.display().to_string(), anyhow::Error::from(error).context("cannot continue writing"));
    }

    let mut selection = selection.lock().unwrap_or_else(PoisonError::into_inner);
    let transient = failed.into_inner();
    let mirrored = Mirrored {
        new: new.into_inner(),
        bytes: bytes.into_inner(),
        known: selection.known,
        skipped: progress.skipped.load(Relaxed) - skipped_before,
        // What can never be stored is reported each time, but is no reason to begin from the same place again.
        failed: transient + selection.report(location, report),
        list_requests: requests.load(Relaxed),
        begin: begin.why.into_iter().collect(),
        interrupted: cancel.is_interrupted(),
    };
    let finished = transient == 0 && !mirrored.interrupted;
    if finished && !location.has_pattern() {
        // What a typed window leaves out at its end, the next run would not look for.
        if goes_on || what.window.until.is_none() {
            state.completed(begin.spans.all.first, selection.newest());
        }
        if goes_on || was_finished {
            state.unfinished = None;
        }
        state.write(&folder)?;
    }
    folder.close();
    Ok(mirrored)
}

/// A second as people read it.
fn date(time: i64) -> String {
    chrono::DateTime::from_timestamp(time, 0)
        .map_or_else(|| time.to_string(), |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
