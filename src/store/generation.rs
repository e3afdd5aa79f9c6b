//! What a store consists of: generations, each the files of one run and the sources that they were made of.
//!
//! A generation is made below the store's own folder. Its note is what makes it part of the store: it is written last, as a whole.
//! After that its files move to their days; a run that was ended in between is completed by the next one, and one that was ended
//! before leaves nothing but what a later one removes. So no record is there twice, and none is lost.
//!
//! Where nobody can keep others from writing (in a bucket), two runs may make the same generation. Each makes its files in a folder of
//! its own, and the note, which only one of them can write, names it; so the other fails, and has changed nothing.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::VERSION;
use super::place::Place;

/// The folder with what the store knows of itself. Other engines pass over names with a dot in front.
pub(crate) const STATE: &str = ".s3al";

/// The folders of days begin so.
pub(super) const DAY: &str = "date=";

/// A source that was converted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    /// Its path, whole, or its URL.
    pub(crate) name: String,
    /// Its size in bytes, as it is stored.
    pub(crate) size: u64,
    /// Its entity tag, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
}

/// The note of a generation.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Note {
    version: String,
    /// The folder in which its files were made; that of the generation's number if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_in: Option<String>,
    inputs: Vec<Input>,
    /// Files of the generation, below the store.
    pub(super) files: Vec<String>,
    /// Files of earlier generations whose rows are in these now, or are wanted no more.
    #[serde(default)]
    pub(super) replaces: Vec<String>,
}

impl Note {
    /// Reads one.
    ///
    /// # Errors
    /// If it is damaged, or of another version.
    pub(super) fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let note: Self = serde_json::from_slice(bytes)?;
        if note.version != VERSION {
            bail!("it has version {}, and this s3al knows version {VERSION}", note.version);
        }
        Ok(note)
    }
}

/// A store that this process may change.
#[derive(Debug)]
pub(crate) struct Store {
    place: Box<dyn Place>,
    /// What was converted, by name.
    known: HashMap<String, Input>,
    next: u64,
    /// Whether there are files of days and no note of what they were made of.
    lacks_notes: bool,
}

/// A generation that is being made.
#[derive(Debug)]
pub(crate) struct Generation<'a> {
    place: &'a dyn Place,
    name: String,
    made_in: String,
    /// The names of its files.
    files: Mutex<Vec<String>>,
}

/// A file of a generation that is being written.
#[derive(Debug)]
pub(crate) struct NewFile {
    /// What is written to.
    pub(crate) file: File,
    name: String,
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A generation that is made, and not yet part of the store.
#[derive(Debug)]
pub(crate) struct Made {
    name: String,
    made_in: String,
    files: Vec<String>,
}

impl Store {
    /// Opens a store, or begins one; completes what an earlier run did not.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub(crate) fn open(place: Box<dyn Place>) -> anyhow::Result<Self> {
        let mut store = Self { place, known: HashMap::new(), next: 1, lacks_notes: false };
        store.load().with_context(|| format!("the store {} cannot be read", store.place.name()))?;
        Ok(store)
    }

    fn load(&mut self) -> anyhow::Result<()> {
        let own = self.place.files(STATE)?;
        let names: Vec<String> = own.iter().filter(|name| number_of(name).is_some()).cloned().collect();
        let mut notes = Vec::with_capacity(names.len());
        for (path, bytes) in names.iter().zip(self.place.read(&names)?) {
            let note = Note::read(&bytes).with_context(|| {
                format!("`{path}`: bring it back from a copy of the store, or convert into another folder")
            })?;
            notes.push((number_of(path).unwrap_or_default(), note));
        }
        notes.sort_by_key(|(number, _)| *number);
        let mut left: HashSet<String> = own.into_iter().filter(|name| !names.contains(name)).collect();
        let there: HashSet<String> = self.place.files(DAY)?.into_iter().collect();
        self.lacks_notes = notes.is_empty() && !there.is_empty();
        // Files can be there whose notes are not, as in a copy of a store: none is ever written over.
        let rejects = self.place.files(super::REJECTS)?;
        let numbers = there.iter().chain(&rejects).filter_map(|name| number_of_file(name));
        self.next = numbers.max().map_or(1, |number| number.saturating_add(1));
        for (number, note) in notes {
            let made_in = made_in(&note, number);
            for name in note.replaces.iter().filter(|name| there.contains(*name)) {
                self.place.remove(below(name)?)?;
            }
            for name in &note.files {
                let made = made(&made_in, name);
                if left.remove(&made) {
                    self.place.rename(&made, below(name)?)?;
                }
            }
            self.known.extend(note.inputs.into_iter().map(|input| (input.name.clone(), input)));
            self.next = self.next.max(number.saturating_add(1));
        }
        // What has no note never became part of the store. Where others may be writing, that is known only of earlier generations.
        let is_over = |name: &String| {
            let number = name.strip_prefix(STATE).and_then(|name| name.get(1..9)?.parse::<u64>().ok());
            number.is_some_and(|number| self.place.is_exclusive() || number < self.next)
        };
        for name in left.iter().filter(|name| is_over(name)) {
            self.place.remove(name)?;
        }
        Ok(())
    }

    /// Whether there are files of days and no note of what they were made of: then nobody knows what was converted.
    pub(crate) fn lacks_notes(&self) -> bool {
        self.lacks_notes
    }

    /// What people call it.
    pub(crate) fn name(&self) -> String {
        self.place.name()
    }

    /// Whether its files are made where they stay.
    pub(crate) fn is_in_folder(&self) -> bool {
        self.place.is_exclusive()
    }

    /// Whether it keeps lines that could not be read.
    ///
    /// # Errors
    /// If that cannot be found out.
    pub(crate) fn has_rejects(&self) -> anyhow::Result<bool> {
        Ok(!self.place.files(super::REJECTS)?.is_empty())
    }

    /// What the names of its files begin with, as sources are named.
    ///
    /// # Errors
    /// If that cannot be found out.
    pub(crate) fn root(&self) -> anyhow::Result<String> {
        self.place.root()
    }

    /// All that was converted before this run, by name. It is handed out once.
    pub(crate) fn take_known(&mut self) -> HashMap<String, Input> {
        std::mem::take(&mut self.known)
    }

    /// Opens a file, by its name below the store.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn file(&self, name: &str) -> anyhow::Result<File> {
        self.place.open(name)
    }

    /// Begins a generation.
    pub(crate) fn begin(&self) -> Generation<'_> {
        let name = name_of(self.next);
        let made_in = match self.place.is_exclusive() {
            true => name.clone(),
            // The standard library's hashers begin with another number each time.
            false => format!("{name}-{:016x}", RandomState::new().hash_one(std::process::id())),
        };
        Generation { place: self.place.as_ref(), name, made_in, files: Mutex::default() }
    }

    /// Makes a generation part of the store.
    ///
    /// # Errors
    /// If its note or its files cannot be written.
    pub(crate) fn commit(
        &mut self,
        made: Made,
        inputs: Vec<Input>,
        replaces: Vec<String>,
    ) -> anyhow::Result<()> {
        let Made { name, made_in, files } = made;
        let note = Note {
            version: VERSION.to_owned(),
            made_in: (made_in != name).then(|| made_in.clone()),
            inputs,
            files,
            replaces,
        };
        self.place.create(&format!("{STATE}/{name}.json"), &serde_json::to_vec(&note)?)?;
        self.next += 1;
        for name in &note.replaces {
            self.place.remove(below(name)?)?;
        }
        for name in &note.files {
            self.place.rename(&self::made(&made_in, name), below(name)?)?;
        }
        Ok(())
    }

    /// The files of each day, by the day, as they are below the store.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub(crate) fn days(&self) -> anyhow::Result<Vec<(String, Vec<String>)>> {
        let mut days: Vec<(String, Vec<String>)> = Vec::new();
        for name in self.place.files(DAY)? {
            let Some((folder, file)) = name.split_once('/') else { continue };
            let Some(day) = folder.strip_prefix(DAY).filter(|_| file.ends_with(".parquet")) else { continue };
            match days.last_mut() {
                Some((last, files)) if last == day => files.push(name),
                _ => days.push((day.to_owned(), vec![name])),
            }
        }
        Ok(days)
    }
}

impl Generation<'_> {
    /// Begins the file of a day.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn day(&self, day: &str) -> anyhow::Result<NewFile> {
        self.file(format!("{DAY}{day}/{}.parquet", self.name))
    }

    /// Begins the file of rejected lines.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn rejects(&self) -> anyhow::Result<NewFile> {
        self.file(format!("{}/{}.tsv", super::REJECTS, self.name))
    }

    fn file(&self, name: String) -> anyhow::Result<NewFile> {
        let file = self.place.begin(&made(&self.made_in, &name))?;
        self.files().push(name.clone());
        Ok(NewFile { file, name })
    }

    fn files(&self) -> MutexGuard<'_, Vec<String>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn finish(&self, new: NewFile) -> anyhow::Result<()> {
        self.place.finish(&made(&self.made_in, &new.name), new.file)
    }

    /// Leaves a file out.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub(crate) fn forget(&self, new: NewFile) -> anyhow::Result<()> {
        self.files().retain(|name| *name != new.name);
        self.place.remove(&made(&self.made_in, &new.name))
    }

    /// Whether it holds nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.files().is_empty()
    }

    /// Ends it.
    pub(crate) fn end(self) -> Made {
        let mut files = std::mem::take(&mut *self.files());
        // Threads make them in any order.
        files.sort();
        Made { name: self.name, made_in: self.made_in, files }
    }

    /// Removes all of it.
    pub(crate) fn abandon(self) {
        for name in &*self.files() {
            // What is left is removed by a later run.
            let _ = self.place.remove(&made(&self.made_in, name));
        }
    }
}

/// The name of a generation.
fn name_of(number: u64) -> String {
    format!("{number:08}")
}

/// The folder in which the files of a generation were made, below the store's own.
pub(super) fn made_in(note: &Note, number: u64) -> String {
    note.made_in.clone().unwrap_or_else(|| name_of(number))
}

/// The number of the generation that a file is the note of.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix(STATE)?.strip_prefix('/')?.strip_suffix(".json")?.parse().ok()
}

/// The number of the generation that a file of a day, or of rejected lines, is of.
pub(super) fn number_of_file(name: &str) -> Option<u64> {
    let (_, file) = name.rsplit_once('/')?;
    file.split('.').next()?.parse().ok()
}

/// Whether a name below a store is that of one of its files.
pub(crate) fn is_own(name: &str) -> bool {
    let folder = name.split(['/', std::path::MAIN_SEPARATOR]).next().unwrap_or_default();
    folder == STATE || folder == super::REJECTS || folder.starts_with(DAY)
}

/// Where a file of a generation is made.
pub(super) fn made(made_in: &str, name: &str) -> String {
    format!("{STATE}/{made_in}/{}", name_of_made(name))
}

/// What a file of a generation is called there.
fn name_of_made(name: &str) -> String {
    name.replace('/', "%")
}

/// A name that a note has, which must not lead elsewhere.
fn below(name: &str) -> anyhow::Result<&str> {
    let is_below = name.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if !is_below {
        bail!("{name:?} is no file below the store");
    }
    Ok(name)
}
