//! Notes that extortionists leave.

use aho_corasick::AhoCorasick;
use anyhow::Context as _;

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact, mix};
use crate::detect::finding::{Finding, Severity, holding, operations};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::semantics::{Access, Event as LifeEvent};

/// The rule.
pub(crate) struct RansomNote {
    groups: Groups,
    names: Vec<String>,
    /// Finds any of them, in one pass over a key. `None` if they are too many for that, which [`Rule::check`] refuses.
    finder: Option<AhoCorasick>,
}

impl Rule for RansomNote {
    const ABOUT: &'static About = &About {
        id: "ransom-note",
        title: "An object is named like a ransom note",
        severity: Severity::High,
        tactic: "TA0040 Impact",
        technique: "T1486 Data Encrypted for Impact",
        fires: "An object is written whose name holds one of `names`, in upper or lower case. One finding for each actor and bucket.",
        unseen: "What is in the object is not logged, and a note can have any name.",
        next: "Read the object. If it is what it looks like, take the actor's credentials away first, then see what it deleted or overwrote, \
               and whether versions of it are left.",
        thresholds: &[Threshold {
            name: "names",
            default: Setting::Texts(&[
                "ransom-note",
                "ransom_note",
                "ransomnote",
                "how-to-decrypt",
                "how_to_decrypt",
                "how-to-recover",
                "how_to_recover",
                "decrypt-instructions",
                "decrypt_instructions",
                "decryption-instructions",
                "read-me-to-",
                "read_me_to_",
                "readme-to-",
                "readme_to_",
                "restore-files",
                "restore_files",
                "restore-my-files",
                "recover-files",
                "recover_files",
                "recover-your-data",
                "your-files-are",
                "your_files_are",
                "files-encrypted",
                "files_encrypted",
                "pay-to-restore",
                "warning-your-data",
            ]),
            meaning: "what a name holds",
        }],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::WRITTEN;

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        let names: Vec<_> = settings.texts("names").iter().map(|name| name.to_ascii_lowercase()).collect();
        Self { groups: Groups::default(), finder: finder(&names).ok(), names }
    }

    fn check(settings: &RuleSettings) -> anyhow::Result<()> {
        finder(settings.texts("names")).context("`names`")?;
        Ok(())
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        let key = event.record.key().unwrap_or_default();
        if self.finder.as_ref().is_some_and(|finder| finder.is_match(key)) {
            self.groups.add(mix(event.bucket, event.who.hash), event);
        }
    }

    groups!();

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let is_write = |row: &crate::semantics::OperationInfo| {
            row.access == Access::Write
                && matches!(
                    row.event,
                    Some(LifeEvent::Created | LifeEvent::CreatedByCopy | LifeEvent::CreatedFromParts)
                )
        };
        let names: Vec<_> = self.names.iter().map(|name| holding(name)).collect();
        let finding = |hits| {
            Finding::of(Self::ABOUT, hits, "the name is that of a note")
                .show("--operation", operations(is_write))
                .show("--key", names.join(","))
                .show("--status", "2xx,304")
        };
        self.groups.all().map(|(_, hits)| finding(hits)).collect()
    }
}

fn finder(names: &[String]) -> Result<AhoCorasick, aho_corasick::BuildError> {
    AhoCorasick::builder().ascii_case_insensitive(true).build(names)
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{at, found, found_with, settings};

    #[test]
    fn names_of_notes() {
        let write = at(1, 0).operation("REST.PUT.OBJECT").key("customer/RESTORE-FILES.txt");
        assert_eq!(found("ransom-note", &[write.clone(), write.clone().key("How_To_Decrypt.html")])[0].count, 2);
        let near = [
            at(1, 0).key("RESTORE-FILES.txt"),
            write.clone().status("403 AccessDenied"),
            write.clone().key("restore/files.txt"),
        ];
        assert!(found("ransom-note", &near).is_empty());
        let own = settings("[rules.ransom-note]\nnames = [\"Pay Up\"]\n");
        assert!(found_with("ransom-note", own, None, &[write]).is_empty());
    }
}
