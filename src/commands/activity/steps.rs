//! What an actor did, step by step, and in which visits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::commands::history::{
    BUCKET, BY, CLIENT, ERROR, Kinds, OBJECT, OPERATION, REMOTE_IP, REQUESTER, Request, Requests, STATUS,
};
use crate::time::Timestamp;

/// Requests of one actor that follow each other and do the same.
pub(super) struct Step {
    pub(super) visit: u64,
    /// The kind of the first request.
    pub(super) kind: u32,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) count: u64,
    /// How many different objects.
    pub(super) objects: u64,
    /// The object, or what the names of all of them begin with, and `*`.
    pub(super) object: Option<Vec<u8>>,
    pub(super) bytes_sent: u64,
    /// That of the first request.
    pub(super) request_id: Option<Vec<u8>>,
}

/// Steps without a long pause between them.
pub(super) struct Visit {
    pub(super) number: u64,
    /// The kind of the first request: it says whose visit it is.
    pub(super) kind: u32,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) requests: u64,
    pub(super) errors: u64,
    pub(super) bytes_sent: u64,
    pub(super) buckets: u64,
}

/// The steps and visits of all actors, oldest first.
pub(super) struct Visits {
    pub(super) steps: Vec<Step>,
    pub(super) visits: Vec<Visit>,
}

/// What makes two requests the same step. Sessions of a role have different requesters.
const SAME: [usize; 5] = [OPERATION, STATUS, ERROR, BUCKET, CLIENT];
/// Who did it.
const ACTOR: [usize; 2] = [REQUESTER, REMOTE_IP];

impl Visits {
    pub(super) fn new(requests: &Requests, kinds: &Kinds<'_>, gap: Duration) -> Self {
        let gap = i64::try_from(gap.as_millis()).unwrap_or(i64::MAX);
        let every: Vec<usize> = (0..BY.len()).collect();
        let [actor, same, order] = [&ACTOR[..], &SAME, &every].map(|of| ranks(kinds, of));
        let rank = |ranks: &[u32], request: &Request| ranks[request.kind as usize];
        let mut all: Vec<&Request> = requests.list().iter().collect();
        // By actor, and then as it happened. Within a second, the order is that of the events in the life of an object; then of the texts,
        // so that it does not depend on the order of reading.
        let place = |request: &Request| {
            (rank(&actor, request), request.time, kinds.event(request.kind), rank(&order, request))
        };
        all.sort_unstable_by(|a, b| place(a).cmp(&place(b)).then_with(|| requests.id(a).cmp(requests.id(b))));
        let mut found = Self { steps: Vec::new(), visits: Vec::new() };
        let is_one_visit = |a: &&Request, b: &&Request| {
            rank(&actor, a) == rank(&actor, b) && b.time.millis().saturating_sub(a.time.millis()) <= gap
        };
        let mut visits: Vec<&[&Request]> = all.chunk_by(is_one_visit).collect();
        // Stable: visits that begin at once are in the order of their actors.
        visits.sort_by_key(|visit| visit[0].time);
        for (number, visit) in (1..).zip(visits) {
            found.visits.push(Visit {
                number,
                kind: visit[0].kind,
                first: visit[0].time,
                last: visit[visit.len() - 1].time,
                requests: visit.len() as u64,
                errors: visit.iter().filter(|request| kinds.is_error(request.kind)).count() as u64,
                bytes_sent: bytes_sent(visit),
                buckets: distinct(visit, BUCKET, kinds).len() as u64,
            });
            let steps = visit.chunk_by(|a, b| rank(&same, a) == rank(&same, b));
            found.steps.extend(steps.map(|step| {
                let objects = distinct(step, OBJECT, kinds);
                Step {
                    visit: number,
                    kind: step[0].kind,
                    first: step[0].time,
                    last: step[step.len() - 1].time,
                    count: step.len() as u64,
                    objects: objects.len() as u64,
                    object: common(&objects),
                    bytes_sent: bytes_sent(step),
                    request_id: Some(requests.id(step[0]).to_vec()).filter(|id| !id.is_empty()),
                }
            }));
        }
        // Stable: what several actors did in one second is in the order of their visits.
        found.steps.sort_by_key(|step| step.first);
        found
    }
}

fn bytes_sent(requests: &[&Request]) -> u64 {
    requests.iter().fold(0, |sum: u64, request| sum.saturating_add(request.bytes_sent()))
}

/// The different texts of one value.
fn distinct<'a>(requests: &[&Request], of: usize, kinds: &'a Kinds<'_>) -> BTreeSet<&'a [u8]> {
    requests.iter().filter_map(|request| kinds.values(request.kind)[of]).collect()
}

/// Where each kind is among all, by the texts of these values: there are far fewer kinds than requests. Kinds with equal texts
/// are at one place.
fn ranks(kinds: &Kinds<'_>, of: &[usize]) -> Vec<u32> {
    let texts = |kind: u32| {
        let values = kinds.values(kind);
        of.iter().map(|of| values[*of]).collect::<Vec<_>>()
    };
    let all: Vec<_> = (0..kinds.len()).map(texts).collect();
    let different: BTreeSet<_> = all.iter().collect();
    let ranks: BTreeMap<_, u32> = different.into_iter().zip(0..).collect();
    all.iter().map(|texts| ranks[texts]).collect()
}

/// The only name, or what all names begin with, and `*`.
fn common(names: &BTreeSet<&[u8]>) -> Option<Vec<u8>> {
    // Of sorted names, the first and the last have the least in common.
    let (first, last) = (names.first()?, names.last()?);
    if first == last {
        return Some(first.to_vec());
    }
    let same = first.iter().zip(last.iter()).take_while(|(a, b)| a == b).count();
    Some([&first[..same], b"*"].concat())
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn what_names_have_in_common() {
        let table: &[(&[&str], Option<&str>)] = &[
            (&[], None),
            (&["a/b"], Some("a/b")),
            (&["a/b", "a/b"], Some("a/b")),
            (&["a/b/1", "a/c/1", "a/b/2"], Some("a/*")),
            (&["a", "b"], Some("*")),
            (&["a", "ab"], Some("a*")),
        ];
        for (names, expected) in table {
            let names = names.iter().map(|name| name.as_bytes()).collect();
            assert_eq!(common(&names).as_deref(), expected.map(str::as_bytes), "{names:?}");
        }
    }
}
