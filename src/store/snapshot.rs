//! Which files a store in a folder consists of at one moment, for those who read it while it changes, or after a run was killed.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::generation::{DAY, Note, STATE, made_in, name_of_made, number_of, number_of_file};

/// The files of days that the notes of a store name.
///
/// Between the note of a generation and the end of its run, some of its files are still where they were made, and some that it replaces are
/// still in their days. The notes tell both.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Those that were not found yet, by their names below the store, and where each was made.
    expected: BTreeMap<String, PathBuf>,
    replaced: HashSet<String>,
    /// Generations from this one on began later.
    next: u64,
}

impl Snapshot {
    /// Of the store in a folder; `None` if there is none, or if a note cannot be read: then its files are what is there.
    pub(crate) fn of(root: &Path) -> Option<Self> {
        let state = root.join(STATE);
        let mut notes: Vec<(u64, Note)> = Vec::new();
        for entry in fs::read_dir(&state).ok()? {
            let entry = entry.ok()?;
            let Some(number) = number_of(&format!("{STATE}/{}", entry.file_name().to_str()?)) else {
                continue;
            };
            notes.push((number, serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()?));
        }
        notes.sort_by_key(|(number, _)| *number);
        let (last, _) = notes.last()?;
        let mut snapshot =
            Self { expected: BTreeMap::new(), replaced: HashSet::new(), next: last.saturating_add(1) };
        for (number, note) in notes {
            let folder = state.join(made_in(&note, number));
            for name in note.replaces {
                snapshot.expected.remove(&name);
                snapshot.replaced.insert(name);
            }
            let days = note.files.into_iter().filter(|name| name.starts_with(DAY));
            snapshot.expected.extend(days.map(|name| {
                let made = folder.join(name_of_made(&name));
                (name, made)
            }));
        }
        Some(snapshot)
    }

    /// Whether a file that was found is one of them, or none of the store's at all.
    pub(crate) fn holds(&mut self, name: &str) -> bool {
        if !name.starts_with(DAY) || self.expected.remove(name).is_some() {
            return true;
        }
        !self.replaced.contains(name) && number_of_file(name).is_none_or(|number| number < self.next)
    }

    /// Those that were not found: where they were made, or else where they should be.
    pub(crate) fn missing(&mut self, root: &Path) -> Vec<PathBuf> {
        let place = |(name, made): (String, PathBuf)| if made.exists() { made } else { root.join(name) };
        std::mem::take(&mut self.expected).into_iter().map(place).collect()
    }
}
