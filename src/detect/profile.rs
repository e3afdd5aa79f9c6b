//! What each actor did on each bucket, by the hour: the memory that all rules with a history share.
//!
//! It is as large as there are requesters, addresses and buckets that met, times the hours in which they did: not as the lines are many.

use std::sync::Arc;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry as Slot;
use smallvec::SmallVec;

use crate::aggregate::{Merge as _, TimeRange};
use crate::detect::acts::Acts;
use crate::detect::event::{Event, WhoKind, fact, kind, mix};
use crate::detect::keys::Keys;
use crate::detect::origin;
use crate::record::Field;
use crate::semantics::ClientKind;
use crate::threads::share_out;

/// How many programs are kept of a requester at an address.
const MAX_CLIENTS: usize = 16;

/// An hour of an entry.
#[derive(Clone, Debug)]
pub(crate) struct Hour {
    /// Hours since 1970.
    pub(crate) hour: i64,
    /// Bytes that successful reads sent.
    pub(crate) bytes: u64,
    /// Requests.
    pub(crate) requests: u32,
    /// Requests that succeeded.
    pub(crate) successes: u32,
    /// Successful reads of objects.
    pub(crate) reads: u32,
    /// Objects written.
    pub(crate) writes: u32,
    /// Objects deleted.
    pub(crate) deletes: u32,
    /// Requests that were throttled.
    pub(crate) throttled: u32,
    /// The last success, in seconds of the hour.
    pub(crate) last_success: Option<u16>,
    /// What was done: bits of [`kind`].
    pub(crate) kinds: u8,
    /// Which objects.
    pub(crate) keys: Keys,
    /// What a timeline tells of it.
    pub(crate) acts: Acts,
}

impl Hour {
    fn new(hour: i64) -> Self {
        Self {
            hour,
            bytes: 0,
            requests: 0,
            successes: 0,
            reads: 0,
            writes: 0,
            deletes: 0,
            throttled: 0,
            last_success: None,
            kinds: 0,
            keys: Keys::default(),
            acts: Acts::default(),
        }
    }

    fn merge(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.requests = self.requests.saturating_add(other.requests);
        self.successes = self.successes.saturating_add(other.successes);
        self.reads = self.reads.saturating_add(other.reads);
        self.writes = self.writes.saturating_add(other.writes);
        self.deletes = self.deletes.saturating_add(other.deletes);
        self.throttled = self.throttled.saturating_add(other.throttled);
        self.last_success = self.last_success.max(other.last_success);
        self.kinds |= other.kinds;
        self.keys.merge(&other.keys);
        self.acts.merge(other.acts);
    }

    /// Takes in a request, and says about how many bytes more it takes.
    #[inline]
    fn add(&mut self, event: &Event<'_, '_>, kinds: u8) -> usize {
        self.requests = self.requests.saturating_add(1);
        self.throttled += u32::from(event.is(fact::THROTTLED));
        let second = event.seconds.rem_euclid(3_600) as u16;
        let grown = self.acts.add(event, second);
        if !event.outcome.is_success() {
            return grown;
        }
        self.successes += 1;
        self.last_success = self.last_success.max(Some(second));
        self.kinds |= kinds;
        self.writes += u32::from(event.is(fact::WRITTEN));
        self.deletes += u32::from(event.is(fact::DELETED));
        if event.is(fact::READ | fact::COPIED) {
            self.reads += 1;
            self.bytes = self.bytes.saturating_add(event.record.bytes_sent().unwrap_or_default());
        }
        let is_touched = event.is(fact::READ | fact::COPIED | fact::WRITTEN | fact::DELETED);
        // Who asks for the head of an object learns nothing of what is in it.
        if !is_touched || event.key == 0 || event.is_head() {
            return grown;
        }
        let before = self.keys.heap_bytes();
        self.keys.add(event.key, kinds & (kind::READ | kind::WRITE | kind::DELETE), second);
        grown + self.keys.heap_bytes().saturating_sub(before)
    }
}

/// A program that was used.
#[derive(Clone, Debug)]
pub(crate) struct Used {
    /// The hash of its family, the same in every run.
    pub(crate) hash: u64,
    /// Its family and major version.
    pub(crate) family: Arc<[u8]>,
    /// Whether people move files with it.
    pub(crate) is_tool: bool,
    /// How many requests.
    pub(crate) count: u64,
    /// The first and the last of them.
    pub(crate) seen: TimeRange,
}

impl Used {
    /// The first hour in which it was used.
    pub(crate) fn first_hour(&self) -> i64 {
        self.seen.first.millis().div_euclid(3_600_000)
    }

    /// The last hour in which it was used.
    pub(crate) fn last_hour(&self) -> i64 {
        self.seen.last.millis().div_euclid(3_600_000)
    }

    /// Tools come first, so that no number of other programs hides one; else chance decides, and not the name.
    fn order(&self) -> (bool, u64, &[u8]) {
        (!self.is_tool, self.hash, &self.family)
    }

    /// Its name without a version.
    pub(crate) fn name(&self) -> &[u8] {
        self.family.split(|byte| *byte == b'/').next().unwrap_or_default()
    }
}

/// What one requester did from one address on one bucket.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Whose doing it is: see [`Event::actor`].
    pub(crate) actor: u64,
    /// Who it is.
    pub(crate) kind: WhoKind,
    /// Whether there were requests to a website endpoint.
    pub(crate) is_website: bool,
    /// The rules that are to say nothing of it, a bit each.
    pub(crate) quiet: u64,
    /// What holds of all its requests: bits of [`fact`].
    facts: u32,
    /// The hours with requests, in their order. Whatever the last request was of is `open`, until [`Entry::close`].
    pub(crate) hours: Vec<Hour>,
    /// The hour of the last request. Logs are nearly in the order of time, so the next one is most often of the same: it is at hand here, and
    /// not behind a pointer.
    open: Hour,
    /// The programs in their order ([`Used::order`]): of more than are kept the first ones, which are the same whatever the order of requests.
    /// Most senders have one.
    pub(crate) clients: SmallVec<[Used; 1]>,
    /// Bucket, requester, address.
    texts: Box<[u8]>,
    ends: [u32; 2],
    /// Where the program of the last request is.
    last_client: usize,
}

impl Entry {
    fn new(event: &Event<'_, '_>, (quiet, facts): (u64, u32)) -> Self {
        let [bucket, requester, address] =
            [Field::Bucket, Field::Requester, Field::RemoteIp].map(|field| event.record.head(field));
        let address = if event.is_anonymous() { origin::text(address) } else { address.into() };
        Self {
            actor: event.actor(),
            kind: event.who.kind,
            is_website: false,
            quiet,
            facts,
            // Of strangers there can be millions, with a single request each.
            hours: Vec::new(),
            open: Hour::new(0),
            clients: SmallVec::new(),
            texts: [bucket, requester, &address].concat().into(),
            ends: [bucket.len() as u32, (bucket.len() + requester.len()) as u32],
            last_client: 0,
        }
    }

    /// The bucket.
    pub(crate) fn bucket(&self) -> &[u8] {
        &self.texts[..self.ends[0] as usize]
    }

    /// The whole requester; a dash if anonymous.
    pub(crate) fn requester(&self) -> &[u8] {
        &self.texts[self.ends[0] as usize..self.ends[1] as usize]
    }

    /// The address, or the sender where there are no credentials (see [`origin`]); a dash if there is none.
    pub(crate) fn address(&self) -> &[u8] {
        &self.texts[self.ends[1] as usize..]
    }

    /// Makes this hour the open one; whether it is new.
    fn turn_to(&mut self, hour: i64) -> bool {
        self.close();
        let known = match self.hours.last() {
            Some(last) if last.hour >= hour => self.hours.binary_search_by_key(&hour, |known| known.hour),
            _ => Err(self.hours.len()),
        };
        self.open = match known {
            // What stays in its place is written over when it comes back.
            Ok(place) => std::mem::replace(&mut self.hours[place], Hour::new(hour)),
            Err(_) => Hour::new(hour),
        };
        known.is_err()
    }

    /// Puts the open hour among the others.
    fn close(&mut self) {
        if self.open.requests == 0 {
            return;
        }
        let open = std::mem::replace(&mut self.open, Hour::new(0));
        match self.hours.last() {
            Some(last) if last.hour >= open.hour => {
                match self.hours.binary_search_by_key(&open.hour, |known| known.hour) {
                    Ok(place) => self.hours[place] = open,
                    Err(place) => self.hours.insert(place, open),
                }
            }
            _ => self.hours.push(open),
        }
    }

    /// Takes in the hours of another part, which are in their order too.
    fn add_hours(&mut self, others: Vec<Hour>) {
        let own = std::mem::take(&mut self.hours);
        self.hours.reserve_exact(own.len().max(others.len()));
        let (mut own, mut others) = (own.into_iter().peekable(), others.into_iter().peekable());
        loop {
            let (first, second) = match (own.peek(), others.peek()) {
                (Some(one), Some(other)) if one.hour == other.hour => (own.next(), others.next()),
                (Some(one), Some(other)) if one.hour > other.hour => (others.next(), None),
                (Some(_), _) => (own.next(), None),
                (None, _) => (others.next(), None),
            };
            let Some(mut hour) = first else { return };
            if let Some(other) = second {
                hour.merge(other);
            }
            self.hours.push(hour);
        }
    }

    /// Takes in the use of a program, and says about how many bytes more it takes.
    #[inline]
    fn use_client(&mut self, event: &Event<'_, '_>) -> usize {
        let (hash, family) = (event.client.stable_hash, &event.client.family);
        if family.is_empty() {
            return 0;
        }
        let time = event.record.timestamp();
        // Most often it is the very same text; strangers can make two of the same hash, so the texts decide.
        let is_same =
            |used: &Used| used.hash == hash && (Arc::ptr_eq(&used.family, family) || used.family == *family);
        let known = match self.clients.get(self.last_client) {
            Some(last) if is_same(last) => Some(self.last_client),
            _ => self.clients.iter().position(is_same),
        };
        if let Some(place) = known {
            self.last_client = place;
            let used = &mut self.clients[place];
            used.count += 1;
            used.seen.add(time);
            return 0;
        }
        // Before anything is copied: there can be a different one in each request.
        let is_tool = event.client.kind == ClientKind::Tool;
        let is_left_out = |last: &Used| last.order() < (!is_tool, hash, &family[..]);
        if self.clients.len() == MAX_CLIENTS && self.clients.last().is_some_and(is_left_out) {
            return 0;
        }
        let seen = TimeRange { first: time, last: time };
        self.put_client(Used { hash, family: Arc::clone(family), is_tool, count: 1, seen });
        let place = if self.clients.spilled() { size_of::<Used>() } else { 0 };
        place + family.len()
    }

    fn put_client(&mut self, used: Used) {
        let place = self.clients.binary_search_by(|known| known.order().cmp(&used.order()));
        match place {
            Ok(place) => {
                let known = &mut self.clients[place];
                known.count += used.count;
                known.seen.merge(used.seen);
            }
            Err(place) if place < MAX_CLIENTS => {
                self.clients.insert(place, used);
                self.clients.truncate(MAX_CLIENTS);
            }
            Err(_) => {}
        }
    }

    fn heap_bytes(&self) -> usize {
        let hours: usize = self
            .hours
            .iter()
            .chain([&self.open])
            .map(|hour| hour.keys.heap_bytes() + hour.acts.heap_bytes())
            .sum();
        let families: usize = self.clients.iter().map(|used| used.family.len()).sum();
        let clients = if self.clients.spilled() { self.clients.capacity() * size_of::<Used>() } else { 0 };
        self.texts.len() + self.hours.capacity() * size_of::<Hour>() + hours + families + clients
    }
}

/// In how many parts entries are kept, by the highest bits of their hashes: threads can merge one each.
const PARTS: usize = 16;
const PART_BITS: u32 = PARTS.ilog2();

/// All entries.
#[derive(Debug, Default)]
pub(crate) struct Profile([Part; PARTS]);

/// The entries whose hashes begin alike.
#[derive(Debug, Default)]
struct Part {
    entries: HashMap<u64, Entry>,
    heap: usize,
}

impl Profile {
    /// Takes in a request, gives the rules that are to say nothing of it, and adds the facts of its entry. `about` is asked for both once for
    /// each entry.
    #[inline]
    pub(crate) fn add(&mut self, event: &mut Event<'_, '_>, about: impl FnOnce() -> (u64, u32)) -> u64 {
        let kinds = kinds(event);
        let hour = event.seconds.div_euclid(3_600);
        let hash = mix(mix(event.bucket, event.requester), event.sender);
        let part = &mut self.0[(hash >> (u64::BITS - PART_BITS)) as usize];
        let entry = match part.entries.entry(hash) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => {
                let entry = slot.insert(Entry::new(event, about()));
                part.heap += entry.heap_bytes();
                entry
            }
        };
        event.facts |= entry.facts;
        entry.is_website |= event.is_website();
        let is_open = entry.open.hour == hour && entry.open.requests > 0;
        if !is_open && entry.turn_to(hour) {
            part.heap += size_of::<Hour>() * 2;
        }
        part.heap += entry.open.add(event, kinds);
        part.heap += entry.use_client(event);
        entry.quiet
    }

    /// Takes in what another profile has seen, on so many threads.
    pub(crate) fn merge(&mut self, other: Self, threads: usize) {
        share_out(self.0.iter_mut().zip(other.0), threads.min(PARTS), |(part, other)| part.merge(other));
    }

    /// About how many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        self.0.iter().map(|part| part.entries.capacity() * size_of::<(u64, Entry)>() + part.heap).sum()
    }

    /// All entries, in the order of their texts.
    pub(crate) fn entries(&mut self) -> Vec<&Entry> {
        self.0.iter_mut().flat_map(|part| part.entries.values_mut()).for_each(Entry::close);
        let mut entries: Vec<_> = self.0.iter().flat_map(|part| part.entries.values()).collect();
        entries.sort_unstable_by(|a, b| {
            (a.requester(), a.address(), a.bucket()).cmp(&(b.requester(), b.address(), b.bucket()))
        });
        entries
    }
}

impl Part {
    fn merge(&mut self, other: Self) {
        if self.entries.len() < other.entries.len() {
            let smaller = std::mem::replace(self, other);
            return self.merge(smaller);
        }
        for (key, mut other) in other.entries {
            match self.entries.entry(key) {
                Slot::Vacant(slot) => {
                    self.heap += slot.insert(other).heap_bytes();
                }
                Slot::Occupied(mut slot) => {
                    let entry = slot.get_mut();
                    let before = entry.heap_bytes();
                    entry.close();
                    other.close();
                    entry.is_website |= other.is_website;
                    entry.add_hours(other.hours);
                    other.clients.into_iter().for_each(|used| entry.put_client(used));
                    self.heap = (self.heap + entry.heap_bytes()).saturating_sub(before);
                }
            }
        }
    }
}

/// What a request did, as kinds.
#[inline]
fn kinds(event: &Event<'_, '_>) -> u8 {
    let facts = event.facts;
    if facts & !fact::ANONYMOUS == fact::READ {
        return kind::READ;
    }
    let bit = |fact: u32, kind: u8| if facts & fact != 0 { kind } else { 0 };
    let names_version = facts & fact::DELETED != 0 && crate::semantics::names_version(event.record);
    bit(fact::READ | fact::COPIED, kind::READ)
        | bit(fact::WRITTEN, kind::WRITE)
        | bit(fact::DELETED, kind::DELETE)
        | bit(fact::LISTED, kind::LIST)
        | bit(fact::SETTING_READ, kind::SETTING_READ)
        | bit(fact::CONFIGURED, kind::CONFIGURE)
        | if names_version { kind::VERSION_DELETE } else { 0 }
}
