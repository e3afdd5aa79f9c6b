//! Presigned URLs that are valid for long.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact, mix};
use crate::detect::finding::{Finding, Severity};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::semantics::Presigned;

/// The rule.
pub(crate) struct PresignedLong {
    groups: Groups,
    lifetime: u64,
}

impl Rule for PresignedLong {
    const ABOUT: &'static About = &About {
        id: "presigned-long",
        title: "Presigned URLs are valid for more than a day",
        severity: Severity::Low,
        tactic: "TA0009 Collection",
        technique: "T1550 Use Alternate Authentication Material",
        fires: "A presigned URL is used with success that is valid for more than a day in all; of Signature Version 2, where only the end is known, for more \
                than a day from then on. One finding for each requester and bucket. The command shows all presigned requests.",
        unseen: "URLs that nobody used. A URL ends earlier than it says if temporary credentials signed it.",
        next: "Let whoever signs them ask for minutes; a policy with s3:signatureAge refuses older ones.",
        thresholds: &[Threshold { name: "lifetime", default: Setting::Seconds(24 * 3_600), meaning: "for how long a URL may be valid" }],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::PRESIGNED;

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default(), lifetime: settings.number("lifetime").saturating_mul(1_000) }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        let is_long = || Presigned::of(event.record).and_then(|url| url.lifetime).is_some_and(|time| time > self.lifetime);
        if event.is(fact::READ | fact::WRITTEN | fact::LISTED) && is_long() {
            self.groups.add(mix(event.bucket, event.who.hash), event);
        }
    }

    groups!();

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let why = format!("valid for more than {} h", self.lifetime / 3_600_000);
        let finding = |(_, hits)| {
            Finding::of(Self::ABOUT, hits, why.clone())
                .show("--where", "authentication_type=QueryString")
                .show("--status", "2xx,304")
        };
        self.groups.all().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{at, found};

    #[test]
    fn more_than_a_day() {
        let with = |seconds: u32| {
            let uri = format!("GET /a/1?X-Amz-Date=20260801T000000Z&X-Amz-Expires={seconds}&X-Amz-Signature=ab HTTP/1.1");
            let line = at(1, 0).uri(uri);
            let tail = line.tail.replace("AuthHeader", "QueryString");
            line.tail(tail)
        };
        assert_eq!(found("presigned-long", &[with(86_401), with(604_800)])[0].count, 2);
        assert!(found("presigned-long", &[with(86_400), at(1, 0), with(604_800).status("403 AccessDenied")]).is_empty());
    }
}
