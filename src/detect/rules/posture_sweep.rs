//! Somebody who looks at how buckets are protected.

use std::collections::{BTreeMap, HashSet};

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, WhoKind, fact, mix};
use crate::detect::finding::{Finding, Severity, operations};
use crate::detect::hits::Hits;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::detect::window::Windows;
use crate::semantics::{Access, Level};

/// The rule.
pub(crate) struct PostureSweep {
    windows: Windows,
    buckets: u64,
}

impl Rule for PostureSweep {
    const ABOUT: &'static About = &About {
        id: "posture-sweep",
        title: "Somebody looks at how many buckets are protected",
        severity: Severity::Medium,
        tactic: "TA0007 Discovery",
        technique: "T1580 Cloud Infrastructure Discovery",
        fires: "One requester asks for settings (ACL, policy, versioning, encryption, public access block, ...) of 5 buckets within a minute, and is told \
                what they are or that there are none (404). Low if it did so in the baseline too: tools that check settings do it every day.",
        unseen: "Buckets without logs; a sweep over fewer buckets, or a slow one; settings that were refused: see access-denied-burst. AWS's own services (Config, Access Analyzer) are left out.",
        next: "If it is no tool of yours that checks settings, find out who has these credentials.",
        thresholds: &[
            Threshold { name: "buckets", default: Setting::Count(5), meaning: "different buckets whose settings are read" },
            Threshold { name: "window", default: Setting::Seconds(60), meaning: "within this time" },
        ],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::SETTING_READ | fact::NO_SETTING;

    fn new(settings: &RuleSettings, room: &Room) -> Self {
        Self { windows: Windows::new(settings.number("window"), room), buckets: settings.number("buckets") }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        if event.who.kind != WhoKind::Service && event.key == 0 {
            self.windows.add(mix(event.who.hash, event.address), event, event.bucket);
        }
    }

    windows!();

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let bursts = self.windows.bursts(self.buckets, |window| window.differs(self.buckets));
        let is_setting = |row: &crate::semantics::OperationInfo| {
            row.access == Access::Configure && row.level == Level::Bucket && row.name.starts_with("REST.GET.")
        };
        // A requester that does it every day is one finding.
        let mut by_actor: BTreeMap<Vec<u8>, Hits> = BTreeMap::new();
        let mut usual: HashSet<u64> = HashSet::new();
        for (_, hits) in bursts {
            if known.baseline.is_some() && !known.is_judged_at(hits.seen.first) {
                usual.insert(known.actor_of(&hits));
            }
            let who = [hits.identity().unwrap_or(b"-"), b" ", hits.addresses.only().unwrap_or_default()].concat();
            by_actor.entry(who).or_default().merge(&hits);
        }
        let finding = |hits: &Hits| {
            let is_usual = usual.contains(&known.actor_of(hits));
            let why = format!(
                "settings of {} buckets (at least {} in {} s){}",
                hits.distinct.shown(),
                self.buckets,
                self.windows.seconds(),
                if is_usual { ", as in the baseline" } else { "" }
            );
            Finding::of(Self::ABOUT, hits, why)
                .severity(if is_usual { Severity::Low } else { Self::ABOUT.severity })
                .at_address()
                .show("--operation", operations(is_setting))
                .show("--key", "-")
                .show("--status", "2xx,304,404")
        };
        by_actor.values().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, at, found, ordinary, said};

    fn sweep(day: u32, buckets: u32, every: u32) -> Vec<Line> {
        let read = |number: u32| at(day, number * every).bucket(format!("b{number}")).operation("REST.GET.BUCKETPOLICY").key("-");
        (0..buckets).map(read).collect()
    }

    #[test]
    fn five_buckets_in_a_minute() {
        assert_eq!(said("posture-sweep", &sweep(1, 5, 14)), ["medium 5 settings of 5 buckets (at least 5 in 60 s)"]);
        // Eleven slots of six seconds.
        for near in [sweep(1, 4, 1), sweep(1, 5, 17)] {
            assert!(found("posture-sweep", &near).is_empty());
        }
        let one: Vec<_> = sweep(1, 9, 1).into_iter().map(|line| line.bucket("b")).collect();
        assert!(found("posture-sweep", &one).is_empty());
    }

    /// Whoever asks whether a bucket has a policy learns that it has none.
    #[test]
    fn what_is_not_set_is_an_answer() {
        let none = |line: Line| line.status("404 NoSuchBucketPolicy");
        assert_eq!(found("posture-sweep", &sweep(1, 5, 14).into_iter().map(none).collect::<Vec<_>>()).len(), 1);
        let objects: Vec<_> = sweep(1, 9, 1).into_iter().map(|line| none(line).operation("REST.GET.OBJECT").key("k")).collect();
        assert!(found("posture-sweep", &objects).is_empty());
    }

    /// Whoever has read a setting once is not known to sweep.
    #[test]
    fn one_reading_is_no_sweep() {
        let once = at(1, 30).operation("REST.GET.ACL").key("-");
        let lines: Vec<_> = (1..4).flat_map(ordinary).chain([once]).chain(sweep(3, 5, 1)).collect();
        assert!(said("posture-sweep", &lines)[0].starts_with("medium 5 "));
    }

    #[test]
    fn tools_that_check_every_day() {
        let mut lines: Vec<_> = (1..4).flat_map(ordinary).collect();
        lines.extend((1..4).flat_map(|day| sweep(day, 6, 1)));
        assert_eq!(said("posture-sweep", &lines), ["low 18 settings of 6 buckets (at least 5 in 60 s), as in the baseline"]);
    }
}
