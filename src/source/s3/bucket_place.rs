//! A store in a bucket, to be changed: each object appears at once, and whole.
//!
//! Amazon S3 has no renaming, so a file of a store is uploaded below the store's own folder, copied to its place by S3, and then removed.
//! One request uploads or copies up to 5 GB (Amazon S3's API reference, PutObject and CopyObject).

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, Length};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use md5::{Digest as _, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::timeout;

use super::classify::{Asked, classify};
use super::client::{S3Client, region};
use super::connect::Options;
use super::error::{S3Error, chain};
use super::location::{Location, Prefix};
use super::retry::{RetryPolicy, retry};
use super::store::list_all;
use super::threads::Threads;
use crate::source::Cancel;
use crate::spill::Space;
use crate::store::Place;

/// What one request uploads or copies at most.
const MAX_OBJECT: u64 = 5 << 30;
/// How many notes are read at the same time.
const MAX_PARALLEL: usize = 16;
/// How often a note is written again that somebody else was writing at the same moment.
const MAX_CONFLICTS: u32 = 5;
/// Slower than this, in bytes a second, nobody uploads.
const MIN_SPEED: u64 = 100_000;
/// What stays as it is in the header that names what is copied.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A store in a bucket.
#[derive(Debug)]
pub(crate) struct BucketPlace {
    threads: Threads,
    client: S3Client,
    location: Location,
    retry_policy: RetryPolicy,
    space: Space,
    cancel: Cancel,
}

impl BucketPlace {
    /// Connects to S3. Sends no request yet.
    ///
    /// # Errors
    /// If the location has a pattern, or if there is no such profile.
    pub(crate) fn connect(
        location: &Location,
        options: &Options,
        space: &Space,
        cancel: &Cancel,
    ) -> anyhow::Result<Self> {
        if location.has_pattern() {
            bail!("`{location}` is no place for a store: * and ? stand for other characters");
        }
        let prefix = match location.prefix.as_str() {
            "" => String::new(),
            prefix => format!("{}/", prefix.trim_end_matches('/')),
        };
        let location = Location::new(location.bucket.clone(), prefix.parse::<Prefix>()?);
        let threads = Threads::start()?;
        let client = threads.wait(cancel, S3Client::new(&location.bucket, options))?;
        let (space, cancel) = (space.clone(), cancel.clone());
        Ok(Self { threads, client, location, retry_policy: options.retry_policy, space, cancel })
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.location.prefix)
    }

    /// Sends a request until an answer comes or the retry policy ends. `limit` is how long one may take.
    async fn ask<T, E, F>(
        &self,
        (action, key): (&'static str, &str),
        limit: Duration,
        call: impl Fn(Client) -> F,
    ) -> Result<T, S3Error>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let once = || async {
            let client = self.client.client().await?;
            let asked = Asked { bucket: self.location.bucket.as_str(), action, key: Some(key) };
            let answer = timeout(limit, call(client.clone())).await;
            let answer = answer.map_err(|_| S3Error::Timeout { what: "did not answer", after: limit })?;
            answer.map_err(|error| classify(error, &asked, region(&client)))
        };
        let attempt = || async {
            match once().await {
                Err(error) if self.client.follow(&error) => once().await,
                done => done,
            }
        };
        retry(&self.retry_policy, key, |_| (), attempt).await
    }

    fn limit(&self, size: u64) -> Duration {
        self.retry_policy.answer + Duration::from_secs(size / MIN_SPEED)
    }

    async fn get(&self, key: &str, out: &mut (impl Write + io::Seek)) -> anyhow::Result<()> {
        let mut broken = None;
        for _ in 0..self.retry_policy.attempts.max(1) {
            let asked = self.ask(("s3:GetObject", key), self.retry_policy.answer, |client| {
                let owner = self.client.owner();
                client
                    .get_object()
                    .bucket(self.location.bucket.as_str())
                    .key(key)
                    .set_expected_bucket_owner(owner)
                    .send()
            });
            let mut body = asked.await?.body;
            out.rewind()?;
            broken = loop {
                match timeout(self.retry_policy.stall, body.next()).await {
                    Ok(Some(Ok(piece))) => out.write_all(&piece)?,
                    Ok(None) => return Ok(()),
                    Ok(Some(Err(error))) => break Some(S3Error::Cut { message: chain(&error) }),
                    Err(_) => {
                        let after = self.retry_policy.stall;
                        break Some(S3Error::Timeout { what: "sent nothing more", after });
                    }
                }
            };
        }
        Err(broken.unwrap_or(S3Error::Gone).into())
    }

    async fn put(&self, key: &str, file: &File, size: u64, md5: &str) -> Result<(), S3Error> {
        let no_file = |error: io::Error| S3Error::Request { message: error.to_string() };
        let put = self.ask(("s3:PutObject", key), self.limit(size), |client| async move {
            let body = async {
                let mut file = file.try_clone().map_err(no_file)?;
                file.rewind().map_err(no_file)?;
                let file = tokio::fs::File::from_std(file);
                let body = ByteStream::read_from().file(file).length(Length::Exact(size)).build().await;
                body.map_err(|error| S3Error::Request { message: chain(&error) })
            };
            let body = body.await.map_err(SdkError::construction_failure)?;
            client
                .put_object()
                .bucket(self.location.bucket.as_str())
                .key(key)
                .content_length(i64::try_from(size).unwrap_or(i64::MAX))
                .content_md5(md5)
                .set_expected_bucket_owner(self.client.owner())
                .body(body)
                .send()
                .await
        });
        put.await.map(drop)
    }

    /// Writes a small object, if there is none of that key. Says whether there was none.
    async fn put_new(&self, key: &str, bytes: &Bytes) -> Result<bool, S3Error> {
        let mut conflicts = 0;
        loop {
            let put = self.ask(("s3:PutObject", key), self.limit(bytes.len() as u64), |client| {
                client
                    .put_object()
                    .bucket(self.location.bucket.as_str())
                    .key(key)
                    .if_none_match("*")
                    .set_expected_bucket_owner(self.client.owner())
                    .body(ByteStream::from(bytes.clone()))
                    .send()
            });
            match put.await {
                Ok(_) => return Ok(true),
                // Amazon S3 User Guide, "Add preconditions to S3 operations with conditional requests", Conditional writes: 412 if it is there,
                // 409 if somebody else is writing it.
                Err(S3Error::Changed) => return Ok(false),
                Err(S3Error::Refused { status: 409, .. }) if conflicts < MAX_CONFLICTS => {
                    conflicts += 1;
                    tokio::time::sleep(self.retry_policy.pause).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn copy(&self, from: &str, to: &str) -> Result<(), S3Error> {
        let bucket = self.location.bucket.as_str();
        let source = match self.location.bucket.is_access_point() {
            true => format!("{bucket}/object/{from}"),
            false => format!("{bucket}/{from}"),
        };
        let source = utf8_percent_encode(&source, KEPT).to_string();
        let copied = self.ask(("s3:PutObject", to), self.limit(MAX_OBJECT), |client| {
            client
                .copy_object()
                .bucket(bucket)
                .key(to)
                .copy_source(&source)
                .set_expected_bucket_owner(self.client.owner())
                .set_expected_source_bucket_owner(self.client.owner())
                .send()
        });
        copied.await.map(drop)
    }

    async fn delete(&self, key: &str) -> Result<(), S3Error> {
        let deleted = self.ask(("s3:DeleteObject", key), self.retry_policy.answer, |client| {
            client
                .delete_object()
                .bucket(self.location.bucket.as_str())
                .key(key)
                .set_expected_bucket_owner(self.client.owner())
                .send()
        });
        deleted.await.map(drop)
    }

    async fn list(&self, prefix: String) -> Result<Vec<String>, S3Error> {
        let objects = list_all(&self.client, &self.retry_policy, prefix, |_| ()).await?;
        Ok(objects.into_iter().map(|object| object.key).collect())
    }

    fn wait<T>(&self, future: impl Future<Output = Result<T, S3Error>>) -> Result<T, S3Error> {
        self.threads.wait(&self.cancel, future)
    }

    /// The same for what can fail here as well.
    fn wait_any<T>(&self, future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        self.wait(async { Ok(future.await) })?
    }
}

impl Place for BucketPlace {
    fn name(&self) -> String {
        format!("`{}`", self.location)
    }

    fn root(&self) -> anyhow::Result<String> {
        Ok(self.location.to_string())
    }

    fn is_exclusive(&self) -> bool {
        false
    }

    fn files(&self, folders: &str) -> anyhow::Result<Vec<String>> {
        let keys = self.wait(self.list(self.key(folders))).with_context(|| self.location.to_string())?;
        let below = |key: String| key.strip_prefix(self.location.prefix.as_str()).map(str::to_owned);
        // Consoles make folders of objects whose keys end so.
        Ok(keys.into_iter().filter_map(below).filter(|name| !name.ends_with('/')).collect())
    }

    fn read(&self, names: &[String]) -> anyhow::Result<Vec<Vec<u8>>> {
        self.wait_any(async {
            let read = |name: &String| {
                let key = self.key(name);
                async move {
                    let mut bytes = io::Cursor::new(Vec::new());
                    let got = self.get(&key, &mut bytes).await;
                    got.map(|()| bytes.into_inner()).with_context(|| self.location.url(&key))
                }
            };
            stream::iter(names.iter().map(read)).buffered(MAX_PARALLEL).try_collect().await
        })
    }

    fn open(&self, name: &str) -> anyhow::Result<File> {
        let (mut file, key) = (self.space.file()?, self.key(name));
        self.wait_any(self.get(&key, &mut file)).with_context(|| self.location.url(&key))?;
        Ok(file)
    }

    fn begin(&self, _: &str) -> anyhow::Result<File> {
        Ok(self.space.file()?)
    }

    fn finish(&self, name: &str, mut file: File) -> anyhow::Result<()> {
        let (key, size) = (self.key(name), file.metadata()?.len());
        let mut upload = || {
            if size > MAX_OBJECT {
                return Err(anyhow!(
                    "it has {size} bytes, and S3 takes 5 GB in one request: lower --commit-every, and leave days as they are without --compact"
                ));
            }
            let md5 = md5_of(&mut file)?;
            Ok(self.wait(self.put(&key, &file, size, &md5))?)
        };
        upload().with_context(|| format!("cannot write `{}`", self.location.url(&key)))
    }

    fn create(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let key = self.key(name);
        let written = self.wait_any(async {
            let bytes = Bytes::copy_from_slice(bytes);
            if self.put_new(&key, &bytes).await? {
                return Ok(true);
            }
            // The answer to an earlier attempt may have been lost.
            let mut there = io::Cursor::new(Vec::new());
            self.get(&key, &mut there).await?;
            Ok(there.into_inner() == bytes)
        });
        if !written.with_context(|| format!("cannot write `{}`", self.location.url(&key)))? {
            bail!(
                "another s3al convert has written to `{}` meanwhile, so that this one ends; what it had committed is in the store: run it again",
                self.location
            );
        }
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let (from, to) = (self.key(from), self.key(to));
        let moved = self.wait(async {
            match self.copy(&from, &to).await {
                // Another run has completed what this one began.
                Err(S3Error::Gone) => return Ok(()),
                copied => copied?,
            }
            self.delete(&from).await
        });
        moved.with_context(|| format!("cannot write `{}`", self.location.url(&to)))
    }

    fn remove(&self, name: &str) -> anyhow::Result<()> {
        let key = self.key(name);
        self.wait(self.delete(&key)).with_context(|| format!("cannot remove `{}`", self.location.url(&key)))
    }
}

/// The MD5 of a file, as a header has it.
fn md5_of(file: &mut File) -> io::Result<String> {
    file.rewind()?;
    let (mut md5, mut buffer) = (Md5::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(aws_smithy_types::base64::encode(md5.finalize())),
            length => md5.update(&buffer[..length]),
        }
    }
}
