//! What is known of how buckets are set up, as plain data.

use std::fmt;

use crate::source::s3::error::S3Error;
use crate::time::Timestamp;

/// Something that was asked of S3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fact<T> {
    /// It is known.
    Known(T),
    /// A permission is missing: its name.
    Denied(&'static str),
    /// The server has nothing of the kind, as servers that are not Amazon S3 need not: the permission that it would take.
    Unsupported(&'static str),
    /// It could not be found out, and why.
    Failed(String),
    /// It was not asked for.
    #[default]
    Unasked,
}

impl<T> Fact<T> {
    /// The answer, if there is one.
    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// Why there is none.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let why = match self {
            Self::Denied(action) => format!("{action} is missing"),
            Self::Unsupported(action) => S3Error::Unsupported { action }.to_string(),
            Self::Failed(reason) => reason.clone(),
            Self::Known(_) | Self::Unasked => return None,
        };
        Some(Problem { why, hides_something: !matches!(self, Self::Unsupported(_)) })
    }

    /// The same of something that is read from the answer.
    pub(super) fn map<U>(self, map: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(map(value)),
            Self::Denied(action) => Fact::Denied(action),
            Self::Unsupported(action) => Fact::Unsupported(action),
            Self::Failed(reason) => Fact::Failed(reason),
            Self::Unasked => Fact::Unasked,
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problem {
    /// In words.
    why: String,
    /// Whether there is an answer that was not given.
    pub(crate) hides_something: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// How the keys of logs are built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogLayout {
    /// `PREFIX` and the time of delivery.
    #[default]
    Simple,
    /// Folders for the account, the region, the bucket and the day of the events.
    EventTime,
    /// The same with the day of delivery.
    DeliveryTime,
}

impl LogLayout {
    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::EventTime => "partitioned by event time",
            Self::DeliveryTime => "partitioned by delivery time",
        }
    }
}

/// Where the logs of a bucket go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LoggingFact {
    /// The bucket that they are put into.
    pub(crate) target: String,
    /// The start of their keys.
    pub(crate) prefix: String,
    /// How the keys are built.
    pub(crate) layout: LogLayout,
    /// Whether others than the bucket's owner are granted something on the logs.
    pub(crate) has_grants: bool,
}

/// A bucket that is or could be logged.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceFacts {
    /// Its name.
    pub(crate) bucket: String,
    /// Its region.
    pub(crate) region: Fact<String>,
    /// Where its logs go; none if logging is off.
    pub(crate) logging: Fact<Option<LoggingFact>>,
    /// When its newest log was delivered; none if there is no log.
    pub(crate) newest: Fact<Option<Timestamp>>,
}

/// Who may do what with a bucket, by its access control list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AclFact {
    /// Whether the group that delivered logs before there were service principals may write.
    pub(crate) log_delivery: bool,
    /// Whether everybody, or everybody with an account of AWS, may do anything.
    pub(crate) is_public: bool,
}

/// What keeps the public out, whatever a policy or an access control list says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockFact {
    /// Grants to the public are taken for none (IgnorePublicAcls).
    pub(crate) ignores_acls: bool,
    /// A public policy holds for the account and for services alone (RestrictPublicBuckets).
    pub(crate) restricts_policies: bool,
}

/// A rule by which objects expire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExpiryFact {
    /// The start of the keys that it is for.
    pub(crate) prefix: String,
    /// After how many days.
    pub(crate) days: i32,
}

/// What there is of S3 Object Lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockFact {
    /// Nothing.
    Off,
    /// It is enabled, without a retention that every object gets.
    On,
    /// Every object is locked for a time.
    DefaultRetention,
}

/// A bucket that takes logs.
#[derive(Clone, Debug, Default)]
pub(crate) struct TargetFacts {
    /// Its name.
    pub(crate) bucket: String,
    /// Its region; none if there is no such bucket.
    pub(crate) region: Fact<Option<String>>,
    /// Whether it is one of the account's own.
    pub(crate) is_own: Fact<bool>,
    /// Its policy, as JSON; none if there is none.
    pub(crate) policy: Fact<Option<String>>,
    /// Whether its policy lets everybody in.
    pub(crate) has_public_policy: Fact<bool>,
    /// What of the bucket itself blocks the public; the account may do so for all of its buckets.
    pub(crate) public_block: Fact<BlockFact>,
    /// Whether access control lists are off (bucket owner enforced).
    pub(crate) acls_off: Fact<bool>,
    /// Its access control list.
    pub(crate) acl: Fact<AclFact>,
    /// How objects are encrypted by default: `AES256`, `aws:kms`, `aws:kms:dsse`.
    pub(crate) encryption: Fact<Option<String>>,
    /// Whether requesters pay.
    pub(crate) requester_pays: Fact<bool>,
    /// What there is of Object Lock.
    pub(crate) lock: Fact<LockFact>,
    /// The rules by which all objects below a prefix expire.
    pub(crate) expiry: Fact<Vec<ExpiryFact>>,
    /// Whether it has no lifecycle rule at all.
    pub(crate) has_no_rules: Fact<bool>,
}
