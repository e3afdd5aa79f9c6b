//! What is wrong with how buckets are logged. docs/logging.md cites AWS's page for each of these.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::keys::mix;
use super::mend;
use crate::source::s3::{LoggingFact, SourceFacts, TargetFacts};
use crate::time::Timestamp;

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
    /// All buckets that were asked about; `asked` are those that are judged, the others are known for the circles that they are part of.
    pub sources: &'a [SourceFacts],
    pub targets: &'a BTreeMap<String, TargetFacts>,
    /// The account, and its buckets.
    pub account: Option<&'a str>,
    pub own: Option<&'a HashSet<String>>,
    /// How long logs are to be kept.
    pub retention: Retention,
    pub now: Timestamp,
}

/// Everything that is wrong with these buckets, by bucket, the worst first.
pub(crate) fn check(asked: &[String], known: &Known<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in known.sources.iter().filter(|source| asked.contains(&source.bucket)) {
        let Some(Some(logging)) = source.logging.known() else { continue };
        let mut found = Vec::new();
        if logging.target == source.bucket {
            // What else is wrong with its logs goes away with them.
            let facts = format!("{} is its own log bucket", source.bucket);
            found.push((Check::LogsIntoItself, facts, mend::off(&source.bucket)));
        } else if let Some(target) = known.targets.get(&logging.target) {
            known.of_target(source, logging, target, &mut found);
            known.of_circles(source, logging, asked, &mut found);
            known.of_prefixes(source, logging, &mut found);
            known.of_delivery(source, logging, &mut found);
        }
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
pub(super) type Found = (Check, String, String);

impl Known<'_> {
    fn of_circles(
        &self,
        source: &SourceFacts,
        logging: &LoggingFact,
        asked: &[String],
        found: &mut Vec<Found>,
    ) {
        let target = |source: &SourceFacts| Some(source.logging.known()?.as_ref()?.target.clone());
        let targets: HashMap<&str, String> = self
            .sources
            .iter()
            .filter_map(|source| Some((source.bucket.as_str(), target(source)?)))
            .collect();
        let (mut path, mut at) = (vec![source.bucket.as_str()], logging.target.as_str());
        while !path.contains(&at) {
            path.push(at);
            let Some(next) = targets.get(at) else { return };
            at = next;
        }
        // A circle of buckets that are judged is told of them.
        if at == source.bucket || !asked.iter().any(|asked| asked == at) {
            path.push(at);
            found.push((Check::LogsInCircle, path.join(" → "), mend::off(at)));
        }
    }

    fn of_prefixes(&self, source: &SourceFacts, logging: &LoggingFact, found: &mut Vec<Found>) {
        let is_other = |other: &&SourceFacts| {
            other.bucket != source.bucket
                && other.logging.known().and_then(Option::as_ref).is_some_and(|other| mix(other, logging))
        };
        let others: Vec<&SourceFacts> = self.sources.iter().filter(is_other).collect();
        if others.is_empty() {
            return;
        }
        let names: Vec<&str> = others.iter().map(|other| other.bucket.as_str()).collect();
        let names = names.join(", ");
        let target = self.targets.get(&logging.target);
        let apart: Vec<&SourceFacts> = std::iter::once(source).chain(others).collect();
        let mend = mend::own_prefixes(&apart, target, self.account);
        if logging.prefix.is_empty() {
            found.push((Check::PrefixEmpty, format!("so do those of {names}"), mend));
        } else {
            found.push((Check::PrefixOverlap, format!("{:?}, as those of {names}", logging.prefix), mend));
        }
    }

    fn of_delivery(&self, source: &SourceFacts, logging: &LoggingFact, found: &mut Vec<Found>) {
        let is_recent = |newest: &Timestamp| self.now.millis() - newest.millis() < MAX_AGE_MILLIS;
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
            None => format!(
                "there is no log of it, which is right in the first hours; those of {} arrive",
                other.bucket
            ),
            Some(_) => format!("its newest is older; those of {} arrive", other.bucket),
        };
        found.push((Check::NoDelivery, facts, mend::list(logging)));
    }
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
