//! Versions deleted for good.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, WhoKind, fact, mix};
use crate::detect::finding::{Finding, Severity, operations};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::event::kind;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::semantics::{Access, Event as LifeEvent, names_version};

/// The rule.
pub(crate) struct VersionDelete {
    groups: Groups,
    versions: u64,
}

impl Rule for VersionDelete {
    const ABOUT: &'static About = &About {
        id: "version-delete",
        title: "Versions are deleted by somebody who never did",
        severity: Severity::High,
        tactic: "TA0040 Impact",
        technique: "T1490 Inhibit System Recovery",
        fires: "A requester deletes 5 versions of objects, by their version ids, and deleted none in the baseline. Then nothing brings the object back. \
                One finding for each requester and bucket.",
        unseen: "A batch logs a version id also where only a delete marker was put; such records count. Lifecycle rules that delete old versions \
                 are S3's own work: see config-change.",
        next: "Take the requester's permission s3:DeleteObjectVersion away. Copies elsewhere (replication, backups) are what is left.",
        thresholds: &[Threshold { name: "versions", default: Setting::Count(5), meaning: "versions deleted" }],
        needs_history: true,
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::DELETED;

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default(), versions: settings.number("versions") }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        if event.who.kind != WhoKind::Service && names_version(event.record) {
            self.groups.add(mix(event.bucket, event.actor()), event);
        }
    }

    groups!();

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let deletes = operations(|row| {
            row.access == Access::Delete && matches!(row.event, Some(LifeEvent::Deleted | LifeEvent::DeletedInBatch))
        });
        let finding = |hits: &crate::detect::hits::Hits| {
            let actor = known.actor_of(hits);
            let is_usual = known.learned(actor).is_some_and(|kinds| kinds & kind::VERSION_DELETE != 0);
            let is_new = hits.count >= self.versions && known.is_judged_at(hits.seen.first) && !is_usual;
            is_new.then(|| {
                let why = format!("{} versions deleted (at least {}), none in the baseline", hits.count, self.versions);
                Finding::of(Self::ABOUT, hits, why)
                    .show("--operation", deletes.clone())
                    .show("--where", "version_id!=-")
                    .show("--status", "2xx,304")
            })
        };
        self.groups.all().filter_map(|(_, hits)| finding(hits)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, STRANGER, at, found, ordinary, said};

    fn deletes(day: u32, count: u32) -> Vec<Line> {
        let delete = |number: u32| {
            at(day, number)
                .requester(STRANGER)
                .operation("REST.DELETE.OBJECT")
                .uri("DELETE /k?versionId=v1 HTTP/1.1")
                .version(format!("v{number}"))
                .status("204 -")
        };
        (0..count).map(delete).chain((1..4).flat_map(ordinary)).collect()
    }

    #[test]
    fn by_somebody_who_never_did() {
        assert_eq!(said("version-delete", &deletes(3, 5)), ["high 5 5 versions deleted (at least 5), none in the baseline"]);
        assert!(found("version-delete", &deletes(3, 4)).is_empty());
        assert!(found("version-delete", &[deletes(3, 9), deletes(1, 1)].concat()).is_empty());
        let markers: Vec<_> = deletes(3, 9).into_iter().map(|line| line.uri("DELETE /k HTTP/1.1")).collect();
        assert!(found("version-delete", &markers).is_empty());
    }
}
