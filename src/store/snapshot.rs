//! Which files a store consists of at one moment, for those who read it while it changes, or after a run was killed.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use anyhow::Error;

use super::generation::{DAY, Note, STATE, made, made_in, number_of, number_of_file};

/// The files of days that the notes of a store name.
///
/// Between the note of a generation and the end of its run, some of its files are still where they were made, and some that it replaces are
/// still in their days. The notes tell both.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// Those that were not found yet, by their names below the store, and where each was made.
    expected: BTreeMap<String, String>,
    replaced: HashSet<String>,
    /// Generations from this one on began later.
    next: u64,
}

/// A file that is noted and was not found, by the names that it can have below the store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    /// In its day.
    pub(crate) name: String,
    /// Where it was made.
    pub(crate) made: String,
}

impl Snapshot {
    /// What notes say, by the numbers of their generations. One that cannot be read says nothing but that there is its generation.
    ///
    /// All notes but the last are of generations that are complete, because a run completes what came before it adds a generation: who wants
    /// no more than to read a store needs the last note alone.
    pub(crate) fn new(notes: impl IntoIterator<Item = (u64, Vec<u8>)>) -> (Self, Vec<(u64, Error)>) {
        let (mut snapshot, mut damaged) = (Self::default(), Vec::new());
        let mut notes: Vec<(u64, Vec<u8>)> = notes.into_iter().collect();
        notes.sort_by_key(|(number, _)| *number);
        for (number, bytes) in notes {
            snapshot.next = number.saturating_add(1);
            let note = match Note::read(&bytes) {
                Ok(note) => note,
                Err(error) => {
                    damaged.push((number, error.context(DAMAGED)));
                    continue;
                }
            };
            let folder = made_in(&note, number);
            for name in note.replaces {
                snapshot.expected.remove(&name);
                snapshot.replaced.insert(name);
            }
            let days = note.files.into_iter().filter(|name| name.starts_with(DAY));
            snapshot.expected.extend(days.map(|name| {
                let made = made(&folder, &name);
                (name, made)
            }));
        }
        (snapshot, damaged)
    }

    /// Of the store in a folder, and the notes that cannot be read; `None` if there is none.
    pub(crate) fn of_folder(root: &Path) -> Option<(Self, Vec<(PathBuf, Error)>)> {
        let state = root.join(STATE);
        let (mut notes, mut unread) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&state).ok()?.flatten() {
            let number = entry.file_name().to_str().and_then(|name| number_of(&format!("{STATE}/{name}")));
            let Some(number) = number else { continue };
            let path = entry.path();
            // What cannot be read is there nevertheless.
            let bytes = fs::read(&path).unwrap_or_else(|error| {
                unread.push((path.clone(), Error::new(error).context(DAMAGED)));
                Vec::new()
            });
            notes.push((number, path, bytes));
        }
        if notes.is_empty() {
            return None;
        }
        let paths: BTreeMap<u64, PathBuf> =
            notes.iter().map(|(number, path, _)| (*number, path.clone())).collect();
        let (snapshot, damaged) = Self::new(notes.into_iter().map(|(number, _, bytes)| (number, bytes)));
        for (number, error) in damaged {
            let path = paths.get(&number).cloned().unwrap_or_default();
            if unread.iter().all(|(unread, _)| *unread != path) {
                unread.push((path, error));
            }
        }
        Some((snapshot, unread))
    }

    /// Whether a file that was found is one of them, or none of the store's at all.
    pub(crate) fn holds(&mut self, name: &str) -> bool {
        if !name.starts_with(DAY) || self.expected.remove(name).is_some() {
            return true;
        }
        !self.replaced.contains(name) && number_of_file(name).is_none_or(|number| number < self.next)
    }

    /// Those that were not found.
    pub(crate) fn missing(&mut self) -> Vec<Missing> {
        let expected = std::mem::take(&mut self.expected).into_iter();
        expected.map(|(name, made)| Missing { name, made }).collect()
    }
}

/// What it means that a note cannot be read, and what to do.
const DAMAGED: &str = "this note of a store cannot be read, so that the files of its generation are taken as they lie: some may be missing, \
                       or be there twice. Bring the note back from a copy, or convert the logs into another folder";

/// What a file of a store is called once it has left the place where it was made.
pub(crate) fn moved(made: &str) -> Option<String> {
    let (state, name) = made.rsplit_once('/')?;
    let (state, _) = state.rsplit_once('/')?;
    let root = state.strip_suffix(STATE).filter(|root| root.is_empty() || root.ends_with('/'))?;
    name.starts_with(DAY).then(|| format!("{root}{}", name.replace('%', "/")))
}

/// Where a file of a store is that has left the place where it was made.
pub(crate) fn moved_file(made: &Path) -> Option<PathBuf> {
    if made.exists() {
        return None;
    }
    moved(&made.to_str()?.replace(MAIN_SEPARATOR, "/")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(files: &[&str], replaces: &[&str]) -> Vec<u8> {
        let note = serde_json::json!({"version": "1", "inputs": [], "files": files, "replaces": replaces});
        note.to_string().into_bytes()
    }

    #[test]
    fn files_are_those_of_the_notes() {
        let [a, b, c, d] =
            ["1", "2", "3", "4"].map(|number| format!("date=2026-08-01/0000000{number}.parquet"));
        let notes = [
            (3, note(&[&c], &[&a, &b])),
            (1, note(&[&a], &[])),
            (2, note(&[&b, "_rejects/00000002.tsv"], &[])),
        ];
        let (mut all, damaged) = Snapshot::new(notes.clone());
        assert!(damaged.is_empty());
        for (name, is_held) in
            [(&a, false), (&b, false), (&d, false), (&"date=2026-08-01/x".to_owned(), true)]
        {
            assert_eq!(all.holds(name), is_held, "{name}");
        }
        let made = ".s3al/00000003/date=2026-08-01%00000003.parquet".to_owned();
        assert_eq!(all.missing(), [Missing { name: c.clone(), made: made.clone() }]);
        // The last one alone tells the same.
        let (mut last, _) = Snapshot::new([notes[0].clone()]);
        assert_eq!([&a, &b, &c, &d].map(|name| last.holds(name)), [false, false, true, false]);
        assert_eq!(last.missing(), []);
        // One that is damaged tells no more than its number.
        let (mut rest, damaged) = Snapshot::new([(3, b"{".to_vec()), notes[1].clone(), notes[2].clone()]);
        assert_eq!(damaged.len(), 1);
        assert_eq!([&a, &b, &c, &d].map(|name| rest.holds(name)), [true, true, true, false]);
    }

    #[test]
    fn where_files_move_to() {
        for (made, expected) in [
            (
                "a/.s3al/00000001-0f/date=2026-08-01%00000001.parquet",
                Some("a/date=2026-08-01/00000001.parquet"),
            ),
            (".s3al/00000001/date=2026-08-01%00000001.parquet", Some("date=2026-08-01/00000001.parquet")),
            ("a/.s3al/00000001/_rejects%00000001.tsv", None),
            ("a/x.s3al/00000001/date=2026-08-01%00000001.parquet", None),
            ("a/date=2026-08-01/00000001.parquet", None),
            ("a/.s3al/00000001.json", None),
        ] {
            assert_eq!(moved(made).as_deref(), expected, "{made}");
        }
    }
}
