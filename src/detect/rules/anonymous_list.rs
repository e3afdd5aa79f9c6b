//! Buckets whose names anyone can list.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact};
use crate::detect::finding::{Finding, Severity, operations};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule};
use crate::detect::shelf::Room;
use crate::semantics::Access;

/// The rule.
pub(crate) struct AnonymousList {
    groups: Groups,
}

impl Rule for AnonymousList {
    const ABOUT: &'static About = &About {
        id: "anonymous-list",
        title: "Names or settings are shown without credentials",
        severity: Severity::High,
        tactic: "TA0007 Discovery",
        technique: "T1619 Cloud Storage Object Discovery",
        fires: "A request without a requester lists the names in a bucket, or reads a setting of it, and succeeds. One finding for each bucket.",
        unseen: "What was in the listing is not logged, only the prefix in its URI.",
        next: "Names alone tell outsiders what to ask for. Turn on the public access block, or take the permission to list from the policy and \
               the ACL.",
        quiet_buckets: &["*public*"],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::ANONYMOUS;

    fn new(_: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default() }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        if event.is(fact::LISTED | fact::SETTING_READ) {
            self.groups.add(event.bucket, event);
        }
    }

    groups!();

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let is_shown = |row: &crate::semantics::OperationInfo| {
            row.access == Access::List && row.api != "HeadBucket"
                || row.name.starts_with("REST.GET.") && row.access == Access::Configure
                || row.api == "GetObjectAttributes"
        };
        let finding = |hits| {
            Finding::of(Self::ABOUT, hits, "listings without a requester succeed")
                .show("--operation", operations(is_shown))
                .show("--status", "2xx,304")
        };
        self.groups.all().map(|(_, hits)| finding(hits)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{at, found};

    #[test]
    fn a_listing() {
        let list = at(1, 0).anonymous().operation("REST.GET.BUCKET").key("-");
        let [finding] = &found("anonymous-list", &[list.clone(), list.clone().operation("REST.GET.ACL")])[..] else {
            panic!()
        };
        assert_eq!((finding.count, finding.touched.clone()), (2, None));
        let lines = [
            list.clone().operation("REST.HEAD.BUCKET"),
            list.clone().status("403 AccessDenied"),
            list.bucket("public-data"),
            at(1, 0).anonymous(),
            at(1, 0).operation("REST.GET.BUCKET").key("-"),
        ];
        assert!(found("anonymous-list", &lines).is_empty());
    }
}
