//! How buckets are set up to be logged, asked of S3, and changed there.

mod change;
mod facts;
mod newest;
mod target;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Region;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{LoggingEnabled, PartitionDateSource};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::classify::{Asked, classify};
use super::connect::{Options, connect};
use super::credentials::CachedCredentials;
use super::error::S3Error;
use super::retry::{RetryPolicy, retry};
use super::threads::Threads;
use crate::source::{Cancel, Progress};

pub(crate) use change::Change;
#[cfg(test)]
pub(crate) use facts::{AclFact, BlockFact, ExpiryFact};
pub(crate) use facts::{Fact, LockFact, LogLayout, LoggingFact, Problem, SourceFacts, TargetFacts};

/// Buckets that are asked about at the same time.
const MAX_PARALLEL: usize = 8;

/// Asks S3 about buckets.
pub(crate) struct Survey {
    threads: Threads,
    asker: Arc<Asker>,
    sts: aws_sdk_sts::Client,
    options: Options,
    cancel: Cancel,
}

/// What requests need.
pub(super) struct Asker {
    client: Client,
    credentials: Option<CachedCredentials>,
    region_typed: bool,
    retry_policy: RetryPolicy,
    /// The clients of buckets whose region is another one.
    elsewhere: RwLock<HashMap<String, Client>>,
    /// Told of the requests that wait.
    progress: Arc<Progress>,
}

impl Survey {
    /// Connects to S3. Sends no request yet; `progress` is told of those that wait.
    ///
    /// # Errors
    /// If there is no such profile, or if the profile files cannot be read.
    pub(crate) fn connect(
        options: &Options,
        progress: Arc<Progress>,
        cancel: &Cancel,
    ) -> Result<Self, S3Error> {
        let threads = Threads::start()?;
        let connected = threads.wait(cancel, connect(options))?;
        let sts = aws_sdk_sts::Client::new(&connected.shared);
        let asker = Asker {
            client: connected.client,
            credentials: connected.credentials,
            region_typed: connected.region_typed,
            retry_policy: options.retry_policy,
            elsewhere: RwLock::default(),
            progress,
        };
        Ok(Self { threads, asker: Arc::new(asker), sts, options: options.clone(), cancel: cancel.clone() })
    }

    /// The buckets of the account (ListBuckets).
    ///
    /// # Errors
    /// If they cannot be listed.
    pub(crate) fn buckets(&self) -> Result<Vec<String>, S3Error> {
        self.threads.wait(&self.cancel, async {
            let (mut names, mut token) = (Vec::new(), None::<String>);
            loop {
                let page = self.asker.ask("", "s3:ListAllMyBuckets", &[], |client| {
                    client.list_buckets().set_continuation_token(token.clone()).send()
                });
                let Some(page) = page.await? else { return Ok(names) };
                names.extend(page.buckets().iter().filter_map(|bucket| bucket.name.clone()));
                token = page.continuation_token.filter(|token| !token.is_empty());
                if token.is_none() {
                    return Ok(names);
                }
            }
        })
    }

    /// The account's number: that of the credentials, or what STS says (GetCallerIdentity, which needs no permission).
    pub(crate) fn account(&self) -> Option<String> {
        let _awaited = self.asker.progress.awaits();
        let credentials = self.asker.credentials.clone()?;
        let (sts, limit) = (self.sts.clone(), self.options.retry_policy.answer);
        let asked = self.threads.wait(&self.cancel, async move {
            if let Some(account) = credentials.account().await {
                return Ok(Some(account));
            }
            let identity = timeout(limit, sts.get_caller_identity().send()).await;
            Ok(identity.ok().and_then(Result::ok).and_then(|identity| identity.account))
        });
        asked.ok().flatten()
    }

    /// What is known of these buckets as sources of logs, and of all buckets that their logs go to, one after the other.
    ///
    /// # Errors
    /// If the run is to end, or if nobody knows who asks.
    pub(crate) fn of(
        &self,
        buckets: &[String],
        own: &Fact<HashSet<String>>,
    ) -> Result<(Vec<SourceFacts>, BTreeMap<String, TargetFacts>), S3Error> {
        let mut sources = self.sources(buckets)?;
        let mut targets = BTreeMap::new();
        let mut known: HashSet<String> = buckets.iter().cloned().collect();
        // Where the logs of log buckets go tells circles.
        let mut next: Vec<String> = sources.iter().filter_map(target_of).collect();
        let mut chain = Vec::new();
        while !next.is_empty() {
            next.sort_unstable();
            next.dedup();
            next.retain(|bucket| !targets.contains_key(bucket));
            let own = Arc::new(own.clone());
            let facts = self.each(next.clone(), move |asker, bucket| {
                let own = Arc::clone(&own);
                async move { asker.target(bucket, &own).await }
            })?;
            targets.extend(facts.into_iter().map(|facts| (facts.bucket.clone(), facts)));
            next.retain(|bucket| known.insert(bucket.clone()));
            let more = self.sources(&next)?;
            next = more.iter().filter_map(target_of).collect();
            chain.extend(more);
        }
        self.newest_of(&mut sources, &targets)?;
        // Those that were not asked for are told by an unasked newest log.
        sources.extend(chain);
        Ok((sources, targets))
    }

    /// What is known of these buckets as sources of logs, without their newest logs.
    ///
    /// # Errors
    /// If the run is to end, or if nobody knows who asks.
    pub(crate) fn sources(&self, buckets: &[String]) -> Result<Vec<SourceFacts>, S3Error> {
        self.each(buckets.to_vec(), |asker, bucket| async move { asker.source(bucket).await })
    }

    /// What is known of a bucket that is to take logs.
    ///
    /// # Errors
    /// If the run is to end, or if nobody knows who asks.
    pub(crate) fn target(&self, bucket: &str, own: &Fact<HashSet<String>>) -> Result<TargetFacts, S3Error> {
        self.threads.wait(&self.cancel, async { self.asker.target(bucket.to_owned(), own).await })
    }

    /// Makes a change.
    ///
    /// # Errors
    /// If S3 refuses it.
    pub(crate) fn apply(&self, change: &Change) -> Result<(), S3Error> {
        self.threads.wait(&self.cancel, self.asker.change(change))
    }

    /// Asks about buckets, a few at a time, and answers in their order.
    fn each<T: Send + 'static, F: Future<Output = Result<T, S3Error>> + Send + 'static>(
        &self,
        buckets: Vec<String>,
        ask: impl Fn(Arc<Asker>, String) -> F,
    ) -> Result<Vec<T>, S3Error> {
        self.threads.wait(&self.cancel, async {
            let permits = Arc::new(Semaphore::new(MAX_PARALLEL));
            let mut tasks = JoinSet::new();
            for (place, bucket) in buckets.into_iter().enumerate() {
                let (asked, permits) = (ask(Arc::clone(&self.asker), bucket), Arc::clone(&permits));
                tasks.spawn(async move {
                    // The semaphore is never closed.
                    let _permit = permits.acquire().await.ok();
                    (place, asked.await)
                });
            }
            let mut answers = BTreeMap::new();
            while let Some(done) = tasks.join_next().await {
                let (place, answer) =
                    done.map_err(|error| S3Error::Request { message: format!("a request ended: {error}") })?;
                answers.insert(place, answer?);
            }
            Ok(answers.into_values().collect())
        })
    }
}

/// Where the logs of a bucket go, if that is known.
fn target_of(source: &SourceFacts) -> Option<String> {
    source.logging.known()?.as_ref().map(|logging| logging.target.clone())
}

impl Asker {
    fn client_of(&self, bucket: &str) -> Client {
        let elsewhere = self.elsewhere.read().unwrap_or_else(PoisonError::into_inner);
        elsewhere.get(bucket).unwrap_or(&self.client).clone()
    }

    /// Asks until an answer comes or the retry policy ends; `None` if S3 says one of the codes that stand for nothing.
    pub(super) async fn ask<T, E, F>(
        &self,
        bucket: &str,
        action: &'static str,
        nothing: &[&str],
        call: impl Fn(Client) -> F,
    ) -> Result<Option<T>, S3Error>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        if let Some(credentials) = &self.credentials {
            credentials.ready().await?;
        }
        let _awaited = self.progress.awaits();
        let attempt = || async {
            for is_last in [false, true] {
                let client = self.client_of(bucket);
                let asked = Asked { bucket, action, key: None };
                let region = client.config().region().map(ToString::to_string).unwrap_or_default();
                let answer = timeout(self.retry_policy.answer, call(client.clone())).await.map_err(|_| {
                    S3Error::Timeout { what: "did not answer", after: self.retry_policy.answer }
                })?;
                let error = match answer {
                    Ok(answer) => return Ok(Some(answer)),
                    Err(error) if error.code().is_some_and(|code| nothing.contains(&code)) => {
                        return Ok(None);
                    }
                    Err(error) => classify(error, &asked, &region),
                };
                match &error {
                    // Servers that do not know what is asked list the bucket instead, and will do so again.
                    S3Error::Damaged { .. } => {
                        return Err(S3Error::Unsupported { action });
                    }
                    S3Error::WrongRegion { region: Some(region), .. } if !self.region_typed && !is_last => {
                        self.goes_to(bucket, region);
                    }
                    _ => return Err(error),
                }
            }
            Ok(None)
        };
        retry(&self.retry_policy, bucket, |error| error.count(&self.progress), attempt).await
    }

    /// Requests for a bucket go to this region from now on.
    fn goes_to(&self, bucket: &str, region: &str) {
        let config = self.client.config().to_builder().region(Region::new(region.to_owned())).build();
        let mut elsewhere = self.elsewhere.write().unwrap_or_else(PoisonError::into_inner);
        elsewhere.insert(bucket.to_owned(), Client::from_conf(config));
    }

    /// The region of a bucket; none if there is no such bucket.
    async fn region(&self, bucket: &str) -> Result<Fact<Option<String>>, S3Error> {
        let asked = self
            .ask(bucket, "s3:GetBucketLocation", &[], |client| {
                client.get_bucket_location().bucket(bucket).send()
            })
            .await;
        let region = match asked {
            Err(S3Error::NoSuchBucket { .. }) => return Ok(Fact::Known(None)),
            asked => fact(asked, "s3:GetBucketLocation")?,
        };
        Ok(region.map(|found| {
            // Amazon S3's API reference, GetBucketLocation: us-east-1 has none, and EU is eu-west-1.
            let found = found.and_then(|found| found.location_constraint);
            let name = found.map(|found| found.as_str().to_owned()).filter(|name| !name.is_empty());
            let name = match name.as_deref() {
                None => "us-east-1",
                Some("EU") => "eu-west-1",
                Some(name) => name,
            };
            if !self.region_typed
                && self.client.config().region().is_none_or(|region| region.as_ref() != name)
            {
                self.goes_to(bucket, name);
            }
            Some(name.to_owned())
        }))
    }

    async fn source(&self, bucket: String) -> Result<SourceFacts, S3Error> {
        let region = self.region(&bucket).await?;
        if region == Fact::Known(None) {
            let reason = "there is no such bucket".to_owned();
            let (region, logging) = (Fact::Failed(reason.clone()), Fact::Failed(reason));
            return Ok(SourceFacts { bucket, region, logging, newest: Fact::Unasked });
        }
        let region = region.map(Option::unwrap_or_default);
        let action = "s3:GetBucketLogging";
        let asked =
            self.ask(&bucket, action, &[], |client| client.get_bucket_logging().bucket(&bucket).send()).await;
        let logging =
            fact(asked, action)?.map(|found| found.and_then(|found| found.logging_enabled).map(logging));
        Ok(SourceFacts { bucket, region, logging, newest: Fact::Unasked })
    }
}

fn logging(found: LoggingEnabled) -> LoggingFact {
    let partitioned =
        found.target_object_key_format.as_ref().and_then(|format| format.partitioned_prefix.as_ref());
    let layout = match partitioned.map(|prefix| &prefix.partition_date_source) {
        None => LogLayout::Simple,
        Some(Some(PartitionDateSource::DeliveryTime)) => LogLayout::DeliveryTime,
        Some(_) => LogLayout::EventTime,
    };
    let has_grants = found.target_grants.is_some_and(|grants| !grants.is_empty());
    LoggingFact { target: found.target_bucket, prefix: found.target_prefix, layout, has_grants }
}

/// What an answer means for a column. Whatever stops all requests is an error.
pub(super) fn fact<T>(asked: Result<T, S3Error>, action: &'static str) -> Result<Fact<T>, S3Error> {
    match asked {
        Ok(found) => Ok(Fact::Known(found)),
        Err(S3Error::AccessDenied { .. }) => Ok(Fact::Denied(action)),
        Err(S3Error::Unsupported { .. } | S3Error::Refused { status: 501, .. }) => {
            Ok(Fact::Unsupported(action))
        }
        Err(error) if error.is_about_identity() || matches!(error, S3Error::Interrupted { .. }) => Err(error),
        Err(error @ S3Error::Connect { .. }) => Err(error),
        Err(error) => Ok(Fact::Failed(error.to_string())),
    }
}
