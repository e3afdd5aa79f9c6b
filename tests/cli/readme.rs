//! The README shows what the program prints.

use std::fs;

use crate::harness::root;
use crate::terminal::in_terminal;

/// How wide the terminal of the README is.
const COLUMNS: u16 = 120;

/// What a terminal shows after this command.
fn shown(command: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_s3al");
    let shell = format!("export NO_COLOR=1; s3al() {{ {program} \"$@\"; }}; {command}");
    let text = in_terminal(COLUMNS, &shell)?;
    // How long a run takes is never the same.
    let time = regex::Regex::new(r" in \d+\.\d\d s\b").expect("a pattern");
    let text = time.replace_all(&text, " in 0.01 s");
    Some(text.lines().map(|line| format!("{}\n", line.trim_end())).collect())
}

/// Runs every command of the blocks that show a console, and compares with what stands below it. With UPDATE_README it
/// is written there instead.
#[test]
fn every_example_shows_what_is_printed() {
    let path = root().join("README.md");
    let text = fs::read_to_string(&path).expect("the README");
    let mut now = String::new();
    let (mut is_console, mut count) = (false, 0);
    for line in text.split_inclusive('\n') {
        if line.starts_with("```") {
            is_console = line.trim_end() == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| is_console) {
            let Some(output) = shown(command.trim_end()) else { return };
            now += line;
            now += &output;
            count += 1;
            continue;
        } else if is_console {
            continue;
        }
        now += line;
    }
    assert!(count > 3);
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(path, now).expect("the README");
    } else {
        pretty(&text, &now);
    }
}

/// Shows the first line that differs, and not two pages.
fn pretty(found: &str, expected: &str) {
    for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "line {} of README.md; UPDATE_README=1 writes it anew", number + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}
