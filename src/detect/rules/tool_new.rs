//! Tools that move files, in new hands.

use std::collections::BTreeMap;

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity, glob};
use crate::detect::known::{Known, hits_of};
use crate::detect::rule::{About, Rule};

/// The rule.
pub(crate) struct ToolNew;

impl Rule for ToolNew {
    const ABOUT: &'static About = &About {
        id: "tool-new",
        title: "Somebody uses a tool that moves files, for the first time",
        severity: Severity::Low,
        tactic: "TA0010 Exfiltration",
        technique: "T1567.002 Exfiltration to Cloud Storage",
        fires: "A requester that is in the baseline uses curl, wget, rclone, S3 Browser, Cyberduck, WinSCP or the like after it, and did not in it. SDKs \
                and the AWS CLI never count. One finding for each requester and tool.",
        unseen: "Tools that call themselves something else; requesters without credentials; requesters that are new: see first-seen. Of a requester \
                 at one address, the first 16 programs are remembered.",
        next: "Ask whether it was them. A stolen key is often tried out with the thief's own tools.",
        needs_history: true,
        ..About::DEFAULT
    };

    fn new(_: &RuleSettings) -> Self {
        Self
    }

    fn findings(&self, known: &Known<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for (actor, entries) in known.actors() {
            if !matches!(entries[0].kind, WhoKind::User | WhoKind::Role) || !known.knew(actor, |_, _| true) {
                continue;
            }
            // The first hour of each tool, wherever it was used.
            let mut tools: BTreeMap<&[u8], i64> = BTreeMap::new();
            for used in entries.iter().flat_map(|entry| &entry.clients).filter(|used| used.is_tool) {
                let first = tools.entry(&used.family).or_insert(used.first);
                *first = used.first.min(*first);
            }
            for (tool, first) in tools.into_iter().filter(|(_, first)| known.is_judged(*first)) {
                let with = entries.iter().filter(|entry| entry.clients.iter().any(|used| *used.family == *tool));
                let hours = with.flat_map(|entry| {
                    entry.hours.iter().filter(move |hour| hour.hour >= first).map(move |hour| (*entry, hour))
                });
                let (hits, requester) = hits_of(hours);
                let why = format!("{} for the first time", String::from_utf8_lossy(tool));
                let mut finding = Finding::of_hours(Self::ABOUT, &hits, requester, why);
                finding.clients = crate::detect::known::few([tool]);
                found.push(finding.show("--where", format!("client={}", glob(tool))));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{STRANGER, at, found, ordinary, said};

    #[test]
    fn a_tool_in_new_hands() {
        let days = || (1..4).flat_map(ordinary);
        let with = |line| days().chain([line]).collect::<Vec<_>>();
        assert_eq!(said("tool-new", &with(at(3, 0).agent("rclone/v1.65")))[0].split_once(' ').expect("words").0, "low");
        let near = [
            at(3, 0).agent("Boto3/1.34"),
            at(3, 0).agent("curl/8.4").requester(STRANGER),
            at(3, 0).agent("curl/8.4").anonymous(),
            at(1, 0).agent("curl/8.4"),
        ];
        for line in near {
            assert!(found("tool-new", &with(line)).is_empty());
        }
        let known: Vec<_> = days().chain([at(1, 0).agent("curl/8.4"), at(3, 0).agent("curl/8.9")]).collect();
        assert!(found("tool-new", &known).is_empty());
    }
}
