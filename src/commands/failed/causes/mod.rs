//! `failed --causes`: what has to be remembered to tell why requests were refused, and whether what was not found was ever
//! there.

mod table;

use std::hash::BuildHasher as _;

use hashbrown::hash_table::Entry as TableEntry;
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::aggregate::{Derived, Dimension, Dimensions, GroupTable, Merge, TimeRange};
use crate::record::{Field, Record};
use crate::semantics::{DenialReason, Event, Outcome};
use crate::time::{Timestamp, Zone};

const BY: [Dimension; 2] = [Dimension::Derived(Derived::Identity), Dimension::Field(Field::Bucket)];

/// What is needed to tell causes once all is read. Lines come in any order, so successes have to be remembered before it is
/// known whether anything failed: a span for each pair of identity and bucket, and for each object 16 bytes, a hash of its
/// name (64 bits, seeded anew in each run) and its first success.
pub(super) struct Causes {
    by: Dimensions,
    successes: GroupTable<TimeRange>,
    refused: GroupTable<Refused>,
    /// When an object was not found, by pair and object.
    missing: GroupTable<Times>,
    /// Objects and their first successes; their hashes serve as they are.
    objects: HashTable<(u64, Timestamp)>,
    /// Successes with objects that are not among `objects` yet. The table is larger than the caches, and the processor waits for
    /// many of its places at once where they are asked for one right after the other.
    recent: Vec<(u64, Timestamp)>,
    /// Whether there were more of them than memory holds.
    has_more_objects: bool,
    memory: usize,
    hash: DefaultHashBuilder,
    /// The object's name, to be hashed.
    name: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
struct Refused {
    requests: u64,
    seen: TimeRange,
}

impl Refused {
    fn add(&mut self, time: Timestamp) {
        self.requests += 1;
        self.seen.add(time);
    }
}

impl Merge for Refused {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.seen.merge(other.seen);
    }

    fn weight(&self) -> u64 {
        self.requests
    }
}

#[derive(Clone, Default)]
struct Times(Vec<Timestamp>);

impl Merge for Times {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn weight(&self) -> u64 {
        self.0.len() as u64
    }

    fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<Timestamp>()
    }
}

/// How many successes with objects are noted together.
const MAX_WAITING_OBJECTS: usize = 256;

/// Stands for what is missing and no object, among the numbers of refusals.
const OTHER_MISSING: u8 = u8::MAX;

impl Causes {
    /// Nothing seen yet; each of four tables takes about `memory` bytes at the most. All threads have to hash alike.
    pub(super) fn new(memory: usize, hash: DefaultHashBuilder) -> Self {
        Self {
            by: Dimensions::new(BY.to_vec(), 0, Zone::Utc),
            successes: GroupTable::bounded(memory),
            refused: GroupTable::bounded(memory),
            missing: GroupTable::bounded(memory),
            objects: HashTable::new(),
            recent: Vec::new(),
            has_more_objects: false,
            memory,
            hash,
            name: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>) {
        let time = record.timestamp();
        match (Outcome::of(record), record.http_status()) {
            (outcome, _) if outcome.is_success() => {
                self.successes.update(self.by.key(record), |seen| seen.add(time));
                if Event::of(record.operation()).is_some_and(Event::shows_object)
                    && let Some(object) = self.object(record)
                {
                    self.recent.push((object, time));
                    if self.recent.len() == MAX_WAITING_OBJECTS {
                        self.add_recent();
                    }
                }
            }
            (outcome, Some(status)) if outcome.is_error() => {
                let is_missing = outcome == Outcome::Missing;
                let cause = DenialReason::of(record).map(|refusal| refusal as u8);
                let code = record.get(Field::ErrorCode);
                let is_object = is_missing && matches!(code, None | Some(b"NoSuchKey" | b"NoSuchVersion"));
                if let Some(object) = is_object.then(|| self.object(record)).flatten() {
                    self.missing.update(self.by.key_with(record, [object]), |times| times.0.push(time));
                } else if let Some(cause) = cause.or(is_missing.then_some(OTHER_MISSING)) {
                    let numbers = [status.into(), cause.into()];
                    self.refused.update(self.by.key_with(record, numbers), |refused| refused.add(time));
                }
            }
            _ => {}
        }
    }

    /// Notes successes with objects.
    fn add_objects(&mut self, objects: impl IntoIterator<Item = (u64, Timestamp)>) {
        let most = self.memory / (2 * size_of::<(u64, Timestamp)>());
        for (object, time) in objects {
            let is_full = self.objects.len() >= most;
            match self.objects.entry(object, |(other, _)| *other == object, |(other, _)| *other) {
                TableEntry::Occupied(mut seen) => seen.get_mut().1 = time.min(seen.get().1),
                TableEntry::Vacant(_) if is_full => self.has_more_objects = true,
                TableEntry::Vacant(place) => {
                    place.insert((object, time));
                }
            }
        }
    }

    /// The first success with an object.
    fn first_success(&self, object: u64) -> Option<Timestamp> {
        self.objects.find(object, |(other, _)| *other == object).map(|(_, first)| *first)
    }

    fn add_recent(&mut self) {
        let mut recent = std::mem::take(&mut self.recent);
        self.add_objects(recent.drain(..));
        self.recent = recent;
    }

    fn object(&mut self, record: &Record<'_>) -> Option<u64> {
        self.name.clear();
        record.write_object(&mut self.name)?;
        Some(self.hash.hash_one((record.get(Field::Bucket), self.name.as_slice())))
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let tables = self.successes.bytes() + self.refused.bytes() + self.missing.bytes();
        tables + self.objects.allocation_size()
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.successes.merge(other.successes);
        self.refused.merge(other.refused);
        self.missing.merge(other.missing);
        self.has_more_objects |= other.has_more_objects;
        self.add_objects(other.objects.into_iter().chain(other.recent));
    }
}
