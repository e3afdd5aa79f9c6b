//! What is kept of what an actor did in a short time, for windows.

use serde::{Deserialize, Serialize};

use crate::aggregate::{Merge as _, TimeRange};
use crate::detect::event::Event;
use crate::detect::hits::{Distinct, Hits, One};
use crate::detect::shelf::Item;

/// What is kept of a slot of time.
pub(crate) trait Slot: Item {
    /// What slots are together.
    type Sum: Default;

    /// Takes in a request; `distinct` is the hash of what has to differ for it to count more than once.
    fn add(&mut self, event: &Event<'_, '_>, distinct: u64);
    /// Adds it to others.
    fn add_to(&self, sum: &mut Self::Sum);
    /// How many requests.
    fn count(&self) -> u64;
    /// The bytes that they sent.
    fn bytes(&self) -> u64;
    /// The different hashes, sorted.
    fn distinct(&self) -> &[u64];
    /// The numbers of what slots are together: how many requests, the first and the last, and how many of them differ.
    fn numbers(sum: &Self::Sum) -> (u64, TimeRange, &Distinct);
}

/// All that a finding is made of. Most slots hold a single request.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Requests {
    one: Option<Box<One>>,
    many: Option<Box<Hits>>,
}

impl Requests {
    /// As several, what was a single one among them.
    fn many(&mut self) -> &mut Hits {
        let hits = self.many.get_or_insert_default();
        if let Some(one) = self.one.take() {
            hits.add_one(&one);
        }
        hits
    }
}

impl Item for Requests {
    fn merge(&mut self, other: Self) {
        if self.one.is_none() && self.many.is_none() {
            *self = other;
        } else {
            other.add_to(self.many());
        }
    }

    fn heap_bytes(&self) -> usize {
        let many = self.many.as_ref().map_or(0, |hits| size_of::<Hits>() + hits.heap_bytes());
        many + self.one.as_ref().map_or(0, |one| one.heap_bytes())
    }
}

impl Slot for Requests {
    type Sum = Hits;

    fn add(&mut self, event: &Event<'_, '_>, distinct: u64) {
        if self.one.is_none() && self.many.is_none() {
            self.one = Some(Box::new(One::of(event, distinct)));
            return;
        }
        let hits = self.many();
        hits.add(event);
        hits.distinct.add(distinct);
    }

    fn add_to(&self, sum: &mut Hits) {
        if let Some(one) = &self.one {
            sum.add_one(one);
        }
        if let Some(hits) = &self.many {
            sum.merge(hits);
        }
    }

    fn count(&self) -> u64 {
        self.many.as_ref().map_or_else(|| self.one.is_some().into(), |hits| hits.count)
    }

    fn bytes(&self) -> u64 {
        match (&self.one, &self.many) {
            (_, Some(hits)) => hits.bytes,
            (Some(one), None) => one.bytes(),
            (None, None) => 0,
        }
    }

    fn distinct(&self) -> &[u64] {
        match (&self.one, &self.many) {
            (_, Some(hits)) => hits.distinct.hashes(),
            (Some(one), None) => std::slice::from_ref(one.distinct()),
            (None, None) => &[],
        }
    }

    fn numbers(sum: &Hits) -> (u64, TimeRange, &Distinct) {
        (sum.count, sum.seen, &sum.distinct)
    }
}

/// Numbers only, where something else is shown as evidence.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    count: u64,
    seen: TimeRange,
    distinct: Distinct,
}

impl Item for Tally {
    fn merge(&mut self, other: Self) {
        other.add_to(self);
    }

    fn heap_bytes(&self) -> usize {
        self.distinct.heap_bytes()
    }
}

impl Slot for Tally {
    type Sum = Self;

    fn add(&mut self, event: &Event<'_, '_>, distinct: u64) {
        self.count += 1;
        self.seen.add(event.record.timestamp());
        self.distinct.add(distinct);
    }

    fn add_to(&self, sum: &mut Self) {
        sum.count += self.count;
        sum.seen.merge(self.seen);
        sum.distinct.add_all(self.distinct.hashes());
    }

    fn count(&self) -> u64 {
        self.count
    }

    fn bytes(&self) -> u64 {
        0
    }

    fn distinct(&self) -> &[u64] {
        self.distinct.hashes()
    }

    fn numbers(sum: &Self) -> (u64, TimeRange, &Distinct) {
        (sum.count, sum.seen, &sum.distinct)
    }
}
