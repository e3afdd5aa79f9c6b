//! Objects that anyone can read.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact};
use crate::detect::finding::{Finding, Severity, operations};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule};
use crate::detect::shelf::Room;
use crate::semantics::{Access, Event as LifeEvent};

/// The rule.
pub(crate) struct AnonymousRead {
    groups: Groups,
}

impl Rule for AnonymousRead {
    const ABOUT: &'static About = &About {
        id: "anonymous-read",
        title: "Objects are read without credentials",
        severity: Severity::Medium,
        tactic: "TA0009 Collection",
        technique: "T1530 Data from Cloud Storage",
        fires: "A request without a requester reads an object, or its head, and succeeds. One finding for each bucket.",
        unseen: "Requests to website endpoints are left out, and buckets that are named public. Reads through presigned URLs have a \
                 requester. Reads through CloudFront have the distribution as their requester.",
        next: "If the bucket is not meant to be public, turn on its public access block, then look at what was read: its policy or an ACL \
               allows it. If it is, name it in `allow`.",
        quiet_buckets: &["*public*"],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::ANONYMOUS;

    fn new(_: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default() }
    }

    #[inline]
    fn add(&mut self, event: &Event<'_, '_>) {
        if event.is(fact::READ) && !event.is_website() {
            self.groups.add(event.bucket, event);
        }
    }

    groups!();

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let is_read = |row: &crate::semantics::OperationInfo| {
            row.access == Access::Read
                && !matches!(row.event, Some(LifeEvent::ReadForCopy | LifeEvent::SettingsRead))
                && !row.name.starts_with("WEBSITE.")
        };
        let finding = |hits| {
            Finding::of(Self::ABOUT, hits, "reads without a requester succeed")
                .show("--operation", operations(is_read))
                .show("--status", "2xx,304")
        };
        self.groups.all().map(|(_, hits)| finding(hits)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{at, found};

    #[test]
    fn a_success_without_a_requester() {
        let lines = [at(1, 0).anonymous(), at(1, 9).anonymous().operation("REST.HEAD.OBJECT").ip("198.51.100.1")];
        let [finding] = &found("anonymous-read", &lines)[..] else { panic!() };
        assert_eq!((finding.count, finding.addresses.texts().len()), (2, 2));
        assert_eq!(finding.touched.as_deref(), Some(&b"a/1"[..]));
    }

    #[test]
    fn near_misses() {
        let read = at(1, 0).anonymous();
        let lines = [
            at(1, 0),
            read.clone().status("403 AccessDenied"),
            read.clone().operation("WEBSITE.GET.OBJECT"),
            read.clone().bucket("acme-public-site"),
            read.clone().operation("REST.OPTIONS.PREFLIGHT"),
            read.operation("REST.PUT.OBJECT"),
        ];
        assert!(found("anonymous-read", &lines).is_empty());
    }
}
