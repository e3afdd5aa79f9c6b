//! Signed requests of a program that does not say what it is.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact};
use crate::detect::finding::{Finding, Severity};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule};
use crate::detect::shelf::Room;

/// The rule.
pub(crate) struct NoUserAgent {
    groups: Groups,
}

impl Rule for NoUserAgent {
    const ABOUT: &'static About = &About {
        id: "no-user-agent",
        title: "Signed requests without a user agent",
        severity: Severity::Low,
        tactic: "TA0005 Defense Evasion",
        technique: "T1078.004 Cloud Accounts",
        fires: "A user or a role signs a request that has no user agent: SDKs and the AWS CLI always send one. One finding for each requester.",
        unseen: "Services of AWS, and the source's records of copies, have none by nature and are left out.",
        next: "Find out which program it is. If nobody knows it, see what it did, and whether the requester's credentials have leaked.",
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::NO_CLIENT;

    fn new(_: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default() }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        self.groups.add(event.who.hash, event);
    }

    groups!();

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let finding = |(_, hits)| Finding::of(Self::ABOUT, hits, "no user agent").show("--user-agent", "-");
        self.groups.all().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{at, found};

    #[test]
    fn signed_and_nameless() {
        assert_eq!(found("no-user-agent", &[at(1, 0).agent("-"), at(1, 1).agent("-")])[0].count, 2);
        let near = [
            at(1, 0),
            at(1, 0).anonymous().agent("-"),
            at(1, 0).agent("-").requester("svc:cloudtrail.amazonaws.com"),
            at(1, 0).agent("-").operation("REST.COPY.OBJECT_GET"),
        ];
        assert!(found("no-user-agent", &near).is_empty());
    }
}
