//! The one door to temporary files: what an answer needs and memory does not hold.
//!
//! A [`Sorter`] gives entries back in the order of their keys, a [`Spool`] in the order in which they came. Both are in memory as
//! long as they fit. Files have no name from the start (see the crate tempfile), so they are gone when the process is, however
//! that ends, and nobody else can open them.
//!
//! Entries are bytes and are compared as bytes. Crates that sort outside of memory count items and not bytes, or keep named files,
//! and none gives what is needed here beside the sort: tables that are written as runs, by every thread, and read more than once.

mod entries;
mod error;
mod index;
mod merge;
#[cfg(any(feature = "sql", test))]
mod numbered;
mod run;
mod sorter;
mod spool;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use error::SpillError;

pub(crate) use sorter::{Sorted, Sorter};
pub(crate) use spool::Spool;

/// Where a run puts what its memory does not hold, and how much of that there is. Clones are the same space.
#[derive(Clone, Debug)]
pub(crate) struct Space(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    memory: usize,
    written: AtomicU64,
    /// The first failure, where nobody could be told of it at once.
    failure: Mutex<Option<io::Error>>,
}

impl Space {
    /// A space in `folder`, for an answer that may take `memory` bytes.
    pub(crate) fn new(folder: PathBuf, memory: usize) -> Self {
        Self(Arc::new(Inner { folder, memory, written: AtomicU64::new(0), failure: Mutex::default() }))
    }

    /// How many bytes of memory the answer may take.
    pub(crate) fn memory(&self) -> usize {
        self.0.memory
    }

    /// The folder of the temporary files.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.0.folder
    }

    /// How many bytes went into temporary files.
    pub(crate) fn written(&self) -> u64 {
        self.0.written.load(Relaxed)
    }

    /// Keeps a failure until somebody asks: folds over records have nobody to tell.
    pub(crate) fn fail(&self, error: io::Error) {
        self.failure().get_or_insert(error);
    }

    /// Whether anything failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure().is_some()
    }

    /// Tells of the first failure, once.
    ///
    /// # Errors
    /// That failure.
    pub(crate) fn check(&self) -> io::Result<()> {
        self.failure().take().map_or(Ok(()), Err)
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Option<io::Error>> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file without a name.
    ///
    /// # Errors
    /// If the folder takes none.
    pub(crate) fn file(&self) -> io::Result<File> {
        tempfile::tempfile_in(&self.0.folder).map_err(|error| self.explain(error))
    }

    fn explain(&self, error: io::Error) -> io::Error {
        io::Error::other(SpillError { folder: self.0.folder.clone(), written: self.written(), cause: error })
    }
}

/// Appends a value, to be read by [`decode`].
pub(crate) fn encode(value: &impl Serialize, out: &mut Vec<u8>) {
    // A `Vec` takes all that is written to it, and no value here has a length that is not known.
    if let Ok(longer) = postcard::to_extend(value, std::mem::take(out)) {
        *out = longer;
    }
}

/// Reads what [`encode`] has written.
///
/// # Errors
/// If the bytes are not those.
pub(crate) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> io::Result<V> {
    postcard::from_bytes(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
