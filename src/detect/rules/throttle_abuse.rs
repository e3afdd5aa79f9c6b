//! Somebody who slows down everybody else.

use std::collections::BTreeMap;

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity};
use crate::detect::known::{Known, hits_of};
use crate::detect::profile::{Entry, Hour};
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;

/// The rule.
pub(crate) struct ThrottleAbuse {
    throttled: u64,
    share: f64,
}

/// An hour of a bucket in which requests were throttled.
#[derive(Default)]
struct Busy<'a> {
    requests: u64,
    throttled: u64,
    by: BTreeMap<u64, Vec<(&'a Entry, &'a Hour)>>,
}

impl Rule for ThrottleAbuse {
    const ABOUT: &'static About = &About {
        id: "throttle-abuse",
        title: "One actor's requests make S3 slow down others",
        severity: Severity::Medium,
        tactic: "TA0040 Impact",
        technique: "T1499.003 Application Exhaustion Flood",
        fires: "In an hour, S3 answers 50 requests of others on a bucket with 503 or 429, while one actor sends 80 % or more of the bucket's requests. One \
                finding for each actor and bucket.",
        unseen: "S3 limits rates by prefix, not by bucket, so the others may have been slowed down for another reason: compare the prefixes.",
        next: "Slow the actor down, or give it prefixes of its own.",
        thresholds: &[
            Threshold { name: "throttled", default: Setting::Count(50), meaning: "requests of others that were throttled in an hour" },
            Threshold { name: "share", default: Setting::Share(0.8), meaning: "the actor's part of all requests in that hour" },
        ],
        ..About::DEFAULT
    };

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { throttled: settings.number("throttled"), share: settings.share("share") }
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        // Most hours have none that was throttled: of those nothing is put together.
        let mut hours: BTreeMap<(&[u8], i64), Busy<'_>> = BTreeMap::new();
        let all = || known.entries().flat_map(|entry| entry.hours.iter().map(move |hour| (entry, hour)));
        for (entry, hour) in all().filter(|(_, hour)| hour.throttled > 0) {
            hours.entry((entry.bucket(), hour.hour)).or_default().throttled += u64::from(hour.throttled);
        }
        hours.retain(|_, busy| busy.throttled >= self.throttled);
        if hours.is_empty() {
            return Vec::new();
        }
        for (entry, hour) in all() {
            if let Some(busy) = hours.get_mut(&(entry.bucket(), hour.hour)) {
                busy.requests += u64::from(hour.requests);
                busy.by.entry(entry.actor).or_default().push((entry, hour));
            }
        }
        let mut guilty: BTreeMap<(&[u8], u64), (u64, Vec<(&Entry, &Hour)>)> = BTreeMap::new();
        for ((bucket, _), busy) in hours {
            for (actor, own) in busy.by {
                let sum = |of: fn(&Hour) -> u32| own.iter().map(|(_, hour)| u64::from(of(hour))).sum::<u64>();
                let others = busy.throttled - sum(|hour| hour.throttled);
                if others >= self.throttled && sum(|hour| hour.requests) as f64 >= self.share * busy.requests as f64 {
                    let (suffered, hours) = guilty.entry((bucket, actor)).or_default();
                    *suffered += others;
                    hours.extend(own);
                }
            }
        }
        let finding = |(others, hours): (u64, Vec<(&Entry, &Hour)>)| {
            let is_anonymous = hours.first().is_some_and(|(entry, _)| entry.kind == WhoKind::Anonymous);
            let (hits, requester) = hits_of(hours, u8::MAX);
            let why = format!("{others} requests of others were throttled (at least {}) in hours with its {} requests", self.throttled, hits.count);
            let finding = Finding::of_hours(Self::ABOUT, &hits, requester, why);
            if is_anonymous { finding.at_origin() } else { finding }
        };
        guilty.into_values().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{ALICE, DEPLOY, Line, at, found, said};

    fn hour(busy: u32, others: u32) -> Vec<Line> {
        let flood = (0..busy).map(|number| at(1, number % 3_600).requester(DEPLOY));
        let slowed = (0..others).map(|number| at(1, number % 3_600).requester(ALICE).status("503 SlowDown"));
        flood.chain(slowed).collect()
    }

    #[test]
    fn fifty_of_others() {
        assert_eq!(
            said("throttle-abuse", &hour(200, 50)),
            ["medium 200 50 requests of others were throttled (at least 50) in hours with its 200 requests"]
        );
        assert!(found("throttle-abuse", &hour(200, 49)).is_empty());
        assert!(found("throttle-abuse", &hour(199, 50)).is_empty());
        let own: Vec<_> = hour(200, 50).into_iter().map(|line| line.requester(DEPLOY)).collect();
        assert!(found("throttle-abuse", &own).is_empty());
    }
}
