//! Which listed objects are to be downloaded: those that are not there with the same name and size.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Report;
use super::folder::Newest;
use super::path::{self, StoreError};
use crate::source::s3::location::{Bucket, Location};
use crate::source::s3::names::{DAY, LogName};
use crate::source::s3::session::present;
use crate::source::s3::store::Object;

/// The keys that were listed to be copied into one folder, of whichever bucket.
#[derive(Debug, Default)]
pub struct Copied {
    /// The bucket of each key, by the hash of the key.
    buckets: HashMap<u64, Arc<str>>,
    hasher: RandomState,
}

impl Copied {
    fn bucket_of(&self, key: &str) -> Option<&Arc<str>> {
        self.buckets.get(&self.hasher.hash_one(key))
    }
}

/// Decides about each listed object, and knows what was listed.
#[derive(Debug)]
pub(super) struct DownloadSelection {
    dir: PathBuf,
    bucket: Arc<str>,
    copied: Arc<Mutex<Copied>>,
    /// Objects that are there already.
    pub(crate) known: u64,
    impossible: Vec<(String, StoreError)>,
    newest: HashMap<String, Newest>,
    /// Names that are later are no delivery's: whoever made them up does not decide where to begin.
    latest: i64,
}

impl DownloadSelection {
    pub(super) fn new(dir: &Path, bucket: &Bucket, copied: &Arc<Mutex<Copied>>) -> Self {
        Self {
            dir: dir.to_owned(),
            bucket: bucket.as_str().into(),
            copied: Arc::clone(copied),
            known: 0,
            impossible: Vec::new(),
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
        let mut copied = self.copied.lock().unwrap_or_else(PoisonError::into_inner);
        let slashes = object.key.match_indices('/').map(|(slash, _)| slash);
        let above = slashes.map(|slash| &object.key[..slash]).find(|above| copied.bucket_of(above).is_some());
        let other = copied.bucket_of(&object.key).filter(|bucket| **bucket != self.bucket);
        let error = match (above, other) {
            (Some(above), _) => Some(StoreError::File(self.dir.join(above))),
            (None, Some(other)) => Some(StoreError::Taken(other.to_string())),
            (None, None) => None,
        };
        if let Some(error) = error {
            self.impossible.push((object.key.clone(), error));
            return false;
        }
        let hash = copied.hasher.hash_one(object.key.as_str());
        copied.buckets.insert(hash, Arc::clone(&self.bucket));
        drop(copied);
        let known = path.symlink_metadata().is_ok_and(|file| file.is_file() && file.len() == object.size);
        if known {
            tracing::debug!("skipped {:?}: it is there already", object.key);
            self.known += 1;
        }
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
