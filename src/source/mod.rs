//! Where bytes come from: files, folders, globs, standard input, S3. Yields chunks of whole lines; knows no record.

mod aligned;
mod arrival;
mod chunk;
mod cut;
mod decode;
mod inventory;
mod local;
mod open;
mod own_outputs;
mod pipe;
mod reading;
pub mod s3;
mod schedule;
mod slices;
mod stream;
pub(crate) mod tail;

pub(crate) use arrival::Arrival;
pub(crate) use chunk::{Chunk, ChunkId, Consume};
pub(crate) use inventory::{Inventory, Listed, Schema};
pub(crate) use local::Local;
pub(crate) use own_outputs::{OwnOutputs, UNFINISHED};
pub(crate) use reading::Reading;
pub(crate) use schedule::{Unread, read};

#[cfg(feature = "sql")]
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
#[cfg(feature = "sql")]
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// Lines longer than this are cut, in bytes, so that memory stays bounded whatever the input is. The parser refuses lines
/// that are shorter by far, so a cut line is always counted as one that could not be read.
const MAX_LINE_LEN: usize = 4 << 20;

/// Something that is read as a whole: a file, standard input, an object.
#[derive(Debug)]
pub struct Item {
    /// How it is called in messages and in the file of rejects: a path, `-`, or `s3://bucket/key`.
    pub name: Arc<str>,
    /// Its content, or where that is.
    pub body: Body,
}

/// The content of an item.
#[derive(Debug)]
pub enum Body {
    /// A file to open.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// A downloaded object, whole.
    Object(Bytes),
    /// A large object, which comes in parts while it is read.
    Parts(Box<s3::ObjectReader>),
    /// Lines that came to a file which is followed.
    Appended(tail::Opening),
    /// It could not be read. The error says why and what to try.
    Unread(anyhow::Error),
}

/// What a run is going to read, in an order that is the same for every run over the same input. Items are made one by
/// one when they are asked for, so that a listing and the reading overlap.
pub(crate) type Items = Box<dyn Iterator<Item = Item> + Send>;

/// Raised when the run is to end early. Everyone who waits or loops looks at it.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
    finished: Arc<AtomicBool>,
}

impl Cancel {
    /// Whether the run is to end.
    #[inline]
    pub(crate) fn is_raised(&self) -> bool {
        self.is_interrupted() || self.finished.load(Ordering::Relaxed)
    }

    /// Whether it is to end because the user wants it to (Ctrl-C), or the system (SIGTERM).
    #[inline]
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Whether it is the system that wants it to end.
    pub(crate) fn is_terminated(&self) -> bool {
        self.terminated.load(Ordering::Relaxed)
    }

    /// The flag that a request to terminate raises beside that of an interrupt, for a signal handler.
    pub(crate) fn terminate_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.terminated)
    }

    /// One that is raised when this one is interrupted, and can be finished by itself.
    #[cfg(feature = "sql")]
    pub(crate) fn of_one_pass(&self) -> Self {
        Self { finished: Arc::default(), ..self.clone() }
    }

    /// Ends the run: there is nothing more to find out.
    pub(crate) fn finish(&self) {
        self.finished.store(true, Ordering::Relaxed);
    }

    /// The flag that an interrupt raises, for a signal handler.
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupted)
    }
}

/// How far a run is, for the progress line. Written by sources and by the engine, read by the output.
#[derive(Debug, Default)]
pub struct Progress {
    /// Items known so far.
    pub(crate) listed: AtomicU64,
    /// Whether `listed` is final.
    pub(crate) listing_done: AtomicBool,
    /// Bytes of all listed items, where the listing says so.
    pub(crate) listed_bytes: AtomicU64,
    /// Items downloaded or opened.
    pub(crate) fetched: AtomicU64,
    /// Bytes downloaded or read, as stored (compressed).
    pub(crate) fetched_bytes: AtomicU64,
    /// Lines parsed.
    pub(crate) lines: AtomicU64,
    /// Objects of a bucket passed over because their names are no log names.
    pub skipped: AtomicU64,
    /// Answers with which S3 asked for fewer requests.
    pub(crate) throttled: AtomicU64,
    /// Requests to S3 that wait for their answers, tried again or not.
    pub(crate) awaited: AtomicU64,
    /// Answers of S3, failures too.
    pub(crate) answered: AtomicU64,
    /// Stores that were found beside logs, by their names, and whether they were read all the same.
    #[cfg(feature = "sql")]
    stores: Mutex<BTreeMap<String, bool>>,
}

/// A request to S3 that waits for its answer, for as long as this is there.
#[must_use]
pub(crate) struct Awaited<'a>(&'a Progress);

impl Progress {
    /// Counts a request to S3 that waits for its answer.
    pub(crate) fn awaits(&self) -> Awaited<'_> {
        self.awaited.fetch_add(1, Ordering::Relaxed);
        Awaited(self)
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.0.awaited.fetch_sub(1, Ordering::Relaxed);
        self.0.answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(feature = "sql")]
impl Progress {
    /// Notes stores that are left out, and stores that are read together with what lies in them.
    fn note_stores(&self, left_out: &[String], mixed: &[String]) {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        stores.extend(left_out.iter().map(|name| (name.clone(), false)));
        stores.extend(mixed.iter().map(|name| (name.clone(), true)));
    }

    /// Stores that were found beside logs, by their names, and whether they were read all the same. They are handed out once.
    pub(crate) fn take_stores(&self) -> BTreeMap<String, bool> {
        std::mem::take(&mut *self.stores.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
