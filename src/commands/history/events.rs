//! What happened to objects, a row for each change and for what is repeated between two of them.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::io;

use serde::{Deserialize, Serialize};

use super::{BUCKET, BY, CLIENT, ERROR, Kind, Layout, OBJECT, OPERATION, REMOTE_IP, REQUESTER};
use super::{Request, Requests, STATUS, VERSION, Values};
use crate::aggregate::{GroupTable, Groups, KeyBuffer, KeyReader, Merge};
use crate::record::Field;
use crate::report::{Importance, Table, Value};
use crate::semantics::{Effect, Event};
use crate::spill::Space;
use crate::time::Timestamp;

/// What becomes a row: a change, or requests of one kind with no change of the object between them.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Stretch {
    time: Timestamp,
    /// The place of its event in the order in which events can follow each other.
    event: u64,
    last: Timestamp,
    count: u64,
    /// The place of the first request among all, whose id this is.
    first_at: u64,
    id: Option<Vec<u8>>,
    /// The place of the last request that logged a size.
    sized_at: u64,
    object_size: Option<u64>,
    bytes_sent: u64,
    names_version: bool,
    /// Whether they are a write, and the object is known to have been there before.
    overwrites: bool,
}

/// Stretches in temporary files come in parts, in any order.
impl Merge for Stretch {
    fn merge(&mut self, other: Self) {
        if self.count == 0 {
            *self = other;
            return;
        }
        let (count, bytes_sent) =
            (self.count + other.count, self.bytes_sent.saturating_add(other.bytes_sent));
        let last = self.last.max(other.last);
        let (sized_at, object_size) =
            (self.sized_at, self.object_size).max((other.sized_at, other.object_size));
        if other.first_at < self.first_at {
            *self = other;
        }
        *self = Self { last, count, sized_at, object_size, bytes_sent, ..std::mem::take(self) };
    }

    fn heap_bytes(&self) -> usize {
        self.id.as_ref().map_or(0, Vec::capacity)
    }
}

impl Stretch {
    fn add(&mut self, request: &Request<'_>, at: u64, event: Option<Event>, overwrites: bool) {
        if self.count == 0 {
            self.time = request.time;
            self.event = rank(event);
            self.first_at = at;
            self.id = request.id.as_ref().map(|id| id.clone().into_owned());
            self.names_version = request.numbers.names_version;
            self.overwrites = overwrites;
        }
        if request.numbers.object_size.is_some() {
            (self.sized_at, self.object_size) = (at, request.numbers.object_size);
        }
        self.last = request.time;
        self.count += 1;
        self.bytes_sent = self.bytes_sent.saturating_add(request.numbers.bytes_sent);
    }
}

/// The place of an event in the order of all.
fn rank(event: Option<Event>) -> u64 {
    event.map_or(0, |event| event.rank() + 1)
}

/// What is known of an object while its requests are gone through, oldest first.
#[derive(Default)]
struct Life {
    /// Which object, as in a key.
    object: Vec<u8>,
    /// When the requests happen that are looked at: a time, and within it the place of their event.
    at: (Timestamp, u64),
    /// Whether one of these changed the object.
    is_changed: bool,
    /// The place of the request at which the time since the last change began.
    epoch: u64,
    /// Whether it exists, as what was done with it shows.
    is_there: bool,
}

impl Life {
    /// Goes on to a request.
    fn go_on(&mut self, request: &Request<'_>, at: u64, event: Option<Event>) {
        let time = (request.time, rank(event));
        if request.first != self.object || at == 0 {
            *self = Self { object: request.first.to_vec(), at: time, epoch: at, ..Self::default() };
        } else if time != self.at {
            self.at = time;
            if std::mem::take(&mut self.is_changed) {
                self.epoch = at;
            }
        }
    }

    /// Takes in what a success shows. Returns whether it wrote an object that was there.
    fn succeed(&mut self, event: Event, names_version: bool) -> bool {
        match event.effect() {
            Effect::Write => return std::mem::replace(&mut self.is_there, true),
            // Lifecycle rules remove old versions. Whether a client has removed the newest one, nobody can tell.
            Effect::Delete if names_version && event == Event::Expired => {}
            Effect::Delete => self.is_there = false,
            Effect::Read | Effect::Other => self.is_there |= event.shows_object(),
        }
        false
    }
}

/// The rows of all objects.
pub(super) struct Events {
    layout: Layout,
    /// By the values of their requests, and since when they happened.
    stretches: Groups<Stretch>,
}

impl Events {
    /// Those of requests whose objects come first.
    pub(super) fn of(requests: Requests, layout: Layout, space: &Space) -> io::Result<Self> {
        let mut stretches = GroupTable::<Stretch>::spilling(space, space.memory() / 4);
        let (mut life, mut key, mut at) = (Life::default(), KeyBuffer::default(), 0);
        requests.for_each(|request| {
            let kind = Kind::of(&request.values);
            life.go_on(request, at, kind.event);
            let success = kind.event.filter(|_| kind.outcome.is_success());
            let overwrites = success.is_some_and(|event| life.succeed(event, request.numbers.names_version));
            // A change is a row of its own.
            life.is_changed |= kind.is_change();
            let since = if kind.is_change() { at } else { life.epoch };
            key.start().push_coded(request.first).push_coded(request.rest).push_number(since);
            stretches.update(key.key(), |stretch| stretch.add(request, at, kind.event, overwrites));
            at += 1;
            Ok(())
        })?;
        Ok(Self { layout, stretches: stretches.groups()? })
    }

    /// The newest of them, oldest first.
    pub(super) fn table(&self, of_one: bool, limit: usize, space: &Space) -> io::Result<Table> {
        // Ties are in the order of their texts, and changes of one kind in that of their ids.
        let oldest = |_: &[u8], stretch: &Stretch| (Reverse(stretch.time), Reverse(stretch.event));
        let events = self.stretches.top(usize::MAX, |_, _| true, oldest)?;
        let mut left_out = events.total.saturating_sub(limit as u64);
        Table::builder("events", "History", [])
            .column("time", Value::Time, |row: &EventRow| row.stretch.time)
            .column("last", Value::Time, |row| row.stretch.last)
            .detail()
            .column("event", Value::Text, |row| {
                let version = row.value(VERSION).filter(|_| row.stretch.names_version);
                let operation = row.value(OPERATION).unwrap_or_default();
                row.kind.name(operation, row.stretch.overwrites, version)
            })
            .event()
            .column("count", Value::Count, |row| row.stretch.count)
            .context()
            .dimension(BY[REQUESTER], |row| row.value(REQUESTER))
            .dimension(BY[REMOTE_IP], |row| row.value(REMOTE_IP))
            .importance(if of_one { Importance::Answer } else { Importance::Context })
            .dimension(BY[CLIENT], |row| row.value(CLIENT))
            .context()
            .dimension(BY[STATUS], |row| row.value(STATUS))
            .detail()
            .dimension(BY[ERROR], |row| row.value(ERROR))
            .detail()
            .field(Field::RequestId, |row| row.stretch.id.as_ref())
            .detail()
            .dimension(BY[VERSION], |row| row.value(VERSION))
            .detail()
            .dimension(BY[BUCKET], |row| row.value(BUCKET))
            .detail()
            .dimension(BY[OBJECT], |row| row.value(OBJECT))
            .column("object_size", Value::bytes, |row| row.stretch.object_size)
            .context()
            .column("bytes_sent", Value::Bytes, |row| row.stretch.bytes_sent)
            .detail()
            .total_of(events.total, "the newest")
            .build_with(space, |put| {
                events.for_each(|key, stretch| {
                    if left_out > 0 {
                        left_out -= 1;
                        return Ok(());
                    }
                    let values = self.layout.values(&mut KeyReader::new(key));
                    let kind = Kind::of(&values);
                    let values = values.map(|value| value.map(Cow::into_owned).map(Cow::Owned));
                    put(&EventRow { kind, values, stretch: stretch.clone() })
                })
            })
    }
}

/// What a row is made of.
struct EventRow {
    kind: Kind,
    values: Values<'static>,
    stretch: Stretch,
}

impl EventRow {
    fn value(&self, of: usize) -> Option<&[u8]> {
        self.values[of].as_deref()
    }
}
