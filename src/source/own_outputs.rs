//! What a run writes, so that it does not read it: `s3al export logs/ > logs/all` would never end.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::path::Path;

/// How names of files begin and end that are not finished yet.
pub const UNFINISHED: (&str, &str) = (".s3al-", ".tmp");

/// Whether a file has the name of an answer that is still being written.
pub(super) fn is_unfinished(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(UNFINISHED.0.as_bytes()) && name.ends_with(UNFINISHED.1.as_bytes())
}

/// Files that the run writes.
#[derive(Clone, Debug, Default)]
pub struct OwnOutputs(Vec<(u64, u64)>);

impl OwnOutputs {
    /// Adds an open file. What is no regular file can be written and read at the same time.
    pub fn add(&mut self, file: &File) {
        self.0.extend(file.metadata().ok().as_ref().and_then(identity));
    }

    /// Adds the file of this name, if there is one.
    pub fn add_path(&mut self, path: &Path) {
        self.0.extend(fs::metadata(path).ok().as_ref().and_then(identity));
    }

    /// Adds standard output, where it goes to a file.
    pub fn add_stdout(&mut self) {
        #[cfg(unix)]
        {
            use std::os::fd::AsFd;
            if let Ok(file) = std::io::stdout().as_fd().try_clone_to_owned() {
                self.add(&file.into());
            }
        }
    }

    /// Whether the file of this name is one of them.
    pub fn holds(&self, path: &Path) -> bool {
        !self.0.is_empty()
            && fs::metadata(path).ok().as_ref().and_then(identity).is_some_and(|file| self.0.contains(&file))
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    metadata.is_file().then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}
