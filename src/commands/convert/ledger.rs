//! Which sources are new, and what is remembered of those that are being read.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::source::{Body, Item};
use crate::store::{Input, is_own, source_name};

/// Decides about each source once, before it is read.
#[derive(Debug)]
pub(super) struct Ledger {
    /// What the names of the store's own files begin with.
    root: String,
    known: HashMap<String, Input>,
    /// Hashes of the last parts of the names and of the sizes of what is known.
    likes: HashSet<u64>,
    hasher: RandomState,
    seen: Mutex<Seen>,
}

/// What was decided.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many are in the store.
    pub(crate) known: u64,
    /// Those that are in the store otherwise: what is known of them, and what they are now.
    pub(crate) changed: Vec<(Input, Input)>,
    /// How many are new and like one that is known, but for the folder; and the first of them, and what it is like.
    pub(crate) moved: u64,
    pub(crate) first_moved: Option<(String, String)>,
    /// The names of those that are new.
    names: HashSet<String>,
    /// Those that are to be read, in their order, by the names that messages have: two can have the same.
    pub(crate) wanted: HashMap<String, VecDeque<Input>>,
}

impl Ledger {
    pub(super) fn new(root: String, known: HashMap<String, Input>) -> Self {
        let hasher = RandomState::new();
        let likes = known.values().map(|input| hasher.hash_one(likeness(input))).collect();
        Self { root, known, likes, hasher, seen: Mutex::default() }
    }

    /// What was decided so far.
    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a source is to be read. `shown` is what messages call it.
    pub(super) fn wants(&self, shown: &str, input: Input) -> bool {
        if input.name.strip_prefix(&self.root).is_some_and(is_own) {
            return false;
        }
        let mut seen = self.seen();
        match self.known.get(&input.name) {
            Some(known) if *known == input => seen.known += 1,
            Some(known) => seen.changed.push((known.clone(), input)),
            // What two sources hold is read once.
            None if seen.names.insert(input.name.clone()) => {
                if self.likes.contains(&self.hasher.hash_one(likeness(&input))) {
                    seen.moved += 1;
                    if seen.first_moved.is_none() {
                        let like = self.known.values().find(|known| likeness(known) == likeness(&input));
                        seen.first_moved = like.map(|like| (input.name.clone(), like.name.clone()));
                    }
                }
                seen.wanted.entry(shown.to_owned()).or_default().push_back(input);
                return true;
            }
            None => {}
        }
        false
    }

    /// The same for what has been opened already: files. Objects are judged when they are listed.
    pub(super) fn wants_item(&self, item: &Item) -> bool {
        match &item.body {
            Body::File(path) => {
                let size = fs::metadata(path).map_or(0, |file| file.len());
                self.wants(&item.name, Input { name: whole_name(path), size, etag: None })
            }
            _ => true,
        }
    }
}

/// What stays the same when a folder is moved. A name by which nobody knows a log again says nothing.
fn likeness(input: &Input) -> (&str, u64) {
    let name = input.name.rsplit(['/', std::path::MAIN_SEPARATOR]).next().unwrap_or_default();
    (name, input.size)
}

/// The name of a file that stays the same wherever the program is run.
fn whole_name(path: &Path) -> String {
    source_name(&path.canonicalize().unwrap_or_else(|_| path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_is_wanted_once() {
        let input = |name: &str, size, etag: Option<&str>| Input {
            name: name.to_owned(),
            size,
            etag: etag.map(str::to_owned),
        };
        let known = input("s3://my-logs/a", 7, Some("\"x\""));
        let ledger =
            Ledger::new("s3://my-logs/store/".to_owned(), [(known.name.clone(), known.clone())].into());
        let wants = |input: Input| ledger.wants(&input.name.clone(), input);
        assert!(!wants(known.clone()));
        assert!(!wants(input("s3://my-logs/a", 7, Some("\"y\""))));
        assert!(!wants(input("s3://my-logs/a", 8, Some("\"x\""))));
        assert!(wants(input("s3://my-logs/b", 7, None)));
        assert!(!wants(input("s3://my-logs/b", 7, None)));
        assert!(!wants(input("s3://my-logs/store/date=2026-08-01/00000001.parquet", 7, None)));
        assert!(!wants(input("s3://my-logs/store/.s3al/00000001.json", 7, None)));
        assert!(wants(input("s3://my-logs/store/2026-08-01-10-20-30-0123456789ABCDEF", 7, None)));
        let seen = ledger.seen();
        assert_eq!((seen.known, seen.changed.len(), seen.wanted.len()), (1, 2, 2));
        assert_eq!(seen.moved, 0);
        drop(seen);
        assert!(
            wants(input("/copy/a", 7, None))
                && wants(input("/copy/c", 7, None))
                && wants(input("/copy/d/a", 8, None))
        );
        let seen = ledger.seen();
        assert_eq!(seen.moved, 1);
        assert_eq!(seen.first_moved, Some(("/copy/a".to_owned(), known.name)));
    }
}
