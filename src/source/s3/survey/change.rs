//! Changes of how buckets are logged.

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketLoggingStatus, CreateBucketConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, LoggingEnabled, PartitionDateSource,
    PartitionedPrefix, TargetObjectKeyFormat,
};

use super::Asker;
use super::facts::{LogLayout, LoggingFact};
use crate::source::s3::error::S3Error;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Creates a bucket.
    Create {
        /// Its name.
        bucket: String,
        /// Its region.
        region: String,
    },
    /// Replaces the policy of a bucket.
    Policy {
        /// The bucket.
        bucket: String,
        /// The whole policy, as JSON; none removes it.
        policy: Option<String>,
    },
    /// Adds a lifecycle rule to those that a bucket has.
    Expire {
        /// The bucket.
        bucket: String,
        /// The rule's name.
        id: String,
        /// The start of the keys that it is for.
        prefix: String,
        /// After how many days objects expire.
        days: i32,
        /// Whether the bucket is known to have no rules, so that a command needs not take care of them.
        is_first: bool,
    },
    /// Sets where the logs of a bucket go; none turns logging off.
    Logging {
        /// The bucket.
        bucket: String,
        /// Where to.
        logging: Option<LoggingFact>,
    },
}

fn invalid(error: aws_sdk_s3::error::BuildError) -> S3Error {
    S3Error::Request { message: error.to_string() }
}

impl Asker {
    pub(super) async fn change(&self, change: &Change) -> Result<(), S3Error> {
        match change {
            Change::Create { bucket, region } => {
                self.goes_to(bucket, region);
                // Amazon S3's API reference, CreateBucket: us-east-1 takes no LocationConstraint.
                let place = (region != "us-east-1").then(|| {
                    let constraint = BucketLocationConstraint::from(region.as_str());
                    CreateBucketConfiguration::builder().location_constraint(constraint).build()
                });
                // A first attempt whose answer was lost may have created it.
                let made = self.ask(bucket, "s3:CreateBucket", &["BucketAlreadyOwnedByYou"], |client| {
                    client
                        .create_bucket()
                        .bucket(bucket)
                        .set_create_bucket_configuration(place.clone())
                        .send()
                });
                made.await.map(drop)
            }
            Change::Policy { bucket, policy: Some(policy) } => {
                let put = self.ask(bucket, "s3:PutBucketPolicy", &[], |client| {
                    client.put_bucket_policy().bucket(bucket).policy(policy).send()
                });
                put.await.map(drop)
            }
            Change::Policy { bucket, policy: None } => {
                let deleted = self.ask(bucket, "s3:DeleteBucketPolicy", &[], |client| {
                    client.delete_bucket_policy().bucket(bucket).send()
                });
                deleted.await.map(drop)
            }
            Change::Expire { bucket, id, prefix, days, .. } => self.expire(bucket, id, prefix, *days).await,
            Change::Logging { bucket, logging } => {
                let enabled =
                    logging.as_ref().map(|logging| enabled(logging).map_err(invalid)).transpose()?;
                let status = BucketLoggingStatus::builder().set_logging_enabled(enabled).build();
                let put = self.ask(bucket, "s3:PutBucketLogging", &[], |client| {
                    client.put_bucket_logging().bucket(bucket).bucket_logging_status(status.clone()).send()
                });
                put.await.map(drop)
            }
        }
    }

    /// Adds a rule. S3 knows only all rules together, so those that are there are put again.
    async fn expire(&self, bucket: &str, id: &str, prefix: &str, days: i32) -> Result<(), S3Error> {
        let there =
            self.ask(bucket, "s3:GetLifecycleConfiguration", &["NoSuchLifecycleConfiguration"], |client| {
                client.get_bucket_lifecycle_configuration().bucket(bucket).send()
            });
        let there = there.await?;
        let default_size =
            there.as_ref().and_then(|found| found.transition_default_minimum_object_size.clone());
        let mut rules = there.and_then(|found| found.rules).unwrap_or_default();
        rules.retain(|rule| rule.id.as_deref() != Some(id));
        let rule = LifecycleRule::builder()
            .id(id)
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
            .expiration(LifecycleExpiration::builder().days(days).build())
            .build();
        rules.push(rule.map_err(invalid)?);
        let configuration =
            aws_sdk_s3::types::BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build();
        let configuration = configuration.map_err(invalid)?;
        let put = self.ask(bucket, "s3:PutLifecycleConfiguration", &[], |client| {
            client
                .put_bucket_lifecycle_configuration()
                .bucket(bucket)
                .lifecycle_configuration(configuration.clone())
                .set_transition_default_minimum_object_size(default_size.clone())
                .send()
        });
        put.await.map(drop)
    }
}

fn enabled(logging: &LoggingFact) -> Result<LoggingEnabled, aws_sdk_s3::error::BuildError> {
    let source = match logging.layout {
        LogLayout::Simple => None,
        LogLayout::EventTime => Some(PartitionDateSource::EventTime),
        LogLayout::DeliveryTime => Some(PartitionDateSource::DeliveryTime),
    };
    let format = source.map(|source| {
        let prefix = PartitionedPrefix::builder().partition_date_source(source).build();
        TargetObjectKeyFormat::builder().partitioned_prefix(prefix).build()
    });
    LoggingEnabled::builder()
        .target_bucket(&logging.target)
        .target_prefix(&logging.prefix)
        .set_target_object_key_format(format)
        .build()
}
