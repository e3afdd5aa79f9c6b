//! Help, completions and the manual.

use std::path::Path;
use std::process::Command;

use crate::harness::logs::Logs;

#[test]
fn help_has_examples() {
    for command in ["timeline", "top", "latency", "compare"] {
        let output = Command::new(env!("CARGO_BIN_EXE_s3al")).args([command, "--help"]).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let (_, examples) = help.split_once("Examples:").unwrap();
        assert!(examples.matches("s3al ").count() >= 2, "{command}");
    }
}

#[test]
fn help_has_headings() {
    let logs = Logs::new();
    let help = logs.text(&["--help"]);
    for heading in ["Get logs:", "Reports:", "Investigate:", "Trust the data:", "Options:"] {
        assert!(help.contains(heading), "{help}");
    }
    let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text}: {help}"));
    assert!(place("Trust the data:") < place("\n  coverage ") && place("\n  cost ") < place("Investigate:"));
}

#[test]
fn completions_and_manual() {
    let logs = Logs::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(logs.text(&["completions", shell]).contains("coverage"), "{shell}");
    }
    assert!(logs.text(&["man"]).contains(".TH s3al 1"));
    assert!(logs.text(&["man", "cost"]).contains("bucket\\-region"));
    assert_eq!(logs.run(&["man", "nothing"]).status.code(), Some(2));
    logs.text(&["man", "--dir", "man"]);
    let has = |name: &str| Path::new(&logs.path("man")).join(name).is_file();
    assert!(has("s3al.1") && has("s3al-coverage.1") && has("s3al-top-requesters.1"));
}
