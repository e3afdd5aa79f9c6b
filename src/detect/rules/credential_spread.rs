//! One credential in many places.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity, glob};
use crate::detect::known::{Known, hits_of};
use crate::detect::profile::Entry;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::dimension::write_network;

/// The rule.
pub(crate) struct CredentialSpread {
    networks: u64,
    travel: i64,
}

impl Rule for CredentialSpread {
    const ABOUT: &'static About = &About {
        id: "credential-spread",
        title: "One credential is used from many places at once",
        severity: Severity::Medium,
        tactic: "TA0001 Initial Access",
        technique: "T1078.004 Cloud Accounts",
        fires: "A user, or one session of a role, sends requests from 5 networks (/24, /64) in the same hour, and from more than twice as many as in any hour of \
                the baseline (medium; low without a baseline). With --geoip: from two countries within 2 hours, of which the baseline knows one at most (high).",
        unseen: "Which access key signed a request with headers is not logged, so all keys of a user are one. All copies of a Lambda function share one session: \
                 the baseline knows that. A thief in the same network.",
        next: "Ask where they should come from. If it cannot be explained, take the credentials away: for a role, revoke its older sessions.",
        thresholds: &[
            Threshold { name: "networks", default: Setting::Count(5), meaning: "networks in the same hour" },
            Threshold { name: "travel", default: Setting::Seconds(2 * 3_600), meaning: "the time between two countries that nobody travels in" },
        ],
        ..About::DEFAULT
    };

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { networks: settings.number("networks"), travel: (settings.number("travel") / 3_600).max(1) as i64 }
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let mut credentials: BTreeMap<&[u8], Vec<&Entry>> = BTreeMap::new();
        for entry in known.entries() {
            if matches!(entry.kind, WhoKind::User | WhoKind::Role) && entry.address() != b"-" {
                credentials.entry(entry.requester()).or_default().push(entry);
            }
        }
        let of = |(requester, entries): (&&[u8], &Vec<&Entry>)| {
            let finding = self.countries(entries, known).or_else(|| self.networks(entries, known))?;
            Some(finding.of_anyone().show("--requester", glob(requester)))
                .map(|one| Finding { requester: Some(requester.to_vec()), ..one })
        };
        credentials.iter().filter_map(of).collect()
    }
}

impl CredentialSpread {
    fn networks(&self, entries: &[&Entry], known: &Known<'_>) -> Option<Finding> {
        let mut hours: BTreeMap<i64, BTreeSet<Vec<u8>>> = BTreeMap::new();
        for entry in entries {
            let mut network = Vec::new();
            write_network(entry.address(), &mut network);
            for hour in &entry.hours {
                hours.entry(hour.hour).or_default().insert(network.clone());
            }
        }
        let usual = hours.iter().filter(|(hour, _)| known.is_learned(**hour)).map(|(_, set)| set.len() as u64).max();
        let usual = usual.unwrap_or_default();
        let is_spread = |(hour, networks): &(&i64, &BTreeSet<Vec<u8>>)| {
            let count = networks.len() as u64;
            (known.baseline.is_none() || known.is_judged(**hour)) && count >= self.networks && count > 2 * usual
        };
        let spread: BTreeMap<i64, usize> =
            hours.iter().filter(is_spread).map(|(hour, networks)| (*hour, networks.len())).collect();
        let most = spread.values().max()?;
        let why = format!(
            "{most} networks in an hour (at least {}), {}",
            self.networks,
            known.compared(usual)
        );
        let severity = if known.baseline.is_some() { Severity::Medium } else { Severity::Low };
        Some(of_hours(entries, spread.keys().copied().collect(), why).severity(severity))
    }

    fn countries(&self, entries: &[&Entry], known: &Known<'_>) -> Option<Finding> {
        let mut seen: Vec<(i64, &str)> = Vec::new();
        for entry in entries {
            let Some(country) = known.geoip.country(entry.address()) else { continue };
            seen.extend(entry.hours.iter().map(|hour| (hour.hour, country)));
        }
        let familiar: BTreeSet<&str> =
            seen.iter().filter(|(hour, _)| known.is_learned(*hour)).map(|(_, country)| *country).collect();
        seen.retain(|(hour, _)| known.baseline.is_none() || known.is_judged(*hour));
        seen.sort_unstable();
        seen.dedup();
        // Between the starts of two hours, so it can be an hour more than that.
        let is_jump = |a: &(i64, &str), b: &(i64, &str)| {
            a.1 != b.1 && b.0 - a.0 < self.travel && !(familiar.contains(a.1) && familiar.contains(b.1))
        };
        let jump = seen.iter().enumerate().find_map(|(place, a)| {
            let b = seen[place + 1..].iter().take_while(|b| b.0 - a.0 < self.travel).find(|b| is_jump(a, b))?;
            Some((*a, *b))
        });
        let ((first, from), (last, to)) = jump?;
        let why = format!("from {from} and {to} within {} h", last - first + 1);
        Some(of_hours(entries, (first..=last).collect(), why).severity(Severity::High))
    }
}

/// The finding of what entries did between the first and the last of these hours.
fn of_hours(entries: &[&Entry], hours: BTreeSet<i64>, why: String) -> Finding {
    let range = hours.first().copied().unwrap_or_default()..=hours.last().copied().unwrap_or_default();
    let of = entries.iter().flat_map(|entry| {
        let range = range.clone();
        entry.hours.iter().filter(move |hour| range.contains(&hour.hour)).map(move |hour| (*entry, hour))
    });
    let (hits, requester) = hits_of(of, u8::MAX);
    let mut finding = Finding::of_hours(CredentialSpread::ABOUT, &hits, requester, why);
    finding.show.retain(|(option, _)| *option != "--source-bucket");
    finding
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{DEPLOY, Line, at, found, ordinary, said};

    fn from(day: u32, networks: u32) -> Vec<Line> {
        (0..networks).map(|number| at(day, number).ip(format!("198.51.{number}.7")).requester(DEPLOY)).collect()
    }

    #[test]
    fn five_networks_in_an_hour() {
        let days = |lines: Vec<Line>| (1..4).flat_map(ordinary).chain(lines).collect::<Vec<_>>();
        assert!(said("credential-spread", &days(from(3, 4)))[0].starts_with("medium 5 5 networks in an hour (at least 5)"));
        assert!(said("credential-spread", &from(3, 5))[0].starts_with("low 5 5 networks"));
        assert!(found("credential-spread", &days(from(3, 3))).is_empty());
        // A function of Lambda, which does so every day.
        assert!(found("credential-spread", &days([from(1, 6), from(3, 9)].concat())).is_empty());
        let anonymous: Vec<_> = from(3, 9).into_iter().map(Line::anonymous).collect();
        assert!(found("credential-spread", &days(anonymous)).is_empty());
        let hours: Vec<_> = (0..9).map(|number| at(3, number * 3_600).ip(format!("198.51.{number}.7"))).collect();
        assert!(found("credential-spread", &days(hours)).is_empty());
        // Sessions of a role are credentials of their own.
        let sessions: Vec<_> = from(3, 9).into_iter().enumerate().map(|(place, line)| line.requester(format!("{DEPLOY}{place}"))).collect();
        assert!(found("credential-spread", &days(sessions)).is_empty());
    }
}
