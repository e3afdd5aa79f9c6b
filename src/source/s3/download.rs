//! Objects in the order of the listing, each whole in memory, many at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use super::adaptive_limit::AdaptiveLimit;
use super::brake::Brake;
use super::error::S3Error;
use super::listing::Listing;
use super::location::Location;
use super::retry::{RetryPolicy, retry};
use super::store::{Object, ObjectStore};
use crate::source::{Cancel, Progress};

/// Objects between the request and the reader.
const MAX_OBJECTS_AHEAD: usize = 1024;
/// Kilobytes between the request and the reader. One object that is larger comes alone.
const MAX_KILOBYTES_AHEAD: u32 = 256 * 1024;
/// An object that is larger is no log and would not fit into memory.
const MAX_OBJECT_SIZE: u64 = 4 << 30;

/// How long answers that are on their way are waited for when the downloads are stopped.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// An object that came, or the reason why one or more did not.
#[derive(Debug)]
pub struct Fetched {
    /// What to call it: the URL of the object or, where more is missing, of the prefix.
    pub url: String,
    /// Its key; `None` where more is missing.
    pub key: Option<String>,
    /// When it was written.
    pub modified: Option<SystemTime>,
    /// Its content.
    pub body: Result<Bytes, S3Error>,
}

/// An entry of the queue, in the order of the listing: an object, or where it will arrive.
#[derive(Debug)]
pub(super) enum DownloadSlot {
    Ready(Box<Fetched>),
    Pending(oneshot::Receiver<(Fetched, OwnedSemaphorePermit)>),
}

/// Everything the downloads of a listing share.
#[derive(Debug)]
pub(super) struct Downloads<S> {
    pub store: Arc<S>,
    pub location: Location,
    pub concurrency: usize,
    pub retry_policy: RetryPolicy,
    pub progress: Arc<Progress>,
    pub cancel: Cancel,
}

/// The queue between downloads and whoever reads them.
pub(super) fn queue() -> (mpsc::Sender<DownloadSlot>, mpsc::Receiver<DownloadSlot>) {
    mpsc::channel(MAX_OBJECTS_AHEAD)
}

impl<S: ObjectStore> Downloads<S> {
    /// Downloads what is listed and `wanted`, until the end or until nobody reads.
    pub(super) async fn run(
        self,
        mut listing: Listing<S>,
        mut wanted: impl FnMut(&Object) -> bool + Send,
        slots: mpsc::Sender<DownloadSlot>,
    ) {
        let memory = Arc::new(Semaphore::new(MAX_KILOBYTES_AHEAD as usize));
        let limit = Arc::new(AdaptiveLimit::new(self.concurrency));
        let brake = Arc::new(Brake::new(self.retry_policy.give_up));
        let mut tasks = JoinSet::new();
        let (mut archived, mut class, mut parquet) = (0, None, 0);
        let mut asked = String::new();
        'listing: loop {
            let batch = tokio::select! {
                batch = listing.next() => batch,
                () = brake.pulled() => None,
            };
            let Some(batch) = batch else { break };
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => {
                    if self.report(&slots, error).await.is_err() {
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
                if self.cancel.is_raised() || brake.why().is_some() {
                    break 'listing;
                }
                let kilobytes =
                    u32::try_from(object.size / 1024).unwrap_or(u32::MAX).clamp(1, MAX_KILOBYTES_AHEAD);
                // Neither semaphore is ever closed.
                let Ok(permit) = Arc::clone(&memory).acquire_many_owned(kilobytes).await else {
                    break 'listing;
                };
                limit.acquire().await;
                object.key.clone_into(&mut asked);
                let (sender, receiver) = oneshot::channel();
                let task = Task {
                    store: Arc::clone(&self.store),
                    limit: Arc::clone(&limit),
                    brake: Arc::clone(&brake),
                    progress: Arc::clone(&self.progress),
                    retry_policy: self.retry_policy,
                    url: self.location.url(&object.key),
                };
                tasks.spawn(async move {
                    let fetched = task.run(object).await;
                    // Whoever stopped reading does not want it.
                    let _ = sender.send((fetched, permit));
                });
                while tasks.try_join_next().is_some() {}
                if slots.send(DownloadSlot::Pending(receiver)).await.is_err() {
                    break 'listing;
                }
            }
        }
        // Those that are under way may be what stops all.
        while tasks.join_next().await.is_some() {}
        if let Some(error) = brake.why() {
            let error = S3Error::Stopped { after: asked, error: Box::new(self.of_all(error)) };
            let _ = self.report(&slots, error).await;
        }
        if let Some(class) = class {
            let error = S3Error::Archived { count: archived, class: class.into_string() };
            let _ = self.report(&slots, error).await;
        }
        if parquet > 0 {
            let _ = self.report(&slots, S3Error::Parquet { count: parquet }).await;
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

    async fn report(
        &self,
        slots: &mpsc::Sender<DownloadSlot>,
        error: S3Error,
    ) -> Result<(), mpsc::error::SendError<DownloadSlot>> {
        let fetched = Fetched { url: self.location.to_string(), key: None, modified: None, body: Err(error) };
        slots.send(DownloadSlot::Ready(Box::new(fetched))).await
    }
}

/// The download of one object.
struct Task<S> {
    store: Arc<S>,
    limit: Arc<AdaptiveLimit>,
    brake: Arc<Brake>,
    progress: Arc<Progress>,
    retry_policy: RetryPolicy,
    url: String,
}

impl<S: ObjectStore> Task<S> {
    async fn run(self, object: Object) -> Fetched {
        let body = tokio::select! {
            biased;
            body = self.get(&object) => body,
            () = async {
                self.brake.pulled().await;
                // What is on its way may still come.
                tokio::time::sleep(STOP_GRACE).await;
            } => Err(S3Error::NotTried),
        };
        self.limit.release(body.is_ok());
        match &body {
            Ok(body) => {
                // What is empty was not asked for.
                if object.size > 0 {
                    self.brake.succeeded();
                }
                self.progress.fetched_bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
            }
            Err(S3Error::NotTried) => {}
            Err(error) => self.brake.failed(error),
        }
        self.progress.fetched.fetch_add(1, Ordering::Relaxed);
        Fetched { url: self.url, key: Some(object.key), modified: object.modified, body }
    }

    async fn get(&self, object: &Object) -> Result<Bytes, S3Error> {
        if object.size == 0 {
            return Ok(Bytes::new());
        }
        if object.size > MAX_OBJECT_SIZE {
            return Err(S3Error::TooLarge { size: object.size });
        }
        let failed = |error: &S3Error| {
            self.brake.attempt_failed(error);
            if error.is_pushback() {
                self.limit.push_back();
            }
        };
        retry(&self.retry_policy, failed, || async {
            if self.brake.why().is_some() {
                return Err(S3Error::NotTried);
            }
            let body = self.store.get(object).await?;
            match body.len() as u64 {
                received if received == object.size => Ok(body),
                received => Err(S3Error::Length { listed: object.size, received }),
            }
        })
        .await
    }
}
