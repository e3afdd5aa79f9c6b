//! Objects in the order of the listing, many at a time: small ones whole in memory, large ones in parts.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use super::adaptive_limit::AdaptiveLimit;
use super::brake::Brake;
use super::connect::Transfer;
use super::error::S3Error;
use super::gets::Gets;
use super::large::{self, Kept, ObjectReader, PARTS_AHEAD, PartSlot, Parts};
use super::listing::Listing;
use super::location::Location;
use super::retry::RetryPolicy;
use super::store::{Object, ObjectStore};
use super::walk::Batch;
use crate::source::{Cancel, Progress};

/// Objects between the request and the reader.
const MAX_OBJECTS_AHEAD: usize = 1024;

/// The content of an object.
#[derive(Debug)]
pub(crate) enum Content {
    /// All of it.
    Whole(Bytes),
    /// It comes while it is read.
    Parts(Box<ObjectReader>),
}

/// An object that came, or the reason why one or more did not.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// What to call it: the URL of the object or, where more is missing, of the prefix.
    pub url: String,
    /// Its key; `None` where more is missing.
    pub key: Option<String>,
    /// When it was written.
    pub modified: Option<SystemTime>,
    /// Its content.
    pub body: Result<Content, S3Error>,
}

/// An entry of the queue, in the order of the listing: an object, where it will arrive, or where its parts will.
#[derive(Debug)]
pub(super) enum DownloadSlot {
    Ready(Box<Fetched>),
    Pending(oneshot::Receiver<(Fetched, OwnedSemaphorePermit)>),
    Large(Box<LargeSlot>),
}

/// A large object whose parts are asked for.
#[derive(Debug)]
pub(super) struct LargeSlot {
    url: String,
    object: Object,
    parts: mpsc::Receiver<PartSlot>,
    permit: OwnedSemaphorePermit,
}

impl LargeSlot {
    /// The object, to be read. `kept` is what has to live as long.
    pub(super) fn open(self, kept: Kept) -> Fetched {
        let Object { key, size, modified, .. } = self.object;
        let body = Ok(Content::Parts(Box::new(ObjectReader::new(size, self.parts, self.permit, kept))));
        Fetched { url: self.url, key: Some(key), modified, body }
    }
}

/// Everything the downloads of a listing share.
#[derive(Debug)]
pub(super) struct Downloads<S> {
    pub(crate) store: Arc<S>,
    pub(crate) location: Location,
    pub(crate) concurrency: usize,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) transfer: Transfer,
    pub(crate) progress: Arc<Progress>,
    pub(crate) cancel: Cancel,
}

/// The queue between downloads and whoever reads them.
pub(super) fn queue() -> (mpsc::Sender<DownloadSlot>, mpsc::Receiver<DownloadSlot>) {
    mpsc::channel(MAX_OBJECTS_AHEAD)
}

/// Downloads that are under way.
struct UnderWay<S> {
    gets: Arc<Gets<S>>,
    location: Location,
    transfer: Transfer,
    /// Kilobytes of small objects between the request and the reader. One that is larger comes alone.
    memory: Arc<Semaphore>,
    max_kilobytes: u32,
    /// Large objects that are read at the same time.
    large: Arc<Semaphore>,
    tasks: JoinSet<()>,
    slots: mpsc::Sender<DownloadSlot>,
}

/// Nobody reads any more.
struct NobodyReads;

/// Where the objects come from that are downloaded.
pub(super) trait Batches: Send + 'static {
    /// The next ones; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Option<Result<Batch, S3Error>>> + Send;
}

impl<S: ObjectStore> Batches for Listing<S> {
    async fn next(&mut self) -> Option<Result<Batch, S3Error>> {
        Self::next(self).await
    }
}

/// Objects that are known already.
impl Batches for Option<Batch> {
    async fn next(&mut self) -> Option<Result<Batch, S3Error>> {
        self.take().map(Ok)
    }
}

impl<S: ObjectStore> Downloads<S> {
    /// Downloads what is listed and `wanted`, until the end or until nobody reads.
    pub(super) async fn run(
        self,
        mut listing: impl Batches,
        mut wanted: impl FnMut(&Object) -> bool + Send,
        slots: mpsc::Sender<DownloadSlot>,
    ) {
        let gets = Arc::new(Gets {
            store: Arc::clone(&self.store),
            limit: Arc::new(AdaptiveLimit::new(self.concurrency)),
            brake: Brake::new(self.retry_policy.give_up),
            progress: Arc::clone(&self.progress),
            retry_policy: self.retry_policy,
        });
        let mut under_way = UnderWay::new(gets, self.location.clone(), self.transfer, slots);
        let (mut archived, mut class, mut parquet) = (0, None, 0);
        let mut asked = String::new();
        'listing: loop {
            let batch = tokio::select! {
                batch = listing.next() => batch,
                () = under_way.gets.brake.pulled() => None,
            };
            let Some(batch) = batch else { break };
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => {
                    if under_way.report(error).await.is_err() {
                        break;
                    }
                    continue;
                }
            };
            self.progress.skipped.fetch_add(batch.skipped, Ordering::Relaxed);
            archived += batch.archived;
            class = batch.class.or(class);
            parquet += batch.parquet;
            for object in batch.objects {
                if !wanted(&object) {
                    continue;
                }
                self.progress.listed.fetch_add(1, Ordering::Relaxed);
                self.progress.listed_bytes.fetch_add(object.size, Ordering::Relaxed);
                if self.cancel.is_raised() || under_way.gets.brake.why().is_some() {
                    break 'listing;
                }
                object.key.clone_into(&mut asked);
                if under_way.begin(object).await.is_err() {
                    break 'listing;
                }
            }
        }
        // Those that are under way may be what stops all.
        while under_way.tasks.join_next().await.is_some() {}
        if let Some(error) = under_way.gets.brake.why() {
            let error = S3Error::Stopped { after: asked, error: Box::new(self.of_all(error)) };
            let _ = under_way.report(error).await;
        }
        if let Some(class) = class {
            let error = S3Error::Archived { count: archived, class: class.into_string() };
            let _ = under_way.report(error).await;
        }
        if parquet > 0 {
            let _ = under_way.report(S3Error::Parquet { count: parquet }).await;
        }
        self.progress.listing_done.store(true, Ordering::Relaxed);
    }

    /// What an error about one object means for all.
    fn of_all(&self, error: S3Error) -> S3Error {
        match error {
            S3Error::AccessDenied { action, arn, message } => {
                let bucket = self.location.bucket.as_str();
                let folder = if bucket.starts_with("arn:") { "/object/" } else { "/" };
                let begin = arn.find(bucket).map_or("", |at| &arn[..at]);
                let arn = format!("{begin}{bucket}{folder}{}*", self.location.prefix);
                S3Error::AccessDenied { action, arn, message }
            }
            error => error,
        }
    }
}

impl<S: ObjectStore> UnderWay<S> {
    fn new(
        gets: Arc<Gets<S>>,
        location: Location,
        transfer: Transfer,
        slots: mpsc::Sender<DownloadSlot>,
    ) -> Self {
        // Half of the memory for small objects, half for large ones.
        let max_kilobytes = u32::try_from(transfer.ahead / 2 / 1024).unwrap_or(u32::MAX).max(1);
        let large = (transfer.ahead / 2 / transfer.part.saturating_mul(PARTS_AHEAD).max(1)).clamp(1, 64);
        Self {
            gets,
            location,
            transfer,
            memory: Arc::new(Semaphore::new(max_kilobytes as usize)),
            max_kilobytes,
            large: Arc::new(Semaphore::new(large as usize)),
            tasks: JoinSet::new(),
            slots,
        }
    }

    /// Begins to download an object, as soon as there is room for it.
    async fn begin(&mut self, object: Object) -> Result<(), NobodyReads> {
        let slot = match object.size > self.transfer.whole {
            true => self.large(object).await,
            false => self.small(object).await,
        };
        while self.tasks.try_join_next().is_some() {}
        self.slots.send(slot.ok_or(NobodyReads)?).await.map_err(|_| NobodyReads)
    }

    // The semaphores are never closed.

    async fn small(&mut self, object: Object) -> Option<DownloadSlot> {
        let kilobytes = u32::try_from(object.size / 1024).unwrap_or(u32::MAX).clamp(1, self.max_kilobytes);
        let permit = Arc::clone(&self.memory).acquire_many_owned(kilobytes).await.ok()?;
        let in_flight = self.gets.limit.acquire().await;
        let (sender, receiver) = oneshot::channel();
        let (gets, url) = (Arc::clone(&self.gets), self.location.url(&object.key));
        self.tasks.spawn(async move {
            let body = gets.whole(&object, in_flight).await.map(Content::Whole);
            gets.progress.fetched.fetch_add(1, Ordering::Relaxed);
            let Object { key, modified, .. } = object;
            // Whoever stopped reading does not want it.
            let _ = sender.send((Fetched { url, key: Some(key), modified, body }, permit));
        });
        Some(DownloadSlot::Pending(receiver))
    }

    async fn large(&mut self, object: Object) -> Option<DownloadSlot> {
        let permit = Arc::clone(&self.large).acquire_owned().await.ok()?;
        let (slots, parts) = large::queue();
        let url = self.location.url(&object.key);
        let requests =
            Parts { gets: Arc::clone(&self.gets), object: object.clone(), length: self.transfer.part, slots };
        self.tasks.spawn(requests.run());
        Some(DownloadSlot::Large(Box::new(LargeSlot { url, object, parts, permit })))
    }

    async fn report(&self, error: S3Error) -> Result<(), NobodyReads> {
        let fetched = Fetched { url: self.location.to_string(), key: None, modified: None, body: Err(error) };
        self.slots.send(DownloadSlot::Ready(Box::new(fetched))).await.map_err(|_| NobodyReads)
    }
}
