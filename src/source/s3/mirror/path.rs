//! From a key to a path below a folder. Keys are chosen by whoever may write to the bucket.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use thiserror::Error;

use crate::source::s3::error::S3Error;

/// The folder inside a mirror that holds what is under way.
pub(crate) const STATE_FOLDER: &str = ".s3al";

/// Why an object cannot be stored.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(super) enum StoreError {
    /// The key would leave the folder, or has no place in it.
    #[error("the key cannot be stored: {0}")]
    Key(&'static str),
    /// A folder on the way is a symbolic link, and could lead anywhere.
    #[error("the key cannot be stored: {} is a symbolic link", .0.display())]
    Link(PathBuf),
    /// Another bucket has the same key.
    #[error("the key cannot be stored: that of {0} is there")]
    Taken(String),
    /// One key is a folder of another.
    #[error("the key cannot be stored: {} is a file, because another key ends there", .0.display())]
    File(PathBuf),
    /// One key is a folder of another.
    #[error("the key cannot be stored: {} is a folder, because other keys go on there", .0.display())]
    Folder(PathBuf),
    /// The object did not come to its end.
    #[error("{0}")]
    Unread(S3Error),
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
    /// Whether nothing else can be stored either. If nothing could be `written`, a lack of permission says so, too.
    pub(super) fn is_hopeless(&self, has_written: bool) -> bool {
        use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let Self::Io { error, .. } = self else { return false };
        match error.kind() {
            StorageFull | QuotaExceeded | ReadOnlyFilesystem => true,
            PermissionDenied => !has_written,
            _ => false,
        }
    }
}

/// How the names of parts begin that are not stored under their own: those that would lead elsewhere or are no names. The
/// rest of such a name is the part in percent-encoding.
const ENCODED_PREFIX: &str = ".s3al-";

/// What is encoded in such a part.
const ENCODED_CHARACTERS: &AsciiSet = &CONTROLS
    .add(b'%')
    .add(b'.')
    .add(b'\\')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'"')
    .add(b'|')
    .add(b'?')
    .add(b'*');

/// Where a key is stored. No key leaves the folder, and no two keys have the same place.
pub(super) fn local(dir: &Path, key: &str) -> Result<PathBuf, StoreError> {
    if key.is_empty() || key.ends_with('/') {
        return Err(StoreError::Key("it is the name of a folder"));
    }
    let mut path = dir.to_owned();
    for part in key.split('/') {
        let name = match is_plain(part) {
            true => Cow::Borrowed(part),
            false => Cow::Owned(format!("{ENCODED_PREFIX}{}", encode(part))),
        };
        if name.len() > 255 {
            return Err(StoreError::Key("it has a part of more than 255 bytes"));
        }
        path.push(&*name);
    }
    Ok(path)
}

/// The key that is stored at a path below the folder.
pub(super) fn key(path: &Path) -> Option<String> {
    let parts = path.iter().map(|name| {
        let name = name.to_str()?;
        match name.strip_prefix(ENCODED_PREFIX) {
            Some(encoded) => percent_decode_str(encoded).decode_utf8().ok().map(Cow::into_owned),
            None => Some(name.to_owned()),
        }
    });
    Some(parts.collect::<Option<Vec<String>>>()?.join("/"))
}

/// Whether a part of a key is a name of its own that leads nowhere else.
fn is_plain(part: &str) -> bool {
    let is_reserved = part == STATE_FOLDER || part.starts_with(ENCODED_PREFIX);
    let is_windows = cfg!(windows) && part.contains(['\\', ':', '<', '>', '"', '|', '?', '*']);
    !part.is_empty()
        && part != "."
        && part != ".."
        && !is_reserved
        && !is_windows
        && !part.chars().any(char::is_control)
}

/// In percent-encoding: what could lead elsewhere, control characters, and whatever is not ASCII beside them.
fn encode(part: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(part, ENCODED_CHARACTERS)
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
            ("a/", false),
            (&long, false),
        ];
        for (key, possible) in table {
            assert_eq!(local(Path::new("/mirror"), key).is_ok(), possible, "{key:?}");
        }
        let encoded = [
            ("/etc/passwd", ".s3al-/etc/passwd"),
            ("../a", ".s3al-%2E%2E/a"),
            ("a/../../b", "a/.s3al-%2E%2E/.s3al-%2E%2E/b"),
            ("a/./b", "a/.s3al-%2E/b"),
            ("a//b", "a/.s3al-/b"),
            ("a\0b", ".s3al-a%00b"),
            ("a\nb", ".s3al-a%0Ab"),
            ("a\u{1b}[2Jb", ".s3al-a%1B[2Jb"),
            ("a\u{9b}b", ".s3al-a%C2%9Bb"),
            (".s3al/lock", ".s3al-%2Es3al/lock"),
            (".s3al-/x", ".s3al-%2Es3al-/x"),
            ("a%2Fb/c", "a%2Fb/c"),
        ];
        for (text, expected) in encoded {
            let path = local(Path::new("/mirror"), text).unwrap();
            assert_eq!(path, Path::new("/mirror").join(expected), "{text:?}");
            assert_eq!(key(Path::new(expected)).as_deref(), Some(text));
        }
    }

    proptest! {
        #[test]
        fn no_key_leaves_the_folder_and_each_has_its_place(text in "[./a%s3l\\\\\0-\u{ff}-]{0,12}") {
            if let Ok(path) = local(Path::new("/mirror"), &text) {
                prop_assert_eq!(key(path.strip_prefix("/mirror").unwrap()), Some(text));
                prop_assert!(path.starts_with("/mirror"));
                let parts: Vec<_> = path.components().collect();
                prop_assert!(parts.iter().skip(1).all(|part| matches!(part, std::path::Component::Normal(_))));
            }
        }
    }
}
