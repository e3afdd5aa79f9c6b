//! What is known at the end of a run, for rules to compare with.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::detect::acts::{Act, What};
use crate::detect::event::hash;
use crate::detect::hits::{Example, Few, Hits, MAX_EXAMPLES};
use crate::detect::keys::Keys;
use crate::detect::origin;
use crate::detect::profile::{Entry, Hour, Used};
use crate::record::{Field, Requester};
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
    pub(crate) start: i64,
    /// The first hour after it.
    pub(crate) end: i64,
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

/// What somebody did in an hour on a bucket, from all addresses together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Did {
    /// Successful reads of objects.
    pub(crate) reads: u64,
    /// Objects written.
    pub(crate) writes: u64,
    /// Objects deleted.
    pub(crate) deletes: u64,
    /// Which objects.
    pub(crate) keys: Keys,
}

/// What is known at the end.
#[derive(Clone)]
pub(crate) struct Known<'a> {
    /// All entries, in the order of their texts.
    all: Arc<Vec<&'a Entry>>,
    /// The entries of each actor.
    actors: Arc<HashMap<u64, Vec<&'a Entry>>>,
    /// What actors did in the baseline: bits of [`crate::detect::event::kind`]. Asked for findings of which there can be many, so it is not
    /// looked for each time.
    learned: Arc<HashMap<u64, u8>>,
    /// The time that is learned from.
    pub(crate) baseline: Option<Baseline>,
    /// The first and the last hour with requests.
    pub(crate) hours: Option<(i64, i64)>,
    /// Whose hours of the day they are.
    pub(crate) zone: Zone,
    /// Where addresses are.
    pub(crate) geoip: &'a Geoip,
    /// The bit of the rule that asks.
    mask: u64,
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
        let (all, actors) = (Arc::new(all), Arc::new(actors));
        let known = Self { all, actors, learned: Arc::default(), baseline, hours, zone, geoip, mask: 0 };
        let mut learned: HashMap<u64, u8> = HashMap::new();
        for entry in known.all.iter() {
            let hours = entry.hours.iter().filter(|hour| known.is_learned(hour.hour));
            if let Some(kinds) = hours.map(|hour| hour.kinds).reduce(|all, kinds| all | kinds) {
                *learned.entry(entry.actor).or_default() |= kinds;
            }
        }
        Self { learned: Arc::new(learned), ..known }
    }

    /// The same for the rule with this bit, which may have to say nothing of some.
    pub(crate) fn for_rule(&self, mask: u64) -> Self {
        Self { mask, ..self.clone() }
    }

    /// All entries of which the rule may say something.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'a Entry> {
        self.all.iter().copied().filter(|entry| entry.quiet & self.mask == 0)
    }

    /// Whose doing it was that a rule has counted by actor: see [`Event::actor`](crate::detect::event::Event::actor).
    pub(crate) fn actor_of(&self, hits: &Hits) -> u64 {
        let address = || hits.addresses.texts().next().unwrap_or_default();
        hits.identity().map_or_else(|| origin::of(address()), hash)
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

    /// What an actor did in the baseline: bits of [`crate::detect::event::kind`]; `None` if nothing was seen of it.
    pub(crate) fn learned(&self, actor: u64) -> Option<u8> {
        self.learned.get(&actor).copied()
    }

    /// Whether a sender without credentials had a success on a bucket that can be within these milliseconds.
    pub(crate) fn succeeded(&self, sender: u64, bucket: &[u8], first: i64, last: i64) -> bool {
        let of_bucket = self.of(sender).iter().filter(|entry| entry.bucket() == bucket);
        of_bucket.flat_map(|entry| &entry.hours).any(|hour| {
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
}

/// What entries did together, by the hour.
pub(crate) fn by_hour(entries: &[&Entry]) -> Vec<(i64, Did)> {
    let mut hours: BTreeMap<i64, (Did, Vec<&Keys>)> = BTreeMap::new();
    for hour in entries.iter().flat_map(|entry| &entry.hours) {
        let (did, keys) = hours.entry(hour.hour).or_default();
        did.reads += u64::from(hour.reads);
        did.writes += u64::from(hour.writes);
        did.deletes += u64::from(hour.deletes);
        keys.push(&hour.keys);
    }
    let with_keys = |(hour, (did, keys)): (i64, (Did, Vec<&Keys>))| {
        (hour, Did { keys: Keys::union(keys.iter().copied()), ..did })
    };
    hours.into_iter().map(with_keys).collect()
}

/// The hours of some entries as what a rule has counted, and who it was. Of the kinds that the rule looks at (bits of
/// [`kind`](crate::detect::event::kind); all of them if it is any request) the first request of the busiest hours is shown as evidence.
pub(crate) fn hits_of<'e>(
    entries: impl IntoIterator<Item = (&'e Entry, &'e Hour)>,
    kinds: u8,
) -> (Hits, Option<Vec<u8>>) {
    hits_with(entries, |act| kinds == u8::MAX || act.what.kinds() & kinds != 0)
}

/// What was done with programs, of which more is known than the hours.
pub(crate) fn hits_of_uses(uses: &[(&Entry, &Used)]) -> (Hits, Option<Vec<u8>>) {
    let hours = uses.iter().flat_map(|(entry, used)| {
        let is_within = |hour: &&Hour| (used.first_hour()..=used.last_hour()).contains(&hour.hour);
        entry.hours.iter().filter(is_within).map(move |hour| (*entry, hour))
    });
    let programs: HashSet<u64> = uses.iter().map(|(_, used)| used.hash).collect();
    let (mut hits, requester) = hits_with(hours, |act| programs.contains(&act.proof.client));
    hits.count = uses.iter().map(|(_, used)| used.count).sum();
    (hits.seen, hits.clients) = Default::default();
    for (_, used) in uses {
        crate::aggregate::Merge::merge(&mut hits.seen, used.seen);
        hits.clients.add(&used.family);
    }
    (hits, requester)
}

/// The same, of the first requests that pass a test.
fn hits_with<'e>(
    entries: impl IntoIterator<Item = (&'e Entry, &'e Hour)>,
    is_evidence: impl Fn(&Act) -> bool,
) -> (Hits, Option<Vec<u8>>) {
    let (mut hits, mut last, mut busiest) = (Hits::default(), None::<&Entry>, Busiest::default());
    for (entry, hour) in entries {
        hits.count += u64::from(hour.requests);
        hits.bytes = hits.bytes.saturating_add(hour.bytes);
        hits.seen.add(Timestamp::from_millis(hour.hour * HOUR_MS));
        hits.seen.add(Timestamp::from_millis((hour.hour + 1) * HOUR_MS - 1));
        for act in hour.acts.list().iter().filter(|act| is_evidence(act)) {
            busiest.add(entry, hour, act);
            let (name, is_of_several) = act.name();
            if is_of_several || !name.is_empty() {
                hits.keys.add_name(name, is_of_several);
            }
        }
        // Hours of an entry come one after the other.
        if last.is_some_and(|last| std::ptr::eq(last, entry)) {
            continue;
        }
        last = Some(entry);
        hits.buckets.add(entry.bucket());
        if entry.address() != b"-" {
            hits.addresses.add(entry.address());
        }
        for used in &entry.clients {
            hits.clients.add(&used.family);
        }
    }
    busiest.examples().for_each(|example| hits.examples.put(example));
    let identity = last.and_then(|entry| Requester::new(entry.requester()).identity());
    (hits, identity.map(<[u8]>::to_vec))
}

/// What was done in an hour, of which the first request is known.
struct Seen<'e> {
    /// Most bytes first, then most requests; then by time and texts.
    order: (Reverse<(u64, u32)>, Timestamp, [&'e [u8]; 3]),
    act: &'e Act,
}

/// The busiest hours of each kind of what was done.
#[derive(Default)]
struct Busiest<'e>(BTreeMap<(Reverse<u8>, What), Vec<Seen<'e>>>);

impl<'e> Busiest<'e> {
    fn add(&mut self, entry: &'e Entry, hour: &Hour, act: &'e Act) {
        let time = Timestamp::from_millis(hour.hour * HOUR_MS + i64::from(act.seconds.0) * 1_000);
        let texts = [entry.requester(), entry.address(), entry.bucket()];
        let seen = Seen { order: (Reverse((act.bytes, act.count)), time, texts), act };
        let kept = self.0.entry((Reverse(act.what.weight()), act.what)).or_default();
        let place = kept.partition_point(|known| known.order < seen.order);
        if place < MAX_EXAMPLES {
            kept.insert(place, seen);
            kept.truncate(MAX_EXAMPLES);
        }
    }

    /// Those that are shown: what changes most comes first, and each kind has its turn.
    fn examples(&self) -> impl Iterator<Item = Example> {
        let turns = (0..MAX_EXAMPLES).flat_map(|turn| self.0.values().filter_map(move |kept| kept.get(turn)));
        turns.take(MAX_EXAMPLES).map(Seen::example)
    }
}

impl Seen<'_> {
    fn example(&self) -> Example {
        let (_, time, [requester, address, bucket]) = self.order;
        let named = |text: &[u8]| Cow::Owned(if text == b"-" { Vec::new() } else { text.to_vec() });
        Example::new(time, self.act.proof.status, |field| match field {
            Field::Bucket => named(bucket),
            Field::RemoteIp => named(address),
            Field::Requester => named(requester),
            field => self.act.proof.get(field).into(),
        })
    }
}

/// The texts of one part of some entries.
pub(crate) fn few<'e>(texts: impl IntoIterator<Item = &'e [u8]>) -> Few {
    let mut few = Few::default();
    texts.into_iter().for_each(|text| few.add(text));
    few
}
