//! The real S3.

use std::ops::Range;
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Region;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{OptionalObjectAttributes, RequestPayer, RestoreStatus};
use bytes::{Bytes, BytesMut};
use tokio::time::timeout;

use super::classify::{Asked, classify};
use super::connect::{Options, connect};
use super::credentials::CachedCredentials;
use super::error::{S3Error, chain};
use super::etag::Etags;
use super::location::Bucket;
use super::retry::RetryPolicy;
use super::store::{Answer, GetRequest, ListRequest, LoggingTarget, Object, ObjectStore, Page};
use super::whole::{EndOfDocument, missing};

/// A bucket of S3, or of a server that speaks like it.
#[derive(Debug)]
pub(super) struct S3Client {
    /// Exchanged once the bucket's region is known.
    client: RwLock<Client>,
    credentials: Option<CachedCredentials>,
    region_typed: bool,
    bucket: String,
    payer: Option<RequestPayer>,
    owner: Option<String>,
    retry_policy: RetryPolicy,
    etags: Etags,
}

impl S3Client {
    /// A client for the bucket. Sends no request to S3 yet.
    ///
    /// # Errors
    /// If there is no such profile, or if the profile files cannot be read.
    pub(super) async fn new(bucket: &Bucket, options: &Options) -> Result<Self, S3Error> {
        let connected = connect(options).await?;
        if connected.elsewhere && bucket.is_access_point() {
            let message = "the ARN of an access point is of AWS, and --endpoint-url names another server: leave one \
                           of them out, or give the name of the bucket";
            return Err(S3Error::Request { message: message.to_owned() });
        }
        Ok(Self {
            client: RwLock::new(connected.client),
            credentials: connected.credentials,
            region_typed: connected.region_typed,
            bucket: bucket.as_str().to_owned(),
            payer: options.request_payer.then_some(RequestPayer::Requester),
            owner: options.expected_bucket_owner.clone(),
            retry_policy: options.retry_policy,
            etags: Etags::new(!connected.elsewhere),
        })
    }

    /// The client, once it is known who asks. Finding that out has a time limit of its own.
    pub(super) async fn client(&self) -> Result<Client, S3Error> {
        if let Some(credentials) = &self.credentials {
            credentials.ready().await?;
        }
        Ok(self.client.read().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Goes to the region that S3 named, unless the user named one.
    pub(super) fn follow(&self, error: &S3Error) -> bool {
        let S3Error::WrongRegion { region: Some(region), asked, .. } = error else { return false };
        if self.region_typed || region == asked {
            return false;
        }
        tracing::debug!("the bucket is in the region {region}, not in {asked}");
        let mut client = self.client.write().unwrap_or_else(PoisonError::into_inner);
        *client = Client::from_conf(client.config().to_builder().region(Region::new(region.clone())).build());
        true
    }

    /// Who is to own the bucket.
    #[cfg(feature = "sql")]
    pub(super) fn owner(&self) -> Option<String> {
        self.owner.clone()
    }

    fn no_answer(&self) -> S3Error {
        S3Error::Timeout { what: "did not answer", after: self.retry_policy.answer }
    }

    async fn list_once(&self, request: &ListRequest) -> Result<Page, S3Error> {
        let client = self.client().await?;
        let call = client
            .list_objects_v2()
            .bucket(&self.bucket)
            .set_prefix(some(&request.prefix))
            .set_start_after(some(&request.start_after))
            .set_continuation_token(request.token.clone())
            // Restored copies of archived objects can be read; only this tells. Other servers do not know it.
            .optional_object_attributes(OptionalObjectAttributes::RestoreStatus)
            .set_delimiter(request.by_folder.then(|| "/".to_owned()))
            .set_request_payer(self.payer.clone())
            .set_expected_bucket_owner(self.owner.clone());
        let asked = Asked { bucket: &self.bucket, action: "s3:ListBucket", key: None };
        let end = EndOfDocument::default();
        let output = timeout(self.retry_policy.answer, call.customize().interceptor(end.clone()).send())
            .await
            .map_err(|_| self.no_answer())?
            .map_err(|error| classify(error, &asked, region(&client)))?;
        if let Some(reason) = missing(&output, &end) {
            return Err(S3Error::Damaged { reason });
        }
        let objects = output.contents.unwrap_or_default().into_iter().filter_map(object).collect();
        let folders =
            output.common_prefixes.unwrap_or_default().into_iter().filter_map(|f| f.prefix).collect();
        let token = output.next_continuation_token.filter(|token| !token.is_empty());
        Ok(Page { objects, folders, truncated: output.is_truncated.unwrap_or(false), token })
    }

    /// Reads a body, which is not longer than expected, as far as it comes.
    async fn receive(&self, body: &mut ByteStream, expected: u64) -> (Bytes, Option<S3Error>) {
        let mut whole = Bytes::new();
        let mut pieces: Option<BytesMut> = None;
        let broken = loop {
            let piece = match timeout(self.retry_policy.stall, body.next()).await {
                Ok(Some(Ok(piece))) => piece,
                Ok(None) => break None,
                Ok(Some(Err(error))) => break Some(S3Error::Cut { message: chain(&error) }),
                Err(_) => {
                    let after = self.retry_policy.stall;
                    break Some(S3Error::Timeout { what: "sent nothing more", after });
                }
            };
            // Most logs come in one piece, which is then handed on without a copy.
            match &mut pieces {
                Some(pieces) => pieces.extend_from_slice(&piece),
                None if whole.is_empty() => whole = piece,
                None => {
                    let mut all = BytesMut::with_capacity(usize::try_from(expected).unwrap_or(0));
                    all.extend_from_slice(&whole);
                    all.extend_from_slice(&piece);
                    pieces = Some(all);
                }
            }
            let received = pieces.as_ref().map_or(whole.len(), BytesMut::len) as u64;
            if received > expected {
                // What came first is no better than the rest.
                return (Bytes::new(), Some(S3Error::Length { listed: expected, received }));
            }
        };
        (pieces.map_or(whole, BytesMut::freeze), broken)
    }

    async fn logging_once(&self, bucket: &str) -> Result<Option<LoggingTarget>, S3Error> {
        let client = self.client().await?;
        let call = client.get_bucket_logging().bucket(bucket).set_expected_bucket_owner(self.owner.clone());
        let asked = Asked { bucket, action: "s3:GetBucketLogging", key: None };
        let output = timeout(self.retry_policy.answer, call.send())
            .await
            .map_err(|_| self.no_answer())?
            .map_err(|error| classify(error, &asked, region(&client)))?;
        Ok(output
            .logging_enabled
            .map(|target| LoggingTarget { bucket: target.target_bucket, prefix: target.target_prefix }))
    }
}

impl ObjectStore for S3Client {
    async fn list(&self, request: &ListRequest) -> Result<Page, S3Error> {
        match self.list_once(request).await {
            Err(error) if self.follow(&error) => self.list_once(request).await,
            done => done,
        }
    }

    async fn get(&self, request: &GetRequest<'_>) -> Result<Answer, S3Error> {
        let client = self.client().await?;
        let GetRequest { object, range, version } = request;
        let call = client
            .get_object()
            .bucket(&self.bucket)
            .key(&object.key)
            .set_range(range.as_ref().map(|range| format!("bytes={}-{}", range.start, range.end - 1)))
            .set_if_match(version.clone())
            .set_request_payer(self.payer.clone())
            .set_expected_bucket_owner(self.owner.clone());
        let asked = Asked { bucket: &self.bucket, action: "s3:GetObject", key: Some(&object.key) };
        let mut output = timeout(self.retry_policy.answer, call.send())
            .await
            .map_err(|_| self.no_answer())?
            .map_err(|error| classify(error, &asked, region(&client)))?;
        let expected = match range {
            None => object.size,
            Some(range) if is_range(output.content_range(), range, object.size) => range.end - range.start,
            // Of another object, that is: this one has another size.
            Some(_) if output.content_range().is_some() => return Err(S3Error::Changed),
            Some(_) => return Err(S3Error::NoRanges),
        };
        let md5 = self.etags.md5_of(&output);
        let (body, mut broken) = self.receive(&mut output.body, expected).await;
        if let (None, None, Some(md5)) = (range, &broken, md5)
            && body.len() as u64 == expected
        {
            broken = self.etags.check(md5, &body).err();
        }
        Ok(Answer { body, etag: output.e_tag, md5: md5.filter(|_| self.etags.are_md5()), broken })
    }

    async fn logging(&self, bucket: &str) -> Result<Option<LoggingTarget>, S3Error> {
        match self.logging_once(bucket).await {
            Err(error) if self.follow(&error) => self.logging_once(bucket).await,
            done => done,
        }
    }
}

/// Whether an answer says that it is these bytes, of an object of this size: `bytes 0-9/100`.
fn is_range(said: Option<&str>, range: &Range<u64>, size: u64) -> bool {
    said == Some(&format!("bytes {}-{}/{size}", range.start, range.end - 1))
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn region(client: &Client) -> &str {
    client.config().region().map_or("", |region| region.as_ref())
}

/// An object of a listing. One without a key is none.
fn object(object: aws_sdk_s3::types::Object) -> Option<Object> {
    let class = object.storage_class.as_ref().map(|class| class.as_str());
    let is_restored = object.restore_status.as_ref().is_some_and(is_restored);
    let archived = class.filter(|class| is_archive(class) && !is_restored).map(Box::from);
    let modified = object.last_modified.and_then(|time| SystemTime::try_from(time).ok());
    let size = u64::try_from(object.size.unwrap_or(0)).unwrap_or(0);
    Some(Object { key: object.key?, size, modified, archived, etag: object.e_tag })
}

/// Whether a copy of an archived object is there, which can be read.
///
/// Amazon S3's API reference, RestoreStatus: once a restoration has completed, `IsRestoreInProgress` is false, and
/// `RestoreExpiryDate` says when the copy will expire.
fn is_restored(status: &RestoreStatus) -> bool {
    status.is_restore_in_progress != Some(true) && status.restore_expiry_date.is_some()
}

/// Whether objects of a storage class must be restored before they can be read. `GLACIER_IR` is read at once.
fn is_archive(class: &str) -> bool {
    matches!(class, "GLACIER" | "DEEP_ARCHIVE")
}
