//! Who and what is new on a bucket.

use std::collections::BTreeMap;

use crate::detect::config::RuleSettings;
use crate::detect::event::WhoKind;
use crate::detect::finding::{Finding, Severity, glob};
use crate::detect::known::{Known, few, hits_of, hits_of_uses};
use crate::detect::profile::{Entry, Hour};
use crate::detect::rule::{About, Rule};
use crate::detect::shelf::Room;
use crate::dimension::write_network;
use crate::record::Requester;

/// How many new values the command of a finding names.
const MAX_NAMED: usize = 50;

/// What can be new.
#[derive(Clone, Copy)]
struct New {
    /// What it is called.
    name: &'static str,
    /// Its field for `--where`.
    field: &'static str,
    severity: Severity,
    /// The values of an entry, each with the first hour that has it.
    values: fn(&Entry, &Known<'_>) -> Vec<(Vec<u8>, i64)>,
}

const NEW: [New; 6] = [
    New { name: "requester", field: "identity", severity: Severity::Low, values: requester },
    New { name: "account", field: "account", severity: Severity::Low, values: account },
    New { name: "network", field: "network", severity: Severity::Info, values: network },
    New { name: "country", field: "country", severity: Severity::Low, values: country },
    New { name: "autonomous system", field: "asn", severity: Severity::Info, values: asn },
    New { name: "client", field: "client", severity: Severity::Info, values: client },
];

fn since_start(entry: &Entry, value: Option<Vec<u8>>) -> Vec<(Vec<u8>, i64)> {
    value.zip(entry.hours.first().map(|hour| hour.hour)).into_iter().collect()
}

fn requester(entry: &Entry, _: &Known<'_>) -> Vec<(Vec<u8>, i64)> {
    since_start(entry, Requester::new(entry.requester()).identity().map(<[u8]>::to_vec))
}

fn account(entry: &Entry, _: &Known<'_>) -> Vec<(Vec<u8>, i64)> {
    since_start(entry, Requester::new(entry.requester()).account().map(<[u8]>::to_vec))
}

fn network(entry: &Entry, _: &Known<'_>) -> Vec<(Vec<u8>, i64)> {
    let mut network = Vec::new();
    write_network(entry.address(), &mut network);
    since_start(entry, Some(network).filter(|network| network != b"-"))
}

fn country(entry: &Entry, known: &Known<'_>) -> Vec<(Vec<u8>, i64)> {
    since_start(entry, known.geoip.country(entry.address()).map(|country| country.as_bytes().to_vec()))
}

fn asn(entry: &Entry, known: &Known<'_>) -> Vec<(Vec<u8>, i64)> {
    since_start(entry, known.geoip.asn(entry.address()).map(|asn| asn.to_string().into_bytes()))
}

fn client(entry: &Entry, _: &Known<'_>) -> Vec<(Vec<u8>, i64)> {
    entry.clients.iter().map(|used| (used.family.to_vec(), used.first_hour())).collect()
}

/// The rule.
pub(crate) struct FirstSeen;

impl Rule for FirstSeen {
    const ABOUT: &'static About = &About {
        id: "first-seen",
        title: "Somebody or something is new on a bucket",
        severity: Severity::Low,
        tactic: "TA0001 Initial Access",
        technique: "T1078.004 Cloud Accounts",
        fires: "A requester, an account or (with --geoip) a country of requests with credentials is new on a bucket that the baseline knows (low); or a network, \
                an autonomous system or a client (info). One finding for each bucket and kind, with all that is new.",
        unseen: "Requests without credentials come from everywhere and are left out, as are the networks and clients of AWS's services. New is not bad: \
                 this is to be read beside other findings. Of more than 50 new ones, the command shows the bucket in their time.",
        next: "See whether you know them. Together with other findings of the same actor it is what makes an incident.",
        needs_history: true,
        ..About::DEFAULT
    };

    fn new(_: &RuleSettings, _: &Room) -> Self {
        Self
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let mut buckets: BTreeMap<&[u8], Vec<&Entry>> = BTreeMap::new();
        for entry in known.entries().filter(|entry| entry.kind != WhoKind::Anonymous) {
            buckets.entry(entry.bucket()).or_default().push(entry);
        }
        let is_known = |entries: &[&Entry]| {
            entries.iter().any(|entry| entry.hours.iter().any(|hour| known.is_learned(hour.hour)))
        };
        let of_bucket = |entries: &Vec<&Entry>| NEW.into_iter().filter_map(|new| finding(new, entries, known)).collect::<Vec<_>>();
        buckets.values().filter(|entries| is_known(entries)).flat_map(of_bucket).collect()
    }
}

fn finding(new: New, entries: &[&Entry], known: &Known<'_>) -> Option<Finding> {
    let mut first: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    let of = |entry: &Entry| match (entry.kind, new.name) {
        (WhoKind::Service, "network" | "client" | "autonomous system" | "country") => Vec::new(),
        _ => (new.values)(entry, known),
    };
    for (value, hour) in entries.iter().flat_map(|entry| of(entry)) {
        let known = first.entry(value).or_insert(hour);
        *known = hour.min(*known);
    }
    first.retain(|_, hour| known.is_judged(*hour));
    let start = *first.values().min()?;
    let (hits, _) = if new.name == "client" {
        let used = entries.iter().filter(|entry| entry.kind != WhoKind::Service);
        let used = used.flat_map(|entry| entry.clients.iter().map(move |used| (*entry, used)));
        hits_of_uses(&used.filter(|(_, used)| first.contains_key(&*used.family)).collect::<Vec<_>>())
    } else {
        let has_new = |entry: &&&Entry| of(entry).iter().any(|(value, _)| first.contains_key(value));
        let hours = entries.iter().filter(has_new).flat_map(|entry| {
            let is_after = move |hour: &&Hour| hour.hour >= start;
            entry.hours.iter().filter(is_after).map(move |hour| (*entry, hour))
        });
        hits_of(hours, u8::MAX)
    };
    let plural = if first.len() == 1 { "" } else { "s" };
    let shown: Vec<_> = first.keys().take(3).map(|value| String::from_utf8_lossy(value)).collect();
    let more = if first.len() > 3 { ", ..." } else { "" };
    let why = format!("{} {}{plural} not in the baseline: {}{more}", first.len(), new.name, shown.join(", "));
    let named: Vec<_> = first.keys().map(|value| glob(value)).collect();
    let mut finding = Finding::of_hours(FirstSeen::ABOUT, &hits, None, why).severity(new.severity).of_anyone();
    if new.name == "requester" && first.len() == 1 {
        finding.requester = first.keys().next().cloned();
    }
    if new.name == "client" {
        finding.clients = few(first.keys().map(Vec::as_slice));
    }
    let finding = finding.show("--requester", "!anonymous");
    // More than a command can name: all of the bucket in that time is shown, and they among it.
    Some(if named.len() > MAX_NAMED {
        finding
    } else {
        finding.show("--where", format!("{}={}", new.field, named.join(",")))
    })
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, STRANGER, at, found, ordinary, said};

    fn with(line: Line) -> Vec<Line> {
        (1..4).flat_map(ordinary).chain([line]).collect()
    }

    #[test]
    fn each_kind() {
        let stranger = at(3, 0).requester(STRANGER).ip("198.51.100.7").agent("Boto3/1.34");
        assert_eq!(
            said("first-seen", &with(stranger)),
            [
                "low 1 1 account not in the baseline: 999988887777",
                "low 1 1 requester not in the baseline: arn:aws:iam::999988887777:user/mallory",
                "info 1 1 network not in the baseline: 198.51.100.0/24",
                "info 1 1 client not in the baseline: Boto3/1",
            ]
        );
    }

    #[test]
    fn near_misses() {
        let stranger = at(3, 0).requester(STRANGER).ip("198.51.100.7");
        for line in [
            at(3, 0),
            stranger.clone().anonymous(),
            stranger.clone().bucket("new-bucket"),
            Line { time: at(1, 0).time, ..stranger.clone() },
        ] {
            let found = said("first-seen", &with(line));
            assert!(found.is_empty(), "{found:?}");
        }
        assert!(found("first-seen", &[at(2, 1), stranger]).is_empty(), "there is no baseline");
    }
}
