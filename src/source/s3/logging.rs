//! Where the access logs of a bucket go.

use super::client::S3Client;
use super::connect::Options;
use super::error::S3Error;
use super::location::{Bucket, Location};
use super::retry::retry;
use super::store::{LoggingTarget, ObjectStore};
use super::threads::Threads;
use crate::source::{Cancel, Progress};

/// Where the access logs of a bucket go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogsOf {
    /// The bucket that is logged.
    pub(crate) bucket: Bucket,
    /// Where its logs are.
    pub(crate) location: Location,
}

impl LogsOf {
    /// What to tell the user: where the logs are.
    pub(crate) fn note(&self) -> String {
        format!("the access logs of {} are in {}", self.bucket, self.location)
    }

    /// What to warn of: a bucket that logs into itself.
    pub(crate) fn warning(&self) -> Option<String> {
        (self.bucket == self.location.bucket).then(|| {
            format!(
                "the bucket {} logs into itself: every log that is delivered is logged again, and it grows without \
                 end; give its logs a bucket of their own",
                self.bucket
            )
        })
    }
}

/// Asks S3 where the access logs of a bucket go (GetBucketLogging). Logging that is off is an error which says how to
/// turn it on.
pub(crate) fn logs_of(
    bucket: &Bucket,
    options: &Options,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<LogsOf, S3Error> {
    let _awaited = progress.awaits();
    let target = Threads::start()?.wait(cancel, async {
        let service = S3Client::new(bucket, options).await?;
        retry(&options.retry_policy, bucket.as_str(), |_| (), || service.logging(bucket.as_str())).await
    })?;
    resolve(bucket, target)
}

fn resolve(bucket: &Bucket, target: Option<LoggingTarget>) -> Result<LogsOf, S3Error> {
    let target = target.ok_or_else(|| S3Error::LoggingOff { bucket: bucket.to_string() })?;
    let invalid = |error: super::LocationError| S3Error::Request {
        message: format!("the logs of {bucket} go to {:?}: {error}", target.bucket),
    };
    let location =
        Location::new(target.bucket.parse().map_err(invalid)?, target.prefix.parse().map_err(invalid)?);
    Ok(LogsOf { bucket: bucket.clone(), location })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_and_warns_of_circles() {
        let bucket: Bucket = "site".parse().unwrap();
        let target = |to: &str| Some(LoggingTarget { bucket: to.to_owned(), prefix: "site/".to_owned() });
        let logs = resolve(&bucket, target("my-logs")).unwrap();
        assert_eq!(logs.note(), "the access logs of site are in s3://my-logs/site/");
        assert_eq!(logs.warning(), None);
        assert!(resolve(&bucket, target("site")).unwrap().warning().unwrap().contains("without end"));
        let off = resolve(&bucket, None).unwrap_err().to_string();
        assert!(off.contains("aws s3api put-bucket-logging --bucket site"), "{off}");
        assert!(off.contains(r#"{"LoggingEnabled":{"TargetBucket":"#), "{off}");
    }
}
