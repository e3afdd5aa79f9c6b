//! The README and the page of questions show what the program prints.

use std::fs;
use std::process::{Command, Stdio};

use crate::harness::{isolate, root};

/// What comes out of this command, in a pipe or in so many columns.
fn printed(line: &str, columns: Option<&str>) -> String {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(line.replacen("s3al", env!("CARGO_BIN_EXE_s3al"), 1)).stdin(Stdio::null());
    isolate(&mut shell).envs(columns.map(|columns| ("COLUMNS", columns)));
    let output = shell.current_dir(root()).output().expect("a shell");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs every command of the blocks that show a console, and compares with what stands below it. With UPDATE_README it
/// is written there instead.
#[test]
fn every_example_shows_what_is_printed() {
    // As wide as a page shows without a scroll bar.
    check("README.md", Some("100"));
    // Its tables are read by another test, and are whole.
    check("docs/questions.md", None);
}

fn check(page: &str, columns: Option<&str>) {
    let path = root().join(page);
    let text = fs::read_to_string(&path).expect("the page");
    let mut now = String::new();
    let (mut is_console, mut count) = (false, 0);
    for line in text.split_inclusive('\n') {
        if line.starts_with("```") {
            is_console = line.trim_end() == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| is_console) {
            now += line;
            now += &printed(command.trim_end(), columns);
            count += 1;
            continue;
        } else if is_console {
            continue;
        }
        now += line;
    }
    assert!(count > 3);
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(path, now).expect("the page");
        return;
    }
    // The first line that differs, and not two pages.
    for (number, (found, expected)) in text.lines().zip(now.lines()).enumerate() {
        assert_eq!(found, expected, "line {} of {page}; UPDATE_README=1 writes it anew", number + 1);
    }
    assert_eq!(text.lines().count(), now.lines().count());
}
