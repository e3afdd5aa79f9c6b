//! A store in a folder.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use super::generation::STATE;
use super::place::Place;

/// A store in a folder, which no other process changes meanwhile.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    /// Held as long as the store is open.
    _lock: File,
}

impl Folder {
    /// Whether there is a store in a folder.
    pub(crate) fn is_one(root: &Path) -> bool {
        root.join(STATE).is_dir()
    }

    /// Makes the folder if there is none.
    ///
    /// # Errors
    /// If another process is changing it, or if it cannot be written.
    pub(crate) fn open(root: &Path) -> anyhow::Result<Self> {
        let state = root.join(STATE);
        fs::create_dir_all(&state)
            .with_context(|| format!("cannot make the folder `{}`", state.display()))?;
        let lock = File::create(state.join("lock")).context("cannot lock the store")?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                bail!("another s3al convert is writing to `{}`; wait until it has ended", root.display())
            }
            Err(fs::TryLockError::Error(error)) => return Err(error).context("cannot lock the store"),
        }
        for entry in fs::read_dir(&state).with_context(|| format!("cannot read `{}`", state.display()))? {
            // A folder in which a run that was killed made nothing. Those with files stay.
            let _ = fs::remove_dir(entry?.path());
        }
        Ok(Self { root: root.to_owned(), _lock: lock })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn make_parent(path: &Path) -> anyhow::Result<()> {
        let Some(parent) = path.parent() else { return Ok(()) };
        fs::create_dir_all(parent).with_context(|| format!("cannot make the folder `{}`", parent.display()))
    }

    /// Removes the folder that a file was in, if it is empty.
    fn tidy(&self, path: &Path) {
        if let Some(parent) = path.parent().filter(|parent| *parent != self.root) {
            // One that still has files stays.
            let _ = fs::remove_dir(parent);
        }
    }
}

impl Place for Folder {
    fn name(&self) -> String {
        format!("`{}`", self.root.display())
    }

    fn root(&self) -> anyhow::Result<String> {
        let root = self.root.canonicalize().context("cannot find the store")?;
        Ok(format!("{}{}", source_name(&root), std::path::MAIN_SEPARATOR))
    }

    fn is_exclusive(&self) -> bool {
        true
    }

    fn files(&self, folders: &str) -> anyhow::Result<Vec<String>> {
        let mut files = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(folders) && self.path(&name).is_dir() {
                names.push(name);
            }
        }
        while let Some(folder) = names.pop() {
            for entry in fs::read_dir(self.path(&folder))? {
                let name = format!("{folder}/{}", entry?.file_name().to_string_lossy());
                if self.path(&name).is_dir() { names.push(name) } else { files.push(name) }
            }
        }
        files.sort();
        Ok(files)
    }

    fn read(&self, names: &[String]) -> anyhow::Result<Vec<Vec<u8>>> {
        let read = |name: &String| fs::read(self.path(name)).with_context(|| format!("`{name}`"));
        names.iter().map(read).collect()
    }

    fn open(&self, name: &str) -> anyhow::Result<File> {
        let path = self.path(name);
        File::open(&path).with_context(|| format!("cannot read `{}`", path.display()))
    }

    fn begin(&self, name: &str) -> anyhow::Result<File> {
        let path = self.path(name);
        Self::make_parent(&path)?;
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        file.with_context(|| format!("cannot write `{}`", path.display()))
    }

    fn finish(&self, name: &str, file: File) -> anyhow::Result<()> {
        file.sync_all().with_context(|| format!("cannot write `{}`", self.path(name).display()))
    }

    fn create(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.path(name);
        write_whole(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
    }

    fn rename(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let (from, to) = (self.path(from), self.path(to));
        Self::make_parent(&to)?;
        match fs::rename(&from, &to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && to.exists() => {}
            renamed => renamed.with_context(|| format!("cannot write `{}`", to.display()))?,
        }
        self.tidy(&from);
        Ok(())
    }

    fn remove(&self, name: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove `{}`", path.display()));
            }
            _ => {}
        }
        self.tidy(&path);
        Ok(())
    }
}

/// The name of a file as a source: its path. One that is no UTF-8 gets a name that no other path has.
pub(crate) fn source_name(path: &Path) -> String {
    const KEPT: &AsciiSet = &CONTROLS.add(b'%');
    match path.to_str() {
        Some(path) => path.to_owned(),
        // No path holds a zero.
        None => format!("\0{}", percent_encode(path.as_os_str().as_encoded_bytes(), KEPT)),
    }
}

/// Writes a file that appears whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}
