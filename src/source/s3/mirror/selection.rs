//! Which listed objects are to be downloaded: those that are not there with the same name and size.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};

use super::Report;
use super::folder::Newest;
use super::path::{self, StoreError};
use crate::source::s3::location::Location;
use crate::source::s3::names::{DAY, LogName};
use crate::source::s3::session::present;
use crate::source::s3::store::Object;

/// Decides about each listed object, and knows what was listed.
#[derive(Debug)]
pub(super) struct DownloadSelection {
    dir: PathBuf,
    /// Objects that are there already.
    pub known: u64,
    impossible: Vec<(String, StoreError)>,
    /// The keys that were listed, by their hashes.
    listed: HashSet<u64>,
    hasher: RandomState,
    newest: HashMap<String, Newest>,
    /// Names that are later are no delivery's: whoever made them up does not decide where to begin.
    latest: i64,
}

impl DownloadSelection {
    pub(super) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            known: 0,
            impossible: Vec::new(),
            listed: HashSet::new(),
            hasher: RandomState::new(),
            newest: HashMap::new(),
            latest: present() + DAY,
        }
    }

    /// Whether the object is to be downloaded.
    pub(super) fn wants(&mut self, object: &Object) -> bool {
        if let Some(name) = LogName::parse(&object.key).filter(|name| name.time <= self.latest) {
            Newest::note(&mut self.newest, &name);
        }
        let path = match path::local(&self.dir, &object.key) {
            Ok(path) => path,
            Err(error) => {
                self.impossible.push((object.key.clone(), error));
                return false;
            }
        };
        // Keys come in order, and so the shorter one first: it is the one that is kept, whichever arrives first.
        let mut end = 0;
        let ends_above = object.key.match_indices('/').any(|(slash, _)| {
            end = slash;
            self.listed.contains(&self.hasher.hash_one(&object.key[..slash]))
        });
        if ends_above {
            let above = self.dir.join(&object.key[..end]);
            self.impossible.push((object.key.clone(), StoreError::File(above)));
            return false;
        }
        self.listed.insert(self.hasher.hash_one(object.key.as_str()));
        let known = path.symlink_metadata().is_ok_and(|file| file.is_file() && file.len() == object.size);
        self.known += u64::from(known);
        !known
    }

    /// The newest name of each base that was listed.
    pub(super) fn newest(&self) -> HashMap<String, Newest> {
        self.newest.clone()
    }

    /// Reports what cannot be stored, and counts it.
    pub(super) fn report(&mut self, location: &Location, report: &mut Report<'_>) -> u64 {
        let count = self.impossible.len() as u64;
        for (key, error) in self.impossible.drain(..) {
            report(&location.url(&key), error.into());
        }
        count
    }
}
