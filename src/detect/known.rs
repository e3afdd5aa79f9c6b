//! What is known at the end of a run, for rules to compare with.

use std::collections::{BTreeMap, HashMap};

use crate::detect::event::hash;
use crate::detect::hits::{Few, Hits};
use crate::detect::keys::Keys;
use crate::detect::profile::{Entry, Hour};
use crate::semantics::Geoip;
use crate::time::{Timestamp, Window, Zone};

const HOUR_MS: i64 = 3_600_000;
/// The shortest default baseline, in hours.
const MIN_BASELINE: i64 = 24;
/// The default baseline is one of so many equal parts of the time that the input covers.
const BASELINE_DIVISOR: i64 = 3;

/// The time that is learned from: from one hour on, before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Baseline {
    /// Its first hour, since 1970.
    pub start: i64,
    /// The first hour after it.
    pub end: i64,
}

impl Baseline {
    /// The first third of the time that the input covers, but a day at least; `None` if that leaves less than a day to look at.
    fn of_span(first: i64, last: i64) -> Option<Self> {
        let length = ((last - first) / BASELINE_DIVISOR).max(MIN_BASELINE);
        (last + 1 - first >= length + MIN_BASELINE).then_some(Self { start: first, end: first + length })
    }

    /// The whole hours of a window; `None` if there are no requests in them.
    fn of_window(window: Window, first: i64, last: i64) -> Option<Self> {
        let hour = |time: Timestamp, up: i64| (time.millis() + up).div_euclid(HOUR_MS);
        let start = window.since.map_or(first, |time| hour(time, HOUR_MS - 1));
        let end = window.until.map_or(last + 1, |time| hour(time, 0));
        (start < end && start <= last && end > first).then_some(Self { start, end })
    }

    /// When it begins and ends.
    pub(crate) fn times(self) -> [Timestamp; 2] {
        [self.start, self.end].map(|hour| Timestamp::from_millis(hour.saturating_mul(HOUR_MS)))
    }
}

/// What somebody did in an hour, from all addresses together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Did {
    /// Bytes that successful reads sent.
    pub bytes: u64,
    /// Requests.
    pub requests: u64,
    /// Successful reads of objects.
    pub reads: u64,
    /// Requests to list names.
    pub lists: u64,
    /// Objects deleted.
    pub deletes: u64,
    /// What was done: bits of [`crate::detect::profile::kind`].
    pub kinds: u8,
    /// Which objects, of one bucket.
    pub keys: Keys,
}

impl Did {
    fn add(&mut self, hour: &Hour) {
        self.bytes = self.bytes.saturating_add(hour.bytes);
        self.requests += u64::from(hour.requests);
        self.reads += u64::from(hour.reads);
        self.lists += u64::from(hour.lists);
        self.deletes += u64::from(hour.deletes);
        self.kinds |= hour.kinds;
    }
}

/// What is known at the end.
pub(crate) struct Known<'a> {
    /// All entries, in the order of their texts.
    all: Vec<&'a Entry>,
    /// The entries of each actor.
    actors: HashMap<u64, Vec<&'a Entry>>,
    /// The time that is learned from.
    pub baseline: Option<Baseline>,
    /// The first and the last hour with requests.
    pub hours: Option<(i64, i64)>,
    /// Whose hours of the day they are.
    pub zone: Zone,
    /// Where addresses are.
    pub geoip: &'a Geoip,
    /// The bit of the rule that asks.
    pub mask: u64,
}

impl<'a> Known<'a> {
    /// Of these entries. `asked` is the baseline that was typed.
    pub(crate) fn new(all: Vec<&'a Entry>, asked: Option<Window>, zone: Zone, geoip: &'a Geoip) -> Self {
        let first = all.iter().filter_map(|entry| entry.hours.first()).map(|hour| hour.hour).min();
        let last = all.iter().filter_map(|entry| entry.hours.last()).map(|hour| hour.hour).max();
        let hours = first.zip(last);
        let baseline = hours.and_then(|(first, last)| match asked {
            Some(window) => Baseline::of_window(window, first, last),
            None => Baseline::of_span(first, last),
        });
        let mut actors: HashMap<u64, Vec<&Entry>> = HashMap::new();
        for entry in &all {
            actors.entry(entry.actor).or_default().push(entry);
        }
        Self { all, actors, baseline, hours, zone, geoip, mask: 0 }
    }

    /// All entries of which the rule may say something.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'a Entry> {
        self.all.iter().copied().filter(|entry| entry.quiet & self.mask == 0)
    }

    /// Whose doing it was that a rule has counted: see [`Event::actor`](crate::detect::event::Event::actor).
    pub(crate) fn actor_of(&self, hits: &Hits) -> u64 {
        hash(hits.identity().or(hits.addresses.only()).unwrap_or_default())
    }

    /// The entries of an actor, of which the rule may say something or not.
    pub(crate) fn of(&self, actor: u64) -> &[&'a Entry] {
        self.actors.get(&actor).map_or(&[], Vec::as_slice)
    }

    /// All actors of which the rule may say something, in the order of their texts, each with those of its entries.
    pub(crate) fn actors(&self) -> Vec<(u64, Vec<&'a Entry>)> {
        let (mut places, mut actors): (HashMap<u64, usize>, Vec<(u64, Vec<&Entry>)>) = Default::default();
        for entry in self.entries() {
            let place = *places.entry(entry.actor).or_insert(actors.len());
            match actors.get_mut(place) {
                Some((_, entries)) => entries.push(entry),
                None => actors.push((entry.actor, vec![entry])),
            }
        }
        actors
    }

    /// Whether an hour is learned from.
    pub(crate) fn is_learned(&self, hour: i64) -> bool {
        self.baseline.is_some_and(|baseline| (baseline.start..baseline.end).contains(&hour))
    }

    /// Whether an hour is looked at by rules that compare with the baseline: it is after it.
    pub(crate) fn is_judged(&self, hour: i64) -> bool {
        self.baseline.is_some_and(|baseline| hour >= baseline.end)
    }

    /// Whether a time is.
    pub(crate) fn is_judged_at(&self, time: Timestamp) -> bool {
        self.is_judged(time.millis().div_euclid(HOUR_MS))
    }

    /// Whether an actor did such a thing in the baseline.
    pub(crate) fn knew(&self, actor: u64, test: impl Fn(&Entry, &Hour) -> bool) -> bool {
        self.of(actor)
            .iter()
            .any(|entry| entry.hours.iter().any(|hour| self.is_learned(hour.hour) && test(entry, hour)))
    }

    /// Whether there was a success from an address, of any requester, that can be within these milliseconds.
    pub(crate) fn succeeded(&self, address: u64, first: i64, last: i64) -> bool {
        self.of(address).iter().flat_map(|entry| &entry.hours).any(|hour| {
            let time = |second: u16| hour.hour * HOUR_MS + i64::from(second) * 1_000;
            hour.last_success.is_some_and(|second| (first..=last).contains(&time(second)))
        })
    }

    /// What the busiest hour of the baseline had, in words.
    pub(crate) fn compared(&self, usual: u64) -> String {
        match (usual, self.baseline) {
            (_, None) => "no baseline".to_owned(),
            (0, _) => "none in any hour of the baseline".to_owned(),
            _ => format!("the busiest hour of the baseline had {usual}"),
        }
    }

    /// The most of something that an actor did in an hour of the baseline.
    pub(crate) fn usual(&self, actor: u64, value: impl Fn(&Did) -> u64) -> u64 {
        // Without the objects, which are the most of it.
        let mut hours: BTreeMap<i64, Did> = BTreeMap::new();
        let all = self.of(actor).iter().flat_map(|entry| &entry.hours);
        for hour in all.filter(|hour| self.is_learned(hour.hour)) {
            hours.entry(hour.hour).or_default().add(hour);
        }
        hours.values().map(value).max().unwrap_or_default()
    }
}

/// What entries did together, by the hour.
pub(crate) fn by_hour(entries: &[&Entry]) -> BTreeMap<i64, Did> {
    let mut hours: BTreeMap<i64, (Did, Vec<&Keys>)> = BTreeMap::new();
    for hour in entries.iter().flat_map(|entry| &entry.hours) {
        let (did, keys) = hours.entry(hour.hour).or_default();
        did.add(hour);
        keys.push(&hour.keys);
    }
    let with_keys = |(hour, (did, keys)): (i64, (Did, Vec<&Keys>))| {
        (hour, Did { keys: Keys::union(keys.iter().copied()), ..did })
    };
    hours.into_iter().map(with_keys).collect()
}

/// The hours of some entries as what a rule has counted: there are no single requests to show.
pub(crate) fn hits_of<'e>(
    entries: impl IntoIterator<Item = (&'e Entry, &'e Hour)>,
) -> (Hits, Option<Vec<u8>>) {
    let (mut hits, mut requester) = (Hits::default(), None);
    for (entry, hour) in entries {
        hits.count += u64::from(hour.requests);
        hits.bytes = hits.bytes.saturating_add(hour.bytes);
        let start = Timestamp::from_millis(hour.hour * HOUR_MS);
        hits.seen.add(start);
        hits.seen.add(Timestamp::from_millis((hour.hour + 1) * HOUR_MS - 1));
        hits.buckets.add(entry.bucket());
        if entry.address() != b"-" {
            hits.addresses.add(entry.address());
        }
        for used in &entry.clients {
            hits.clients.add(&used.family);
        }
        requester = crate::record::Requester::new(entry.requester()).identity().map(<[u8]>::to_vec);
    }
    (hits, requester)
}

/// The texts of one part of some entries.
pub(crate) fn few<'e>(texts: impl IntoIterator<Item = &'e [u8]>) -> Few {
    let mut few = Few::default();
    texts.into_iter().for_each(|text| few.add(text));
    few
}
