//! A local copy of the logs at a location, by key, brought up to date.
//!
//! What is there already is known by name and size. Where to begin is told by the newest names there, so the folder
//! itself is the memory; only a run that did not finish leaves a note of where it began, and the next one begins there.

mod checkpoint;
mod folder;
mod path;
mod write;

pub use path::STATE;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;

use super::connect::Options;
use super::error::S3Error;
use super::location::Location;
use super::names::DAY;
use super::session::{Session, present};
use super::store::{Object, ObjectStore};
use super::window::{Spans, Window};
use crate::semantics::prices::{Egress, Prices};
use crate::source::{Cancel, Progress};

use checkpoint::Checkpoint;
use folder::Folder;
use path::StoreError;
use write::Writer;

/// How far before the newest local name a run begins, unless told otherwise: logs are delivered late and in no order.
pub const LOOKBACK: Duration = Duration::from_secs(24 * 3600);

/// Threads that write files. The work is the kernel's, and small.
const WRITERS: usize = 2;

/// What to mirror.
#[derive(Clone, Copy, Debug)]
pub struct Mirroring {
    /// The window that was typed. Without a beginning, the newest local names tell it.
    pub window: Window,
    /// How far before the newest local name to begin.
    pub lookback: Duration,
}

impl Default for Mirroring {
    fn default() -> Self {
        Self { window: Window::default(), lookback: LOOKBACK }
    }
}

/// What a run of a mirror did.
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
    /// Whether it was interrupted.
    pub interrupted: bool,
}

/// What a run of a mirror would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Objects to download.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that are there already.
    pub known: u64,
    /// Objects whose names are no log names.
    pub skipped: u64,
    /// What could not be listed, or cannot be stored.
    pub failed: u64,
    /// LIST requests: what the plan took, and the run takes again.
    pub list_requests: u64,
    /// GET requests. Empty objects need none.
    pub get_requests: u64,
    /// Whether it was interrupted.
    pub interrupted: bool,
}

impl Plan {
    /// What the requests cost at list price, in US dollars.
    pub fn request_cost(&self) -> f64 {
        Prices::LIST.tier1(self.list_requests) + Prices::LIST.tier2(self.get_requests)
    }

    /// What the transfer costs at list price, in US dollars, to outside of AWS; within the region it is free.
    pub fn transfer_cost(&self) -> f64 {
        Prices::LIST.transfer(Egress::Internet, self.bytes)
    }
}

/// Hears of everything that could not be had: what it is, and why.
pub type Report<'a> = dyn FnMut(&str, anyhow::Error) + Send + 'a;

/// Brings the copy below `dir` up to date.
///
/// # Errors
/// If nothing could be done: no such bucket, no credentials, the folder cannot be written or is full. What else fails is
/// reported and counted.
pub fn mirror(
    location: &Location,
    options: &Options,
    dir: &Path,
    what: &Mirroring,
    progress: &Arc<Progress>,
    cancel: &Cancel,
    report: &mut Report<'_>,
) -> anyhow::Result<Mirrored> {
    let session = Session::connect(location, options, cancel).with_context(|| location.to_string())?;
    run(session, dir, what, progress, cancel, report)
}

/// Finds out what [`mirror`] would do. Downloads nothing and writes nothing.
///
/// # Errors
/// If nothing could be done.
pub fn plan(
    location: &Location,
    options: &Options,
    dir: &Path,
    what: &Mirroring,
    progress: &Arc<Progress>,
    cancel: &Cancel,
    report: &mut Report<'_>,
) -> anyhow::Result<Plan> {
    let session = Session::connect(location, options, cancel).with_context(|| location.to_string())?;
    let spans = begin(location, dir, what, Checkpoint::read(dir, location)?.as_ref())?;
    let mut listing = session.list(spans, cancel).with_context(|| location.to_string())?;
    let mut plan = Plan::default();
    let mut choice = Choice::new(dir);
    while !cancel.is_raised()
        && let Some(batch) = session.next(&mut listing, cancel)
    {
        match batch {
            Ok(batch) => {
                plan.skipped += batch.skipped;
                if let Some(class) = batch.class {
                    plan.failed += 1;
                    let error = S3Error::Archived { count: batch.archived, class: class.into_string() };
                    report(&location.to_string(), error.into());
                }
                for object in batch.objects.iter().filter(|object| choice.wants(object)) {
                    plan.objects += 1;
                    plan.bytes += object.size;
                    plan.get_requests += u64::from(object.size > 0);
                    progress.listed.fetch_add(1, Relaxed);
                    progress.listed_bytes.fetch_add(object.size, Relaxed);
                }
            }
            Err(error) => {
                plan.failed += 1;
                report(&location.to_string(), error.into());
            }
        }
    }
    plan.known = choice.known.load(Relaxed);
    plan.failed += choice.report(location, report);
    plan.list_requests = listing.requests();
    plan.interrupted = cancel.is_raised();
    Ok(plan)
}

pub(super) fn run<S: ObjectStore>(
    session: Session<S>,
    dir: &Path,
    what: &Mirroring,
    progress: &Arc<Progress>,
    cancel: &Cancel,
    report: &mut Report<'_>,
) -> anyhow::Result<Mirrored> {
    let location = session.location().clone();
    let earlier = Checkpoint::read(dir, &location)?;
    let spans = begin(&location, dir, what, earlier.as_ref())?;
    let listing = session.list(spans.clone(), cancel).with_context(|| location.to_string())?;
    let requests = listing.request_counter();

    let folder = Folder::open(dir)?;
    // A typed window says nothing about what lies before it: an earlier run that did not finish stays unfinished.
    let note = match earlier {
        Some(_) if what.window.since.is_some() => None,
        _ => Some(Checkpoint::new(&location, &spans)),
    };
    if let Some(note) = &note {
        note.write(&folder)?;
    }

    let choice = Arc::new(Mutex::new(Choice::new(dir)));
    let chooser = Arc::clone(&choice);
    let wants = move |object: &Object| chooser.lock().unwrap_or_else(PoisonError::into_inner).wants(object);
    let objects = Mutex::new(session.download(listing, wants, Arc::clone(progress), cancel.clone()));
    let report = Mutex::new(report);
    let writer = Writer::new(&folder);
    let (new, bytes, failed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let full = Mutex::new(None);
    let work = || {
        loop {
            let Some(fetched) = objects.lock().unwrap_or_else(PoisonError::into_inner).next() else { break };
            let stored = match (fetched.key, fetched.body) {
                (Some(key), Ok(body)) => match writer.write(&key, &body) {
                    Ok(()) => Ok(body.len() as u64),
                    Err(error) if error.is_hopeless() => {
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
        for _ in 1..WRITERS {
            scope.spawn(work);
        }
        work();
    });
    drop(objects);
    let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = full.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error).with_context(|| format!("cannot go on writing to {}", dir.display()));
    }

    let mut choice = choice.lock().unwrap_or_else(PoisonError::into_inner);
    let transient = failed.into_inner();
    let mirrored = Mirrored {
        new: new.into_inner(),
        bytes: bytes.into_inner(),
        known: choice.known.load(Relaxed),
        skipped: progress.skipped.load(Relaxed),
        // What can never be stored is reported each time, but is no reason to begin from the same place again.
        failed: transient + choice.report(&location, report),
        list_requests: requests.load(Relaxed),
        interrupted: cancel.is_raised(),
    };
    let finished = transient == 0 && !mirrored.interrupted;
    if let Some(note) = note.filter(|_| finished) {
        note.remove(&folder)?;
    }
    folder.close();
    Ok(mirrored)
}

/// Where each base begins: at the typed time, or by what is there.
fn begin(
    location: &Location,
    dir: &Path,
    what: &Mirroring,
    earlier: Option<&Checkpoint>,
) -> anyhow::Result<Spans> {
    let all = what.window.span();
    if what.window.since.is_some() {
        return Ok(all.into());
    }
    let newest = folder::newest_by_base(dir, location.prefix.as_str(), present() + DAY)?;
    let lookback = i64::try_from(what.lookback.as_secs()).unwrap_or(i64::MAX);
    let first_by_base: HashMap<String, Option<i64>> = newest
        .into_iter()
        .map(|(base, newest)| {
            let first = Some(newest.begin(lookback));
            // None is the beginning of all, and less than any time.
            let first = earlier.map_or(first, |note| note.first(&base).min(first));
            (base, first)
        })
        .collect();
    Ok(Spans { all, first_by_base })
}

/// Which listed objects are to be downloaded.
#[derive(Debug)]
struct Choice {
    dir: std::path::PathBuf,
    known: AtomicU64,
    impossible: Vec<(String, StoreError)>,
}

impl Choice {
    fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), known: AtomicU64::new(0), impossible: Vec::new() }
    }

    fn wants(&mut self, object: &Object) -> bool {
        let path = match path::local(&self.dir, &object.key) {
            Ok(path) => path,
            Err(error) => {
                self.impossible.push((object.key.clone(), error));
                return false;
            }
        };
        let known = path.symlink_metadata().is_ok_and(|file| file.is_file() && file.len() == object.size);
        if known {
            self.known.fetch_add(1, Relaxed);
        }
        !known
    }

    /// Reports what cannot be stored, and counts it.
    fn report(&mut self, location: &Location, report: &mut Report<'_>) -> u64 {
        let count = self.impossible.len() as u64;
        for (key, error) in self.impossible.drain(..) {
            report(&location.url(&key), error.into());
        }
        count
    }
}
