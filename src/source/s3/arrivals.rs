//! Logs as they are delivered: a bucket is listed again and again, each time from a little before the newest name on.
//!
//! Names carry the time of delivery, but objects appear a little out of their order. So each listing begins `lookback` before the
//! newest name of each base, and the keys that lie in that time are remembered: no more than those.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::client::S3Client;
use super::connect::Options;
use super::error::S3Error;
use super::listing::Listing;
use super::location::Location;
use super::names::{DAY, Layout, LogName, Span, key_at, start_of_day};
use super::session::{Session, item, present};
use super::store::Object;
use super::stores::StoreName;
use super::walk::Batch;
use super::window::{LogSelection, Spans};
use crate::source::{Arrival, Body, Cancel, Progress};

/// So many objects are read together, and in the order of their records.
const MAX_OBJECTS: usize = 10_000;
/// And objects of so many bytes.
const MAX_BYTES: u64 = 1 << 30;
/// Names that sort before all that are known are looked for so often: those of a bucket whose logging was turned on just now.
const DISCOVERY: Duration = Duration::from_secs(900);
/// An object that cannot be read is tried so often.
const MAX_ATTEMPTS: u32 = 5;

/// How a bucket is followed.
#[derive(Clone, Debug)]
pub(crate) struct Following {
    /// Which of its logs.
    pub(crate) wanted: LogSelection,
    /// How far before the newest name to list again.
    pub(crate) lookback: Duration,
    /// What an earlier run has left.
    pub(crate) state: Option<BucketState>,
}

/// What is kept of a bucket from one run to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketState {
    /// Names of bases that are not known yet are wanted from this second on.
    first: Option<i64>,
    bases: BTreeMap<String, Base>,
    /// What has another name than a log, by the time at which it was written.
    others: BTreeMap<i64, BTreeSet<String>>,
    /// What was written before this second was read, or was not wanted.
    others_first: i64,
}

/// The names of one base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Base {
    layout: Layout,
    whole_day: bool,
    newest: i64,
    /// Those that were read, by time, as far as they are listed again.
    read: BTreeMap<i64, BTreeSet<String>>,
}

/// What tells an object among all that were listed.
#[derive(Debug)]
struct Pending {
    object: Object,
    url: String,
    attempts: u32,
}

/// The logs of a bucket as they are delivered.
pub(crate) struct Arrivals {
    session: Session<S3Client>,
    wanted: LogSelection,
    lookback: i64,
    whole: u64,
    state: BucketState,
    /// Whether what is there already is only noted.
    notes_only: bool,
    /// A listing that holds more than was read together.
    listing: Option<(Listing<S3Client>, bool)>,
    discovered: Option<Instant>,
    /// Whether the last listing came to its end.
    is_complete: bool,
    pending: Vec<Pending>,
    delivered: Arc<Mutex<HashSet<String>>>,
    /// What could not be read, and is tried again: its time and how often it was tried.
    failed: HashMap<String, (i64, u32)>,
    /// What is not tried again, until that is told.
    given_up: Vec<(String, &'static str)>,
    /// How many objects that are.
    lost: u64,
    left_out: [u64; 4],
    progress: Arc<Progress>,
}

impl Arrivals {
    /// Connects to S3. Sends no request yet.
    pub(crate) fn new(
        location: &Location,
        options: &Options,
        following: Following,
        progress: &Arc<Progress>,
        cancel: &Cancel,
    ) -> Result<Self, S3Error> {
        let whole = options.transfer.whole;
        let session = Session::connect(location, options, Arc::clone(progress), cancel)?;
        let Following { wanted, lookback, state } = following;
        let lookback = i64::try_from(lookback.as_secs()).unwrap_or(i64::MAX);
        let since = wanted.window.span().first;
        let notes_only = state.is_none() && since.is_none();
        let first = since.or_else(|| Some(present().saturating_sub(lookback)));
        Ok(Self {
            session,
            wanted,
            lookback,
            whole,
            state: state.unwrap_or(BucketState { first, ..BucketState::default() }),
            notes_only,
            listing: None,
            discovered: None,
            is_complete: false,
            pending: Vec::new(),
            delivered: Arc::default(),
            failed: HashMap::new(),
            given_up: Vec::new(),
            lost: 0,
            left_out: [0; 4],
            progress: Arc::clone(progress),
        })
    }

    /// What is kept for a later run; `None` until it is known what was there when this one began.
    pub(crate) fn state(&self) -> Option<BucketState> {
        if self.notes_only {
            return None;
        }
        let mut state = self.state.clone();
        // What could not be read is wanted of the next run.
        for (name, base) in &mut state.bases {
            base.newest = self.first(name, base).saturating_add(self.lookback).min(base.newest);
        }
        Some(state)
    }

    /// Finds what has been delivered, as much as is read together. It is read by then or it is not, and [`Arrivals::confirm`] says
    /// which.
    ///
    /// # Errors
    /// If the bucket cannot be listed.
    pub(crate) fn look(&mut self, cancel: &Cancel) -> Result<Arrival, S3Error> {
        let mut arrival = Arrival::default();
        self.pending.clear();
        self.is_complete = false;
        let (mut listing, is_whole) = match self.listing.take() {
            Some(listing) => listing,
            None => self.list(cancel)?,
        };
        let (mut bytes, mut left_out) = (0, [0; 4]);
        loop {
            if self.pending.len() >= MAX_OBJECTS || bytes >= MAX_BYTES {
                arrival.more = true;
                self.listing = Some((listing, is_whole));
                break;
            }
            match self.session.next(&mut listing, cancel) {
                None if cancel.is_raised() => {
                    return Err(S3Error::Interrupted { terminated: cancel.is_terminated() });
                }
                None => {
                    if is_whole {
                        self.discovered = Some(Instant::now());
                    }
                    self.notes_only = false;
                    self.is_complete = true;
                    break;
                }
                // What was listed before is whole; what comes after waits, so that nothing is passed over.
                Some(Err(error)) => {
                    arrival.errors.push((self.session.location().to_string(), error.into()));
                    arrival.is_broken = true;
                    break;
                }
                Some(Ok(batch)) => {
                    let (of_stores, objects): (Vec<_>, Vec<_>) =
                        batch.objects.into_iter().partition(|object| StoreName::parse(&object.key).is_some());
                    left_out = [
                        left_out[0] + batch.skipped,
                        left_out[1] + batch.archived,
                        left_out[2] + batch.parquet,
                        left_out[3] + of_stores.len() as u64,
                    ];
                    let class = batch.class;
                    for object in objects {
                        if self.notes_only {
                            self.note(&object);
                        } else if !self.is_read(&object) {
                            bytes += object.size;
                            let url = self.session.location().url(&object.key);
                            let attempts = self.failed.get(&url).map_or(0, |(_, attempts)| *attempts);
                            self.pending.push(Pending { object, url, attempts });
                        }
                    }
                    self.tell(left_out, class, &mut arrival);
                }
            }
        }
        self.download(&mut arrival, cancel);
        arrival.errors.extend(self.given_up.drain(..).map(|(url, why)| (url, anyhow::anyhow!(why))));
        Ok(arrival)
    }

    /// Says how many objects are left out, where that are more than before.
    fn tell(&mut self, left_out: [u64; 4], class: Option<Box<str>>, arrival: &mut Arrival) {
        let location = self.session.location().to_string();
        let [skipped, archived, parquet, stores] = left_out;
        if skipped > self.left_out[0] {
            self.progress.skipped.fetch_add(skipped - self.left_out[0], std::sync::atomic::Ordering::Relaxed);
        }
        if let Some(class) = class.filter(|_| archived > self.left_out[1]) {
            let error = S3Error::Archived { count: archived, class: class.into_string() };
            arrival.errors.push((location.clone(), error.into()));
        }
        if parquet > self.left_out[2] {
            arrival.errors.push((location.clone(), S3Error::Parquet { count: parquet }.into()));
        }
        if stores > self.left_out[3] {
            arrival.errors.push((location, S3Error::StoreFollowed { count: stores }.into()));
        }
        for (most, now) in self.left_out.iter_mut().zip(left_out) {
            *most = now.max(*most);
        }
    }

    fn download(&mut self, arrival: &mut Arrival, cancel: &Cancel) {
        let mut delivered = self.delivered.lock().unwrap_or_else(PoisonError::into_inner);
        delivered.clear();
        drop(delivered);
        if self.pending.is_empty() {
            return;
        }
        let objects = self.pending.iter().map(|pending| pending.object.clone()).collect();
        let batch = Batch { objects, ..Batch::default() };
        let fetched = self.session.download(Some(batch), |_| true, cancel.clone());
        let delivered = Arc::clone(&self.delivered);
        arrival.has_items = true;
        arrival.items = Box::new(fetched.map(item).inspect(move |item| {
            if !matches!(item.body, Body::Unread(_)) {
                let mut delivered = delivered.lock().unwrap_or_else(PoisonError::into_inner);
                delivered.insert(item.name.to_string());
            }
        }));
    }

    /// Takes what [`Arrivals::look`] handed on for read, but for the items of these names: those are tried again, unless a part
    /// of them was read. Whether any are.
    pub(crate) fn confirm(&mut self, failed: &dyn Fn(&str) -> bool) -> bool {
        let delivered = std::mem::take(&mut *self.delivered.lock().unwrap_or_else(PoisonError::into_inner));
        for Pending { object, url, attempts } in std::mem::take(&mut self.pending) {
            let is_read = delivered.contains(&url) && !failed(&url);
            let is_part = object.size > self.whole && delivered.contains(&url);
            if !is_read && !is_part && attempts + 1 < MAX_ATTEMPTS {
                self.failed.insert(url, (time_of(&object), attempts + 1));
                continue;
            }
            self.failed.remove(&url);
            self.note(&object);
            if !is_read {
                self.lost += 1;
                let why = if is_part { "the rest of it is given up" } else { "it is given up" };
                self.given_up.push((url, why));
            }
        }
        self.forget();
        !self.failed.is_empty()
    }

    /// How many objects could not be read by now.
    pub(crate) fn unread(&self) -> u64 {
        self.lost + self.failed.len() as u64
    }

    /// Lists the bucket from where new names can be on; the second answer is whether that is from its beginning.
    fn list(&self, cancel: &Cancel) -> Result<(Listing<S3Client>, bool), S3Error> {
        let is_known = self.discovered.is_some_and(|at| at.elapsed() < DISCOVERY);
        let after = if is_known && self.state.others.is_empty() { self.after() } else { String::new() };
        let firsts = self.state.bases.iter().map(|(name, base)| (name.clone(), Some(self.first(name, base))));
        let spans = Spans {
            all: Span { first: self.state.first, last: None },
            first_by_base: firsts.collect(),
            buckets: self.wanted.buckets.clone(),
            any_name: self.wanted.any_name,
            ..Spans::default()
        };
        let listing = self.session.list_after(&after, spans, &self.wanted.except, cancel)?;
        Ok((listing, after.is_empty()))
    }

    /// The first second of the names of a base that are wanted.
    fn first(&self, name: &str, base: &Base) -> i64 {
        let location = self.session.location();
        let is_of = |url: &&String| {
            let key = url.strip_prefix(&location.url("")).unwrap_or_default();
            LogName::parse(key).is_some_and(|found| found.base == name)
        };
        let failed = self.failed.iter().filter(|(url, _)| is_of(url)).map(|(_, (time, _))| *time);
        failed.fold(base.newest.saturating_sub(self.lookback), i64::min)
    }

    /// A key that no new name of a base that is known comes before.
    fn after(&self) -> String {
        let first = |(name, base): (&String, &Base)| {
            let first = self.first(name, base);
            let first = if base.whole_day { start_of_day(first) } else { first };
            key_at(name, base.layout, first)
        };
        self.state.bases.iter().map(first).min().unwrap_or_default()
    }

    fn is_read(&self, object: &Object) -> bool {
        match LogName::parse(&object.key) {
            Some(name) => self.state.bases.get(name.base).is_some_and(|base| {
                let rest = &object.key[name.base.len()..];
                base.read.get(&name.time).is_some_and(|read| read.contains(rest))
            }),
            None => {
                let time = time_of(object);
                time < self.state.others_first
                    || self.state.others.get(&time).is_some_and(|read| read.contains(&object.key))
            }
        }
    }

    /// Notes that an object was read.
    fn note(&mut self, object: &Object) {
        let Some(name) = LogName::parse(&object.key) else {
            self.state.others.entry(time_of(object)).or_default().insert(object.key.clone());
            return;
        };
        let base = self.state.bases.entry(name.base.to_owned()).or_insert_with(|| Base {
            layout: name.layout,
            whole_day: false,
            newest: name.time,
            read: BTreeMap::new(),
        });
        base.whole_day |= name.whole_day;
        // Whoever makes names up does not decide where to go on.
        if name.time <= present().saturating_add(DAY) {
            base.newest = base.newest.max(name.time);
        }
        base.read.entry(name.time).or_default().insert(object.key[name.base.len()..].to_owned());
    }

    /// Forgets what is not listed any more.
    fn forget(&mut self) {
        let firsts: Vec<(String, i64)> =
            self.state.bases.iter().map(|(name, base)| (name.clone(), self.first(name, base))).collect();
        for (name, first) in firsts {
            if let Some(base) = self.state.bases.get_mut(&name) {
                // A day is listed as long as any part of it is wanted.
                let first = if base.whole_day { first.saturating_sub(DAY) } else { first };
                base.read = base.read.split_off(&first);
            }
        }
        // Those are in no order of time before a listing has come to its end.
        if let Some(newest) = self.state.others.keys().next_back().filter(|_| self.is_complete) {
            let failed = self.failed.values().map(|(time, _)| *time);
            let first = failed.fold(newest.saturating_sub(self.lookback), i64::min);
            self.state.others_first = self.state.others_first.max(first);
            self.state.others = self.state.others.split_off(&first);
        }
    }
}

/// The time that an object is of: that of its name, or at which it was written.
fn time_of(object: &Object) -> i64 {
    let written = || {
        let written = object.modified?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        i64::try_from(written.as_secs()).ok()
    };
    LogName::parse(&object.key).map(|name| name.time).or_else(written).unwrap_or_default()
}
