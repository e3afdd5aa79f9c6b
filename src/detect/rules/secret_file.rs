//! Objects whose names say that they hold secrets.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact, mix};
use crate::detect::finding::{Finding, Severity, ending, operations};
use crate::detect::groups::Groups;
use crate::detect::hits::Hits;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::semantics::{Access, Event as LifeEvent};

/// The rule.
pub(crate) struct SecretFile {
    groups: Groups,
    names: Vec<String>,
    /// By the last byte of a key: whether any name ends in it.
    is_last: [bool; 256],
}

impl Rule for SecretFile {
    const ABOUT: &'static About = &About {
        id: "secret-file",
        title: "A file that holds secrets is read",
        severity: Severity::Medium,
        tactic: "TA0006 Credential Access",
        technique: "T1552.001 Credentials In Files",
        fires: "An object whose name ends in one of `names` is read: without credentials (high), or by somebody who read none in that bucket in the \
                baseline (medium). One finding for each requester and bucket; all without credentials are one.",
        unseen: "Names are all that is known of objects. Without a baseline, only reads without credentials are found.",
        next: "Whatever was in the file is known to whoever read it: change those credentials, then find out how it was read.",
        thresholds: &[Threshold {
            name: "names",
            default: Setting::Texts(&[
                ".env",
                ".pem",
                ".ppk",
                ".pfx",
                ".p12",
                ".jks",
                ".kdbx",
                "id_rsa",
                "id_dsa",
                "id_ecdsa",
                "id_ed25519",
                ".aws/credentials",
                ".git-credentials",
                ".npmrc",
                ".pypirc",
                ".pgpass",
                ".netrc",
                ".htpasswd",
                ".tfstate",
                "wp-config.php",
                "shadow",
                ".sql",
                ".sql.gz",
                ".dump",
            ]),
            meaning: "what a name ends in",
        }],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::READ;

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        let names: Vec<_> = settings.texts("names").iter().map(|name| name.to_ascii_lowercase()).collect();
        let mut is_last = [false; 256];
        for last in names.iter().filter_map(|name| name.bytes().last()) {
            is_last[usize::from(last)] = true;
            is_last[usize::from(last.to_ascii_uppercase())] = true;
        }
        Self { groups: Groups::default(), names, is_last }
    }

    #[inline]
    fn add(&mut self, event: &Event<'_, '_>) {
        let Some(key) = event.record.key() else { return };
        if key.last().is_some_and(|last| self.is_last[usize::from(*last)]) && self.holds(key) {
            self.groups.add(mix(event.bucket, event.party()), event);
        }
    }

    groups!();

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        self.groups.all().filter_map(|(_, hits)| self.finding(hits, known)).collect()
    }
}

impl SecretFile {
    fn holds(&self, key: &[u8]) -> bool {
        self.names.iter().any(|name| {
            key.len().checked_sub(name.len()).is_some_and(|start| key[start..].eq_ignore_ascii_case(name.as_bytes()))
        })
    }

    fn finding(&self, hits: &Hits, known: &Known<'_>) -> Option<Finding> {
        let (severity, why) = match hits.identity() {
            None => (Severity::High, "read without credentials"),
            Some(_) if known.is_judged_at(hits.seen.first) => {
                (Severity::Medium, "by somebody who read no such file in this bucket in the baseline")
            }
            Some(_) => return None,
        };
        let is_read = |row: &crate::semantics::OperationInfo| {
            row.access == Access::Read && !matches!(row.event, Some(LifeEvent::ReadForCopy | LifeEvent::SettingsRead))
        };
        let names: Vec<_> = self.names.iter().map(|name| ending(name)).collect();
        let finding = Finding::of(Self::ABOUT, hits, why)
            .severity(severity)
            .show("--operation", operations(is_read))
            .show("--key", names.join(","))
            .show("--status", "2xx,304");
        Some(if severity == Severity::High { finding.at_address() } else { finding })
    }
}


#[cfg(test)]
mod tests {
    use crate::detect::testing::{STRANGER, at, ordinary, said};

    #[test]
    fn without_credentials() {
        let read = at(1, 0).anonymous().key("backup/.ENV");
        let lines = [read.clone(), read.clone().key("x/terraform.tfstate"), read.clone().key("keys/id_rsa")];
        assert_eq!(said("secret-file", &lines), ["high 3 read without credentials"]);
        let near = [read.clone().key("env"), read.clone().key(".env.txt"), read.status("404 NoSuchKey"), at(1, 0).key("a.pem")];
        assert!(said("secret-file", &near).is_empty());
    }

    #[test]
    fn by_somebody_new_to_it() {
        let mut lines: Vec<_> = (1..4).flat_map(ordinary).collect();
        lines.push(at(3, 50).requester(STRANGER).key("a.pem"));
        assert_eq!(
            said("secret-file", &lines),
            ["medium 1 by somebody who read no such file in this bucket in the baseline"]
        );
        // In the first day, which is learned from.
        lines.push(at(1, 50).requester(STRANGER).key("b.pem"));
        assert!(said("secret-file", &lines).is_empty());
    }
}
