//! The folder of a mirror: what is in it, and who may write to it.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::path::{self, STATE_FOLDER};
use crate::source::s3::names::{Layout, LogName, start_of_day};

/// A folder that this run alone writes to.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    lock: File,
}

impl Folder {
    /// Opens the folder, makes it if need be, and clears what a killed run left under temporary names.
    pub(super) fn open(dir: &Path) -> anyhow::Result<Self> {
        let state = dir.join(STATE_FOLDER);
        refuse_link(&state)?;
        fs::create_dir_all(&state).with_context(|| format!("cannot make {}", state.display()))?;
        let path = state.join("lock");
        refuse_link(&path)?;
        let lock = File::options().create(true).append(true).open(&path);
        let lock = lock.with_context(|| format!("cannot write {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another fetch is writing to {}", dir.display()),
            // Some network file systems have no locks.
            Err(TryLockError::Error(error)) => tracing::debug!(%error, "no lock"),
        }
        for entry in fs::read_dir(&state).with_context(|| format!("cannot read {}", state.display()))? {
            let path = entry.with_context(|| format!("cannot read {}", state.display()))?.path();
            if path.extension().is_some_and(|extension| extension == "tmp") {
                fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(Self { dir: dir.to_owned(), lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.dir
    }

    pub(super) fn temporary(&self, number: u64) -> PathBuf {
        self.dir.join(STATE_FOLDER).join(format!("{number}.tmp"))
    }

    /// Leaves the folder. If nothing was noted in it, all traces are removed.
    pub(super) fn close(self) {
        let state = self.dir.join(STATE_FOLDER);
        let others = fs::read_dir(&state)
            .is_ok_and(|entries| entries.filter_map(Result::ok).any(|entry| entry.file_name() != *"lock"));
        if !others {
            // Leftovers do no harm.
            let _ = fs::remove_file(state.join("lock")).and_then(|()| fs::remove_dir(&state));
        }
        drop(self.lock);
    }
}

/// Whoever may write to the folder could have laid a link there, and what is written and removed would be elsewhere.
fn refuse_link(path: &Path) -> anyhow::Result<()> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => {
            bail!("{} is a symbolic link, which could lead anywhere: remove it", path.display())
        }
        _ => Ok(()),
    }
}

/// The newest name of a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Newest {
    time: i64,
    whole_days: bool,
}

impl Newest {
    /// Its time, in seconds since the epoch.
    pub(super) fn time(self) -> i64 {
        self.time
    }

    /// Notes a name.
    pub(super) fn note(newest: &mut HashMap<String, Self>, name: &LogName<'_>) {
        let found = Self { time: name.time, whole_days: name.layout == Layout::Partitioned };
        match newest.get_mut(name.base) {
            Some(newest) => *newest = found.max(*newest),
            None => {
                newest.insert(name.base.to_owned(), found);
            }
        }
    }

    /// Where to begin, in seconds since the epoch.
    pub(super) fn begin(self, lookback: i64) -> i64 {
        let begin = self.time.saturating_sub(lookback);
        if self.whole_days { start_of_day(begin) } else { begin }
    }
}

/// The newest name of each base that a folder holds. Names later than `latest` are no delivery's: whoever made them up
/// does not decide where to begin.
pub(super) fn newest_by_base(
    dir: &Path,
    prefix: &str,
    latest: i64,
) -> anyhow::Result<HashMap<String, Newest>> {
    let mut newest: HashMap<String, Newest> = HashMap::new();
    if !dir.exists() {
        return Ok(newest);
    }
    let outside = |path: &Path| path.strip_prefix(dir).is_ok_and(|path| path.starts_with(STATE_FOLDER));
    for entry in WalkDir::new(dir).into_iter().filter_entry(|entry| !outside(entry.path())) {
        let entry = entry.with_context(|| format!("cannot read {}", dir.display()))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let Some(key) = entry.path().strip_prefix(dir).ok().and_then(path::key) else { continue };
        if !key.starts_with(prefix) {
            continue;
        }
        if let Some(name) = LogName::parse(&key).filter(|name| name.time <= latest) {
            Newest::note(&mut newest, &name);
        }
    }
    Ok(newest)
}
