//! From a key to a path below a folder. Keys are chosen by whoever may write to the bucket.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The folder inside a mirror that holds what is under way.
pub const STATE: &str = ".s3al";

/// Why an object cannot be stored.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The key would leave the folder, or has no place in it.
    #[error("the key cannot be stored: {0}")]
    Key(&'static str),
    /// A folder on the way is a symbolic link, and could lead anywhere.
    #[error("the key cannot be stored: {} is a symbolic link", .0.display())]
    Link(PathBuf),
    /// One key is a folder of another.
    #[error("the key cannot be stored: {} is a file, because another key ends there", .0.display())]
    File(PathBuf),
    /// One key is a folder of another.
    #[error("the key cannot be stored: {} is a folder, because other keys go on there", .0.display())]
    Folder(PathBuf),
    /// The system refuses.
    #[error("cannot write {}: {error}", .path.display())]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl StoreError {
    /// Whether nothing else can be stored either.
    pub fn is_hopeless(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        matches!(self, Self::Io { error, .. }
            if matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem))
    }
}

/// Where a key is stored.
pub(super) fn local(dir: &Path, key: &str) -> Result<PathBuf, StoreError> {
    check(key)?;
    Ok(dir.join(key))
}

/// Whether every part of the key is a plain name.
fn check(key: &str) -> Result<(), StoreError> {
    if key.chars().any(char::is_control) {
        return Err(StoreError::Key("it holds control characters"));
    }
    if cfg!(windows) && key.contains(['\\', ':', '<', '>', '"', '|', '?', '*']) {
        return Err(StoreError::Key("it holds characters that Windows does not allow"));
    }
    for part in key.split('/') {
        match part {
            "" => return Err(StoreError::Key("it has an empty part, as in // or at either end")),
            "." | ".." => return Err(StoreError::Key("it has the part . or .., which leads elsewhere")),
            STATE => return Err(StoreError::Key("its part .s3al is the name of this program's own folder")),
            part if part.len() > 255 => {
                return Err(StoreError::Key("it has a part of more than 255 bytes"));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys() {
        let long = "x".repeat(256);
        let parts = vec!["x".repeat(200); 5].join("/");
        let table = [
            ("a/b", true),
            ("a b/ü/-rf", true),
            ("..a/b..", true),
            (&parts, true),
            ("", false),
            ("/etc/passwd", false),
            ("../a", false),
            ("a/../../b", false),
            ("a/./b", false),
            ("a//b", false),
            ("a/", false),
            ("a\0b", false),
            ("a\nb", false),
            ("a\u{1b}[2Jb", false),
            ("a\u{9b}b", false),
            (&long, false),
            (".s3al/lock", false),
        ];
        for (key, possible) in table {
            assert_eq!(local(Path::new("/mirror"), key).is_ok(), possible, "{key:?}");
        }
    }

    proptest! {
        #[test]
        fn no_key_leaves_the_folder(key in "[./a\\\\\0-\u{ff}]{0,12}") {
            if let Ok(path) = local(Path::new("/mirror"), &key) {
                prop_assert!(path.starts_with("/mirror"));
                let parts: Vec<_> = path.components().collect();
                prop_assert!(parts.iter().skip(1).all(|part| matches!(part, std::path::Component::Normal(_))));
            }
        }
    }
}
