//! All that is said of a rule, in a terminal and in docs/detections.md.

use std::fmt::Write as _;

use crate::detect::{About, found_by, shown};

/// What is said of a rule, each with its heading.
pub(super) fn parts(about: &About) -> Vec<(&'static str, String)> {
    let mut parts = vec![
        ("Severity", about.severity.name().to_owned()),
        ("MITRE ATT&CK", format!("{}, {}", about.tactic, about.technique)),
        ("Fires", about.fires.to_owned()),
        ("Does not see", about.unseen.to_owned()),
        ("What to do", about.next.to_owned()),
    ];
    if about.needs_history {
        parts.push((
            "Baseline",
            "It compares with what is usual, and says nothing without a baseline: see --baseline.".to_owned(),
        ));
    }
    if !about.is_on {
        parts.push((
            "Off by default",
            format!("Turn it on with `enabled = true` below [rules.{}] in the file of --rules.", about.id),
        ));
    }
    let mut others: Vec<String> = Vec::new();
    let mut of = "";
    for (product, name) in found_by(about.id) {
        match others.last_mut() {
            Some(last) if of == product => {
                last.push_str(", ");
                last.push_str(name);
            }
            _ => others.push(format!("{product}: {name}")),
        }
        of = product;
    }
    if !others.is_empty() {
        parts.push(("Elsewhere", others.join("; ")));
    }
    parts
}

/// What can be set of a rule, as the file of --rules has it.
pub(super) fn settings(about: &About) -> Vec<String> {
    let mut lines = vec![format!("enabled = {}", about.is_on), format!("severity = \"{}\"", about.severity)];
    lines.extend(about.thresholds.iter().map(|threshold| {
        format!("{} = {}  # {}", threshold.name, shown(threshold.default), threshold.meaning)
    }));
    let buckets: Vec<_> = about.quiet_buckets.iter().map(|bucket| format!("{bucket:?}")).collect();
    let buckets = buckets.join(", ");
    lines.push(format!("allow = {{ buckets = [{buckets}] }}  # also requesters, networks, clients, keys"));
    lines
}

/// A rule for people who read it in a terminal.
pub(super) fn text(about: &About) -> String {
    let mut out = format!("{}: {}\n\n", about.id, about.title);
    for (name, text) in parts(about) {
        // A `String` takes all that is written to it.
        let _ = writeln!(out, "{name}:\n{}", wrapped(&text));
    }
    let _ = writeln!(out, "Settings, below [rules.{}] in the file of --rules:", about.id);
    for line in settings(about) {
        let _ = writeln!(out, "{}", wrapped(&line).trim_end());
    }
    out
}

/// Lines of at most 98 letters, indented by two.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::from(" ")];
    for word in text.split_whitespace() {
        if lines.last().is_some_and(|line| line.len() + word.len() >= 98) {
            lines.push(String::from(" "));
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.push(String::new());
    lines.join("\n")
}
