//! All that is said of a rule.

use std::fmt::Write as _;

use crate::detect::{About, shown};

/// A rule for people who read it in a terminal.
pub(super) fn text(about: &About) -> String {
    let mut out = format!("{}: {}\n\n", about.id, about.title);
    let mut put = |name: &str, text: &str| {
        // A `String` takes all that is written to it.
        let _ = writeln!(out, "{name}:\n{}", wrapped(text));
    };
    put("Severity", about.severity.name());
    put("MITRE ATT&CK", &format!("{}, {}", about.tactic, about.technique));
    put("Fires", about.fires);
    put("Does not see", about.unseen);
    put("What to do", about.next);
    if about.needs_history {
        put(
            "Baseline",
            "It compares with what is usual, and says nothing without a baseline: see --baseline.",
        );
    }
    if !about.is_on {
        put(
            "Off by default",
            &format!("Turn it on with `enabled = true` below [rules.{}] in the file of --rules.", about.id),
        );
    }
    let _ = writeln!(out, "Settings, below [rules.{}] in the file of --rules:", about.id);
    let _ = writeln!(out, "  enabled = {}\n  severity = \"{}\"", about.is_on, about.severity);
    for threshold in about.thresholds {
        let text = format!("{} = {}  # {}", threshold.name, shown(threshold.default), threshold.meaning);
        let _ = writeln!(out, "{}", wrapped(&text).trim_end());
    }
    let buckets =
        about.quiet_buckets.iter().map(|bucket| format!("{bucket:?}")).collect::<Vec<_>>().join(", ");
    let _ =
        writeln!(out, "  allow = {{ buckets = [{buckets}] }}  # also requesters, networks, clients, keys");
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
