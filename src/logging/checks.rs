//! What is wrong with how buckets are logged. docs/logging.md cites AWS's page for each of these.

use std::collections::{BTreeMap, HashMap};

use super::cli::{command, quoted};
use super::policy::{self, Wanted};
use crate::source::s3::{Change, LockFact, LogLayout, LoggingFact, SourceFacts, TargetFacts};
use crate::time::Timestamp;

/// Logs are usually kept for 90 days to 7 years.
const USUAL_DAYS: std::ops::RangeInclusive<i32> = 90..=2557;
/// Logs that are not delivered for so long are missing, if others are.
const MAX_AGE_MILLIS: i64 = 24 * 3600 * 1000;

/// How long logs are to be kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Retention(pub Option<i32>);

macro_rules! checks {
    ($($check:ident $name:literal $meaning:literal;)*) => {
        /// Something that can be wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Check {
            $(#[doc = $meaning] $check,)*
        }

        impl Check {
            /// All of them, the worst first.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$check),*];

            /// What it is called.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$check => $name,)* }
            }

            /// What it means, and why that matters.
            pub(crate) const fn meaning(self) -> &'static str {
                match self { $(Self::$check => $meaning,)* }
            }
        }
    };
}

checks! {
    TargetMissing "target_missing" "the log bucket does not exist, so no log is delivered";
    OtherRegion "other_region" "the log bucket is in another region: S3 delivers within a region only";
    OtherAccount "other_account" "the log bucket is none of this account: S3 delivers within an account only";
    NotAllowed "not_allowed" "the log bucket's policy does not let logging.s3.amazonaws.com put objects, so no log is delivered";
    AclOnly "acl_only" "only an access control list lets logs in, and those are off (bucket owner enforced), so no log is delivered";
    Denied "denied" "a statement of the log bucket's policy denies the delivery";
    Kms "kms" "the log bucket encrypts with KMS by default: S3 delivers logs to buckets with SSE-S3 only";
    RequesterPays "requester_pays" "requesters pay for the log bucket: S3 does not deliver to such a bucket";
    ObjectLock "object_lock" "the log bucket locks objects (Object Lock): S3 does not deliver where a default retention is set, and its guide rules such buckets out";
    LogsIntoItself "logs_into_itself" "every log that is delivered is logged again: the bucket grows without end";
    LogsInCircle "logs_in_circle" "its log bucket is logged, and those logs come back: every log makes another one, without end";
    Public "public" "the log bucket is public: logs name addresses, people and objects";
    NoDelivery "no_delivery" "no log was delivered for 24 hours, while those of other buckets were";
    OpenToOthers "open_to_others" "the policy lets S3 deliver the logs of any bucket of any account: aws:SourceArn and aws:SourceAccount are missing";
    PrefixOverlap "prefix_overlap" "the logs of several buckets have the same beginning of their keys, so that they mix";
    PrefixEmpty "prefix_empty" "the logs have no prefix, in a bucket that takes those of others as well, so that they mix";
    NoExpiry "no_expiry" "no lifecycle rule expires the logs: they are kept, and paid for, without end";
    Expiry "expiry" "the logs expire after another time than they are to be kept";
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The bucket that is logged.
    pub bucket: String,
    /// What.
    pub check: Check,
    /// The facts that tell it.
    pub facts: String,
    /// The commands that mend it.
    pub mend: String,
}

/// What is known, in one.
pub(crate) struct Known<'a> {
    sources: &'a [SourceFacts],
    targets: &'a BTreeMap<String, TargetFacts>,
    account: Option<&'a str>,
}

/// Everything that is wrong with these buckets, by bucket, the worst first. `asked` are the buckets that are judged; others are known
/// for the circles that they are part of.
pub(crate) fn check(
    asked: &[String],
    sources: &[SourceFacts],
    targets: &BTreeMap<String, TargetFacts>,
    account: Option<&str>,
    retention: Retention,
    now: Timestamp,
) -> Vec<Finding> {
    let known = Known { sources, targets, account };
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| asked.contains(&source.bucket)) {
        let Some(Some(logging)) = source.logging.known() else { continue };
        let mut found = Vec::new();
        known.of_target(source, logging, &mut found);
        known.of_circles(source, logging, &mut found);
        known.of_prefixes(source, logging, &mut found);
        known.of_expiry(logging, retention, &mut found);
        known.of_delivery(source, logging, now, &mut found);
        found.sort_by_key(|(check, ..)| *check);
        let bucket = &source.bucket;
        findings.extend(found.into_iter().map(|(check, facts, mend)| Finding {
            bucket: bucket.clone(),
            check,
            facts,
            mend,
        }));
    }
    findings
}

/// The check, the facts, the commands.
type Found = (Check, String, String);

impl Known<'_> {
    fn of_target(&self, source: &SourceFacts, logging: &LoggingFact, found: &mut Vec<Found>) {
        let Some(target) = self.targets.get(&logging.target) else { return };
        let name = &target.bucket;
        let off = || command(&Change::Logging { bucket: source.bucket.clone(), logging: None }).1;
        let region = source.region.known();
        match target.region.known() {
            Some(None) => {
                let region = region.cloned().unwrap_or_else(|| "us-east-1".to_owned());
                let create = command(&Change::Create { bucket: name.clone(), region }).1;
                found.push((Check::TargetMissing, format!("there is no bucket {name}"), create));
                return;
            }
            Some(Some(other)) if region.is_some_and(|region| region != other) => {
                let region = region.map_or("", String::as_str);
                let near = format!("{name}-{region}");
                let create = command(&Change::Create { bucket: near.clone(), region: region.to_owned() }).1;
                let logging = LoggingFact { target: near, ..logging.clone() };
                let put =
                    command(&Change::Logging { bucket: source.bucket.clone(), logging: Some(logging) }).1;
                let facts = format!("{} is in {region}, {name} in {other}", source.bucket);
                found.push((Check::OtherRegion, facts, format!("{create}\n{put}")));
            }
            _ => {}
        }
        if target.is_own.known() == Some(&false) {
            found.push((Check::OtherAccount, format!("{name} is no bucket of the account"), off()));
        }
        self.of_policy(source, logging, target, found);
        if let Some(Some(algorithm)) = target.encryption.known()
            && algorithm.starts_with("aws:kms")
        {
            let mend = format!(
                "aws s3api put-bucket-encryption --bucket {} --server-side-encryption-configuration \
                 '{{\"Rules\":[{{\"ApplyServerSideEncryptionByDefault\":{{\"SSEAlgorithm\":\"AES256\"}}}}]}}'",
                quoted(name)
            );
            found.push((Check::Kms, format!("the default encryption of {name} is {algorithm}"), mend));
        }
        if target.requester_pays.known() == Some(&true) {
            let mend = format!(
                "aws s3api put-bucket-request-payment --bucket {} --request-payment-configuration Payer=BucketOwner",
                quoted(name)
            );
            found.push((Check::RequesterPays, format!("requesters pay for {name}"), mend));
        }
        match target.lock.known() {
            Some(LockFact::DefaultRetention) => {
                let mend = format!(
                    "aws s3api put-object-lock-configuration --bucket {} --object-lock-configuration \
                     ObjectLockEnabled=Enabled",
                    quoted(name)
                );
                found.push((Check::ObjectLock, format!("{name} has a default retention"), mend));
            }
            Some(LockFact::On) => {
                // It cannot be turned off again.
                let near = format!("{name}-unlocked");
                let region = region.cloned().unwrap_or_else(|| "us-east-1".to_owned());
                let create = command(&Change::Create { bucket: near.clone(), region }).1;
                let logging = LoggingFact { target: near, ..logging.clone() };
                let put =
                    command(&Change::Logging { bucket: source.bucket.clone(), logging: Some(logging) }).1;
                found.push((
                    Check::ObjectLock,
                    format!("Object Lock is enabled for {name}"),
                    format!("{create}\n{put}"),
                ));
            }
            _ => {}
        }
        let by_policy = target.has_public_policy.known() == Some(&true);
        let by_acl =
            target.acl.known().is_some_and(|acl| acl.is_public) && target.acls_off.known() != Some(&true);
        if (by_policy || by_acl) && target.blocks_public.known() != Some(&true) {
            let mend = format!(
                "aws s3api put-public-access-block --bucket {} --public-access-block-configuration \
                 BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
                quoted(name)
            );
            let by = if by_policy { "policy" } else { "access control list" };
            found.push((Check::Public, format!("{name} is public by its {by}"), mend));
        }
    }

    fn of_policy(
        &self,
        source: &SourceFacts,
        logging: &LoggingFact,
        target: &TargetFacts,
        found: &mut Vec<Found>,
    ) {
        let Some(policy) = target.policy.known() else { return };
        let region = source.region.known().map_or("", String::as_str);
        let key = sample_key(&source.bucket, logging, region, self.account);
        let wanted = wanted(source, logging, region, &key, self.account);
        let delivery = policy::delivery(policy.as_deref(), &wanted);
        let name = &target.bucket;
        let mend = || match policy::with_delivery(policy.as_deref(), &wanted, &logging.prefix) {
            Ok(policy) => command(&Change::Policy { bucket: name.clone(), policy: Some(policy) }).1,
            Err(_) => format!("aws s3api get-bucket-policy --bucket {}", quoted(name)),
        };
        let by_acl = target.acl.known().map(|acl| acl.log_delivery);
        if delivery.is_denied {
            let look =
                format!("aws s3api get-bucket-policy --bucket {} --query Policy --output text", quoted(name));
            found.push((
                Check::Denied,
                format!("the policy of {name} denies s3:PutObject to everybody"),
                look,
            ));
        }
        match (delivery.is_allowed, by_acl, target.acls_off.known()) {
            (true, ..) if !delivery.is_limited => {
                found.push((
                    Check::OpenToOthers,
                    format!("the policy of {name} has no such condition"),
                    mend(),
                ));
            }
            (true, ..) => {}
            (false, Some(true), Some(true)) => {
                found.push((
                    Check::AclOnly,
                    format!("{name} has a grant for the log delivery group"),
                    mend(),
                ));
            }
            // The old way works still.
            (false, Some(true), _) => {}
            // Whether there is a grant is not known.
            (false, None, acls_off) if acls_off != Some(&true) => {}
            (false, ..) => {
                found.push((
                    Check::NotAllowed,
                    format!("nothing in {name} allows the logs of {}", source.bucket),
                    mend(),
                ));
            }
        }
    }

    fn of_circles(&self, source: &SourceFacts, logging: &LoggingFact, found: &mut Vec<Found>) {
        let off = command(&Change::Logging { bucket: source.bucket.clone(), logging: None }).1;
        if logging.target == source.bucket {
            found.push((Check::LogsIntoItself, format!("{} is its own log bucket", source.bucket), off));
            return;
        }
        let targets: HashMap<&str, &str> = self
            .sources
            .iter()
            .filter_map(|source| {
                Some((source.bucket.as_str(), source.logging.known()?.as_ref()?.target.as_str()))
            })
            .collect();
        let (mut path, mut at) = (vec![source.bucket.as_str()], logging.target.as_str());
        while at != source.bucket && !path.contains(&at) {
            path.push(at);
            let Some(next) = targets.get(at) else { return };
            at = next;
        }
        if at == source.bucket {
            path.push(at);
            found.push((Check::LogsInCircle, path.join(" → "), off));
        }
    }

    fn of_prefixes(&self, source: &SourceFacts, logging: &LoggingFact, found: &mut Vec<Found>) {
        // Partitioned names have a folder for each bucket.
        let mixes = |other: &LoggingFact| {
            other.target == logging.target
                && (other.prefix.starts_with(&logging.prefix) || logging.prefix.starts_with(&other.prefix))
                && !(other.layout != LogLayout::Simple && logging.layout != LogLayout::Simple)
        };
        let others: Vec<&str> = self
            .sources
            .iter()
            .filter(|other| other.bucket != source.bucket)
            .filter(|other| other.logging.known().and_then(Option::as_ref).is_some_and(mixes))
            .map(|other| other.bucket.as_str())
            .collect();
        if others.is_empty() {
            return;
        }
        let own = LoggingFact { prefix: format!("{}/", source.bucket), ..logging.clone() };
        let mend = command(&Change::Logging { bucket: source.bucket.clone(), logging: Some(own) }).1;
        if logging.prefix.is_empty() {
            found.push((Check::PrefixEmpty, format!("so do those of {}", others.join(", ")), mend));
        } else {
            let facts = format!("{:?}, as those of {}", logging.prefix, others.join(", "));
            found.push((Check::PrefixOverlap, facts, mend));
        }
    }

    fn of_expiry(&self, logging: &LoggingFact, retention: Retention, found: &mut Vec<Found>) {
        let Some(target) = self.targets.get(&logging.target) else { return };
        let Some(rules) = target.expiry.known() else { return };
        let days = retention.0.unwrap_or(365);
        let mend = || {
            command(&Change::Expire {
                bucket: target.bucket.clone(),
                id: super::plan::rule_id(&logging.prefix),
                prefix: logging.prefix.clone(),
                days,
            })
            .1
        };
        let expires =
            rules.iter().filter(|rule| logging.prefix.starts_with(&rule.prefix)).map(|rule| rule.days).min();
        match (expires, retention.0) {
            (None, _) => {
                found.push((
                    Check::NoExpiry,
                    format!("no rule of {} is for {:?}", target.bucket, logging.prefix),
                    mend(),
                ));
            }
            (Some(expires), Some(wanted)) if expires != wanted => {
                found.push((
                    Check::Expiry,
                    format!("they expire after {expires} days, not {wanted}"),
                    mend(),
                ));
            }
            (Some(expires), None) if !USUAL_DAYS.contains(&expires) => {
                let facts = format!("they expire after {expires} days; 90 days to 7 years are usual");
                found.push((Check::Expiry, facts, mend()));
            }
            _ => {}
        }
    }

    fn of_delivery(
        &self,
        source: &SourceFacts,
        logging: &LoggingFact,
        now: Timestamp,
        found: &mut Vec<Found>,
    ) {
        let is_recent = |newest: &Timestamp| now.millis() - newest.millis() < MAX_AGE_MILLIS;
        let Some(newest) = source.newest.known() else { return };
        if newest.as_ref().is_some_and(is_recent) {
            return;
        }
        let arrives = |other: &&SourceFacts| {
            other.bucket != source.bucket
                && other.newest.known().and_then(Option::as_ref).is_some_and(is_recent)
        };
        let Some(other) = self.sources.iter().find(arrives) else { return };
        let facts = match newest {
            None => format!("there is no log of it; those of {} arrive", other.bucket),
            Some(_) => format!("its newest is older; those of {} arrive", other.bucket),
        };
        let look = format!(
            "aws s3 ls {} --recursive | tail",
            quoted(&format!("s3://{}/{}", logging.target, logging.prefix))
        );
        found.push((Check::NoDelivery, facts, look));
    }
}

/// The partition of AWS that a region is in.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// A key as logs of the bucket have it.
pub(super) fn sample_key(bucket: &str, logging: &LoggingFact, region: &str, account: Option<&str>) -> String {
    let name = "2026-08-01-10-00-00-0123456789ABCDEF";
    let prefix = &logging.prefix;
    match logging.layout {
        LogLayout::Simple => format!("{prefix}{name}"),
        _ => format!("{prefix}{}/{region}/{bucket}/2026/08/01/{name}", account.unwrap_or("111122223333")),
    }
}

/// A delivery of the bucket's logs.
pub(super) fn wanted<'a>(
    source: &'a SourceFacts,
    logging: &'a LoggingFact,
    region: &str,
    key: &'a str,
    account: Option<&'a str>,
) -> Wanted<'a> {
    Wanted { partition: partition(region), target: &logging.target, key, source: &source.bucket, account }
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
