//! What a run writes, so that it does not read it: `s3al export logs/ > logs/all` would never end.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use same_file::Handle;

/// How the names of unfinished files begin and end.
pub(crate) const UNFINISHED: (&str, &str) = (".s3al-", ".tmp");

/// Whether a file has the name of an answer that is still being written.
pub(super) fn is_unfinished(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(UNFINISHED.0.as_bytes()) && name.ends_with(UNFINISHED.1.as_bytes())
}

/// Files that the run writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnOutputs(Vec<Arc<Handle>>);

impl OwnOutputs {
    /// Adds an open file, if it is a regular one: only those must not be read while they are written.
    pub(crate) fn add(&mut self, file: &File) {
        self.push(file.try_clone().and_then(Handle::from_file));
    }

    /// Adds the file of this name, if there is one.
    pub(crate) fn add_path(&mut self, path: &Path) {
        self.0.extend(regular(path).map(Arc::new));
    }

    /// Adds standard output, where it goes to a file.
    pub(crate) fn add_stdout(&mut self) {
        self.push(Handle::stdout());
    }

    fn push(&mut self, file: io::Result<Handle>) {
        let is_regular = |file: &Handle| file.as_file().metadata().is_ok_and(|found| found.is_file());
        self.0.extend(file.ok().filter(is_regular).map(Arc::new));
    }

    /// Whether the file of this name is one of them.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        !self.0.is_empty() && regular(path).is_some_and(|file| self.0.iter().any(|own| **own == file))
    }
}

/// The file of this name. It is looked at before it is opened: to open a pipe waits for someone who writes.
fn regular(path: &Path) -> Option<Handle> {
    fs::metadata(path).ok().filter(fs::Metadata::is_file).and_then(|_| Handle::from_path(path).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let file = File::create(path("answer")).unwrap();
        fs::hard_link(path("answer"), path("other name")).unwrap();
        fs::write(path("log"), "").unwrap();
        let mut own = OwnOutputs::default();
        assert!(!own.holds(&path("answer")));
        own.add(&file);
        own.add_path(&path("not there"));
        assert!(own.holds(&path("answer")) && own.holds(&path("other name")));
        assert!(!own.holds(&path("log")) && !own.holds(&path("not there")) && !own.holds(folder.path()));
        own.add_path(&path("log"));
        assert!(own.holds(&path("log")));
    }
}
