//! How far a run has read, kept in a file, so that a later run goes on from there. It is written after what was read has been shown:
//! a run that is killed may show something again, and loses nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::source::{Followed, Kind};
use crate::source::UNFINISHED;
use crate::source::s3::BucketState;
use crate::source::tail::FileState;

const VERSION: u32 = 1;

/// How far sources were read.
#[derive(Debug)]
pub(super) struct State {
    path: PathBuf,
    kept: Kept,
    /// What is in the file.
    written: Vec<u8>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    files: BTreeMap<String, Vec<FileState>>,
    buckets: BTreeMap<String, BucketState>,
}

impl State {
    /// Reads what an earlier run has left, if there is anything.
    ///
    /// # Errors
    /// If it cannot be read, or is of another program.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let what = || format!("--state {}", path.display());
        let kept = match fs::read(path) {
            Ok(text) if !text.is_empty() => {
                let kept: Kept = serde_json::from_slice(&text).with_context(|| {
                    format!("{}: this is no state of `s3al follow`; name another file, or delete it to begin anew", what())
                })?;
                if kept.version != VERSION {
                    bail!("{}: it is of another version of s3al; delete it to begin anew", what());
                }
                kept
            }
            Ok(_) => Kept::empty(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::empty(),
            Err(error) => return Err(error).with_context(what),
        };
        let state = Self { path: path.to_owned(), kept, written: Vec::new() };
        // Whether it can be written is better known now than after what was read was shown.
        state.file().with_context(what)?;
        Ok(state)
    }

    /// The files of a source.
    pub(super) fn files(&self, name: &str) -> Option<Vec<FileState>> {
        self.kept.files.get(name).cloned()
    }

    /// The names of a bucket.
    pub(super) fn bucket(&self, name: &str) -> Option<BucketState> {
        self.kept.buckets.get(name).cloned()
    }

    /// Replaces the file, whole or not at all, if there is anything new.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&mut self, sources: &[Followed]) -> anyhow::Result<()> {
        for source in sources {
            match source.kind() {
                Kind::Files(tail) => drop(self.kept.files.insert(source.name.clone(), tail.state())),
                Kind::Bucket(arrivals) => {
                    if let Some(state) = arrivals.state() {
                        self.kept.buckets.insert(source.name.clone(), state);
                    }
                }
            }
        }
        let text = serde_json::to_vec(&self.kept).context("--state")?;
        if text == self.written {
            return Ok(());
        }
        let write = || {
            let mut file = self.file()?;
            file.write_all(&text)?;
            file.as_file().sync_data()?;
            file.persist(&self.path).map_err(|error| error.error)?;
            io::Result::Ok(())
        };
        write().with_context(|| format!("cannot write --state {}", self.path.display()))?;
        self.written = text;
        Ok(())
    }

    fn file(&self) -> io::Result<NamedTempFile> {
        let folder =
            self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        tempfile::Builder::new().prefix(UNFINISHED.0).suffix(UNFINISHED.1).tempfile_in(folder)
    }
}

impl Kept {
    fn empty() -> Self {
        Self { version: VERSION, files: BTreeMap::new(), buckets: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_state_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let error = |path: &Path| format!("{:#}", State::read(path).unwrap_err());
        for text in ["x", "{}", "{\"version\":2,\"files\":{},\"buckets\":{}}"] {
            fs::write(&path, text).unwrap();
            assert!(error(&path).contains("delete it to begin anew"), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert!(error(&folder.path().join("no/state")).contains("--state"));
        fs::write(&path, "").unwrap();
        let mut state = State::read(&path).unwrap();
        state.write(&[]).unwrap();
        assert_eq!(State::read(&path).unwrap().kept.files.len(), 0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
