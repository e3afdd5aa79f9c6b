//! Many objects deleted.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact, mix};
use crate::detect::finding::{Finding, Severity, operations};
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::detect::slot::Requests;
use crate::detect::window::{Storm, Window, Windows};
use crate::semantics::{Access, Event as LifeEvent};

/// The rule.
pub(crate) struct MassDelete {
    windows: Windows,
    deletes: u64,
    factor: u64,
}

impl Rule for MassDelete {
    const ABOUT: &'static About = &About {
        id: "mass-delete",
        title: "Many objects are deleted",
        severity: Severity::Medium,
        tactic: "TA0040 Impact",
        technique: "T1485 Data Destruction",
        fires: "An actor deletes 50 different objects in an hour, each object of a batch counted, and more than twice as many as in the busiest hour of \
                its baseline. High if the actor did nothing at all in the baseline, or has no credentials. Low without a baseline.",
        unseen: "What lifecycle rules delete, because the owner of the bucket set them: see config-change. Whether versions are left.",
        next: "See which objects, and whether versions of them are left (delete markers are removed to bring them back). If nobody ordered it, take \
               the actor's credentials away first.",
        thresholds: &[
            Threshold { name: "deletes", default: Setting::Count(50), meaning: "different objects deleted" },
            Threshold { name: "window", default: Setting::Seconds(3_600), meaning: "within this time" },
            Threshold { name: "factor", default: Setting::Count(2), meaning: "times the busiest hour of the baseline" },
        ],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::DELETED;

    fn new(settings: &RuleSettings, room: &Room) -> Self {
        Self {
            windows: Windows::new(settings.number("window"), room),
            deletes: settings.number("deletes"),
            factor: settings.number("factor"),
        }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        self.windows.add(event.actor(), event, mix(event.bucket, event.key));
    }

    windows!();

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let is_storm = |window: &Window<'_, Requests>, usual: u64| {
            window.count() > usual.saturating_mul(self.factor) && window.differs(self.deletes)
        };
        let storms = self.windows.storms(known, is_storm);
        let finding = |storm: Storm| {
            let hits = &storm.hits;
            let is_stranger = known.learned(storm.actor).is_none();
            let is_anonymous = hits.identity().is_none();
            let (severity, of_whom) = match (is_anonymous, known.baseline) {
                (true, _) => (Severity::High, "without credentials"),
                (false, None) => (Severity::Low, "by somebody of whom nothing is known: there is no baseline"),
                (false, Some(_)) if is_stranger => (Severity::High, "by somebody who is not in the baseline"),
                (false, Some(_)) => (Severity::Medium, "by somebody who is in the baseline"),
            };
            let why = format!(
                "{} deletions (at least {} in {} s) {of_whom}; {}",
                hits.count,
                self.deletes,
                self.windows.seconds(),
                storm.compared(known)
            );
            let deletes = operations(|row| {
                row.access == Access::Delete && matches!(row.event, Some(LifeEvent::Deleted | LifeEvent::DeletedInBatch))
            });
            let finding = Finding::of(Self::ABOUT, hits, why)
                .severity(severity)
                .show("--operation", deletes)
                .show("--status", "2xx,304");
            if is_anonymous { finding.at_origin() } else { finding }
        };
        storms.into_iter().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{DEPLOY, Line, STRANGER, at, found, ordinary, said};

    fn deletes(day: u32, count: u32, every: u32, who: &str) -> Vec<Line> {
        let one = |number: u32| {
            let operation = if number.is_multiple_of(2) { "BATCH.DELETE.OBJECT" } else { "REST.DELETE.OBJECT" };
            at(day, number * every).requester(who).operation(operation).key(format!("k{number}")).status("204 -")
        };
        (0..count).map(one).collect()
    }

    fn with_days(mut lines: Vec<Line>) -> Vec<Line> {
        lines.extend((1..4).flat_map(ordinary));
        lines
    }

    #[test]
    fn fifty_in_an_hour() {
        assert!(said("mass-delete", &with_days(deletes(3, 50, 72, STRANGER)))[0].starts_with(
            "high 50 50 deletions (at least 50 in 3600 s) by somebody who is not in the baseline; none in the baseline"
        ));
        assert!(said("mass-delete", &with_days(deletes(3, 50, 1, DEPLOY)))[0].starts_with("medium 50"));
        assert!(said("mass-delete", &deletes(3, 50, 1, DEPLOY))[0].starts_with("low 50"));
        for near in [deletes(3, 49, 1, STRANGER), deletes(3, 50, 90, STRANGER), deletes(1, 500, 1, STRANGER)] {
            assert!(found("mass-delete", &with_days(near)).is_empty());
        }
    }

    #[test]
    fn what_does_not_count() {
        let ours: Vec<_> = deletes(3, 90, 1, "AmazonS3").into_iter().map(|line| line.operation("S3.EXPIRE.OBJECT").ip("-")).collect();
        assert!(found("mass-delete", &with_days(ours)).is_empty());
        let whole: Vec<_> =
            deletes(3, 90, 1, STRANGER).into_iter().map(|line| line.operation("REST.POST.MULTI_OBJECT_DELETE").key("-")).collect();
        assert!(found("mass-delete", &with_days(whole)).is_empty());
    }

    #[test]
    fn who_deletes_every_day() {
        let mut lines = with_days(deletes(3, 120, 1, DEPLOY));
        lines.extend(deletes(1, 60, 1, DEPLOY));
        assert!(found("mass-delete", &lines).is_empty());
        lines.extend(deletes(3, 1, 1, DEPLOY).into_iter().map(|line| line.key("one-more")));
        assert_eq!(said("mass-delete", &lines).len(), 1);
    }
}
