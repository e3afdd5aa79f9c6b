//! Files, folders, globs and standard input.

#[cfg(feature = "sql")]
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use anyhow::{Context as _, anyhow};
use globset::GlobBuilder;
use walkdir::WalkDir;

use super::own_outputs::is_unfinished;
use super::{Body, Item, Items, Progress, s3};
#[cfg(feature = "sql")]
use crate::store::{Found, Missing, Snapshot, root_of};

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
            Self::Path(path) if path.is_dir() => folder(path, &progress),
            // A glob only if there is no file of that name.
            Self::Path(path) if path.symlink_metadata().is_err() && is_glob(&path) => glob(&path, &progress),
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
fn folder(root: PathBuf, progress: &Arc<Progress>) -> Items {
    let base = format!("{}/", slashed(&root).trim_end_matches('/'));
    of_stores(Box::new(walk(root)), base, progress, |_| true)
}

/// The name of a file, with `/` between its parts.
fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

/// The same items without those that are no part of a store which they lie in, and with those that are noted and lie elsewhere, if
/// their places are `wanted`.
#[cfg(feature = "sql")]
fn of_stores(
    mut items: Items,
    base: String,
    progress: &Arc<Progress>,
    wanted: impl Fn(&Path) -> bool + Send + 'static,
) -> Items {
    let mut found = Found::new(base.clone());
    // None of its days need be there now.
    let root = found.root_of_base().map_or(base, str::to_owned);
    let mut ready = VecDeque::from(look_at(&root, Path::new(&root), &mut found));
    let (mut is_over, progress) = (false, Arc::clone(progress));
    Box::new(std::iter::from_fn(move || {
        loop {
            if let Some(item) = ready.pop_front() {
                return Some(item);
            }
            if is_over {
                return None;
            }
            let Some(item) = items.next() else {
                is_over = true;
                let rest = found.end();
                progress.note_stores(&rest.left_out, &rest.mixed);
                ready.extend(rest.held);
                let is_wanted = |(root, missing): &(String, Missing)| {
                    let name = format!("{root}{}", missing.name);
                    found.is_of_base(&name) && wanted(Path::new(&name))
                };
                let missing = rest.missing.into_iter().filter(is_wanted);
                ready.extend(missing.map(|(root, missing)| file(place(&root, &missing))));
                continue;
            };
            let Body::File(path) = &item.body else { return Some(item) };
            let name = slashed(path);
            if let Some(root) = root_of(&name).filter(|root| found.lacks(root)) {
                let folder = path.parent().and_then(Path::parent).unwrap_or(Path::new(""));
                ready.extend(look_at(root, folder, &mut found));
            }
            ready.extend(found.judge(&name, item));
        }
    }))
}

/// Reads the notes of a store. Of those that cannot be read it is told.
#[cfg(feature = "sql")]
fn look_at(root: &str, folder: &Path, found: &mut Found<Item>) -> Vec<Item> {
    let (snapshot, damaged) = Snapshot::of_folder(folder).unzip();
    found.add(root, snapshot);
    let unread =
        |(path, error): (PathBuf, _)| Item { name: path.to_string_lossy().into(), body: Body::Unread(error) };
    damaged.into_iter().flatten().map(unread).collect()
}

#[cfg(not(feature = "sql"))]
fn of_stores(
    items: Items,
    _: String,
    _: &Arc<Progress>,
    _: impl Fn(&Path) -> bool + Send + 'static,
) -> Items {
    items
}

/// Where a file of a store is: where it was made, or else where it should be.
#[cfg(feature = "sql")]
fn place(root: &str, missing: &Missing) -> PathBuf {
    let made = Path::new(root).join(&missing.made);
    if made.exists() { made } else { Path::new(root).join(&missing.name) }
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
/// does not. Where it names no file, it may name folders: then all files below these.
fn glob(pattern: &Path, progress: &Arc<Progress>) -> Items {
    let name: Arc<str> = pattern.to_string_lossy().into();
    let unread =
        |error| Box::new(std::iter::once(Item { name: Arc::clone(&name), body: Body::Unread(error) }));
    let pattern_of = name.trim_end_matches(std::path::is_separator);
    let matcher = GlobBuilder::new(pattern_of).literal_separator(true).build().context("invalid glob");
    let matcher = match matcher {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => return unread(error),
    };
    let root: PathBuf = pattern.iter().take_while(|part| !is_glob(Path::new(part))).collect();
    let base = if root.as_os_str().is_empty() { String::new() } else { slashed(&root) + "/" };
    let by_file = {
        let matcher = matcher.clone();
        move |path: &Path| matcher.is_match(path)
    };
    if let Some(items) = matching(&root, by_file.clone()) {
        return of_stores(items, base, progress, by_file);
    }
    let by_folder = move |path: &Path| path.ancestors().skip(1).any(|folder| matcher.is_match(folder));
    match matching(&root, by_folder.clone()) {
        Some(items) => of_stores(items, base, progress, by_folder),
        None => unread(anyhow!("no file and no folder matches this glob")),
    }
}

/// The files below a folder that match; `None` if there are none.
fn matching(root: &Path, is_match: impl Fn(&Path) -> bool + Send + 'static) -> Option<Items> {
    let is_relative = root.as_os_str().is_empty();
    let matches = walk(if is_relative { PathBuf::from(".") } else { root.to_owned() })
        .map(move |item| match item.body {
            Body::File(path) if is_relative => {
                file(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path))
            }
            body => Item { name: item.name, body },
        })
        .filter(move |item| match &item.body {
            Body::File(path) => is_match(path),
            _ => true,
        });
    let mut matches = matches.peekable();
    matches.peek()?;
    Some(Box::new(matches))
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
        // Of folders, all that is in them, if no file has such a name.
        assert_eq!(relative("/a*"), ["/a/10", "/a/2"]);
        assert_eq!(relative("/a*/"), ["/a/10", "/a/2"]);
        assert_eq!(relative("/[x]"), ["/[x]"]);
        assert_eq!(relative("/z*"), ["/z*!"]);
        assert_eq!(relative("/[z"), ["/[z!"]);
    }
}
