//! Incidents: findings of one actor, or of actors that are tied, close in time.
//!
//! Two findings are tied if they are of the same requester (a role without its session); if they are from the same address, unless many
//! requesters share it; or if their roles were used in a session of the same name that tells one person or machine. Which access key signed
//! a request is known of presigned URLs only, and there the requester says as much.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use crate::aggregate::{Merge as _, TimeRange};
use crate::detect::event::hash;
use crate::detect::finding::{Finding, Severity};
use crate::detect::known::Known;
use crate::detect::origin;
use crate::detect::profile::Entry;
use crate::detect::timeline::{Step, steps};
use crate::record::Requester;
use crate::threads::map_in_order;

/// Findings that are further apart belong to different incidents.
const MAX_GAP_MS: i64 = 24 * 3_600_000;
/// A finding that lasts longer joins an incident, but ties nothing together.
const MAX_SPAN_MS: i64 = 24 * 3_600_000;
/// An address or a name of a session that more requesters share ties nobody: an office, a default name.
const MAX_SHARING: usize = 4;
/// A name of a session with so many digits was made for one machine or one use of a role: `i-0a1b2c3d4e5f60718`.
const MIN_DIGITS: usize = 6;

/// Findings that belong together, and what happened in their time.
#[derive(Debug)]
pub(crate) struct Incident {
    /// That of the worst of its findings.
    pub(crate) severity: Severity,
    /// The places of its findings, the worst first.
    pub(crate) findings: Vec<usize>,
    /// Who it was: requesters, roles without their sessions.
    pub(crate) requesters: Vec<Vec<u8>>,
    /// From where: see [`Finding::addresses`].
    pub(crate) addresses: BTreeSet<Vec<u8>>,
    /// On which buckets.
    pub(crate) buckets: BTreeSet<Vec<u8>>,
    /// From the first to the last.
    pub(crate) seen: TimeRange,
    /// What happened, in the order of time.
    pub(crate) steps: Vec<Step>,
    /// How many steps are left out.
    pub(crate) left_out: usize,
}

/// All incidents among the findings, which are in the order of their rank: the worst first.
pub(crate) fn incidents(findings: &[Finding], known: &Known<'_>, threads: usize) -> Vec<Incident> {
    let mut groups = groups(findings, known);
    groups.retain(|group| is_incident(findings, group));
    map_in_order(groups.into_iter(), threads, |group| Incident::new(group, findings, known))
}

/// Whether a person has to know it as one: something high, or different things of which one is to be looked at.
fn is_incident(findings: &[Finding], group: &[usize]) -> bool {
    let worst = group.iter().map(|place| findings[*place].severity).max();
    let rules: BTreeSet<_> = group.iter().map(|place| findings[*place].about.id).collect();
    worst >= Some(Severity::High) || worst >= Some(Severity::Medium) && rules.len() > 1
}

/// What ties findings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    Identity(Vec<u8>),
    Address(Vec<u8>),
    Session(Vec<u8>),
}

/// The findings that belong together, each by its place; in the order of the first of each.
fn groups(findings: &[Finding], known: &Known<'_>) -> Vec<Vec<usize>> {
    let ties = Ties::new(findings, known);
    let mut by_tie: BTreeMap<Tie, Vec<usize>> = BTreeMap::new();
    for (place, finding) in findings.iter().enumerate() {
        for tie in ties.of(finding) {
            by_tie.entry(tie).or_default().push(place);
        }
    }
    let mut sets = Sets::new(findings.len());
    let is_long = |place: usize| {
        let (first, last) = times(&findings[place]);
        last.saturating_sub(first) > MAX_SPAN_MS
    };
    for places in by_tie.values_mut() {
        places.sort_by_key(|place| times(&findings[*place]));
        let mut earlier: Option<(usize, i64)> = None;
        for place in places.iter().copied().filter(|place| !is_long(*place)) {
            let (first, last) = times(&findings[place]);
            earlier = Some(match earlier {
                Some((other, end)) if first.saturating_sub(end) <= MAX_GAP_MS => {
                    sets.join(other, place);
                    (place, end.max(last))
                }
                _ => (place, last),
            });
        }
    }
    // What lasts long joins the worst of those in its time.
    for places in by_tie.values() {
        for long in places.iter().copied().filter(|place| is_long(*place)) {
            let (first, last) = times(&findings[long]);
            let is_near = |place: &&usize| {
                let (other_first, other_last) = times(&findings[**place]);
                !is_long(**place) && other_first <= last && other_last >= first
            };
            if sets.is_alone(long)
                && let Some(near) = places.iter().filter(is_near).min()
            {
                sets.join(*near, long);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in 0..findings.len() {
        groups.entry(sets.of(place)).or_default().push(place);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort();
    groups
}

fn times(finding: &Finding) -> (i64, i64) {
    (finding.seen.first.millis(), finding.seen.last.millis())
}

/// Disjoint sets of places; each is known by its least one.
struct Sets {
    parents: Vec<usize>,
    /// Whether a place was joined to others.
    joined: Vec<bool>,
}

impl Sets {
    fn new(count: usize) -> Self {
        Self { parents: (0..count).collect(), joined: vec![false; count] }
    }

    fn of(&mut self, place: usize) -> usize {
        let mut root = place;
        while self.parents[root] != root {
            root = self.parents[root];
        }
        let mut next = place;
        while next != root {
            next = std::mem::replace(&mut self.parents[next], root);
        }
        root
    }

    fn join(&mut self, a: usize, b: usize) {
        (self.joined[a], self.joined[b]) = (true, true);
        let (a, b) = (self.of(a), self.of(b));
        self.parents[a.max(b)] = a.min(b);
    }

    fn is_alone(&self, place: usize) -> bool {
        !self.joined[place]
    }
}

/// Which addresses and sessions tie.
struct Ties {
    /// The addresses that few requesters use, of those in findings.
    addresses: HashMap<Vec<u8>, BTreeSet<Vec<u8>>>,
    /// The names of sessions that tell somebody, of each role that shares one.
    sessions: HashMap<Vec<u8>, Vec<Vec<u8>>>,
}

impl Ties {
    fn new(findings: &[Finding], known: &Known<'_>) -> Self {
        let mut addresses: HashMap<Vec<u8>, BTreeSet<Vec<u8>>> = HashMap::new();
        for address in findings.iter().flat_map(|finding| finding.addresses.texts()) {
            addresses.entry(origin::text(address).into_owned()).or_default();
        }
        let mut names: BTreeMap<&[u8], BTreeSet<Vec<u8>>> = BTreeMap::new();
        for entry in known.entries() {
            let Some(identity) = Requester::new(entry.requester()).identity() else { continue };
            if let Some(sharing) = addresses.get_mut(&*origin::text(entry.address()))
                && sharing.len() <= MAX_SHARING
            {
                sharing.insert(identity.to_vec());
            }
            let session = entry.requester()[identity.len()..].strip_prefix(b"/");
            if let Some(session) = session.filter(|session| tells_somebody(session)) {
                names.entry(session).or_default().insert(identity.to_vec());
            }
        }
        let mut sessions: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
        for (name, roles) in names.into_iter().filter(|(_, roles)| (2..=MAX_SHARING).contains(&roles.len())) {
            for role in roles {
                sessions.entry(role).or_default().push(name.to_vec());
            }
        }
        Self { addresses, sessions }
    }

    fn of(&self, finding: &Finding) -> Vec<Tie> {
        let mut ties = Vec::new();
        let identity = finding.requester.as_deref().and_then(|text| Requester::new(text).identity());
        if let Some(identity) = identity {
            ties.push(Tie::Identity(identity.to_vec()));
            ties.extend(self.sessions.get(identity).into_iter().flatten().cloned().map(Tie::Session));
        } else if finding.addresses.only().is_none() {
            // Of nobody in particular.
            return ties;
        }
        let few = |address: &Cow<'_, [u8]>| {
            self.addresses.get(&**address).is_some_and(|sharing| sharing.len() <= MAX_SHARING)
        };
        let addresses =
            finding.addresses.texts().filter(|address| *address != b"-").map(origin::text).filter(few);
        let addresses: BTreeSet<Vec<u8>> = addresses.map(Cow::into_owned).collect();
        ties.extend(addresses.into_iter().map(Tie::Address));
        ties
    }
}

/// Whether a name of a session is that of a person or of one machine, and not one that programs give to all.
fn tells_somebody(session: &[u8]) -> bool {
    session.contains(&b'@') || session.iter().filter(|byte| byte.is_ascii_digit()).count() >= MIN_DIGITS
}

impl Incident {
    fn new(group: Vec<usize>, findings: &[Finding], known: &Known<'_>) -> Self {
        let of = || group.iter().map(|place| &findings[*place]);
        let mut requesters = BTreeSet::new();
        let (mut addresses, mut buckets) = (BTreeSet::new(), BTreeSet::new());
        let (mut seen, mut all) = (TimeRange::default(), TimeRange::default());
        for finding in of() {
            let identity = finding.requester.as_deref().and_then(|text| Requester::new(text).identity());
            requesters.extend(identity.map(<[u8]>::to_vec));
            addresses.extend(finding.addresses.texts().map(<[u8]>::to_vec));
            buckets.extend(finding.buckets.texts().map(<[u8]>::to_vec));
            let (first, last) = times(finding);
            if last.saturating_sub(first) <= MAX_SPAN_MS {
                seen.merge(finding.seen);
            }
            all.merge(finding.seen);
        }
        let seen = if seen.get().is_some() { seen } else { all };
        let (steps, left_out) = steps(&actors(of(), known), seen, known);
        let severity = of().map(|finding| finding.severity).max().unwrap_or(Severity::Info);
        let requesters = requesters.into_iter().collect();
        Self { severity, findings: group, requesters, addresses, buckets, seen, steps, left_out }
    }
}

/// What was done by the actors of some findings from the addresses of those, as entries of the profile.
fn actors<'a>(findings: impl Iterator<Item = &'a Finding>, known: &Known<'a>) -> Vec<&'a Entry> {
    // The senders of each actor; `None` if it is all of them. Findings of an actor can be as many as its entries: each is gone through once.
    let mut wanted: BTreeMap<u64, Option<BTreeSet<u64>>> = BTreeMap::new();
    for finding in findings {
        let senders: BTreeSet<u64> = finding.addresses.texts().map(origin::of).collect();
        match finding.requester.as_deref().and_then(|text| Requester::new(text).identity()) {
            Some(identity) => {
                let of_actor = wanted.entry(hash(identity)).or_insert_with(|| Some(BTreeSet::new()));
                match of_actor {
                    Some(known) if !senders.is_empty() && !finding.addresses.has_more() => {
                        known.extend(senders)
                    }
                    _ => *of_actor = None,
                }
            }
            None => wanted.extend(senders.into_iter().map(|sender| (sender, None))),
        }
    }
    let mut entries: BTreeMap<(&[u8], &[u8], &[u8]), &Entry> = BTreeMap::new();
    for (actor, senders) in wanted {
        let is_from =
            |entry: &&&Entry| senders.as_ref().is_none_or(|all| all.contains(&origin::of(entry.address())));
        for entry in known.of(actor).iter().filter(|entry| entry.quiet != u64::MAX).filter(is_from) {
            entries.insert((entry.requester(), entry.address(), entry.bucket()), entry);
        }
    }
    entries.into_values().collect()
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{ALICE, DEPLOY, Line, STRANGER, at, detected, ordinary};

    fn note(line: Line) -> Line {
        line.operation("REST.PUT.OBJECT").key("RESTORE-FILES.txt")
    }

    /// The rules of each incident.
    fn told(lines: &[Line]) -> Vec<Vec<&'static str>> {
        let detected = detected(lines);
        let rules = |one: &super::Incident| {
            let mut rules: Vec<_> =
                one.findings.iter().map(|place| detected.findings[*place].about.id).collect();
            rules.sort_unstable();
            rules.dedup();
            rules
        };
        detected.incidents.iter().map(rules).collect()
    }

    fn with(lines: Vec<Line>) -> Vec<Line> {
        (1..4).flat_map(ordinary).chain(lines).collect()
    }

    #[test]
    fn one_actor_close_in_time() {
        let secret = at(3, 0).anonymous().ip("203.0.113.9").key("a.pem");
        let later = |hours: u32| note(at(3, hours * 3_600)).anonymous().ip("203.0.113.9");
        let first = vec!["anonymous-read", "secret-file"];
        assert_eq!(told(&with(vec![secret.clone()])), std::slice::from_ref(&first));
        assert_eq!(
            told(&with(vec![secret.clone(), later(24)])),
            [vec!["anonymous-read", "anonymous-write", "ransom-note", "secret-file"]]
        );
        let apart = told(&with(vec![secret, later(25)]));
        assert_eq!(apart, [vec!["anonymous-write", "ransom-note"], first]);
    }

    #[test]
    fn actors_that_are_tied() {
        let noted = |who: &str, ip: &str, bucket: &str| note(at(3, 600)).requester(who).ip(ip).bucket(bucket);
        let count = |lines: Vec<Line>| told(&with(lines)).len();
        // By nothing; by an address; by an address that many share.
        assert_eq!(count(vec![noted(ALICE, "203.0.113.1", "a"), noted(STRANGER, "203.0.113.2", "b")]), 2);
        let same = vec![noted(ALICE, "203.0.113.1", "a"), noted(STRANGER, "203.0.113.1", "b")];
        assert_eq!(count(same.clone()), 1);
        let office = (0..4).map(|number| at(3, 0).requester(format!("{ALICE}{number}")).ip("203.0.113.1"));
        assert_eq!(count(same.into_iter().chain(office).collect()), 2);
        // By a session that tells who it is; by one that does not.
        let role = |role: &str, session: &str, ip: &str| {
            noted(&DEPLOY.replace("Deploy/s1", &format!("{role}/{session}")), ip, role)
        };
        for (session, incidents) in [("bob@example.com", 1), ("i-0a1b2c3d4e5f60718", 1), ("session", 2)] {
            assert_eq!(
                count(vec![role("A", session, "203.0.113.1"), role("B", session, "203.0.113.2")]),
                incidents
            );
        }
        // Sessions of one role are one actor.
        assert_eq!(count(vec![role("A", "s", "203.0.113.1"), role("A", "t", "203.0.113.2")]), 1);
    }

    #[test]
    fn what_is_no_incident() {
        assert!(told(&with(vec![at(3, 0).requester(STRANGER).ip("203.0.113.1")])).is_empty());
        assert!(told(&with(Vec::new())).is_empty());
    }

    #[test]
    fn what_lasts_long_ties_nothing() {
        // Old TLS all the time, and two notes two days apart.
        let old = |day| at(day, 0).tail(at(1, 0).tail.replace("TLSv1.3", "TLSv1"));
        let mut lines: Vec<_> = (1..8).flat_map(ordinary).chain((1..8).map(old)).collect();
        lines.extend([note(at(4, 0)), note(at(7, 0)).bucket("other")]);
        let told = told(&lines);
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told.iter().filter(|rules| rules.contains(&"weak-crypto")).count(), 1, "{told:?}");
    }
}
