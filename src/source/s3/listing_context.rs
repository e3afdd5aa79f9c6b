//! What the slices of a listing share, and the ranges of keys that they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Semaphore;

use super::brake::Brake;
use super::error::S3Error;
use super::location::Keys;
use super::retry::{RetryPolicy, retry};
use super::store::{ListRequest, ObjectStore, Page};
use super::window::Spans;
use crate::source::Progress;

/// What a listing is about; shared by its slices.
#[derive(Debug)]
pub(super) struct ListingContext<S> {
    pub(crate) store: Arc<S>,
    pub(crate) prefix: String,
    /// The keys that are meant.
    pub(crate) keys: Keys,
    /// Keys that were read before, and are not wanted again.
    pub(crate) except: Vec<Keys>,
    pub(crate) spans: Spans,
    /// The present, in seconds: no name is later, so a window without an end ends here.
    pub(crate) now: i64,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) brake: Brake,
    pub(crate) progress: Arc<Progress>,
    /// LIST requests in flight.
    pub(crate) permits: Semaphore,
    /// LIST requests that were sent.
    pub(crate) requests: Arc<AtomicU64>,
    /// The server begins listings where it likes: there is nothing to win by jumps and slices.
    pub(crate) ignores_start_after: AtomicBool,
}

/// A range of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyRange {
    /// The keys after this one.
    pub(crate) after: String,
    /// Up to this one, if not to the end.
    pub(crate) last: Option<String>,
    /// The second at which its names end, if it was cut by time.
    pub(crate) end: Option<i64>,
    /// Whether it was cut by source buckets already.
    pub(crate) by_base: bool,
}

impl<S: ObjectStore> ListingContext<S> {
    /// Asks for a page, until it comes or the retry policy ends.
    ///
    /// # Errors
    /// If it does not come. If nothing does any more, it is not asked for.
    pub(super) async fn list(&self, request: &ListRequest) -> Result<Page, S3Error> {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await.ok();
        let attempt = || {
            self.requests.fetch_add(1, Ordering::Relaxed);
            self.store.list(request)
        };
        let failed = |error: &S3Error| {
            self.brake.attempt_failed(error);
            error.count(&self.progress);
        };
        let awaited = self.progress.awaits();
        let page = tokio::select! {
            biased;
            () = self.brake.pulled() => return Err(self.brake.why().unwrap_or(S3Error::NotTried)),
            page = retry(&self.retry_policy, &request.prefix, failed, attempt) => page,
        };
        drop(awaited);
        match &page {
            Ok(_) => self.brake.succeeded(),
            Err(error) => self.brake.failed(error),
        }
        page
    }

    /// The request for a page of a range.
    pub(super) fn request(&self, after: &str, token: Option<String>) -> ListRequest {
        let start_after = if token.is_none() { after.to_owned() } else { String::new() };
        ListRequest { prefix: self.prefix.clone(), start_after, token, by_folder: false }
    }

    pub(super) fn jumps(&self) -> bool {
        !self.ignores_start_after.load(Ordering::Relaxed)
    }
}
