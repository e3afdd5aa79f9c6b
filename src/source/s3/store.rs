//! The little of S3 that is needed, as a trait: the real service, and one in memory for tests.

use std::future::Future;
use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;

use super::error::S3Error;
use super::etag::Digest;
#[cfg(feature = "sql")]
use super::retry::{RetryPolicy, retry};

/// An object as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// Its key.
    pub(crate) key: String,
    /// Its length in bytes.
    pub(crate) size: u64,
    /// When it was written.
    pub(crate) modified: Option<SystemTime>,
    /// The archive storage class it lies in, if it cannot be read at once.
    pub(crate) archived: Option<Box<str>>,
    /// Its version, as far as the listing tells.
    pub(crate) etag: Option<String>,
}

/// What is asked of an object.
#[derive(Clone, Debug)]
pub(super) struct GetRequest<'a> {
    /// The object.
    pub(crate) object: &'a Object,
    /// The bytes that are wanted, if not all.
    pub(crate) range: Option<Range<u64>>,
    /// Only of the version with this ETag.
    pub(crate) version: Option<String>,
}

/// The answer to a GET, as far as it came.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// What came of the body.
    pub(crate) body: Bytes,
    /// The version that it is of.
    pub(crate) etag: Option<String>,
    /// The MD5 of the whole object, if that is known.
    pub(crate) md5: Option<Digest>,
    /// Why no more came, if that was not all.
    pub(crate) broken: Option<S3Error>,
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub(super) struct ListRequest {
    /// Only keys that start so.
    pub(crate) prefix: String,
    /// Only keys after this one, unless there is a token.
    pub(crate) start_after: String,
    /// Where the page before ended.
    pub(crate) token: Option<String>,
    /// Whether keys that share everything up to the next slash are rolled into one.
    pub(crate) by_folder: bool,
}

/// A page of a listing.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// The objects in the order of their keys.
    pub(crate) objects: Vec<Object>,
    /// What was rolled up, in order.
    pub(crate) folders: Vec<String>,
    /// Whether there is more.
    pub(crate) truncated: bool,
    /// What to ask the next page with.
    pub(crate) token: Option<String>,
}

impl Page {
    /// What to ask the next page with, where this one was asked for with `asked`; `None` after the last page.
    ///
    /// # Errors
    /// If there is more, and no way to get it.
    pub(super) fn next(&self, asked: Option<&str>) -> Result<Option<String>, S3Error> {
        let broken = |reason| Err(S3Error::Listing { reason });
        match self.token.as_deref() {
            _ if !self.truncated => Ok(None),
            None => broken("it is truncated without a continuation token"),
            token if token == asked => broken("it repeats a continuation token"),
            _ => Ok(self.token.clone()),
        }
    }
}

/// Where a bucket's access logs go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LoggingTarget {
    /// The bucket they are put into.
    pub(crate) bucket: String,
    /// The start of their keys.
    pub(crate) prefix: String,
}

/// One bucket. Each method is one attempt.
pub(super) trait ObjectStore: Send + Sync + 'static {
    /// A page of the listing (ListObjectsV2).
    fn list(&self, request: &ListRequest) -> impl Future<Output = Result<Page, S3Error>> + Send;

    /// An object, or a part of it (GetObject).
    fn get(&self, request: &GetRequest<'_>) -> impl Future<Output = Result<Answer, S3Error>> + Send;

    /// Where the access logs of a bucket go; `None` if logging is off (GetBucketLogging).
    fn logging(&self, bucket: &str) -> impl Future<Output = Result<Option<LoggingTarget>, S3Error>> + Send;
}

/// All objects whose keys begin so, where there are not many. `failed` hears of every failed attempt that is not the last.
#[cfg(feature = "sql")]
pub(super) async fn list_all<S: ObjectStore>(
    store: &S,
    retry_policy: &RetryPolicy,
    prefix: String,
    failed: impl Fn(&S3Error),
) -> Result<Vec<Object>, S3Error> {
    let mut request = ListRequest { prefix, ..ListRequest::default() };
    let mut objects = Vec::new();
    loop {
        let page = retry(retry_policy, &request.prefix, &failed, || store.list(&request)).await?;
        request.token = page.next(request.token.as_deref())?;
        objects.extend(page.objects);
        if request.token.is_none() {
            return Ok(objects);
        }
    }
}
