//! What a folder remembers of each location that was fetched into it: from when on its copy is complete, and where a run
//! began that did not finish.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::folder::{Folder, Newest};
use super::path::STATE_FOLDER;
use crate::source::s3::location::Location;
use crate::source::s3::window::Spans;

/// What is known of a location's copy.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct LocationState {
    location: String,
    /// Where a run began that did not finish.
    pub(crate) unfinished: Option<Unfinished>,
    /// What runs that did finish have left.
    pub(crate) complete: Option<Complete>,
}

/// Where a run began.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Unfinished {
    /// The first second of every base that is not named; none is the beginning.
    first: Option<i64>,
    first_by_base: HashMap<String, Option<i64>>,
}

/// Everything from a time on, up to the newest of each base.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Complete {
    /// The first second of it; none is the beginning.
    pub(crate) since: Option<i64>,
    pub(crate) newest: HashMap<String, Newest>,
}

impl Unfinished {
    pub(super) fn new(spans: &Spans) -> Self {
        Self { first: spans.all.first, first_by_base: spans.first_by_base.clone() }
    }

    /// Where the run began with a base.
    pub(super) fn first(&self, base: &str) -> Option<i64> {
        self.first_by_base.get(base).copied().unwrap_or(self.first)
    }
}

impl LocationState {
    /// What the folder remembers. A note that cannot be understood is as good as none: all is listed.
    pub(super) fn read(dir: &Path, location: &Location) -> anyhow::Result<Self> {
        let location = location.to_string();
        let path = path(dir, &location);
        let known = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).ok(),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                None
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(known
            .filter(|known: &Self| known.location == location)
            .unwrap_or(Self { location, ..Self::default() }))
    }

    /// Notes what a run has completed that began at `since` and had no end, or an end before which it saw these.
    pub(super) fn completed(&mut self, since: Option<i64>, newest: HashMap<String, Newest>) {
        let Some(complete) = &mut self.complete else {
            self.complete = Some(Complete { since, newest });
            return;
        };
        // A run that began after all that is there has left a gap.
        let newest_before = complete.newest.values().map(|newest| newest.time()).min();
        let has_gap = since.is_some_and(|since| newest_before.is_none_or(|newest| since > newest));
        if has_gap {
            return;
        }
        // None is the beginning of all, and less than any time.
        complete.since = complete.since.min(since);
        for (base, newest) in newest {
            let known = complete.newest.entry(base).or_insert(newest);
            *known = newest.max(*known);
        }
    }

    /// Writes it, whole or not at all.
    pub(super) fn write(&self, folder: &Folder) -> anyhow::Result<()> {
        let path = path(folder.path(), &self.location);
        let temporary = path.with_extension("tmp");
        let text = serde_json::to_vec(self).context("cannot save the state")?;
        // A new file is never a link that somebody laid there.
        let put =
            |text: &[u8]| File::options().write(true).create_new(true).open(&temporary)?.write_all(text);
        let _ = fs::remove_file(&temporary);
        put(&text)
            .and_then(|()| fs::rename(&temporary, &path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// One file for each location, by the FNV-1a hash of its URL, which any version of this program computes alike.
fn path(dir: &Path, location: &str) -> PathBuf {
    let hash = location
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    dir.join(STATE_FOLDER).join(format!("location-{hash:016x}.json"))
}
