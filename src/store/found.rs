//! Which of the files that are found below a source are read, where stores are among them.
//!
//! A store is read by its notes. One that lies below a source with logs was most likely made of them, so that its records would count
//! twice: it is left out, and that is said.

use std::collections::BTreeMap;

use super::generation::DAY;
use super::snapshot::{Missing, Snapshot};

/// Judges the files of a source, one after the other. Names have `/` between their parts.
#[derive(Debug)]
pub(crate) struct Found<F> {
    /// What was asked for: all names begin so.
    base: String,
    /// By what the names of their files begin with; `None` where there are days and no notes.
    stores: BTreeMap<String, Option<Known<F>>>,
    /// Whether anything was read that is in no store below.
    has_others: bool,
    /// Whether that was in no store at all.
    has_foreign: bool,
}

#[derive(Debug)]
struct Known<F> {
    snapshot: Snapshot,
    /// Whether it lies below what was asked for.
    is_below: bool,
    /// Files of it that wait until it is known whether it is to be read.
    held: Vec<F>,
}

/// What is left when all files were judged.
#[derive(Debug)]
pub(crate) struct Rest<F> {
    /// Files that are to be read after all.
    pub(crate) held: Vec<F>,
    /// Those that notes name and nobody found, and what their names begin with.
    pub(crate) missing: Vec<(String, Missing)>,
    /// Stores that are left out, because there are logs beside them.
    pub(crate) left_out: Vec<String>,
    /// Stores that are read together with what lies in them.
    pub(crate) mixed: Vec<String>,
}

/// What the names of all files of the store begin with, if a file can be one of a store.
pub(crate) fn root_of(name: &str) -> Option<&str> {
    let (folder, _) = name.rsplit_once('/')?;
    let day = folder.rsplit('/').next()?;
    day.starts_with(DAY).then(|| &folder[..folder.len() - day.len()])
}

impl<F> Found<F> {
    pub(crate) fn new(base: String) -> Self {
        Self { base, stores: BTreeMap::new(), has_others: false, has_foreign: false }
    }

    /// What the names of all files of the store begin with, if a day of it was asked for, which need not be there now.
    pub(crate) fn root_of_base(&self) -> Option<&str> {
        let day = self.base.rmatch_indices(DAY).map(|(place, _)| place);
        let root = |place: usize| &self.base[..place];
        day.map(root).find(|root| root.is_empty() || root.ends_with('/'))
    }

    /// Whether a name begins with what was asked for.
    pub(crate) fn is_of_base(&self, name: &str) -> bool {
        name.starts_with(&self.base)
    }

    /// Whether nobody has said yet what is known of the store whose files begin so.
    pub(crate) fn lacks(&self, root: &str) -> bool {
        !self.stores.contains_key(root)
    }

    /// Says what its notes say; `None` if there are none.
    pub(crate) fn add(&mut self, root: &str, snapshot: Option<Snapshot>) {
        let is_below = !self.base.starts_with(root) && self.base != root.trim_end_matches('/');
        let known = snapshot.map(|snapshot| Known { snapshot, is_below, held: Vec::new() });
        self.stores.insert(root.to_owned(), known);
    }

    /// Judges a file. Gives it back if it is to be read now.
    pub(crate) fn judge(&mut self, name: &str, file: F) -> Option<F> {
        let of_store = root_of(name).and_then(|root| Some((root, self.stores.get_mut(root)?.as_mut()?)));
        let Some((root, store)) = of_store else {
            self.has_others = true;
            self.has_foreign = true;
            return Some(file);
        };
        if !store.snapshot.holds(&name[root.len()..]) {
            return None;
        }
        if !store.is_below {
            self.has_others = true;
            return Some(file);
        }
        if !self.has_others {
            store.held.push(file);
        }
        None
    }

    /// What is left.
    pub(crate) fn end(&mut self) -> Rest<F> {
        let mut rest =
            Rest { held: Vec::new(), missing: Vec::new(), left_out: Vec::new(), mixed: Vec::new() };
        for (root, store) in std::mem::take(&mut self.stores) {
            let Some(mut store) = store else { continue };
            if store.is_below && self.has_others {
                rest.left_out.push(root);
                continue;
            }
            if !store.is_below && self.has_foreign {
                rest.mixed.push(root.clone());
            }
            rest.held.append(&mut store.held);
            rest.missing.extend(store.snapshot.missing().into_iter().map(|file| (root.clone(), file)));
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_was_asked_for_is_of_a_store() {
        for (base, root) in [
            ("a/date=2026-08-01/", Some("a/")),
            ("date=2026-08", Some("")),
            ("a/date=1/b/date=2026-08-01/", Some("a/date=1/b/")),
            ("a/update=7/", None),
            ("a/", None),
        ] {
            assert_eq!(Found::<()>::new(base.to_owned()).root_of_base(), root, "{base}");
        }
    }

    /// What is read of these files, where `a/store/` and `a/` can be stores, and how many stores are left out and mixed.
    fn read(base: &str, stores: &[&str], files: &[&str]) -> (Vec<String>, usize, usize) {
        let mut found = Found::new(base.to_owned());
        let mut read = Vec::new();
        for name in files {
            if let Some(root) = root_of(name).filter(|root| found.lacks(root)) {
                let is_one = stores.contains(&root);
                let note = br#"{"version": "1", "inputs": [], "files": []}"#.to_vec();
                found.add(root, is_one.then(|| Snapshot::new([(7, note)]).0));
            }
            read.extend(found.judge(name, (*name).to_owned()));
        }
        let rest = found.end();
        read.extend(rest.held);
        (read, rest.left_out.len(), rest.mixed.len())
    }

    #[test]
    fn a_store_below_logs_is_left_out_unless_it_was_named() {
        let day = "a/store/date=2026-08-01/1.parquet";
        let other = "a/other/date=2026-08-01/1.parquet";
        for (base, stores, files, expected) in [
            ("a/", &["a/store/"][..], &[day][..], (1, 0, 0)),
            ("a/", &["a/store/"], &["a/log", day], (1, 1, 0)),
            ("a/", &["a/store/"], &[day, "a/zlog"], (1, 1, 0)),
            ("a/", &["a/store/", "a/other/"], &[other, day], (2, 0, 0)),
            ("a/", &["a/store/", "a/other/"], &[other, day, "a/zlog"], (1, 2, 0)),
            ("a/store/", &["a/store/"], &[day], (1, 0, 0)),
            ("a/store", &["a/store/"], &[day], (1, 0, 0)),
            ("a/store/date=2026-08-01/", &["a/store/"], &[day], (1, 0, 0)),
            ("a/store/", &["a/store/"], &[day, "a/store/log"], (2, 0, 1)),
            // Days without notes are files as any other.
            ("a/", &[], &["a/log", day], (2, 0, 0)),
            // Files that are made now.
            ("a/store/", &["a/store/"], &["a/store/date=2026-08-01/8.parquet"], (0, 0, 0)),
        ] {
            let (found, left_out, mixed) = read(base, stores, files);
            assert_eq!((found.len(), left_out, mixed), expected, "{base} {files:?}");
        }
    }
}
