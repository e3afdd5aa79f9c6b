//! Somebody at work when they never are.

use std::collections::BTreeSet;

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity, glob};
use crate::detect::known::{Known, hits_of};
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::time::{Timestamp, Zone};

/// The hour of the day in a zone, of an hour since 1970.
pub(super) fn hour_of_day(hour: i64, zone: Zone) -> i64 {
    let ahead = zone.seconds_ahead(Timestamp::from_millis(hour.saturating_mul(3_600_000))).unwrap_or_default();
    (hour + i64::from(ahead).div_euclid(3_600)).rem_euclid(24)
}

/// The rule.
pub(crate) struct UnusualHours {
    days: u64,
    hours: u64,
}

impl Rule for UnusualHours {
    const ABOUT: &'static About = &About {
        id: "unusual-hours",
        title: "Somebody is at work outside their own hours",
        severity: Severity::Low,
        tactic: "TA0001 Initial Access",
        technique: "T1078.004 Cloud Accounts",
        fires: "A requester that kept to 14 hours of the day or fewer on 3 or more days of the baseline sends requests two hours or more away from them. Hours are \
                those of --tz. One finding for each requester.",
        unseen: "Requesters that work around the clock, or on fewer days of the baseline, have no hours of their own.",
        next: "Ask them. People travel, and are called at night; so do thieves of credentials choose the night.",
        thresholds: &[
            Threshold { name: "days", default: Setting::Count(3), meaning: "days of the baseline with requests" },
            Threshold { name: "hours", default: Setting::Count(14), meaning: "hours of the day that somebody keeps to, at the most" },
        ],
        needs_history: true,
        ..About::DEFAULT
    };

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { days: settings.number("days"), hours: settings.number("hours") }
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for (_, entries) in known.actors() {
            if !matches!(entries[0].kind, WhoKind::User | WhoKind::Role) {
                continue;
            }
            let all = || entries.iter().flat_map(|entry| entry.hours.iter().map(|hour| hour.hour));
            let learned: BTreeSet<i64> = all().filter(|hour| known.is_learned(*hour)).collect();
            let days: BTreeSet<i64> = learned.iter().map(|hour| hour.div_euclid(24)).collect();
            let of_day: BTreeSet<i64> = learned.iter().map(|hour| hour_of_day(*hour, known.zone)).collect();
            if (days.len() as u64) < self.days || of_day.len() as u64 > self.hours {
                continue;
            }
            let is_unusual = |hour: i64| {
                let of_hour = hour_of_day(hour, known.zone);
                known.is_judged(hour) && !(-1..=1).any(|beside| of_day.contains(&(of_hour + beside).rem_euclid(24)))
            };
            let unusual: BTreeSet<i64> = all().filter(|hour| is_unusual(*hour)).collect();
            if unusual.is_empty() {
                continue;
            }
            let hours = entries.iter().flat_map(|entry| {
                let unusual = &unusual;
                entry.hours.iter().filter(|hour| unusual.contains(&hour.hour)).map(move |hour| (*entry, hour))
            });
            let (hits, requester) = hits_of(hours, u8::MAX);
            let when: BTreeSet<i64> = unusual.iter().map(|hour| hour_of_day(*hour, known.zone)).collect();
            let list = |hours: &BTreeSet<i64>| hours.iter().map(|hour| format!("{hour}h")).collect::<Vec<_>>().join(", ");
            let why = format!("requests at {}; in the baseline at {}", list(&when), list(&of_day));
            let ranges: Vec<_> = when.iter().map(|hour| format!("{hour}-{}", hour + 1)).collect();
            let mut finding = Finding::of_hours(Self::ABOUT, &hits, requester, why).show("--hours", ranges.join(","));
            if known.zone != Zone::Utc {
                finding = finding.show("--tz", glob(known.zone.name().as_bytes()));
            }
            finding.show.retain(|(option, _)| *option != "--source-bucket");
            found.push(finding);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::config::Settings;
    use crate::detect::testing::{Line, at, found_with};

    fn work(days: std::ops::Range<u32>) -> Vec<Line> {
        days.flat_map(|day| (9..18).map(move |hour| at(day, hour * 3_600))).collect()
    }

    #[test]
    fn two_hours_away() {
        let said = |lines: Vec<Line>| {
            let found = found_with("unusual-hours", Settings::default(), Some("2026-08-01..2026-08-05"), &lines);
            found.iter().map(|one| format!("{} {}", one.count, one.why)).collect::<Vec<_>>()
        };
        let with = |days, hour: u32| [work(days), vec![at(6, hour * 3_600)]].concat();
        assert!(said(with(1..5, 3))[0].starts_with("1 requests at 3h; in the baseline at 9h, 10h"));
        assert_eq!(said(with(1..5, 7)).len(), 1);
        assert!(said(with(1..5, 8)).is_empty());
        assert!(said(with(1..3, 3)).is_empty(), "two days are too few");
        let always: Vec<_> = (1..5).flat_map(|day| (0..16).map(move |hour| at(day, hour * 3_600))).collect();
        assert!(said([always, vec![at(6, 20 * 3_600)]].concat()).is_empty());
    }
}
