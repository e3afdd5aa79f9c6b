//! Files, folders, globs and standard input.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use anyhow::{Context as _, anyhow};
use globset::GlobBuilder;
use walkdir::WalkDir;

use super::own_outputs::is_unfinished;
use super::{Body, Item, Items, Progress, s3};

/// Where a store keeps lines that could not be read.
const REJECTS: &str = "_rejects";

/// What was typed for one local source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    /// `-`: standard input.
    Stdin,
    /// A file, a folder, or a glob.
    Path(PathBuf),
}

impl Local {
    /// Its items: one file; all files below a folder, in order of name; all files that match a glob, in
    /// order of name. What cannot be read is an item too.
    pub(crate) fn items(self, progress: Arc<Progress>) -> Items {
        let items: Items = match self {
            Self::Stdin => Box::new(std::iter::once(Item { name: "-".into(), body: Body::Stdin })),
            Self::Path(path) if path.is_dir() => folder(path),
            // A glob only if there is no file of that name.
            Self::Path(path) if path.symlink_metadata().is_err() && is_glob(&path) => glob(&path),
            Self::Path(path) => Box::new(std::iter::once(file(path))),
        };
        Box::new(items.inspect(move |_| {
            progress.listed.fetch_add(1, Relaxed);
        }))
    }
}

fn file(path: PathBuf) -> Item {
    Item { name: path.to_string_lossy().into(), body: Body::File(path) }
}

/// What is in a folder; of a store, what its notes say.
#[cfg(feature = "sql")]
fn folder(root: PathBuf) -> Items {
    let found = walk(root.clone());
    let Some(mut snapshot) = crate::store::Snapshot::of(&root) else { return Box::new(found) };
    let (mut found, mut missing) = (Some(found), Vec::new().into_iter());
    Box::new(std::iter::from_fn(move || {
        while let Some(files) = &mut found {
            let Some(item) = files.next() else {
                found = None;
                missing = snapshot.missing(&root).into_iter();
                break;
            };
            let name = match &item.body {
                Body::File(path) => path.strip_prefix(&root).ok().and_then(Path::to_str),
                _ => None,
            };
            let is_wanted =
                name.is_none_or(|name| snapshot.holds(&name.replace(std::path::MAIN_SEPARATOR, "/")));
            if is_wanted {
                return Some(item);
            }
        }
        missing.next().map(file)
    }))
}

#[cfg(not(feature = "sql"))]
fn folder(root: PathBuf) -> Items {
    Box::new(walk(root))
}

/// All regular files below a folder, in order of name. Pipes and devices are left out: reading one might never end.
fn walk(root: PathBuf) -> impl Iterator<Item = Item> + Send {
    let walk = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
    // The notes of an unfinished fetch are no logs.
    let walk = walk.filter_entry(|entry| {
        entry.depth() == 0 || entry.file_name() != s3::STATE_FOLDER && entry.file_name() != REJECTS
    });
    walk.filter_map(|entry| match entry {
        Ok(entry) if !entry.file_type().is_file() || is_unfinished(entry.file_name()) => None,
        Ok(entry) => Some(file(entry.into_path())),
        Err(error) => {
            let name = error.path().unwrap_or(Path::new("")).to_string_lossy().into();
            Some(Item { name, body: Body::Unread(error.into()) })
        }
    })
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

/// The files that a glob names, below the last folder before its first special character. `*` stops at a slash, `**`
/// does not.
fn glob(pattern: &Path) -> Items {
    let name: Arc<str> = pattern.to_string_lossy().into();
    let unread =
        |error| Box::new(std::iter::once(Item { name: Arc::clone(&name), body: Body::Unread(error) }));
    let matcher = GlobBuilder::new(&name).literal_separator(true).build().context("invalid glob");
    let matcher = match matcher {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => return unread(error),
    };
    let root: PathBuf = pattern.iter().take_while(|part| !is_glob(Path::new(part))).collect();
    let is_relative = root.as_os_str().is_empty();
    let matches = walk(if is_relative { PathBuf::from(".") } else { root })
        .map(move |item| match item.body {
            Body::File(path) if is_relative => {
                file(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path))
            }
            body => Item { name: item.name, body },
        })
        .filter(move |item| match &item.body {
            Body::File(path) => matcher.is_match(path),
            _ => true,
        });
    let mut matches = matches.peekable();
    if matches.peek().is_none() {
        return unread(anyhow!("no file matches this glob"));
    }
    Box::new(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(local: &str) -> Vec<String> {
        let items = Local::Path(local.into()).items(Arc::default());
        items
            .map(|item| {
                format!("{}{}", item.name, if matches!(item.body, Body::Unread(_)) { "!" } else { "" })
            })
            .collect()
    }

    #[test]
    fn folders_and_globs_are_read_in_order_of_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        for name in ["b", "a/2", "a/10", "c.log", "[x]"] {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        }
        let root = root.to_string_lossy();
        let relative = |name: &str| -> Vec<String> {
            names(&format!("{root}{name}")).iter().map(|name| name.replace(&*root, "")).collect()
        };
        assert_eq!(relative(""), ["/[x]", "/a/10", "/a/2", "/b", "/c.log"]);
        assert_eq!(relative("/b"), ["/b"]);
        assert_eq!(relative("/*"), ["/[x]", "/b", "/c.log"]);
        assert_eq!(relative("/**/1*"), ["/a/10"]);
        assert_eq!(relative("/{b,c}*"), ["/b", "/c.log"]);
        assert_eq!(relative("/[x]"), ["/[x]"]);
        assert_eq!(relative("/z*"), ["/z*!"]);
        assert_eq!(relative("/[z"), ["/[z!"]);
    }
}
