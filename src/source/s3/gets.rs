//! GET requests, tried again until they succeed: one object whole, or a part of a large one.

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::adaptive_limit::{AdaptiveLimit, InFlight};
use super::brake::Brake;
use super::error::S3Error;
use super::etag::Digest;
use super::retry::{RetryPolicy, retry};
use super::store::{Answer, GetRequest, Object, ObjectStore};
use crate::source::Progress;

/// How long answers that are on their way are waited for when the downloads are stopped.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// What all GET requests of a listing share.
#[derive(Debug)]
pub(super) struct Gets<S> {
    pub(crate) store: Arc<S>,
    pub(crate) limit: Arc<AdaptiveLimit>,
    pub(crate) brake: Brake,
    pub(crate) progress: Arc<Progress>,
    pub(crate) retry_policy: RetryPolicy,
}

/// A part of an object.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(crate) bytes: Bytes,
    /// The version that it is of.
    pub(crate) etag: Option<String>,
    /// The MD5 of the whole object, if that is known.
    pub(crate) md5: Option<Digest>,
}

impl<S: ObjectStore> Gets<S> {
    /// A whole object, with one request.
    ///
    /// # Errors
    /// If it cannot be had, or has another length than the listing said.
    pub(super) async fn whole(&self, object: &Object, in_flight: InFlight) -> Result<Bytes, S3Error> {
        if object.size == 0 {
            return Ok(Bytes::new());
        }
        let attempt = || async {
            let request = GetRequest { object, range: None, version: None };
            let answer = self.get(&request).await?;
            match (answer.broken, answer.body.len() as u64) {
                (Some(error), _) => Err(error),
                (None, received) if received == object.size => Ok(answer.body),
                (None, received) => Err(S3Error::Length { listed: object.size, received }),
            }
        };
        let body = self.run(&object.key, in_flight, attempt).await?;
        self.progress.fetched_bytes.fetch_add(body.len() as u64, Relaxed);
        Ok(body)
    }

    /// A part of an object. Where an answer breaks off, the next attempt goes on.
    ///
    /// # Errors
    /// If it cannot be had, or if what comes is of another version than what came before.
    pub(super) async fn part(
        &self,
        object: &Object,
        range: Range<u64>,
        in_flight: InFlight,
    ) -> Result<Part, S3Error> {
        let received = Mutex::new(Received::default());
        let attempt = || async {
            let (length, version) = received.lock().unwrap_or_else(PoisonError::into_inner).so_far();
            let request = GetRequest {
                object,
                range: Some(range.start + length..range.end),
                version: version.or_else(|| object.etag.clone()),
            };
            let answer = self.get(&request).await?;
            received.lock().unwrap_or_else(PoisonError::into_inner).add(answer, range.end - range.start)
        };
        let part = self.run(&object.key, in_flight, attempt).await?;
        self.progress.fetched_bytes.fetch_add(part.bytes.len() as u64, Relaxed);
        Ok(part)
    }

    /// One attempt. An object of a store may have moved to its day since it was listed.
    async fn get(&self, request: &GetRequest<'_>) -> Result<Answer, S3Error> {
        let answer = self.store.get(request).await;
        #[cfg(feature = "sql")]
        if let (Err(S3Error::Gone), Some(key)) = (&answer, crate::store::moved(&request.object.key)) {
            let object = Object { key, etag: None, ..request.object.clone() };
            return self
                .store
                .get(&GetRequest { object: &object, range: request.range.clone(), version: None })
                .await;
        }
        answer
    }

    /// Tries until it goes well, or until nothing more is to be tried.
    async fn run<T, F>(
        &self,
        key: &str,
        mut in_flight: InFlight,
        attempt: impl Fn() -> F,
    ) -> Result<T, S3Error>
    where
        F: Future<Output = Result<T, S3Error>>,
    {
        let failed = |error: &S3Error| {
            self.brake.attempt_failed(error);
            error.count(&self.progress);
            if error.is_pushback() {
                self.limit.push_back();
            }
        };
        let attempt = || async {
            match self.brake.why() {
                Some(_) => Err(S3Error::NotTried),
                None => attempt().await,
            }
        };
        let awaited = self.progress.awaits();
        let done = tokio::select! {
            biased;
            done = retry(&self.retry_policy, key, failed, attempt) => done,
            () = async {
                self.brake.pulled().await;
                // What is on its way may still come.
                tokio::time::sleep(STOP_GRACE).await;
            } => Err(S3Error::NotTried),
        };
        drop(awaited);
        in_flight.succeeded = done.is_ok();
        match &done {
            Ok(_) => self.brake.succeeded(),
            Err(S3Error::NotTried) => {}
            Err(error) => self.brake.failed(error),
        }
        done
    }
}

/// What has come of a part, in one or more answers.
#[derive(Debug, Default)]
struct Received {
    part: Part,
    /// What came before the last answer, if that was not all.
    before: BytesMut,
}

impl Received {
    /// How much has come, and of which version.
    fn so_far(&self) -> (u64, Option<String>) {
        (self.before.len() as u64, self.part.etag.clone())
    }

    /// Adds an answer, and returns the part if it is whole.
    fn add(&mut self, answer: Answer, length: u64) -> Result<Part, S3Error> {
        if !self.before.is_empty() && self.part.etag != answer.etag {
            return Err(S3Error::Changed);
        }
        (self.part.etag, self.part.md5) = (answer.etag, answer.md5);
        // Most parts come in one answer, which is then handed on without a copy.
        let is_first = self.before.is_empty();
        if is_first && answer.broken.is_none() && answer.body.len() as u64 == length {
            self.part.bytes = answer.body;
            return Ok(std::mem::take(&mut self.part));
        }
        self.before.extend_from_slice(&answer.body);
        let received = self.before.len() as u64;
        match answer.broken {
            Some(error) => Err(error),
            None if received == length => {
                self.part.bytes = std::mem::take(&mut self.before).freeze();
                Ok(std::mem::take(&mut self.part))
            }
            None => Err(S3Error::Length { listed: length, received }),
        }
    }
}
