//! Settings of buckets that protect what is in them.

use std::collections::{HashMap, HashSet};

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact, hash, mix};
use crate::detect::finding::{Finding, Severity, glob};
use crate::detect::groups::Groups;
use crate::detect::hits::Hits;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::record::Field;

/// The settings that are looked at, by the end of the operation's name, and how much it matters that one is changed.
const LOOKED_AT: &[(&str, Severity)] = &[
    ("DELETE.PUBLIC_ACCESS_BLOCK", Severity::High),
    ("PUT.PUBLIC_ACCESS_BLOCK", Severity::Medium),
    ("PUT.LOGGING_STATUS", Severity::Medium),
    ("PUT.BUCKETPOLICY", Severity::Medium),
    ("DELETE.BUCKETPOLICY", Severity::Medium),
    ("PUT.ACL", Severity::Medium),
    ("PUT.VERSIONING", Severity::Medium),
    ("PUT.LIFECYCLE", Severity::Medium),
    ("DELETE.LIFECYCLE", Severity::Low),
    ("PUT.REPLICATION", Severity::Medium),
    ("DELETE.REPLICATION", Severity::Medium),
    ("PUT.WEBSITE", Severity::Medium),
    ("DELETE.WEBSITE", Severity::Low),
    ("PUT.OBJECT_LOCK_CONFIGURATION", Severity::Medium),
    ("PUT.OWNERSHIP_CONTROLS", Severity::Medium),
    ("DELETE.OWNERSHIP_CONTROLS", Severity::Medium),
    ("PUT.ENCRYPTION", Severity::Medium),
    ("DELETE.ENCRYPTION", Severity::Medium),
    ("PUT.OBJECT_RETENTION", Severity::Low),
    ("PUT.RETENTION", Severity::Low),
    ("PUT.OBJECT_LEGAL_HOLD", Severity::Low),
    ("PUT.LEGAL_HOLD", Severity::Low),
];

fn looked_at(operation: &[u8]) -> Option<Severity> {
    let name = operation.strip_prefix(b"REST.")?;
    LOOKED_AT.iter().find(|(end, _)| end.as_bytes() == name).map(|(_, severity)| *severity)
}

/// The rule.
pub(crate) struct ConfigChange {
    groups: Groups,
    silence: i64,
}

impl Rule for ConfigChange {
    const ABOUT: &'static About = &About {
        id: "config-change",
        title: "A setting that protects a bucket is changed",
        severity: Severity::Medium,
        tactic: "TA0005 Defense Evasion",
        technique: "T1562.008 Disable or Modify Cloud Logs",
        fires: "Somebody changes the policy, an ACL, the public access block, logging, versioning, lifecycle, replication, website, object lock, \
                ownership or encryption of a bucket, or the retention of an object. High: the public access block is deleted, or logging is changed \
                and the bucket's logs end after it while those of others go on. Low: an object's ACL or retention, or somebody who changed the same setting \
                of any bucket in the baseline. One finding for each actor, bucket and operation.",
        unseen: "The body of a request is not logged: whether a policy opens a bucket, or logging is turned on or off, cannot be told.",
        next: "Compare the setting with what it should be; CloudTrail has the bodies. If it is not wanted, put it back before anything else, and \
               look at what the same actor did: see the command.",
        thresholds: &[Threshold {
            name: "silence",
            default: Setting::Seconds(24 * 3_600),
            meaning: "for how long a bucket has to be without logs after a change of logging",
        }],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::CONFIGURED;

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default(), silence: (settings.number("silence") / 3_600).max(1) as i64 }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        let operation = event.record.operation().text();
        if looked_at(operation).is_some() {
            let is_object = u64::from(event.record.key().is_some());
            let group = mix(mix(event.bucket, event.who.hash), mix(hash(operation), is_object));
            self.groups.add(group, event);
        }
    }

    groups!();

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        // When each bucket was last seen, and who changed what in the baseline: both for all findings at once.
        let mut ends: HashMap<&[u8], i64> = HashMap::new();
        for (entry, last) in known.entries().filter_map(|entry| entry.hours.last().map(|last| (entry, last.hour))) {
            let end = ends.entry(entry.bucket()).or_insert(last);
            *end = last.max(*end);
        }
        let is_usual = |hits: &&Hits| known.baseline.is_some() && !known.is_judged_at(hits.seen.first);
        let usual = self.groups.all().map(|(_, hits)| hits).filter(is_usual).filter_map(Change::of).collect();
        self.groups.all().filter_map(|(_, hits)| self.finding(hits, known, &usual, &ends)).collect()
    }
}

/// Who changed which setting, of a bucket or of objects.
#[derive(PartialEq, Eq, Hash)]
struct Change<'h> {
    identity: Option<&'h [u8]>,
    operation: &'h [u8],
    is_of_object: bool,
}

impl<'h> Change<'h> {
    fn of(hits: &'h Hits) -> Option<Self> {
        let operation = hits.examples.list().first()?.get(Field::Operation)?;
        Some(Self { identity: hits.identity(), operation, is_of_object: hits.keys.text().is_some() })
    }
}

impl ConfigChange {
    fn finding(
        &self,
        hits: &Hits,
        known: &Known<'_>,
        usual: &HashSet<Change<'_>>,
        ends: &HashMap<&[u8], i64>,
    ) -> Option<Finding> {
        let change = Change::of(hits)?;
        let operation = change.operation;
        let bucket = hits.buckets.only().unwrap_or_default();
        let mut severity = looked_at(operation)?;
        let mut why = format!("{} by somebody", String::from_utf8_lossy(operation));
        if change.identity.is_some() && usual.contains(&change) {
            why += " who changed this setting before";
            severity = severity.min(Severity::Low);
        } else if known.baseline.is_some() {
            why += " who did not change it in the baseline";
        }
        if operation == b"REST.PUT.ACL" && change.is_of_object {
            severity = severity.min(Severity::Low);
        }
        if operation == b"REST.PUT.LOGGING_STATUS"
            && let Some(silent) = self.silent_after(ends.get(bucket).copied(), hits, known)
        {
            severity = Severity::High;
            why += &format!("; no logs of this bucket for {silent} hours after it, while other buckets have some");
        }
        let shown = Finding::of(Self::ABOUT, hits, why)
            .severity(severity)
            .show("--operation", glob(operation))
            .show("--status", "2xx,304");
        Some(shown.show("--key", if change.is_of_object { "*" } else { "-" }))
    }

    /// For how many hours there is nothing of a bucket after the last of these requests, up to the end of the logs, if that is long.
    fn silent_after(&self, last_of_bucket: Option<i64>, hits: &Hits, known: &Known<'_>) -> Option<i64> {
        /// Requests that were on their way are logged still.
        const MARGIN: i64 = 1;
        let (_, last) = known.hours?;
        let changed = hits.seen.last.millis().div_euclid(3_600_000);
        let last_of_bucket = last_of_bucket?;
        let silent = last - last_of_bucket;
        (last_of_bucket <= changed + MARGIN && silent >= self.silence).then_some(silent)
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, at, ordinary, said};

    fn change(operation: &str) -> Line {
        at(4, 0).operation(operation).key("-").status("204 -").requester(crate::detect::testing::STRANGER)
    }

    #[test]
    fn settings_that_protect() {
        let said = |operation: &str| said("config-change", &[change(operation)]);
        assert_eq!(said("REST.PUT.BUCKETPOLICY"), ["medium 1 REST.PUT.BUCKETPOLICY by somebody"]);
        assert!(said("REST.DELETE.PUBLIC_ACCESS_BLOCK")[0].starts_with("high 1"));
        for harmless in ["REST.PUT.TAGGING", "REST.GET.BUCKETPOLICY", "REST.PUT.METRICS", "REST.GET.ACL"] {
            assert!(said(harmless).is_empty(), "{harmless}");
        }
        let refused = change("REST.PUT.BUCKETPOLICY").status("403 AccessDenied");
        assert!(super::super::super::testing::found("config-change", &[refused]).is_empty());
    }

    #[test]
    fn what_is_usual_matters_less() {
        let mut lines: Vec<_> = (1..4).flat_map(ordinary).collect();
        lines.push(change("REST.PUT.BUCKETPOLICY"));
        assert_eq!(
            said("config-change", &lines),
            ["medium 1 REST.PUT.BUCKETPOLICY by somebody who did not change it in the baseline"]
        );
        // Another setting, or tags of objects, are no reason to trust them with this one.
        let before = |operation: &str| at(1, 30).operation(operation).requester(crate::detect::testing::STRANGER);
        lines.push(before("REST.PUT.OBJECT_TAGGING"));
        lines.push(before("REST.PUT.ENCRYPTION").key("-"));
        assert!(said("config-change", &lines)[0].starts_with("medium 1 REST.PUT.BUCKETPOLICY"), "{:?}", said("config-change", &lines));
        lines.push(before("REST.PUT.BUCKETPOLICY").key("-").bucket("other"));
        let said = said("config-change", &lines);
        assert!(said.contains(&"low 1 REST.PUT.BUCKETPOLICY by somebody who changed this setting before".into()), "{said:?}");
        assert!(!said.iter().any(|one| one.starts_with("medium 1 REST.PUT.BUCKETPOLICY")), "{said:?}");
    }

    #[test]
    fn silence_after_logging() {
        let lines = |quiet: u32| {
            let mut lines = vec![change("REST.PUT.LOGGING_STATUS").bucket("trail"), at(3, 0).bucket("trail")];
            lines.extend((0..=quiet).map(|hour| at(4, hour * 3_600)));
            lines
        };
        let of = |quiet| said("config-change", &lines(quiet));
        assert!(of(24)[0].contains("no logs of this bucket for 24 hours"), "{:?}", of(24));
        assert!(of(24)[0].starts_with("high") && of(23)[0].starts_with("medium"));
        let mut goes_on = lines(40);
        goes_on.push(at(4, 2 * 3_600).bucket("trail"));
        assert!(said("config-change", &goes_on)[0].starts_with("medium"));
    }
}
