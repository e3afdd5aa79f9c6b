//! Somebody who lists more than ever.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact};
use crate::detect::finding::{Finding, Severity, operations};
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::detect::slot::Requests;
use crate::detect::window::{Storm, Window, Windows};
use crate::semantics::Access;

/// The rule.
pub(crate) struct ListStorm {
    windows: Windows,
    lists: u64,
    factor: u64,
}

impl Rule for ListStorm {
    const ABOUT: &'static About = &About {
        id: "list-storm",
        title: "Somebody lists names far more than usual",
        severity: Severity::Medium,
        tactic: "TA0007 Discovery",
        technique: "T1619 Cloud Storage Object Discovery",
        fires: "An actor lists 100 times in an hour, and 10 times as often as in the busiest hour of its baseline. Listings of names, versions, \
                uploads and parts count.",
        unseen: "One listing can have 1,000 names: 100 of them are 100,000 objects. Somebody who listed as much in the baseline.",
        next: "See what the actor read or deleted after it. Listing everything is the first step of most thefts, and of many new programs.",
        thresholds: &[
            Threshold { name: "lists", default: Setting::Count(100), meaning: "requests to list" },
            Threshold { name: "window", default: Setting::Seconds(3_600), meaning: "within this time" },
            Threshold { name: "factor", default: Setting::Count(10), meaning: "times the busiest hour of the baseline" },
        ],
        quiet_buckets: &["*public*"],
        needs_history: true,
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::LISTED;

    fn new(settings: &RuleSettings, room: &Room) -> Self {
        Self {
            windows: Windows::new(settings.number("window"), room),
            lists: settings.number("lists"),
            factor: settings.number("factor"),
        }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        self.windows.add(event.actor(), event, 0);
    }

    windows!();

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let is_storm = |window: &Window<'_, Requests>, usual: u64| {
            window.count() >= self.lists.max(usual.saturating_mul(self.factor))
        };
        let storms = self.windows.storms(known, is_storm);
        let lists = operations(|row| row.access == Access::List && row.api != "HeadBucket");
        let finding = |storm: Storm| {
            let hits = &storm.hits;
            let why = format!(
                "{} listings (at least {} in {} s), {}",
                hits.count,
                self.lists,
                self.windows.seconds(),
                storm.compared(known)
            );
            let finding = Finding::of(Self::ABOUT, hits, why).show("--operation", lists.clone()).show("--status", "2xx,304");
            if hits.identity().is_none() { finding.at_origin() } else { finding }
        };
        storms.into_iter().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, STRANGER, at, found, ordinary, said};

    fn lists(day: u32, count: u32, every: u32) -> Vec<Line> {
        (0..count).map(|number| at(day, number * every).requester(STRANGER).operation("REST.GET.BUCKET").key("-")).collect()
    }

    fn after_days(mut lines: Vec<Line>) -> Vec<Line> {
        lines.extend((1..4).flat_map(ordinary));
        lines
    }

    #[test]
    fn a_hundred_in_an_hour() {
        assert_eq!(
            said("list-storm", &after_days(lists(3, 100, 36))),
            ["medium 100 100 listings (at least 100 in 3600 s), none in the baseline"]
        );
        for near in [lists(3, 99, 1), lists(3, 100, 44), lists(1, 200, 1)] {
            assert!(found("list-storm", &after_days(near)).is_empty());
        }
        // Without a baseline it says nothing.
        assert!(found("list-storm", &lists(3, 200, 1)).is_empty());
    }

    #[test]
    fn who_lists_every_day() {
        let with = |today: u32| {
            let mut lines = after_days(lists(3, today, 1));
            lines.extend(lists(1, 20, 1));
            lines
        };
        assert!(found("list-storm", &with(199)).is_empty());
        assert!(said("list-storm", &with(200))[0].ends_with("the busiest time of that length in the baseline had 20"));
    }
}
