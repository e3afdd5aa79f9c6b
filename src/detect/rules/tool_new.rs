//! Tools that move files, in new hands.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity, glob};
use crate::detect::known::{Known, hits_of_uses};
use crate::detect::profile::{Entry, Used};
use crate::detect::rule::{About, Rule};
use crate::detect::shelf::Room;

/// The rule.
pub(crate) struct ToolNew;

impl Rule for ToolNew {
    const ABOUT: &'static About = &About {
        id: "tool-new",
        title: "A tool that moves files is new for somebody",
        severity: Severity::Low,
        tactic: "TA0010 Exfiltration",
        technique: "T1567.002 Exfiltration to Cloud Storage",
        fires: "A requester that is in the baseline uses curl, wget, rclone, S3 Browser, Cyberduck, WinSCP or the like after it, and did not in it. SDKs \
                and the AWS CLI never count. One finding for each requester and tool.",
        unseen: "Tools that call themselves something else; requesters without credentials; requesters that are new: see first-seen. Of a requester \
                 at one address, 16 programs are remembered, tools before others.",
        next: "Ask whether it was them. A stolen key is often tried out with the thief's own tools.",
        needs_history: true,
        ..About::DEFAULT
    };

    fn new(_: &RuleSettings, _: &Room) -> Self {
        Self
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for (actor, entries) in known.actors() {
            if !matches!(entries[0].kind, WhoKind::User | WhoKind::Role) || known.learned(actor).is_none() {
                continue;
            }
            // Each tool, whatever its version, wherever it was used.
            let mut tools: BTreeMap<&[u8], Vec<(&Entry, &Used)>> = BTreeMap::new();
            for entry in &entries {
                for used in entry.clients.iter().filter(|used| used.is_tool) {
                    tools.entry(used.name()).or_default().push((entry, used));
                }
            }
            for (tool, uses) in tools {
                if !uses.iter().all(|(_, used)| known.is_judged(used.first_hour())) {
                    continue;
                }
                let (hits, requester) = hits_of_uses(&uses);
                let families: BTreeSet<&[u8]> = uses.iter().map(|(_, used)| &*used.family).collect();
                let why = format!("{} for the first time", String::from_utf8_lossy(tool));
                let finding = Finding::of_hours(Self::ABOUT, &hits, requester, why);
                let families: Vec<_> = families.into_iter().map(glob).collect();
                found.push(finding.show("--where", format!("client={}", families.join(","))));
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
        let known: Vec<_> = days().chain([at(1, 0).agent("curl/7.4"), at(3, 0).agent("curl/8.9")]).collect();
        assert!(found("tool-new", &known).is_empty());
    }

    /// A hundred names of programs hide no tool, and what is counted is what the tool did, whatever the order.
    #[test]
    fn among_many_programs() {
        let sprayed = (0..100).map(|number| at(3, 10 + number).agent(format!("x{number}/1.0")));
        let tool = (0..3).map(|number| at(3, 60 + number).agent(format!("rclone/v1.{number}")).id(format!("R{number}")));
        let lines: Vec<_> = (1..4).flat_map(ordinary).chain(sprayed).chain(tool).collect();
        let [finding] = &found("tool-new", &lines)[..] else { panic!() };
        assert_eq!((finding.count, finding.why.as_str()), (3, "rclone for the first time"));
    }
}
