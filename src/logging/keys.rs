//! The keys that logs of a bucket have.
//!
//! Amazon S3 API Reference, "PartitionedPrefix": the prefix, the account, the region, the bucket, the day, and a name; the simple layout has
//! the prefix and the name alone.

use super::policy::Wanted;
use crate::source::s3::{LogLayout, LoggingFact, SourceFacts};

/// A name as logs have it.
const NAME: &str = "2026-08-01-10-00-00-0123456789ABCDEF";
/// Stands for an account that is not known.
const SOME_ACCOUNT: &str = "111122223333";

/// The partition of AWS that a region is in.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// What the keys of all logs of a bucket begin with, as far as that is known.
pub(super) fn beginning(source: &SourceFacts, logging: &LoggingFact, account: Option<&str>) -> String {
    let prefix = &logging.prefix;
    match (logging.layout, account, source.region.known()) {
        (LogLayout::EventTime | LogLayout::DeliveryTime, Some(account), Some(region)) => {
            format!("{prefix}{account}/{region}/{}/", source.bucket)
        }
        _ => prefix.clone(),
    }
}

/// Whether logs of two buckets mix. Partitioned names have a folder for each bucket.
pub(super) fn mix(one: &LoggingFact, other: &LoggingFact) -> bool {
    let is_partitioned = |logging: &LoggingFact| logging.layout != LogLayout::Simple;
    one.target == other.target
        && !(is_partitioned(one) && is_partitioned(other))
        && (one.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&one.prefix))
}

/// A log of a bucket that is delivered.
pub(super) struct Delivered<'a> {
    source: &'a str,
    target: &'a str,
    key: String,
    partition: &'static str,
    account: Option<&'a str>,
}

impl<'a> Delivered<'a> {
    pub(super) fn of(source: &'a SourceFacts, logging: &'a LoggingFact, account: Option<&'a str>) -> Self {
        let region = source.region.known().map_or("", String::as_str);
        let (prefix, bucket) = (&logging.prefix, &source.bucket);
        let key = match logging.layout {
            LogLayout::Simple => format!("{prefix}{NAME}"),
            _ => {
                format!("{prefix}{}/{region}/{bucket}/2026/08/01/{NAME}", account.unwrap_or(SOME_ACCOUNT))
            }
        };
        Self { source: bucket, target: &logging.target, key, partition: partition(region), account }
    }

    /// What a policy has to allow.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            partition: self.partition,
            target: self.target,
            key: &self.key,
            source: self.source,
            account: self.account,
        }
    }
}
