//! The house: a room imports only from rooms that come before its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::root;

/// The rooms in their order, as src/lib.rs lists them.
fn rooms() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("the list");
    let rooms = lib
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    rooms.map(str::to_owned).collect()
}

/// All files below a folder.
pub fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let Ok(folder) = path.read_dir() else { return Vec::new() };
    folder.flat_map(|entry| files(&entry.expect("an entry").path())).collect()
}

#[test]
fn imports_go_up() {
    let rooms = rooms();
    assert!(rooms.len() >= 18, "{rooms:?}");
    let import = regex::Regex::new(r"crate::(\{|[a-z_0-9]+)").expect("a pattern");
    let mut found = 0;
    for (place, room) in rooms.iter().enumerate() {
        let inside = [format!("src/{room}.rs"), format!("src/{room}")];
        for file in inside.iter().flat_map(|path| files(&root().join(path))) {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            for import in
                import.captures_iter(&text).filter(|_| file.extension().is_some_and(|end| end == "rs"))
            {
                let Some(other) = rooms.iter().position(|room| *room == import[1]) else {
                    panic!("{}: `{}` is no room", file.display(), &import[0]);
                };
                assert!(other <= place, "{}: {room} may not import {}", file.display(), &import[1]);
                found += 1;
            }
        }
    }
    assert!(found > 50);
}

#[test]
fn one_file_knows_the_progress_bar() {
    for file in files(&root().join("src")) {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let is_progress = file.ends_with("output/progress.rs");
        assert!(is_progress || !text.contains("indicatif::"), "{}", file.display());
    }
}

/// The files and folders of a folder that each of them imports from, by name.
fn imports_between(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let name =
        |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let entries: Vec<PathBuf> =
        folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    let names: BTreeSet<String> =
        entries.iter().map(|path| name(path)).filter(|name| name != "mod").collect();
    let inside = folder.strip_prefix(root().join("src")).expect("in src");
    let inside = inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("::");
    // `use super::a::B;` or `use super::{a, b::C};`, and the same from `crate`.
    let import = format!(r"(?m)^(?:pub )?use (super|crate::{inside})::(?:([a-z_0-9]+)\b|\{{([^}}]*)\}})");
    let import = regex::Regex::new(&import).expect("a pattern");
    let mut imports = BTreeMap::new();
    for entry in entries.iter().filter(|path| names.contains(&name(path))) {
        let to: &mut BTreeSet<String> = imports.entry(name(entry)).or_default();
        for file in files(entry) {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for import in import.captures_iter(text) {
                // Deeper inside, `super` is another folder.
                if &import[1] == "super" && file.parent() != Some(folder) {
                    continue;
                }
                let paths = [import.get(2), import.get(3)].into_iter().flatten();
                let heads = paths.flat_map(|paths| paths.as_str().split(','));
                let heads = heads.filter_map(|path| path.trim().split("::").next());
                to.extend(
                    heads.filter(|head| names.contains(*head) && *head != name(entry)).map(str::to_owned),
                );
            }
        }
    }
    imports
}

/// Folders whose files import each other in no circle.
const WITHOUT_CIRCLES: [&str; 18] = [
    "time",
    "record",
    "parser",
    "semantics",
    "filter",
    "aggregate",
    "aggregate/table",
    "report",
    "columnar",
    "store",
    "sql",
    "source",
    "source/s3",
    "source/s3/mirror",
    "scan",
    "output",
    "args",
    "commands",
];

#[test]
fn files_of_a_room_import_in_no_circle() {
    let mut found = 0;
    for folder in WITHOUT_CIRCLES.map(|folder| root().join("src").join(folder)) {
        let mut imports = imports_between(&folder);
        found += imports.values().map(BTreeSet::len).sum::<usize>();
        // Takes away what imports nothing that is left, until only circles are.
        while let Some(free) = imports
            .iter()
            .find(|(_, to)| !to.iter().any(|to| imports.contains_key(to)))
            .map(|(name, _)| name.clone())
        {
            imports.remove(&free);
        }
        assert!(imports.is_empty(), "{}: {imports:?}", folder.display());
    }
    assert!(found > 100, "{found}");
}
