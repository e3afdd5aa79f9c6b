//! `docs/detections.md`, written from the rules.

use std::fmt::Write as _;

use super::explain;
use crate::detect::{CATALOGUES, RULES};

/// What is not in these logs, whatever the rules; and where it is.
const UNSEEN: &[(&str, &str)] = &[
    (
        "Headers of requests",
        "With which key an object is encrypted (SSE-C, SSE-KMS), ACLs and tags that a header asked for, checksums. CloudTrail data events have those of encryption.",
    ),
    (
        "Bodies",
        "What a policy, an ACL or another setting says; which statement lets somebody in. CloudTrail management events have them.",
    ),
    ("MFA", "Whether a session was made with MFA. CloudTrail has it."),
    (
        "Which access key signed a header",
        "Only presigned URLs name it, in their query. Requests that are signed in a header name the user or the session; CloudTrail has the key.",
    ),
    ("What is in an object", "Names and sizes are all that is known."),
    (
        "Requests that no bucket answers",
        "Listing the buckets of an account, settings of the account, and requests for buckets that do not exist or belong to others.",
    ),
    (
        "What was not delivered",
        "Logs come at best effort, most within hours. `s3al coverage` shows what is missing, and the rule logging-gap hours without logs.",
    ),
];

fn page() -> String {
    let mut out = String::from(
        "# What s3al detect finds, and what it cannot\n\n\
         Written from the rules themselves: `s3al detect --explain RULE` says the same of one, `--list-rules` lists them, and `--print-rules` writes\n\
         all settings as a file for `--rules`. Severities, tactics and techniques of [MITRE ATT&CK](https://attack.mitre.org) are in each finding.\n\n\
         - A **baseline** is what rules compare with: the first third of the time that the logs cover, but a day at least, or `--baseline`. With less\n  \
         than two days of logs there is none, and the rules that need one say so once, in place of firing.\n\
         - A **window** is cut into ten slots, and eleven that follow each other are looked at together: what lies within a window is always seen\n  \
         together, and what lies within a window and a tenth can be. Rules that compare hours or days cut time at full hours and days (UTC).\n\
         - **The order of lines and files does not matter**, nor the number of threads. Nothing is left out for want of memory: what is kept by time\n  \
         goes to temporary files, and if what is kept of each actor does not fit into `--memory`, the run ends with an error. A network of 64 bits of\n  \
         IPv6 that sends requests without credentials is one actor.\n\
         - An **incident** is what findings have in common: findings of one requester (a role without its session) that are at most a day apart; of\n  \
         requesters at one address that at most four use; of roles that were used in one session, if its name tells a person (`@`) or a machine\n  \
         (six digits). Findings that last for more than a day join an incident, and tie nothing together. An incident is told if one of its\n  \
         findings is high or critical, or if one is medium and there are different rules. What its actors did from the same addresses, from an\n  \
         hour before the first finding to an hour after the last, is told in plain words; what they did at most twice as often as in the busiest\n  \
         hour of the baseline is left out.\n\n\
         ## What cannot be seen in these logs\n\n",
    );
    for (what, why) in UNSEEN {
        // A `String` takes all that is written to it.
        let _ = writeln!(out, "- **{what}.** {why}");
    }
    out.push_str("\nA slow thief who stays below all thresholds, from an address and at an hour that are usual, with a client that is usual, is not found.\n");
    out.push_str(
        "\n## The rules\n\n| rule | severity | finds | baseline | by default |\n|---|---|---|---|---|\n",
    );
    for about in RULES {
        let baseline = if about.needs_history { "needs one" } else { "" };
        let is_on = if about.is_on { "" } else { "off" };
        let id = about.id;
        let _ =
            writeln!(out, "| [{id}](#{id}) | {} | {} | {baseline} | {is_on} |", about.severity, about.title);
    }
    for about in RULES {
        let _ = writeln!(out, "\n### {}\n\n{}.\n", about.id, about.title);
        for (name, text) in explain::parts(about) {
            let _ = writeln!(out, "- **{name}:** {}", escaped(&text));
        }
        let _ =
            writeln!(out, "\n```toml\n[rules.{}]\n{}\n```", about.id, explain::settings(about).join("\n"));
    }
    out.push_str("\n## What others find\n\nRead in November 2026. A dash is what no rule here finds.\n");
    for one in CATALOGUES {
        let _ = writeln!(
            out,
            "\n### {}\n\n{} Source: <{}>\n\n| there | here | remark |\n|---|---|---|",
            one.name, one.remark, one.address
        );
        for (name, rules, remark) in one.finds {
            let rules: Vec<_> = rules.iter().map(|rule| format!("[{rule}](#{rule})")).collect();
            let rules = if rules.is_empty() { "—".to_owned() } else { rules.join(", ") };
            let _ = writeln!(out, "| {name} | {rules} | {remark} |");
        }
    }
    out
}

/// What Markdown would take for its own.
fn escaped(text: &str) -> String {
    text.replace('*', "\\*").replace('<', "\\<")
}

/// Run it with `UPDATE_DOCS=1` after a change.
#[test]
fn the_page_is_that_of_the_rules() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/detections.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, page()).expect("the page");
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == page(),
        "docs/detections.md is not that of the rules: UPDATE_DOCS=1 cargo test --lib detections"
    );
    for (what, _) in UNSEEN {
        assert!(found.contains(what));
    }
}
