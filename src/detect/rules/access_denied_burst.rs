//! Somebody who tries what is allowed.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, WhoKind, fact, hash, mix};
use crate::detect::finding::{Finding, Severity};
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::detect::window::Windows;

/// The rule.
pub(crate) struct AccessDeniedBurst {
    windows: Windows,
    denials: u64,
    kinds: u64,
}

impl Rule for AccessDeniedBurst {
    const ABOUT: &'static About = &About {
        id: "access-denied-burst",
        title: "Somebody tries what is allowed",
        severity: Severity::Medium,
        tactic: "TA0007 Discovery",
        technique: "T1580 Cloud Infrastructure Discovery",
        fires: "One requester is denied 20 times in 10 minutes, with at least 3 different pairs of operation and bucket among them.",
        unseen: "Denials of one operation on one bucket are a missing permission, as a rule, and left out. Requests without credentials: see \
                 key-guessing. What was denied by services other than S3.",
        next: "Ask whoever the requester belongs to. If they know nothing of it, the credentials are in wrong hands: take them away.",
        thresholds: &[
            Threshold { name: "denials", default: Setting::Count(20), meaning: "requests that were denied" },
            Threshold { name: "window", default: Setting::Seconds(600), meaning: "within this time" },
            Threshold { name: "kinds", default: Setting::Count(3), meaning: "different pairs of operation and bucket" },
        ],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::DENIED;

    fn new(settings: &RuleSettings, room: &Room) -> Self {
        Self {
            windows: Windows::new(settings.number("window"), room),
            denials: settings.number("denials"),
            kinds: settings.number("kinds"),
        }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        if matches!(event.who.kind, WhoKind::User | WhoKind::Role) {
            let kind = mix(event.bucket, hash(event.record.operation().text()));
            self.windows.add(event.who.hash, event, kind);
        }
    }

    windows!();

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let bursts = self.windows.bursts(self.denials, |window| window.differs(self.kinds));
        let finding = |(_, hits): (u64, crate::detect::hits::Hits)| {
            let why = format!(
                "{} denials (at least {} in {} s) of {} different operations on buckets (at least {})",
                hits.count,
                self.denials,
                self.windows.seconds(),
                hits.distinct.shown(),
                self.kinds
            );
            Finding::of(Self::ABOUT, &hits, why).show("--status", "401,403")
        };
        bursts.into_iter().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, at, found, said};

    fn denials(count: u32, every: u32, kinds: u32) -> Vec<Line> {
        (0..count)
            .map(|number| at(1, number * every).bucket(format!("b{}", number % kinds)).status("403 AccessDenied"))
            .collect()
    }

    #[test]
    fn twenty_in_ten_minutes() {
        assert_eq!(
            said("access-denied-burst", &denials(20, 30, 3)),
            ["medium 20 20 denials (at least 20 in 600 s) of 3 different operations on buckets (at least 3)"]
        );
        for near in [denials(19, 1, 3), denials(40, 1, 2), denials(20, 60, 3)] {
            assert!(found("access-denied-burst", &near).is_empty());
        }
        let anonymous: Vec<_> = denials(30, 1, 3).into_iter().map(Line::anonymous).collect();
        assert!(found("access-denied-burst", &anonymous).is_empty());
    }

    #[test]
    fn bursts_that_are_apart_are_two() {
        let mut lines = denials(20, 1, 3);
        lines.extend(denials(30, 1, 3).into_iter().map(|line| Line { time: line.time.replace("2026:00:00:", "2026:00:30:"), ..line }));
        let counts: Vec<_> = found("access-denied-burst", &lines).iter().map(|one| one.count).collect();
        assert_eq!(counts, [30, 20]);
    }
}
