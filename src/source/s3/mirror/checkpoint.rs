//! The note that an unfinished run leaves: where it began, so that the next one begins there too.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::folder::Folder;
use super::path::STATE;
use crate::source::s3::location::Location;
use crate::source::s3::window::Spans;

/// Where a run began.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    location: String,
    /// The first second of every base that is not named; none is the beginning.
    first: Option<i64>,
    first_by_base: HashMap<String, Option<i64>>,
}

impl Checkpoint {
    pub fn new(location: &Location, spans: &Spans) -> Self {
        Self {
            location: location.to_string(),
            first: spans.all.first,
            first_by_base: spans.first_by_base.clone(),
        }
    }

    /// The note of a run that did not finish, if there is one. One that cannot be read is as good as one that says:
    /// from the beginning.
    pub fn read(dir: &Path, location: &Location) -> anyhow::Result<Option<Self>> {
        let path = path(dir, &location.to_string());
        match fs::read(&path) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text).unwrap_or_else(|_| Self {
                location: location.to_string(),
                first: None,
                first_by_base: HashMap::new(),
            }))),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Where the run began with a base.
    pub fn first(&self, base: &str) -> Option<i64> {
        self.first_by_base.get(base).copied().unwrap_or(self.first)
    }

    pub fn write(&self, folder: &Folder) -> anyhow::Result<()> {
        let path = path(folder.path(), &self.location);
        let text = serde_json::to_vec(self).context("cannot write down where this run begins")?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    pub fn remove(&self, folder: &Folder) -> anyhow::Result<()> {
        let path = path(folder.path(), &self.location);
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
    }
}

/// One file for each location, by the FNV-1a hash of its URL, which any version of this program computes alike.
fn path(dir: &Path, location: &str) -> PathBuf {
    let hash = location
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    dir.join(STATE).join(format!("unfinished-{hash:016x}.json"))
}
