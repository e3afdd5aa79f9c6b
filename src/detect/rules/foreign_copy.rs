//! Objects that another account copies.

use std::collections::BTreeMap;

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, WhoKind, fact, mix};
use crate::detect::finding::{Finding, Severity};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::record::{Field, Requester};

/// The rule.
pub(crate) struct ForeignCopy {
    groups: Groups,
    accounts: Vec<String>,
}

impl Rule for ForeignCopy {
    const ABOUT: &'static About = &About {
        id: "foreign-copy",
        title: "Another account copies objects",
        severity: Severity::High,
        tactic: "TA0010 Exfiltration",
        technique: "T1537 Transfer Data to Cloud Account",
        fires: "A requester of another account reads objects to copy them (REST.COPY.OBJECT_GET, REST.COPY.PART_GET). The bucket's own account is the \
                one with the most requests on it; `accounts` names others that are yours. One finding for each requester and bucket.",
        unseen: "Where the copies go is in the log of the other bucket. An account that reads and writes, in place of copying, leaves plain \
                 reads: see bulk-read. A bucket on which only other accounts, or no ARNs, are seen has no account of its own here.",
        next: "Find out whose account it is. If it is nobody's you know, take its permission from the policy; what was copied is gone.",
        thresholds: &[Threshold { name: "accounts", default: Setting::Texts(&[]), meaning: "accounts that may copy" }],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::COPIED;

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default(), accounts: settings.texts("accounts").to_vec() }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        let is_owner = event.record.get(Field::Requester) == event.record.get(Field::BucketOwner);
        if matches!(event.who.kind, WhoKind::User | WhoKind::Role) && !is_owner {
            self.groups.add(mix(event.bucket, event.who.hash), event);
        }
    }

    groups!();

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let mut own: BTreeMap<&[u8], BTreeMap<Vec<u8>, u64>> = BTreeMap::new();
        for entry in known.entries() {
            let Some(account) = Requester::new(entry.requester()).account() else { continue };
            let requests: u64 = entry.hours.iter().map(|hour| u64::from(hour.requests)).sum();
            *own.entry(entry.bucket()).or_default().entry(account.to_vec()).or_default() += requests;
        }
        let finding = |hits: &crate::detect::hits::Hits| {
            let example = hits.examples.list().first()?;
            // Of equal counts the greatest account, so that it is always the same.
            let accounts = own.get(example.get(Field::Bucket)?)?;
            let (own, _) = accounts.iter().max_by_key(|(account, requests)| (**requests, (*account).clone()))?;
            let account = Requester::new(example.get(Field::Requester)?).account();
            let is_known = |account: &[u8]| {
                account == own.as_slice() || self.accounts.iter().any(|known| known.as_bytes() == account)
            };
            if account.is_some_and(is_known) {
                return None;
            }
            let text = |account: &[u8]| String::from_utf8_lossy(account).into_owned();
            let whose = account.map_or_else(|| "no account that is named".to_owned(), |account| format!("account {}", text(account)));
            let why = format!("copied by {whose}, not {}", text(own));
            Some(
                Finding::of(Self::ABOUT, hits, why)
                    .show("--operation", "REST.COPY.OBJECT_GET,REST.COPY.PART_GET")
                    .show("--status", "2xx,304"),
            )
        };
        self.groups.all().filter_map(|(_, hits)| finding(hits)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, STRANGER, at, found, found_with, said, settings};

    fn copies() -> Vec<Line> {
        let copy = at(1, 60).operation("REST.COPY.OBJECT_GET").uri("-").requester(STRANGER);
        vec![at(1, 0), at(1, 1), copy.clone(), copy.key("a/2")].into_iter().chain([at(1, 2)]).collect()
    }

    #[test]
    fn by_another_account() {
        assert_eq!(said("foreign-copy", &copies()), ["high 2 copied by account 999988887777, not 111122223333"]);
        let own = settings("[rules.foreign-copy]\naccounts = [\"999988887777\"]\n");
        assert!(found_with("foreign-copy", own, None, &copies()).is_empty());
        let near = [at(1, 0).operation("REST.COPY.OBJECT_GET"), at(1, 0).requester(STRANGER), at(1, 0)];
        assert!(found("foreign-copy", &near).is_empty());
    }
}
