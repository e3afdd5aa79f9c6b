//! The README and the pages in docs/ show what the program prints, and their links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;

use crate::harness::{isolate, root};

/// As wide as a page shows without a scroll bar.
const COLUMNS: &str = "100";

/// The README and the pages in docs/, by their paths in the project.
fn pages() -> Vec<PathBuf> {
    let folder = root().join("docs").read_dir().expect("the pages");
    let names = folder.map(|entry| Path::new("docs").join(entry.expect("an entry").file_name()));
    let pages = names.filter(|name| name.extension().is_some_and(|extension| extension == "md"));
    let mut pages: Vec<_> = pages.chain([PathBuf::from("README.md")]).collect();
    pages.sort();
    pages
}

fn text_of(page: &Path) -> String {
    fs::read_to_string(root().join(page)).expect("the page")
}

/// What comes out of this command in a folder of the project, in a pipe or in so many columns.
pub fn printed(line: &str, folder: &Path, columns: Option<&str>) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_s3al")).parent().expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([program.to_owned()].into_iter().chain(std::env::split_paths(&path)));
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(line).stdin(Stdio::null());
    isolate(&mut shell).envs(columns.map(|columns| ("COLUMNS", columns)));
    shell.env("PATH", path.expect("folders"));
    let output = shell.current_dir(root().join(folder)).output().expect("a shell");
    let is_answer = matches!(output.status.code(), Some(0 | 1));
    assert!(is_answer, "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs every command of the blocks that show a console, and compares with what is below it. `$ cd FOLDER` holds for the rest of
/// the page. With UPDATE_README or UPDATE_DOCS it is written there instead.
#[test]
fn every_example_shows_what_is_printed() {
    let mut count = 0;
    // Pages on what was not built in show what only that prints.
    let needs_sql = |page: &PathBuf| page.ends_with("sql.md") || page.ends_with("store.md");
    for page in pages().into_iter().filter(|page| cfg!(feature = "sql") || !needs_sql(page)) {
        count += check(&page);
    }
    assert!(count > 40, "{count}");
}

fn check(page: &Path) -> usize {
    let text = text_of(page);
    let mut now = String::new();
    let (mut is_console, mut folder, mut count) = (false, PathBuf::new(), 0);
    for line in text.split_inclusive('\n') {
        if line.starts_with("```") {
            is_console = line.trim_end() == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| is_console) {
            now += line;
            match command.trim_end().strip_prefix("cd ") {
                Some(name) => folder = folder.join(name),
                None => now += &printed(command.trim_end(), &folder, Some(COLUMNS)),
            }
            count += 1;
            continue;
        } else if is_console {
            continue;
        }
        now += line;
    }
    if is_update() {
        fs::write(root().join(page), now).expect("the page");
        return count;
    }
    // The first line that differs, and not two pages.
    for (number, (found, expected)) in text.lines().zip(now.lines()).enumerate() {
        let place = format!("line {} of {}; UPDATE_README=1 writes it anew", number + 1, page.display());
        assert_eq!(found, expected, "{place}");
    }
    assert_eq!(text.lines().count(), now.lines().count(), "{}", page.display());
    count
}

/// Whether pages are written, not compared.
pub fn is_update() -> bool {
    ["UPDATE_README", "UPDATE_DOCS"].into_iter().any(|name| std::env::var_os(name).is_some())
}

/// The lines of a page that are no code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        is_code ^= line.starts_with("```");
        !is_code && !line.starts_with("```")
    });
    let code = Regex::new("`[^`\n]*`").expect("a pattern");
    code.replace_all(&lines.collect::<Vec<_>>().join("\n"), "code").into_owned()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut is_code = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        is_code ^= line.starts_with("```");
        let heading = line.trim_start_matches('#');
        if is_code || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        anchors.insert(kept.collect::<String>().to_lowercase().replace(' ', "-"));
    }
    anchors
}

#[test]
fn every_link_leads_somewhere() {
    let others =
        ["ARCHITECTURE.md", "BENCHMARKS.md", "CHANGELOG.md", "CONTRIBUTING.md", "tests/fixtures/README.md"];
    let link = Regex::new(r#"\]\(([^()\s]+)\)|src="([^"]+)""#).expect("a pattern");
    let (mut count, mut named) = (0, BTreeSet::new());
    for page in pages().into_iter().chain(others.map(PathBuf::from)) {
        let text = text_of(&page);
        for found in link.captures_iter(&prose(&text)) {
            let target = found.get(1).or(found.get(2)).expect("a target").as_str();
            if target.contains("://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => root().join(&page),
                path => root().join(&page).parent().expect("a folder").join(path),
            };
            let place = format!("{target} in {}", page.display());
            let file = file.canonicalize().unwrap_or_else(|error| panic!("{place}: {error}"));
            if !anchor.is_empty() {
                let anchors = anchors(&fs::read_to_string(&file).expect("a page"));
                assert!(anchors.contains(anchor), "{place}: no such heading, but {anchors:?}");
            }
            named.insert(file);
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
    // Nobody finds a page that nothing leads to.
    for page in pages().into_iter().filter(|page| page != Path::new("README.md")) {
        assert!(named.contains(&root().join(&page).canonicalize().expect("a page")), "{}", page.display());
    }
}
