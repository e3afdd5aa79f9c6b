//! Roles that do what they never did.

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity};
use crate::detect::known::{Known, hits_of};
use crate::detect::event::kind;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;

/// What matters most if it is new.
const CHANGES: u8 = kind::WRITE | kind::DELETE | kind::CONFIGURE | kind::VERSION_DELETE;

/// The rule.
pub(crate) struct RoleMisuse {
    requests: u64,
}

impl Rule for RoleMisuse {
    const ABOUT: &'static About = &About {
        id: "role-misuse",
        title: "A role does kinds of things that it never did",
        severity: Severity::Medium,
        tactic: "TA0004 Privilege Escalation",
        technique: "T1078.004 Cloud Accounts",
        fires: "A role with 100 requests in the baseline does a kind of thing after it that it did not do in it: writes, deletes, deletes versions, changes settings \
                (medium); reads or lists (low). Roles of automation do the same things every day. One finding for each role.",
        unseen: "Users: people do new things. A role that does more of the same: see bulk-read, mass-delete. Roles with fewer requests in the baseline.",
        next: "See who assumed the role (CloudTrail: AssumeRole) and whether its task has changed.",
        thresholds: &[Threshold { name: "requests", default: Setting::Count(100), meaning: "requests in the baseline" }],
        needs_history: true,
        ..About::DEFAULT
    };

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { requests: settings.number("requests") }
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for (_, entries) in known.actors().into_iter().filter(|(_, entries)| entries[0].kind == WhoKind::Role) {
            let hours = || entries.iter().flat_map(|entry| &entry.hours);
            let learned = || hours().filter(|hour| known.is_learned(hour.hour));
            let before = learned().map(|hour| u64::from(hour.requests)).sum::<u64>();
            let usual = learned().fold(0, |kinds, hour| kinds | hour.kinds);
            let new = hours().filter(|hour| known.is_judged(hour.hour)).fold(0, |kinds, hour| kinds | hour.kinds) & !usual & !kind::SETTING_READ;
            if before < self.requests || new == 0 {
                continue;
            }
            let has_new = |hour: &&crate::detect::profile::Hour| known.is_judged(hour.hour) && hour.kinds & new != 0;
            let with: Vec<i64> = hours().filter(has_new).map(|hour| hour.hour).collect();
            let range = with.iter().copied().min().unwrap_or_default()..=with.iter().copied().max().unwrap_or_default();
            let (hits, requester) = hits_of(entries.iter().flat_map(|entry| {
                let range = range.clone();
                entry.hours.iter().filter(move |hour| range.contains(&hour.hour)).map(move |hour| (*entry, hour))
            }), new);
            let names = |kinds: u8| {
                let names = kind::NAMES.iter().filter(|(bit, _)| bit & kinds != 0).map(|(_, name)| *name);
                names.collect::<Vec<_>>().join(", ")
            };
            let why = format!("{} for the first time; in the baseline it {}", names(new), names(usual));
            let severity = if new & CHANGES == 0 { Severity::Low } else { Severity::Medium };
            found.push(Finding::of_hours(Self::ABOUT, &hits, requester, why).severity(severity));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{ALICE, DEPLOY, Line, at, found, said};

    fn with(count: u32, who: &str, line: Line) -> Vec<Line> {
        let reads = (0..count).map(|number| at(1, number * 60).requester(who));
        reads.chain([at(2, 0), at(3, 0), line.requester(who)]).collect()
    }

    #[test]
    fn what_it_never_did() {
        let delete = at(3, 100).operation("REST.DELETE.OBJECT").status("204 -");
        assert_eq!(
            said("role-misuse", &with(100, DEPLOY, delete.clone())),
            ["medium 1 deletes for the first time; in the baseline it reads"]
        );
        let list = at(3, 100).operation("REST.GET.BUCKET").key("-");
        assert!(said("role-misuse", &with(100, DEPLOY, list))[0].starts_with("low"));
        assert!(found("role-misuse", &with(99, DEPLOY, delete.clone())).is_empty());
        assert!(found("role-misuse", &with(100, ALICE, delete.clone())).is_empty());
        assert!(found("role-misuse", &with(100, DEPLOY, delete.status("403 AccessDenied"))).is_empty());
        assert!(found("role-misuse", &with(100, DEPLOY, at(3, 100))).is_empty());
    }
}
