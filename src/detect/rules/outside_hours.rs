//! People at work outside fixed hours.

use anyhow::Context as _;

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity};
use crate::detect::known::{Known, hits_of};
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::filter::{Calendar, Hours, IncludeExclude, Value, Weekdays};
use crate::time::Timestamp;

/// The rule.
pub(crate) struct OutsideHours {
    hours: IncludeExclude<Hours>,
    weekdays: IncludeExclude<Weekdays>,
}

fn read<T: Value>(settings: &RuleSettings, name: &'static str) -> anyhow::Result<IncludeExclude<T>> {
    settings.texts(name).join(",").parse().context(name)
}

impl Rule for OutsideHours {
    const ABOUT: &'static About = &About {
        id: "outside-hours",
        title: "A user is at work outside fixed hours",
        severity: Severity::Low,
        tactic: "TA0001 Initial Access",
        technique: "T1078.004 Cloud Accounts",
        fires: "A user (not a role, not a service) sends requests outside of `hours` and `weekdays`, which are those of --tz, by whole hours. One finding for \
                each user.",
        unseen: "Roles that people assume; unusual-hours learns everybody's own hours, and is on by default.",
        next: "Ask them whether it was them.",
        thresholds: &[
            Threshold { name: "hours", default: Setting::Texts(&["7-20"]), meaning: "as --hours takes them" },
            Threshold { name: "weekdays", default: Setting::Texts(&["mon-fri"]), meaning: "as --weekdays takes them" },
        ],
        is_on: false,
        ..About::DEFAULT
    };

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        // What cannot be read was refused before.
        Self {
            hours: read(settings, "hours").unwrap_or_default(),
            weekdays: read(settings, "weekdays").unwrap_or_default(),
        }
    }

    fn check(settings: &RuleSettings) -> anyhow::Result<()> {
        read::<Hours>(settings, "hours")?;
        read::<Weekdays>(settings, "weekdays").map(|_| ())
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let calendar = Calendar::new(&self.hours, &self.weekdays, known.zone);
        let is_outside = |hour: i64| !calendar.holds(Timestamp::from_millis(hour.saturating_mul(3_600_000)));
        let mut found = Vec::new();
        for (_, entries) in known.actors().into_iter().filter(|(_, entries)| entries[0].kind == WhoKind::User) {
            let outside = entries.iter().flat_map(|entry| {
                entry.hours.iter().filter(|hour| is_outside(hour.hour)).map(move |hour| (*entry, hour))
            });
            let (hits, requester) = hits_of(outside, u8::MAX);
            if hits.count > 0 {
                let why = format!("requests outside of {} on {}", self.hours.typed().join(","), self.weekdays.typed().join(","));
                let mut finding = Finding::of_hours(Self::ABOUT, &hits, requester, why);
                finding.show.retain(|(option, _)| *option != "--source-bucket");
                found.push(finding);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{DEPLOY, Line, at, found, found_with, settings};

    #[test]
    fn on_if_asked() {
        // 1 August 2026 is a Saturday.
        let find = |line: Line| {
            let on = settings("[rules.outside-hours]\nenabled = true\n");
            found_with("outside-hours", on, None, &[line]).len()
        };
        assert_eq!(find(at(3, 6 * 3_600 + 3_599)), 1);
        assert_eq!(find(at(3, 7 * 3_600)), 0);
        assert_eq!(find(at(3, 20 * 3_600)), 1);
        assert_eq!(find(at(1, 12 * 3_600)), 1);
        assert_eq!(find(at(1, 12 * 3_600).requester(DEPLOY)), 0);
        assert!(found("outside-hours", &[at(1, 0)]).is_empty());
    }
}
