//! The rules: the one list of them, each a file with its texts, its thresholds, its state and its tests.

use anyhow::Context as _;

use crate::detect::config::Settings;
use crate::detect::event::Event;
use crate::detect::finding::Finding;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule};
use crate::detect::shelf::Room;
use crate::threads::map_in_order;
use crate::value_error::{ValueError, did_you_mean};

/// What a rule has to say of its state where that is a table of groups.
macro_rules! groups {
    () => {
        fn merge(&mut self, other: Self) {
            self.groups.merge(other.groups);
        }

        fn memory(&self) -> usize {
            self.groups.memory()
        }
    };
}

/// The same where it is a table of windows.
macro_rules! windows {
    () => {
        fn merge(&mut self, other: Self) {
            self.windows.merge(other.windows);
        }

        fn memory(&self) -> usize {
            self.windows.memory()
        }
    };
}

/// The place of a rule, and what asks it for what it has found.
type Asked<'r> = (usize, Box<dyn FnOnce(&Known<'_>) -> Vec<Finding> + Send + 'r>);

macro_rules! rules {
    ($($module:ident $Type:ident;)*) => {
        $(mod $module;)*

        /// All rules, in the order in which they are listed.
        pub(crate) const ALL: &[&About] = &[$($module::$Type::ABOUT),*];

        /// The place of each rule in [`ALL`].
        enum Place {
            $($Type,)*
        }

        /// Whether all settings can be used.
        ///
        /// # Errors
        /// If one cannot be: of which rule, which one, and why.
        pub(crate) fn check(settings: &Settings) -> anyhow::Result<()> {
            $(
                let own = &settings.rules[Place::$Type as usize];
                let checked = own.check(own.about().id, $module::$Type::WANTS != 0).and_then(|()| $module::$Type::check(own));
                checked.with_context(|| format!("[rules.{}]", own.about().id))?;
            )*
            Ok(())
        }

        /// The rules that run.
        pub(crate) struct Rules {
            wanted: u32,
            $($module: Option<$module::$Type>,)*
        }

        impl Rules {
            /// Those that the settings turn on.
            pub(crate) fn new(settings: &Settings, room: &Room) -> Self {
                let mut rules = Self { wanted: 0, $($module: None,)* };
                $(
                    let own = &settings.rules[Place::$Type as usize];
                    if own.is_on {
                        rules.wanted |= $module::$Type::WANTS;
                        rules.$module = Some($module::$Type::new(own, room));
                    }
                )*
                rules
            }

            /// What any of them wants.
            #[inline]
            pub(crate) fn wanted(&self) -> u32 {
                self.wanted
            }

            /// Takes in a request; `quiet` are the rules that are not to see it, a bit each.
            #[inline]
            pub(crate) fn add(&mut self, event: &Event<'_, '_>, quiet: u64) {
                $(
                    if event.is($module::$Type::WANTS)
                        && quiet & 1 << Place::$Type as u64 == 0
                        && let Some(rule) = &mut self.$module
                    {
                        rule.add(event);
                    }
                )*
            }

            /// Takes in what another part has kept.
            pub(crate) fn merge(&mut self, other: Self) {
                $(
                    if let (Some(rule), Some(other)) = (&mut self.$module, other.$module) {
                        rule.merge(other);
                    }
                )*
            }

            /// About how many bytes they keep.
            pub(crate) fn memory(&self) -> usize {
                0 $(+ self.$module.as_ref().map_or(0, Rule::memory))*
            }

            /// What they have found, asked on so many threads.
            pub(crate) fn findings(&mut self, known: &Known<'_>, settings: &Settings, threads: usize) -> Vec<Finding> {
                let mut asked: Vec<Asked<'_>> = Vec::new();
                $(
                    if let Some(rule) = &mut self.$module
                        && (known.baseline.is_some() || !$module::$Type::ABOUT.needs_history)
                    {
                        asked.push((Place::$Type as usize, Box::new(|known| rule.findings(known))));
                    }
                )*
                let found = map_in_order(asked.into_iter(), threads, |(place, findings)| {
                    let mut found = findings(&known.for_rule(1 << place));
                    if let Some(severity) = settings.rules[place].severity {
                        found.iter_mut().for_each(|finding| finding.severity = severity);
                    }
                    found
                });
                found.into_iter().flatten().collect()
            }
        }
    };
}

rules! {
    anonymous_read AnonymousRead;
    anonymous_write AnonymousWrite;
    anonymous_list AnonymousList;
    config_change ConfigChange;
    ransom_note RansomNote;
    secret_file SecretFile;
    foreign_copy ForeignCopy;
    pentest_client PentestClient;
    bad_ip BadIp;
    log_injection LogInjection;
    weak_crypto WeakCrypto;
    no_user_agent NoUserAgent;
    key_guessing KeyGuessing;
    guess_then_hit GuessThenHit;
    access_denied_burst AccessDeniedBurst;
    posture_sweep PostureSweep;
    list_storm ListStorm;
    mass_delete MassDelete;
    version_delete VersionDelete;
    tool_new ToolNew;
    bulk_read BulkRead;
    first_seen FirstSeen;
    credential_spread CredentialSpread;
    unusual_hours UnusualHours;
    outside_hours OutsideHours;
    role_misuse RoleMisuse;
    site_tamper SiteTamper;
    exfil_then_delete ExfilThenDelete;
    overwrite_storm OverwriteStorm;
    presigned_sharing PresignedSharing;
    presigned_long PresignedLong;
    throttle_abuse ThrottleAbuse;
    logging_gap LoggingGap;
    large_download LargeDownload;
}

// A bit of a number stands for each.
const _: () = assert!(ALL.len() < u64::BITS as usize);

/// The place of a rule in [`ALL`], by its name.
///
/// # Errors
/// If there is none of that name: what was probably meant.
pub(crate) fn place(id: &str) -> Result<usize, ValueError> {
    let names = ALL.iter().map(|about| about.id);
    ALL.iter().position(|about| about.id == id).ok_or_else(|| {
        ValueError::because("rule", id, did_you_mean(id, names), "the name of a rule: see --list-rules")
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::detect::rule::MAX_TITLE_LEN;

    #[test]
    fn every_rule_says_all_of_itself() {
        let mut ids = BTreeSet::new();
        for about in ALL {
            assert!(ids.insert(about.id), "{}", about.id);
            assert!(about.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", about.id);
            for text in [about.title, about.fires, about.unseen, about.next] {
                assert!(text.len() > 10 && text == text.trim(), "{}: {text:?}", about.id);
            }
            assert!(about.title.len() <= MAX_TITLE_LEN, "{}: {}", about.id, about.title);
            assert!(about.tactic.starts_with("TA00"), "{}", about.id);
            assert!(
                about.technique.starts_with('T') && about.technique[1..].starts_with("1"),
                "{}",
                about.id
            );
        }
    }

    #[test]
    fn a_name_that_is_nearly_right() {
        assert_eq!(place("anonymous-read"), Ok(0));
        assert!(
            place("anonymos-read")
                .is_err_and(|error| error.to_string().contains("did you mean anonymous-read?"))
        );
    }
}
