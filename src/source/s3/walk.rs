//! One slice of a listing, from its first key to its last, page by page.
//!
//! A slice is a range of keys. Slices divide all keys under the prefix among them, and each yields what lies in its own
//! range only; so whatever a name turns out to be, or the server ignores, no object is seen twice and none is missed.
//! Between pages a slice jumps over names outside the window, and after the first page inside it can tell how many are
//! left and divide the rest.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use tokio::sync::mpsc;

use super::deliveries::DeliveryName;
use super::error::S3Error;
use super::listing_context::{KeyRange, ListingContext};
use super::names::{LogName, SpanPosition};
use super::split::{self, Sample};
use super::store::{Object, ObjectStore, Page};
use super::stores::StoreName;
use super::window::DaysOfBase;

/// A part of what a slice yields, in the order of keys.
#[derive(Debug)]
pub(super) enum Piece {
    /// What a page held.
    Batch(Batch),
    /// The rest of the slice, to be listed as these.
    Split(Vec<KeyRange>),
    /// The slice ends here, too early.
    Failed(S3Error),
}

/// What a page held of interest.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Log objects in the window.
    pub(crate) objects: Vec<Object>,
    /// Where stores are whose notes it held.
    pub(crate) stores: BTreeSet<String>,
    /// Other objects.
    pub(crate) skipped: u64,
    /// Parquet files in the window, which this build cannot read.
    pub(crate) parquet: u64,
    /// Log objects in the window that cannot be read, and the class of one.
    pub(crate) archived: u64,
    pub(crate) class: Option<Box<str>>,
}

/// Whether Parquet can be read.
const READS_PARQUET: bool = cfg!(feature = "sql");

/// Sorts an object in.
fn sort_in<S>(
    context: &ListingContext<S>,
    object: Object,
    batch: &mut Batch,
    sample: &mut Sample,
    days: &mut DaysOfBase,
) {
    if !context.keys.hold(&object.key) || context.except.iter().any(|keys| keys.hold(&object.key)) {
        return;
    }
    if let Some(name) = LogName::parse(&object.key) {
        let position = context.spans.position(&name, days.are_of_events(&name));
        days.note(&name);
        if position != SpanPosition::Inside {
            return;
        }
        sample.add(&name);
    } else if let Some(name) = DeliveryName::parse(&object.key, &context.prefix) {
        if name.position(context.spans.all) != SpanPosition::Inside {
            return;
        }
        if name.is_parquet && !READS_PARQUET {
            batch.parquet += 1;
            return;
        }
    } else if let Some(name) = StoreName::parse(&object.key) {
        batch.stores.extend(StoreName::root_of_note(&object.key).map(str::to_owned));
        if !name.is_inside(context.spans.of_days()) {
            return;
        }
        if !READS_PARQUET {
            batch.parquet += 1;
            return;
        }
    } else if context.spans.any_name && !object.key.ends_with('/') {
        // What was written before the window holds nothing of it.
        let written = object.modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let first = context.spans.all.first.and_then(|first| u64::try_from(first).ok());
        if written.zip(first).is_some_and(|(written, first)| written.as_secs() < first) {
            return;
        }
    } else if object.key != context.prefix || object.key.ends_with('/') {
        // An object whose whole key was typed is wanted, whatever its name.
        tracing::debug!("skipped {:?}: it has no log name", object.key);
        batch.skipped += 1;
        return;
    }
    match object.archived {
        Some(class) => {
            tracing::debug!("skipped {:?}: it is in an archive storage class ({class})", object.key);
            batch.archived += 1;
            batch.class = Some(class);
        }
        None => batch.objects.push(object),
    }
}

/// Lists a range and sends its pieces. `first` is its first page, if that was asked for already. Ends early when nobody
/// listens any more.
pub(super) async fn walk<S: ObjectStore>(
    context: Arc<ListingContext<S>>,
    range: KeyRange,
    first: Option<Page>,
    pieces: mpsc::Sender<Piece>,
) {
    let mut walker =
        Walker { cursor: range.after.clone(), days: DaysOfBase::default(), context, range, pieces };
    if let Err(error) = walker.run(first).await {
        let (after, last) = (walker.cursor, walker.range.last);
        let error = S3Error::Unlisted { after, last, error: Box::new(error) };
        // Whoever does not listen does not want to know.
        let _ = walker.pieces.send(Piece::Failed(error)).await;
    }
}

struct Walker<S> {
    context: Arc<ListingContext<S>>,
    range: KeyRange,
    /// Keys up to this one are done.
    cursor: String,
    days: DaysOfBase,
    pieces: mpsc::Sender<Piece>,
}

/// What comes after a page.
enum Next {
    End,
    Page { token: Option<String> },
    Split(Vec<KeyRange>),
}

impl<S: ObjectStore> Walker<S> {
    async fn run(&mut self, mut first: Option<Page>) -> Result<(), S3Error> {
        let mut token = None;
        loop {
            let page = match first.take() {
                Some(page) => page,
                None => self.context.list(&self.context.request(&self.cursor, token.clone())).await?,
            };
            let (batch, next) = self.digest(page, token.as_deref()).await?;
            if self.pieces.send(Piece::Batch(batch)).await.is_err() {
                return Ok(());
            }
            match next? {
                Next::End => return Ok(()),
                Next::Page { token: next } => token = next,
                Next::Split(ranges) => {
                    let _ = self.pieces.send(Piece::Split(ranges)).await;
                    return Ok(());
                }
            }
        }
    }

    /// Takes a page apart and decides where to go on. What the page holds is good even if there is no going on.
    async fn digest(
        &mut self,
        page: Page,
        asked: Option<&str>,
    ) -> Result<(Batch, Result<Next, S3Error>), S3Error> {
        let following = page.next(asked);
        if page.objects.windows(2).any(|pair| pair[0].key >= pair[1].key) {
            return Err(broken("its keys are not in order"));
        }
        let last_key = page.objects.last().map(|object| object.key.clone());
        let mut batch = Batch::default();
        let mut sample = Sample::default();
        for object in page.objects {
            if self.range.last.as_ref().is_some_and(|last| object.key > *last) {
                return Ok((batch, Ok(Next::End)));
            }
            if object.key > self.cursor {
                sort_in(&self.context, object, &mut batch, &mut sample, &mut self.days);
            } else if object.key < self.cursor && asked.is_none() {
                self.context.ignores_start_after.store(true, Ordering::Relaxed);
            }
        }
        if matches!(following, Ok(None)) {
            return Ok((batch, Ok(Next::End)));
        }
        if let Some(key) = last_key.filter(|key| *key > self.cursor) {
            self.cursor = key;
        }
        let token = match following {
            Ok(token) => token,
            Err(error) => return Ok((batch, Err(error))),
        };
        let next = if self.context.jumps() { self.leap(&sample).await } else { None };
        Ok((batch, Ok(next.unwrap_or(Next::Page { token }))))
    }

    /// Where to go on if not at the next page.
    async fn leap(&mut self, sample: &Sample) -> Option<Next> {
        let seen = self.cursor.clone();
        // Other names lie anywhere.
        let name = LogName::parse(&seen).filter(|_| !self.context.spans.any_name);
        let skip = name.and_then(|name| self.context.spans.skip(&name, self.days.are_of_events(&name)));
        let jumped = match skip.filter(|target| *target > seen) {
            Some(target) if self.range.last.as_ref().is_some_and(|last| target >= *last) => {
                return Some(Next::End);
            }
            Some(target) => {
                tracing::trace!("the listing goes on after {target:?}: no name before is wanted");
                self.cursor = target;
                true
            }
            None => false,
        };
        let mut rest = KeyRange { after: self.cursor.clone(), ..self.range.clone() };
        if !rest.by_base && split::reaches_over_bases(&self.context.prefix, &seen) {
            self.range.by_base = true;
            rest.by_base = true;
            if let Some(ranges) = split::by_base(&self.context, &rest, &seen).await {
                return Some(Next::Split(ranges));
            }
        }
        if jumped {
            return Some(Next::Page { token: None });
        }
        split::by_time(sample, &rest, &self.context.spans, self.context.now).map(Next::Split)
    }
}

fn broken(reason: &'static str) -> S3Error {
    S3Error::Listing { reason }
}
