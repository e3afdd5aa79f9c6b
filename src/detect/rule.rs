//! What a rule is.

use crate::detect::config::RuleSettings;
use crate::detect::event::Event;
use crate::detect::finding::{Finding, Severity};
use crate::detect::known::Known;
use crate::detect::shelf::Room;

/// The longest title: what is left of 80 columns beside the name and the severity of a rule.
pub(crate) const MAX_TITLE_LEN: usize = 49;

/// What is said of a rule: everything in docs/detections.md, `--list-rules` and `--explain` is from here.
#[derive(Debug)]
pub(crate) struct About {
    /// Its name.
    pub(crate) id: &'static str,
    /// What it finds, in a few words.
    pub(crate) title: &'static str,
    /// How much its findings matter, if nothing else is known of them.
    pub(crate) severity: Severity,
    /// The tactic of MITRE ATT&CK, with its number.
    pub(crate) tactic: &'static str,
    /// The technique of MITRE ATT&CK, with its number.
    pub(crate) technique: &'static str,
    /// What makes it fire.
    pub(crate) fires: &'static str,
    /// What it does not see, and what it may see that is harmless.
    pub(crate) unseen: &'static str,
    /// What to do with a finding.
    pub(crate) next: &'static str,
    /// What can be set.
    pub(crate) thresholds: &'static [Threshold],
    /// Buckets of which it says nothing by default, as patterns.
    pub(crate) quiet_buckets: &'static [&'static str],
    /// Whether it compares with what was usual, and so needs a baseline.
    pub(crate) needs_history: bool,
    /// Whether it runs by default.
    pub(crate) is_on: bool,
}

impl About {
    /// What most rules have; the rest is theirs.
    pub(crate) const DEFAULT: Self = Self {
        id: "",
        title: "",
        severity: Severity::Medium,
        tactic: "",
        technique: "",
        fires: "",
        unseen: "",
        next: "",
        thresholds: &[],
        quiet_buckets: &[],
        needs_history: false,
        is_on: true,
    };
}

/// Something of a rule that can be set.
#[derive(Debug)]
pub(crate) struct Threshold {
    /// Its name.
    pub(crate) name: &'static str,
    /// What holds where nothing was set.
    pub(crate) default: Setting,
    /// What it means.
    pub(crate) meaning: &'static str,
}

/// A value of a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Setting {
    /// How many.
    Count(u64),
    /// A size: `1GB`.
    Bytes(u64),
    /// A time in seconds: `5m`.
    Seconds(u64),
    /// A part of a whole, from 0 to 1.
    Share(f64),
    /// Texts.
    Texts(&'static [&'static str]),
}

/// A rule: what it keeps of the records, and what it makes of that at the end.
pub(crate) trait Rule: Sized {
    /// What is said of it.
    const ABOUT: &'static About;
    /// The facts of which it wants to see every request that has any; none if the profile is enough.
    const WANTS: u32 = 0;

    /// The rule with its settings; `room` is for what is kept by time.
    fn new(settings: &RuleSettings, room: &Room) -> Self;

    /// Whether its settings can be used, beyond what their kinds say.
    ///
    /// # Errors
    /// If one cannot be: which one, and why.
    fn check(_settings: &RuleSettings) -> anyhow::Result<()> {
        Ok(())
    }

    /// Takes in a request that has what it wants.
    fn add(&mut self, _event: &Event<'_, '_>) {}

    /// Takes in what another part has kept. No answer may depend on which part saw which request.
    fn merge(&mut self, _other: Self) {}

    /// About how many bytes it keeps.
    fn memory(&self) -> usize {
        0
    }

    /// What it has found. It is asked once.
    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding>;
}
