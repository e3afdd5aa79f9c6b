//! Files that appear whole or not at all: written under a temporary name, then renamed.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::folder::Folder;
use super::path::{StoreError, local};
use crate::source::s3::download::Content;
use crate::source::s3::error::S3Error;

/// Writes objects below a folder, from any number of threads.
pub(super) struct Writer<'a> {
    folder: &'a Folder,
    next: AtomicU64,
    /// Folders that exist and are no links.
    known: Mutex<HashSet<PathBuf>>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(folder: &'a Folder) -> Self {
        Self { folder, next: AtomicU64::new(0), known: Mutex::default() }
    }

    /// Stores an object, with its own time. Returns its length in bytes.
    pub(super) fn write(
        &self,
        key: &str,
        body: Content,
        modified: Option<SystemTime>,
    ) -> Result<u64, StoreError> {
        let path = local(self.folder.path(), key)?;
        if let Some(parent) = path.parent() {
            self.prepare(parent)?;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let temporary = self.folder.temporary(number);
        let failed = |error| StoreError::Io { path: path.clone(), error };
        let length = put(&temporary, body, modified).map_err(|error| {
            let _ = fs::remove_file(&temporary);
            match error.downcast::<S3Error>() {
                Ok(error) => StoreError::Unread(error),
                Err(error) => failed(error),
            }
        })?;
        fs::rename(&temporary, &path).map_err(|error| {
            let _ = fs::remove_file(&temporary);
            if path.is_dir() { StoreError::Folder(path.clone()) } else { failed(error) }
        })?;
        Ok(length)
    }

    /// Makes the folders above a file. A link among them would lead elsewhere, so there is none.
    fn prepare(&self, parent: &Path) -> Result<(), StoreError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(parent) {
            return Ok(());
        }
        let mut path = self.folder.path().to_owned();
        // Both come from `local`, so the one starts with the other.
        for part in parent.strip_prefix(self.folder.path()).unwrap_or(parent) {
            path.push(part);
            if known.contains(&path) {
                continue;
            }
            match fs::create_dir(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let found = path.symlink_metadata().map_err(|error| io_error(&path, error))?;
                    if found.is_symlink() {
                        return Err(StoreError::Link(path));
                    }
                    if !found.is_dir() {
                        return Err(StoreError::File(path));
                    }
                }
                Err(error) => return Err(io_error(&path, error)),
            }
            known.insert(path.clone());
        }
        Ok(())
    }
}

fn put(path: &Path, body: Content, modified: Option<SystemTime>) -> io::Result<u64> {
    // A new file is never a link that somebody laid there.
    let mut file = File::options().write(true).create_new(true).open(path)?;
    let length = match body {
        Content::Whole(bytes) => file.write_all(&bytes).map(|()| bytes.len() as u64)?,
        Content::Parts(mut reader) => copy(&mut reader, &mut file)?,
    };
    if let Some(modified) = modified
        && let Err(error) = file.set_modified(modified)
    {
        // Some file systems keep no times; what is in the file matters more.
        tracing::debug!(%error, "no time of modification");
    }
    Ok(length)
}

/// Copies part by part, as they are in memory.
fn copy(reader: &mut impl BufRead, file: &mut File) -> io::Result<u64> {
    let mut length = 0;
    loop {
        let part = reader.fill_buf()?;
        if part.is_empty() {
            return Ok(length);
        }
        file.write_all(part)?;
        let written = part.len();
        reader.consume(written);
        length += written as u64;
    }
}

fn io_error(path: &Path, error: io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), error }
}
