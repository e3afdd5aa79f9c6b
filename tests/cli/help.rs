//! Help, completions and the manual.

use crate::harness::{Logs, s3al};

#[test]
fn help_has_examples() {
    for command in ["timeline", "top", "latency", "compare"] {
        let ran = s3al(&format!("{command} --help")).done();
        let (_, examples) = ran.text().split_once("Examples:").expect("examples");
        assert!(examples.matches("s3al ").count() >= 2, "{command}");
    }
}

#[test]
fn help_has_headings() {
    let ran = s3al("--help").done();
    let help = ran.text();
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
    logs.run(&["man", "nothing"]).ended(2);
    logs.text(&["man", "--dir", "man"]);
    let has = |name: &str| logs.path("man").join(name).is_file();
    assert!(has("s3al.1") && has("s3al-coverage.1") && has("s3al-top-requesters.1"));
}

#[test]
fn help_is_there_for_every_command() {
    for command in ["", "failed", "top", "top-requesters", "large-downloads", "summary", "export"] {
        assert!(s3al(&format!("{command} --help")).done().text().contains("Usage: s3al"));
        assert!(s3al(&format!("{command} -h")).done().text().contains("Usage: s3al"));
    }
    assert!(s3al("--version").done().text().starts_with("s3al 0."));
}
