//! What can go wrong between here and S3, by kind, and what to try.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use thiserror::Error;

use crate::source::Progress;

/// A request to S3 that failed. Every message says what to try.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum S3Error {
    /// The bucket does not exist.
    #[error("bucket {bucket:?} does not exist: check its name, and --endpoint-url if it is not on AWS")]
    NoSuchBucket {
        /// Its name.
        bucket: String,
    },
    /// The identity in use may not do this.
    #[error("access denied ({message}): allow {action} on {arn}, or choose another identity with --profile")]
    AccessDenied {
        /// The permission that lacks, `s3:ListBucket`.
        action: &'static str,
        /// What it lacks on.
        arn: String,
        /// What S3 says about it.
        message: String,
    },
    /// The bucket lies in another region than the one that was asked.
    #[error("the bucket {bucket:?} is not in the region {asked}: try {}", region_hint(.region.as_deref()))]
    WrongRegion {
        /// Its name.
        bucket: String,
        /// The region that was asked.
        asked: String,
        /// Where it lies, if S3 said so.
        region: Option<String>,
    },
    /// No credentials were found anywhere.
    #[error(
        "no credentials ({message}): choose a profile with --profile, set AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY, run `aws sso login` or `aws configure`, or read a public bucket with \
         --no-sign-request"
    )]
    NoCredentials {
        /// What the search for them says.
        message: String,
    },
    /// The profile that was chosen is in no file.
    #[error("there is no profile {name:?} ({by}) in {files}{}", profile_hint(.known))]
    UnknownProfile {
        /// Its name.
        name: String,
        /// What chose it: an option or a variable.
        by: &'static str,
        /// Where it was looked for.
        files: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A file with settings of AWS cannot be used.
    #[error("the AWS configuration cannot be read: {message}")]
    Config {
        /// Which file, and why.
        message: String,
    },
    /// The search for credentials took too long.
    #[error(
        "no credentials came for {} s: the credential_process of the profile, its single sign-on or the metadata \
         service of this machine does not answer; choose other credentials with --profile",
        .after.as_secs_f64()
    )]
    CredentialsTimeout {
        /// How long was waited.
        after: Duration,
    },
    /// The role of a profile asks for a code that is typed.
    #[error(
        "the profile {profile:?} asks for a code of the device {device}, which this program does not ask for: take the \
         keys of a session with `aws configure export-credentials --profile {profile} --format env`"
    )]
    NeedsCode {
        /// The profile.
        profile: String,
        /// Its `mfa_serial`.
        device: String,
    },
    /// The credentials are wrong or have expired.
    #[error(
        "the credentials were refused, {code} ({message}): choose others with --profile, or renew them \
         (`aws sso login`)"
    )]
    BadCredentials {
        /// S3's error code.
        code: String,
        /// What S3 says about it.
        message: String,
    },
    /// The object is encrypted, and its key cannot be used.
    #[error("the object is encrypted, and its key cannot be used ({message}): {}", key_hint(.code))]
    Encrypted {
        /// S3's error code.
        code: String,
        /// What S3 says about it.
        message: String,
    },
    /// The clock of this machine is too far off for S3 to accept a signature.
    #[error("S3 refuses requests signed with this machine's clock, which is off: set it right")]
    ClockSkew,
    /// No connection could be made, or it broke before an answer.
    #[error("no connection to S3 ({message}): check the network, --region and --endpoint-url")]
    Connect {
        /// What failed.
        message: String,
        /// Whether it is not likely to heal: nobody listens, or nobody has that name.
        lasting: bool,
    },
    /// The server speaks no TLS, or nobody vouches for it.
    #[error(
        "no secure connection to S3 ({message}): check whether --endpoint-url is https:// or http://; a certificate \
         of your own authority is trusted when SSL_CERT_FILE or AWS_CA_BUNDLE names its file"
    )]
    Tls {
        /// What failed.
        message: String,
    },
    /// Somebody else answered.
    #[error(
        "the answer is not from S3, but {what}: check --endpoint-url, and HTTPS_PROXY or a network that asks you to \
         sign in"
    )]
    NoS3 {
        /// What came.
        what: String,
    },
    /// No answer, or no further byte of one, in time.
    #[error("S3 {what} for {} s: check the network, or try again with a lower --concurrency", .after.as_secs_f64())]
    Timeout {
        /// What was waited for.
        what: &'static str,
        /// How long.
        after: Duration,
    },
    /// S3 asks for fewer requests.
    #[error("S3 asks to slow down ({code}): try again with a lower --concurrency")]
    Throttled {
        /// S3's error code.
        code: String,
    },
    /// S3 failed.
    #[error("S3 failed with status {status} {code} ({message}): try again later")]
    Server {
        /// The HTTP status.
        status: u16,
        /// S3's error code.
        code: String,
        /// What S3 says about it.
        message: String,
    },
    /// The connection broke in the middle of an object.
    #[error("the connection broke inside the object ({message}): try again")]
    Cut {
        /// What failed.
        message: String,
    },
    /// The object that came is not as long as the one that was listed.
    #[error("{received} bytes came where {listed} were listed: try again")]
    Length {
        /// Bytes according to the listing.
        listed: u64,
        /// Bytes that came.
        received: u64,
    },
    /// The object was deleted after it was listed.
    #[error(
        "the object was deleted after it was listed; a lifecycle rule may be deleting logs now, or s3al convert \
             merging files of a store: ask again"
    )]
    Gone,
    /// Objects lie in a storage class that cannot be read at once.
    #[error(
        "{count} log object{} in an archive storage class ({class}) cannot be read: restore with \
         `aws s3api restore-object`, or choose a window without them with --since",
        if *.count == 1 { "" } else { "s" }
    )]
    Archived {
        /// How many.
        count: u64,
        /// The class, or one of the classes.
        class: String,
    },
    /// Objects are in a format that this build does not read.
    #[error(
        "{count} log object{} in the format Parquet cannot be read by this build of s3al: build it with --features sql, or have \
         the delivery write JSON (outputFormat json of the delivery destination)",
        if *.count == 1 { "" } else { "s" }
    )]
    Parquet {
        /// How many.
        count: u64,
    },
    /// What changes by more than what comes is not followed.
    #[error("{count} {} not followed: follow the logs that it is made of", if *.count == 1 { "file of a store is" } else { "files of a store are" })]
    StoreFollowed {
        /// How many files.
        count: u64,
    },
    /// A store is not what its notes say, or they cannot be read.
    #[error("{key:?}: {message}")]
    Store {
        /// The object that this is about.
        key: String,
        /// What is wrong with it.
        message: String,
    },
    /// The server's listing cannot be followed to its end.
    #[error("the listing of the bucket is broken: {reason}")]
    Listing {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The answer to a LIST request did not come whole.
    #[error(
        "an answer to LIST is damaged, {reason}: a proxy on the way may cut answers; check --endpoint-url"
    )]
    Damaged {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The server answers something else.
    #[error("the server does not know what takes {action}")]
    Unsupported {
        /// The permission that it would take.
        action: &'static str,
    },
    /// A part of a listing is missing.
    #[error("objects {} were not listed: {error}", key_range(.after, .last.as_deref()))]
    Unlisted {
        /// The last key that was seen.
        after: String,
        /// The last key that is missing, if not all that follow are.
        last: Option<String>,
        /// Why.
        error: Box<S3Error>,
    },
    /// The object is no longer the one of which a part was read, or which was listed.
    #[error("the object was replaced after it was listed or while it was read: run it again")]
    Changed,
    /// The bytes that came are not those that were stored.
    #[error(
        "the bytes that came are not those that were stored, for their MD5 is not the ETag of the object: a proxy on \
         the way may change answers; check --endpoint-url"
    )]
    Corrupt,
    /// A part was asked for, and something else came.
    #[error("the server does not answer with the part of an object that is asked for, so it cannot be read")]
    NoRanges,
    /// Access logging of a bucket is off.
    #[error(
        "server access logging of the bucket {bucket:?} is off; turn it on with\n  aws s3api put-bucket-logging \
         --bucket {bucket} --bucket-logging-status \
         '{{\"LoggingEnabled\":{{\"TargetBucket\":\"LOG-BUCKET\",\"TargetPrefix\":\"{bucket}/\"}}}}'\n\
         after allowing logging.s3.amazonaws.com to put objects into LOG-BUCKET; only requests after that are logged"
    )]
    LoggingOff {
        /// The bucket that is not logged.
        bucket: String,
    },
    /// Anything else that S3 refuses.
    #[error("S3 refused the request with status {status} {code} ({message})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// S3's error code.
        code: String,
        /// What S3 says about it.
        message: String,
    },
    /// The downloads were stopped, because no other would have succeeded.
    #[error("gave up, and asked for nothing {}: {error}", key_range(.after, None))]
    Stopped {
        /// The last key that was asked for.
        after: String,
        /// What stopped them.
        error: Box<S3Error>,
    },
    /// The object was not asked for, or not to the end, because the downloads were stopped.
    #[error("not read, because the run gave up")]
    NotTried,
    /// The run was ended while S3 was waited for.
    #[error("interrupted")]
    Interrupted {
        /// Whether the system ended it (SIGTERM), not the user.
        terminated: bool,
    },
    /// The request could not be made at all.
    #[error("the request to S3 could not be made: {message}")]
    Request {
        /// Why.
        message: String,
    },
}

impl S3Error {
    /// Whether the same request can succeed a little later.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. }
                | Self::Timeout { .. }
                | Self::Throttled { .. }
                | Self::Server { .. }
                | Self::Cut { .. }
                | Self::Length { .. }
                | Self::Damaged { .. }
                | Self::Corrupt
        )
    }

    /// Whether the failure is not likely to heal, though it can.
    pub(crate) fn is_lasting(&self) -> bool {
        matches!(self, Self::Connect { lasting: true, .. } | Self::Corrupt)
    }

    /// Whether the failure is about who asks, and so the same for every request.
    pub(crate) fn is_about_identity(&self) -> bool {
        matches!(
            self,
            Self::NoCredentials { .. }
                | Self::CredentialsTimeout { .. }
                | Self::BadCredentials { .. }
                | Self::ClockSkew
        )
    }

    /// Notes the failure where the run says how it goes.
    pub(super) fn count(&self, progress: &Progress) {
        match self {
            Self::Timeout { .. } | Self::Connect { .. } => return,
            Self::Throttled { .. } => _ = progress.throttled.fetch_add(1, Relaxed),
            _ => {}
        }
        progress.answered.fetch_add(1, Relaxed);
    }

    /// Whether the failure means that too much was asked at once.
    pub(crate) fn is_pushback(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Timeout { .. } | Self::Throttled { .. })
            || matches!(self, Self::Server { status: 503, .. })
    }
}

fn region_hint(region: Option<&str>) -> String {
    match region {
        Some(region) => format!("--region {region}"),
        None => "another --region (`aws s3api get-bucket-location` tells which)".to_owned(),
    }
}

fn key_range(after: &str, last: Option<&str>) -> String {
    match (after, last) {
        ("", None) => "of the whole bucket".to_owned(),
        ("", Some(last)) => format!("up to {last:?}"),
        (after, None) => format!("after {after:?}"),
        (after, Some(last)) => format!("after {after:?} up to {last:?}"),
    }
}

/// What to try about a key, by S3's error code.
fn key_hint(code: &str) -> &'static str {
    match code {
        "AccessDenied" => "allow kms:Decrypt on the key, in its policy too if it belongs to another account",
        code if code.starts_with("KMS.") => "enable the key, or cancel its deletion, in AWS KMS",
        _ => {
            "it was stored with a key of the customer's own (SSE-C), which cannot be given here; logs need none"
        }
    }
}

fn profile_hint(known: &[String]) -> String {
    match known {
        [] => ", which hold none: make one with `aws configure`".to_owned(),
        known => format!(", which hold: {}", known.join(", ")),
    }
}

/// An error and its causes in one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        source = error.source();
    }
    text
}
