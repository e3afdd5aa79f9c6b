//! Buckets that anyone can write to.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact};
use crate::detect::finding::{Finding, Severity, operations};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule};
use crate::detect::shelf::Room;
use crate::semantics::Access;

const CHANGES: u32 = fact::WRITTEN | fact::DELETED | fact::CONFIGURED;

/// The rule.
pub(crate) struct AnonymousWrite {
    groups: Groups,
}

impl Rule for AnonymousWrite {
    const ABOUT: &'static About = &About {
        id: "anonymous-write",
        title: "Objects or settings change without credentials",
        severity: Severity::High,
        tactic: "TA0040 Impact",
        technique: "T1565.001 Stored Data Manipulation",
        fires: "A request without a requester writes or deletes an object, or changes a setting, and succeeds. One finding for each bucket.",
        unseen: "Forms that a browser posts are signed by whoever made the form, and have a requester.",
        next: "Take the permission away (policy, ACL, public access block), then look at each object that was written or deleted; versions, \
               if there are any, bring deleted ones back.",
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::ANONYMOUS;

    fn new(_: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default() }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        if event.is(CHANGES) {
            self.groups.add(event.bucket, event);
        }
    }

    groups!();

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let is_change =
            |row: &crate::semantics::OperationInfo| matches!(row.access, Access::Write | Access::Delete | Access::Configure);
        let finding = |hits| {
            Finding::of(Self::ABOUT, hits, "changes without a requester succeed")
                .show("--operation", operations(is_change))
                .show("--where", "method!=GET")
                .show("--status", "2xx,304")
        };
        self.groups.all().map(|(_, hits)| finding(hits)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{at, found};

    #[test]
    fn any_change() {
        let write = at(1, 0).anonymous().operation("REST.PUT.OBJECT");
        let lines = [
            write.clone(),
            write.clone().operation("REST.DELETE.OBJECT").status("204 -"),
            write.clone().operation("REST.PUT.BUCKETPOLICY").key("-").status("204 -"),
        ];
        let [finding] = &found("anonymous-write", &lines)[..] else { panic!() };
        assert_eq!((finding.count, finding.severity.name()), (3, "high"));
        let lines = [
            write.clone().status("403 AccessDenied"),
            write.operation("REST.GET.BUCKETPOLICY").key("-"),
            at(1, 0).operation("REST.PUT.OBJECT"),
            at(1, 0).anonymous(),
        ];
        assert!(found("anonymous-write", &lines).is_empty());
    }
}
