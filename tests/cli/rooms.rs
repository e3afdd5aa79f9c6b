//! The house: a room imports only from rooms that stand before its own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::root;

/// The rooms in their order, as src/lib.rs lists them.
fn rooms() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("the list");
    let rooms = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    rooms.map(str::to_owned).collect()
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let Ok(folder) = path.read_dir() else { return Vec::new() };
    folder.flat_map(|entry| files(&entry.expect("an entry").path())).collect()
}

#[test]
fn imports_go_up() {
    let rooms = rooms();
    assert!(rooms.len() >= 9, "{rooms:?}");
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
