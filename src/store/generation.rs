//! What a store consists of: generations, each the files of one run and the sources that they were made of.
//!
//! A generation is made below the store's own folder. Its note is what makes it part of the store: it is written last, as a whole.
//! After that its files move to their days; a run that was ended in between is completed by the next one, and one that was ended
//! before leaves nothing but what the next one removes. So no record is there twice, and none is lost.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::VERSION;

/// The folder with what the store knows of itself. Other engines pass over names with a dot in front.
const STATE: &str = ".s3al";

/// A source that was converted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    /// Its path, whole, or its URL.
    pub name: String,
    /// Its size in bytes, as it is stored.
    pub size: u64,
    /// Its entity tag, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// The note of a generation.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    version: String,
    inputs: Vec<Input>,
    /// Files of the generation, below the store.
    files: Vec<String>,
    /// Files of earlier generations whose rows are in these now, or are wanted no more.
    #[serde(default)]
    replaces: Vec<String>,
}

/// A store that this process may change.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    /// Held as long as the store is open.
    _lock: File,
    /// What was converted, by name.
    known: HashMap<String, Input>,
    next: u64,
}

/// A generation that is being made.
#[derive(Debug)]
pub(crate) struct Generation {
    name: String,
    folder: PathBuf,
    files: Vec<String>,
}

impl Store {
    /// Opens a store, or begins one; completes what an earlier run did not.
    ///
    /// # Errors
    /// If another process is changing it, or if it cannot be read or written.
    pub(crate) fn open(root: &Path) -> anyhow::Result<Self> {
        let state = root.join(STATE);
        fs::create_dir_all(&state)
            .with_context(|| format!("cannot make the folder `{}`", state.display()))?;
        let lock = File::create(state.join("lock")).context("cannot lock the store")?;
        if let Err(error) = lock.try_lock() {
            match error {
                fs::TryLockError::WouldBlock => {
                    bail!("another s3al convert is writing to `{}`; wait until it has ended", root.display())
                }
                fs::TryLockError::Error(error) => return Err(error).context("cannot lock the store"),
            }
        }
        let mut store = Self { root: root.to_owned(), _lock: lock, known: HashMap::new(), next: 1 };
        store.load(&state).with_context(|| format!("the store `{}` cannot be read", root.display()))?;
        Ok(store)
    }

    fn load(&mut self, state: &Path) -> anyhow::Result<()> {
        let mut names: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(state)? {
            names.push(entry?.path());
        }
        names.sort();
        for path in &names {
            let Some(name) = path
                .file_stem()
                .and_then(|name| name.to_str())
                .filter(|_| path.extension().is_some_and(|end| end == "json"))
            else {
                continue;
            };
            let note: Note =
                serde_json::from_slice(&fs::read(path)?).with_context(|| format!("`{}`", path.display()))?;
            if note.version != VERSION {
                bail!("it has version {}, and this s3al writes version {VERSION}", note.version);
            }
            settle(&self.root, &state.join(name), &note)?;
            self.known.extend(note.inputs.into_iter().map(|input| (input.name.clone(), input)));
            let number: u64 =
                name.parse().with_context(|| format!("`{}` is no note of a store", path.display()))?;
            self.next = self.next.max(number + 1);
        }
        // What has no note never became part of the store.
        for path in names.iter().filter(|path| path.is_dir()) {
            fs::remove_dir_all(path)?;
        }
        for path in names.iter().filter(|path| path.extension().is_some_and(|end| end == "tmp")) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// The store's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What was converted under a name.
    pub(crate) fn known(&self, name: &str) -> Option<&Input> {
        self.known.get(name)
    }

    /// Begins a generation.
    ///
    /// # Errors
    /// If its folder cannot be made.
    pub(crate) fn begin(&mut self) -> anyhow::Result<Generation> {
        let name = format!("{:08}", self.next);
        self.next += 1;
        let folder = self.root.join(STATE).join(&name);
        fs::create_dir(&folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        Ok(Generation { name, folder, files: Vec::new() })
    }

    /// Makes a generation part of the store.
    ///
    /// # Errors
    /// If its note or its files cannot be written.
    pub(crate) fn commit(
        &mut self,
        generation: Generation,
        inputs: Vec<Input>,
        replaces: Vec<String>,
    ) -> anyhow::Result<()> {
        let Generation { name, folder, files } = generation;
        let note = Note { version: VERSION.to_owned(), inputs, files, replaces };
        let path = self.root.join(STATE).join(format!("{name}.json"));
        write_whole(&path, &serde_json::to_vec(&note)?)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        settle(&self.root, &folder, &note)?;
        self.known.extend(note.inputs.into_iter().map(|input| (input.name.clone(), input)));
        Ok(())
    }

    /// The files of each day, by the day, as they are below the store.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub(crate) fn days(&self) -> anyhow::Result<Vec<(String, Vec<String>)>> {
        let mut days = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let Some(folder) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let Some(day) = folder.strip_prefix("date=") else { continue };
            let mut files = Vec::new();
            for file in fs::read_dir(entry.path())? {
                let name = file?.file_name().to_string_lossy().into_owned();
                if name.ends_with(".parquet") {
                    files.push(format!("{folder}/{name}"));
                }
            }
            files.sort();
            days.push((day.to_owned(), files));
        }
        days.sort();
        Ok(days)
    }
}

impl Generation {
    /// The path to write the file of a day to.
    pub(crate) fn day(&mut self, day: &str) -> PathBuf {
        self.file(format!("date={day}/{}.parquet", self.name))
    }

    /// The path to write rejected lines to.
    pub(crate) fn rejects(&mut self) -> PathBuf {
        self.file(format!("_rejects/{}.tsv", self.name))
    }

    fn file(&mut self, name: String) -> PathBuf {
        let path = self.folder.join(name.replace('/', "%"));
        self.files.push(name);
        path
    }

    /// Whether it holds nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Leaves out the file that was begun last.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub(crate) fn forget_last(&mut self) -> io::Result<()> {
        match self.files.pop() {
            Some(name) => fs::remove_file(self.folder.join(name.replace('/', "%"))),
            None => Ok(()),
        }
    }

    /// Removes all of it.
    pub(crate) fn abandon(self) {
        // What is left is removed by the next run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Moves the files of a generation to where they belong, and removes those that they replace. It can be done again at any point.
fn settle(root: &Path, folder: &Path, note: &Note) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let below = |name: &str| -> anyhow::Result<PathBuf> {
        let is_below = name.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        if !is_below {
            bail!("{name:?} is no file below the store");
        }
        Ok(root.join(name))
    };
    for name in &note.replaces {
        match fs::remove_file(below(name)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove `{name}`"));
            }
            _ => {}
        }
        if let Some(parent) = below(name)?.parent() {
            // A day without any file is gone; one with files stays.
            let _ = fs::remove_dir(parent);
        }
    }
    for name in &note.files {
        let (made, place) = (folder.join(name.replace('/', "%")), below(name)?);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)
                .with_context(|| format!("cannot make the folder `{}`", parent.display()))?;
        }
        match fs::rename(&made, &place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && place.exists() => {}
            renamed => renamed.with_context(|| format!("cannot write `{}`", place.display()))?,
        }
    }
    fs::remove_dir_all(folder)?;
    Ok(())
}

/// Writes a file that appears whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}
